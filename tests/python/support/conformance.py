"""Converts the op test cases of the onnx package and measures what comes out:
whether it is valid, loads, gives the recorded outputs and computes in FP16.
Judged by onnx, its reference evaluator and ONNX Runtime; of the tool's own
answers only the reasons in the plan are read, as what they are."""

import concurrent.futures
import dataclasses
import json
import re
import threading

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

import allowed
import isolated
import kernels
import op_models
import verdicts
from runtimes import JUDGES, Attempts

WORKERS = 2
VALID = LOADING = 1.0
WITHIN = 0.99
COMPUTES = 0.97
HALF_TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
FLOAT16_MAX = float(np.finfo(np.float16).max)


@dataclasses.dataclass(frozen=True)
class Mode:
    """A way to convert: the options of each run, one after the other. low:
    the type that arises; computes: whether nodes shall compute in it at the
    end; weighs: whether evidence may keep them from it, so that a case that
    stays needs a reason; may_lack_kernels: whether ONNX Runtime has no way to run what lacks a
    kernel for that type."""
    name: str
    title: str
    runs: tuple
    low: str = "float16"
    computes: bool = True
    weighs: bool = True
    may_lack_kernels: bool = False


MODES = {mode.name: mode for mode in (
    Mode("float16", "convert", ((),)),
    Mode("everything", "convert --op-include-list '*' --no-keep-islands",
         (("--op-include-list", "*", "--no-keep-islands"),), weighs=False,
         may_lack_kernels=True),
    Mode("bfloat16", "convert --to bfloat16", (("--to", "bfloat16"),),
         low="bfloat16", may_lack_kernels=True),
    Mode("float32", "convert, then convert --to float32",
         ((), ("--to", "float32")), computes=False),
)}


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    op: str
    opset: str
    model: bytes
    inputs: tuple
    outputs: tuple


@dataclasses.dataclass
class Original:
    """What is known of a case before it is converted. By judge: why it does
    not load or run, what to expect, which outputs are random, whether it gives
    what is recorded."""
    valid: bool
    computes: list
    eligible: dict
    faults: dict = dataclasses.field(default_factory=dict)
    expected: dict = dataclasses.field(default_factory=dict)
    random: dict = dataclasses.field(default_factory=dict)
    agrees: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Result:
    """What became of a case. Faults are texts, None where all is well;
    "n/a: ..." where the original gives nothing to hold it against."""
    name: str
    op: str
    opset: str
    refused: str | None = None
    valid: str | None = None
    again: str | None = None
    load: dict = dataclasses.field(default_factory=dict)
    values: dict = dataclasses.field(default_factory=dict)
    causes: dict = dataclasses.field(default_factory=dict)
    missing: list = dataclasses.field(default_factory=list)
    computes: list = dataclasses.field(default_factory=list)
    eligible: list = dataclasses.field(default_factory=list)
    low_before: int = 0
    low_after: int = 0
    reasons: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)


def is_fault(text):
    return text is not None and not text.startswith("n/a")


def is_judged(text):
    return text is None or is_fault(text)


@dataclasses.dataclass(repr=False)
class Share:
    """How many of the cases that count are as they shall be, and the others."""
    of: int
    misses: list

    @property
    def share(self):
        return 1 - len(self.misses) / self.of if self.of else 1.0

    def __repr__(self):
        return f"{self.of - len(self.misses)} of {self.of}"


def share(results, counts, misses):
    counted = [result for result in results
               if result.refused is None and counts(result)]
    return Share(len(counted), [r for r in counted if misses(r)])


def valid(results):
    return share(results, lambda r: is_judged(r.valid),
                 lambda r: is_fault(r.valid))


def loading(results):
    """Of the models whose original loads."""
    return share(results, lambda r: any(map(is_judged, r.load.values())),
                 lambda r: any(map(is_fault, r.load.values())))


def within(results):
    """By all judges that have something to hold the outputs against."""
    return share(results, lambda r: any(map(is_judged, r.values.values())),
                 lambda r: any(map(is_fault, r.values.values())))


def stable(results):
    return share(results, lambda r: True, lambda r: r.again is not None)


def computing(results):
    """Of the models with a float32 operand that the schema lets be low: those
    in which more nodes compute in the low type than before."""
    return share(results, lambda r: r.eligible,
                 lambda r: r.low_after <= r.low_before)


def plain(value):
    """A value of a test case as what runtimes take."""
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return np.asarray(value) if np.isscalar(value) else value


def label(case, ops):
    """The op that the case is about: that of its node; of a function that is
    written out, that of the case it was made from."""
    nodes = case.model.graph.node
    if len(nodes) == 1:
        return nodes[0].op_type
    base = re.sub(r"_expanded.*", "", case.name)
    if base in ops:
        return f"{ops[base]}, expanded"
    return " ".join(dict.fromkeys(node.op_type for node in nodes))


def opset_text(model):
    return " ".join(f"{o.domain} {o.version}".strip()
                    for o in model.opset_import)


def cases():
    """All generated cases that hold float32 anywhere."""
    found = op_models.generated_cases()
    ops = {case.name: case.model.graph.node[0].op_type for case in found
           if len(case.model.graph.node) == 1}
    result = []
    for case in found:
        if allowed.holds_float32(case.model):
            (inputs, outputs), = case.data_sets
            result.append(Case(
                case.name, label(case, ops), opset_text(case.model),
                case.model.SerializeToString(),
                tuple(map(plain, inputs)), tuple(map(plain, outputs))))
    return result


# In the worker.

def feeds(case):
    names = [value.name for value in
             onnx.ModelProto.FromString(case.model).graph.input]
    return dict(zip(names, case.inputs))


def check(data):
    onnx.checker.check_model(data, full_check=True)


def agree(expected, got):
    return len(expected) == len(got) and not any(
        verdicts.fault(a, b, []) for a, b in zip(expected, got))


def judge_original(attempt, case):
    _, invalid = attempt("original check", check, case.model)
    computes, eligible = allowed.float_compute_ops(
        onnx.ModelProto.FromString(case.model), tuple(HALF_TYPES))
    found = Original(invalid is None, computes, eligible)
    for judge in JUDGES:
        outputs, no_load, no_run = attempt.run("original", case.model, judge,
                                               feeds(case))
        found.faults[judge] = no_load or no_run
        if outputs is None:
            continue
        found.agrees[judge] = agree(case.outputs, outputs)
        found.random[judge] = [False] * len(outputs)
        found.expected[judge] = case.outputs
        if not found.agrees[judge]:
            found.expected[judge] = outputs
            found.random[judge] = attempt.random(
                "original", case.model, judge, feeds(case), outputs,
                verdicts.is_same)
    return found


_last = {}


def original_of(attempt, case):
    key = case.name, attempt.skip
    if key not in _last:
        _last.clear()
        _last[key] = judge_original(attempt, case)
    return _last[key]


def arrays(values):
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from arrays(value)
        elif isinstance(value, np.ndarray):
            yield value


def value_fault(case, original, judge, outputs, low):
    expected = original.expected[judge]
    tensors = [value for value in arrays([*case.inputs, *expected])
               if value.dtype == np.float32]
    if len(outputs) != len(expected):
        return f"{len(outputs)} outputs for {len(expected)}"
    for i, (wanted, got) in enumerate(zip(expected, outputs)):
        if original.random[judge][i]:
            if not verdicts.same_kinds(wanted, got):
                return f"output {i}: another shape or type"
            continue
        found = verdicts.fault(wanted, got, tensors, HALF_TYPES[low])
        if found:
            return f"output {i}: {found}"
    return None


def judge_run(attempt, case, original, judge, data, low):
    """(fault of loading, fault of the values, the outputs)"""
    fault = original.faults[judge]
    if judge not in original.expected and judge == "reference":
        return None, f"n/a: {fault}", None
    outputs, load, run = attempt.run("converted", data, judge, feeds(case))
    if judge not in original.expected:
        return f"n/a: {fault}", f"n/a: {fault}", None
    if load:
        return load, "n/a: does not load", None
    if judge == "reference" and not original.agrees[judge] and not any(
            original.random[judge]):
        return None, "n/a: the original is not as recorded", None
    if run:
        return None, f"does not run: {run}", None
    return None, value_fault(case, original, judge, outputs, low), outputs


def through(value, half):
    """A float32 value rounded to the half type, as float32."""
    if isinstance(value, (list, tuple)):
        return [through(element, half) for element in value]
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        with np.errstate(over="ignore"):
            return value.astype(half).astype(np.float32)
    return value


def beyond(values):
    return any(np.isfinite(value).all() and value.size
               and np.abs(value).max() > FLOAT16_MAX
               for value in arrays(values) if value.dtype == np.float32)


def cause(attempt, case, original, judge, outputs, low):
    """What of the case explains that the values are others, as far as that can
    be measured."""
    if low == "float16" and beyond(case.inputs):
        return "an input of the case is beyond the range of FP16"
    if low == "float16" and beyond(original.expected[judge]):
        return "an output is beyond the range of FP16"
    feed = {name: through(value, HALF_TYPES[low])
            for name, value in feeds(case).items()}
    rounded, _, _ = attempt.run("cause", case.model, judge, feed)
    if outputs is not None and rounded is not None and agree(rounded, outputs):
        return "FP32 gives the same for inputs that are rounded"
    return "not explained"


def excused(mode, load, missing):
    """What a failure to load counts as."""
    if is_fault(load) and missing and mode.may_lack_kernels:
        return f"n/a: no kernel: {', '.join(dict.fromkeys(missing))}"
    return load


def judge_converted(case, data, mode, mark, skip):
    """The parts of a Result that need runtimes, as a dictionary."""
    low = mode.low
    attempt = Attempts(mark, skip)
    onnxruntime.set_default_logger_severity(4)
    original = original_of(attempt, case)
    before = onnx.ModelProto.FromString(case.model)
    after = onnx.ModelProto.FromString(data)
    _, invalid = attempt("converted check", check, data)
    found = {
        "load": {}, "values": {}, "causes": {},
        "valid": invalid if original.valid else "n/a: nor is the original",
        "computes": original.computes, "eligible": original.eligible[low],
        "missing": kernels.missing_kernels(after),
        "low_before": allowed.low_nodes(before, low),
        "low_after": allowed.low_nodes(after, low),
    }
    for judge in JUDGES:
        load, found["values"][judge], outputs = judge_run(
            attempt, case, original, judge, data, low)
        if judge != "reference":
            found["load"][judge] = excused(mode, load, found["missing"])
        if is_fault(found["values"][judge]):
            found["causes"][judge] = cause(attempt, case, original, judge,
                                           outputs, low)
    found["notes"] = [
        f"{judge}: {'random' if any(original.random[judge]) else 'other'}"
        for judge in original.agrees if not original.agrees[judge]]
    return found


# In the parent.

def plan_reasons(path):
    """Why nodes stay FP32, as the plan says."""
    items = json.loads(path.read_text())["items"]
    return sorted({item["reason"] for item in items
                   if item["type"] == "float" and "node" in item})


def survive(worker, mark, function, *args):
    """A call that is repeated without the step that crashed it."""
    skip = ()
    while True:
        try:
            return worker.call(function, *args, mark, skip)
        except isolated.Crashed:
            step = mark.read_text()
            if step in skip:
                raise
            skip += (step,)


class Thread:
    """One of the threads that measure, with a folder and a process."""

    def __init__(self, opp, folder):
        self.opp = opp
        self.folder = folder
        self.worker = isolated.Worker()
        folder.mkdir()

    def convert(self, data, options):
        """(bytes of the output, None) or (None, why there is none)"""
        source, target = (self.folder / name for name in ("in.onnx",
                                                          "out.onnx"))
        source.write_bytes(data)
        done = self.opp("convert", source, "-o", target, "--plan-out",
                        self.folder / "plan.json", *options, expect=None)
        if done.returncode == 0:
            return target.read_bytes(), None
        message = done.stderr.strip().replace(str(source), "IN")
        return None, f"exit code {done.returncode}: {message}"

    def measure(self, case, mode):
        result = Result(case.name, case.op, case.opset)
        data = case.model
        for options in mode.runs:
            data, result.refused = self.convert(data, options)
            if result.refused:
                return result
        result.reasons = plan_reasons(self.folder / "plan.json")
        if mode.weighs:
            again, result.again = self.convert(data, mode.runs[-1])
            if again not in (None, data):
                result.again = "other bytes"
        found = survive(self.worker, self.folder / "step", judge_converted,
                        case, data, mode)
        return dataclasses.replace(result, **found)


def measure(opp, folder, chosen, modes):
    """{mode name: [Result]} in the order of the cases."""
    local = threading.local()
    started = []

    def one(case):
        if not hasattr(local, "thread"):
            local.thread = Thread(
                opp, folder / threading.current_thread().name)
            started.append(local.thread)
        return [local.thread.measure(case, mode) for mode in modes]

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        rows = list(pool.map(one, chosen))
    for thread in started:
        thread.worker.close()
    return {mode.name: [row[i] for row in rows]
            for i, mode in enumerate(modes)}
