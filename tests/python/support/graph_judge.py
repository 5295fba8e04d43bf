"""Judges the conversion of one small graph, said in all the ways of
variants.py. Runs in a worker, see isolated.py."""

import json
import collections
import copy
import dataclasses
import functools
import pathlib
import re
from collections.abc import Iterable

import numpy as np
import onnx
import onnx.inliner
import onnx.reference
import onnxruntime
from google.protobuf import unknown_fields
from onnx import TensorProto, helper, numpy_helper
from onnx.reference.op_run import OpRun
from onnxruntime.capi import onnxruntime_pybind11_state

import case_file
import compare
import model_stats
import variants

SEED = 7
SAME = 1e-5        # of two ways to say the same model, in FP32
TOLERANCE = 0.01   # of FP16 against FP32
LEVELS = ("off", "on")
# Variants that take away what a case with this directive is about.
HIDING = {"values": {"inputs"}, "types": {"stripped", *variants.FUNCTIONS},
          "names": {name for name in variants.VARIANTS
                    if re.search("clashing|if|loop|function", name)}}
ASKED = "asked"    # file that tells what a worker was at

FLOATS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16,
          TensorProto.BFLOAT16}
NO_KERNEL = re.compile(
    r"Could not find an implementation for ([\w.]+)\((\d+)\) node")


@dataclasses.dataclass
class Verdict:
    """Of one variant: why it is not used, or {check: what is wrong}."""
    unused: str | None = None
    sayable: bool = True  # False: the case cannot be said that way
    wrong: dict = dataclasses.field(default_factory=dict)
    notes: list = dataclasses.field(default_factory=list)
    half: int = 0   # float compute nodes in FP16, functions inlined
    full: int = 0
    counted: bool = False

    @property
    def share(self):
        return self.half / (self.half + self.full) if self.half else 0.0


# ---- running models ----------------------------------------

def session(path, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = compare.LEVELS[level]
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])


def example(type_proto, rng):
    """A value of a type: small positive floats, 0 and 1 for all others."""
    kind = type_proto.WhichOneof("value")
    if kind == "sequence_type":
        return [example(type_proto.sequence_type.elem_type, rng)
                for _ in range(2)]
    if kind == "optional_type":
        return example(type_proto.optional_type.elem_type, rng)
    tensor = type_proto.tensor_type
    shape = [dim.dim_value or (2 if dim.dim_param else 0)
             if dim.WhichOneof("value") else 2 for dim in tensor.shape.dim]
    if tensor.elem_type == TensorProto.STRING:
        return np.full(shape, "a", object)
    dtype = helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    if tensor.elem_type in FLOATS:
        return rng.uniform(0.25, 1.75, shape).astype(dtype)
    return rng.integers(0, 2, shape).astype(dtype)


def feed_of(model, given, weights):
    """Values for the inputs of a model: those that the case gives, those of
    weights {name: tensor} that have become inputs, else examples. An input
    that is an initializer too keeps its default."""
    rng = np.random.default_rng(SEED)
    defaults = {tensor.name for tensor in model.graph.initializer}
    names = []
    for at, value in enumerate(model.graph.input):
        made = example(value.type, rng)
        if value.name in defaults:
            continue
        if at < len(given) and given[at] is not None:
            made = np.asarray(given[at], getattr(made, "dtype", None))
        if value.name in weights:
            made = numpy_helper.to_array(weights[value.name])
        names.append((value, made))
    return {value.name: fit(made, value.type) for value, made in names}


def fit(value, type_proto):
    """The value in the type that an input has now."""
    if isinstance(value, list):
        inner = type_proto.sequence_type.elem_type
        return [fit(element, inner) for element in value]
    if type_proto.WhichOneof("value") == "optional_type":
        return fit(value, type_proto.optional_type.elem_type)
    return value.astype(
        helper.tensor_dtype_to_np_dtype(type_proto.tensor_type.elem_type)
        if type_proto.tensor_type.elem_type != TensorProto.STRING else object)


def run(path, feed, level):
    """Outputs, or the reason why there are none as a string. What it is
    about to do is written down: it may crash (see crashed_at). ONNX Runtime
    1.32 can write to what it is fed (a BatchNormalization in training)."""
    path.parent.with_name(ASKED).write_text(path.parent.name)
    try:
        return session(path, level).run(None, copy.deepcopy(feed))
    except Exception as error:  # the runtime raises many unrelated types
        return str(error)


class Op(OpRun):
    """An op that only the tests know: its floats are FP32, in and out."""
    op_domain = "acme"

    def _run(self, *args, **kwargs):
        assert all(value.dtype == np.float32 for value in args), "not FP32"
        return (sum(args) + np.float32(1),)


class Split(OpRun):
    """The same, which gives a sequence."""
    op_domain = "acme"

    def _run(self, *args, **kwargs):
        assert all(value.dtype == np.float32 for value in args), "not FP32"
        return (list(args),)


def run_reference(path, feed):
    try:
        return onnx.reference.ReferenceEvaluator(
            str(path), new_ops=[Op, Split]).run(None, feed)
    except Exception as error:  # whatever numpy raises
        return str(error)


def flat(values):
    """Sequences as their elements, absent optionals left out, FP16 as FP32."""
    found = []
    for value in values:
        if isinstance(value, list):
            found += flat(value)
        elif value is not None:
            array = np.asarray(value)
            if array.dtype.name in ("float16", "bfloat16"):
                array = array.astype(np.float32)
            found.append(array)
    return found


def distance(expected, got, by_shape):
    """As compare.difference, over all outputs; for random numbers only what
    their shapes and types are."""
    expected, got = flat(expected), flat(got)
    if len(expected) != len(got):
        return float("inf")
    if by_shape:
        same = all(e.shape == g.shape and e.dtype == g.dtype
                   for e, g in zip(expected, got))
        return 0.0 if same else float("inf")
    if not expected:
        return 0.0
    return compare.largest_difference([expected], [got],
                                      compare.scales([expected]))


# ---- what the runtime cannot do ----------------------------------------

@functools.cache
def kernels():
    """{(domain, op): [(first, last version, constraints)]} of the CPU."""
    found = collections.defaultdict(list)
    for kernel in onnxruntime_pybind11_state.get_all_opkernel_def():
        if kernel.provider == "CPUExecutionProvider":
            first, last = kernel.version_range
            found[kernel.domain, kernel.op_name].append(
                (first, last, kernel.type_constraints))
    return found


def lacks_half_kernel(error):
    """Whether the runtime refuses because no kernel of that op takes FP16
    tensors, while one exists for other types."""
    match = NO_KERNEL.search(error)
    if not match:
        return False
    op, version = match[1], int(match[2])
    rows = [types for (_, name), table in kernels().items() if name == op
            for first, last, types in table if first <= version <= last]
    return bool(rows) and not any(
        "float16" in word for types in rows for words in types.values()
        for word in words)


# ---- a model in its folder ----------------------------------------

def save(model, path, outside):
    path.parent.mkdir(parents=True, exist_ok=True)
    if outside:
        onnx.save(variants.copy(model), path, save_as_external_data=True,
                  location="weights.bin", size_threshold=0,
                  convert_attribute=True)
    else:
        onnx.save(model, path)


def written(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Judge:
    """A case and its folder."""

    def __init__(self, opp, folder, case):
        self.opp = opp
        self.case = case
        self.folder = pathlib.Path(folder)
        self.options = case.pipeline.split()
        self.given = [eval(code, {"np": np}) for code in case.values("feed")]
        self.by_shape = bool(case.values("random"))
        self.model = case_file.make_model(case)
        self.weights = {tensor.name: tensor
                        for tensor in self.model.graph.initializer}
        source = self.folder / "case" / "in" / "in.onnx"
        save(self.model, source, False)
        self.check = compare.check_error(source)
        self.expected = {level: run(source, self.feed(self.model), level)
                         for level in LEVELS}

    def feed(self, model):
        return feed_of(model, self.given, self.weights)

    def judge(self, name):
        """A Verdict of the variant of that name."""
        verdict = Verdict()
        for word, names in HIDING.items():
            if name in names and self.case.values(word):
                return Verdict(unused=f"it is about {word} in the file",
                               sayable=False)
        try:
            model = variants.VARIANTS[name](self.model)
        except variants.Inapplicable as reason:
            return Verdict(unused=str(reason), sayable=False)
        folder = self.folder / name
        source = folder / "in" / "in.onnx"
        save(model, source, name == "external")
        if name != "poisoned":
            verdict.unused = self.changed(model, source)
        if verdict.unused is None:
            Conversion(self, name, model, folder, verdict).judge()
        return verdict

    def changed(self, model, source):
        """Why the variant is not the case in other words; None if it is."""
        if self.check is None:
            error = compare.check_error(source)
            if error is not None:
                return f"onnx.checker: {first_line(error)}"
        if not isinstance(self.expected["off"], str):
            got = run(source, self.feed(model), "off")
            if isinstance(got, str):
                return f"ONNX Runtime: {first_line(got)}"
            far = distance(self.expected["off"], got, self.by_shape)
            if far > SAME:
                return f"differs by {far:.2g}"
        return None


class Conversion:
    """The conversion of one variant. What is wrong goes to the verdict."""

    def __init__(self, judge, name, model, folder, verdict):
        self.case_judge = judge
        self.opp = judge.opp
        self.name = name
        self.model = model
        self.folder = folder
        self.verdict = verdict
        self.source = folder / "in" / "in.onnx"
        self.target = folder / "out" / "out.onnx"

    def wrong(self, check, text):
        self.verdict.wrong.setdefault(check, text)

    def convert(self, source, name):
        target = self.folder / name / "out.onnx"
        target.parent.mkdir()
        return self.opp("convert", "-f", "json", *self.case_judge.options,
                        source, "-o", target, expect=None)

    def judge(self):
        self.judge_copy()
        done = self.convert(self.source, "out")
        wanted = self.case_judge.case.error
        got = f"{done.returncode} {done.stderr.strip()}".replace(
            str(self.source), "in.onnx")
        if wanted is not None and self.name == "plain" and (
                not got.startswith(wanted)):
            self.wrong("refusal", f"{got}, not {wanted}")
        allowed = {0} if wanted is None else {0, int(wanted.split()[0])}
        if done.returncode not in allowed:
            self.wrong("convert", got)
        if done.returncode == 0:
            self.replaced = sum(entry["removed"] for entry in json.loads(
                done.stdout).get("rewrites", []))
            self.judge_output()

    def judge_copy(self):
        """A pipeline of no passes writes the bytes of the input."""
        target = self.folder / "copy" / "out.onnx"
        target.parent.mkdir()
        done = self.opp("passes", "run", "-p", "", self.source, "-o", target,
                        expect=None)
        if done.returncode != 0:
            if self.case_judge.case.error is None:
                self.wrong("copy", f"{done.returncode} {done.stderr}")
        elif target.read_bytes() != self.source.read_bytes():
            self.wrong("copy", "other bytes")

    def judge_output(self):
        done = self.convert(self.target, "again")
        if done.returncode != 0:
            self.wrong("again", f"{done.returncode} {done.stderr}")
        elif (self.folder / "again" / "out.onnx").read_bytes() != (
                self.target.read_bytes()):
            self.wrong("again", "other bytes")
        if self.name == "poisoned":
            self.forget_types()
        after = onnx.load(self.target)
        self.judge_valid()
        self.judge_numbers(after)
        self.judge_kept(after)
        try:
            self.count(after)
        except (onnx.shape_inference.InferenceError, RuntimeError) as error:
            self.verdict.notes.append(f"not counted: {error}")

    def forget_types(self):
        """What the poison was in is not believed by anybody: the rest of the
        model must be right."""
        for path in (self.source, self.target):
            onnx.save(variants.stripped(onnx.load(path)), path)

    def judge_valid(self):
        """onnx.checker accepts the output where it accepts the input."""
        if compare.check_error(self.source) is None:
            error = compare.check_error(self.target)
            if error is not None:
                self.wrong("valid", error)

    def judge_numbers(self, after):
        """ONNX Runtime, or else onnx.reference, gives nearly the same."""
        judge = self.case_judge
        feed = judge.feed(after)
        for level in LEVELS:
            expected = judge.expected[level]
            if isinstance(expected, str) or not self.is_fit(level):
                continue
            got = run(self.target, feed, level)
            if not isinstance(got, str):
                self.compare(expected, got, f"numbers_{level}")
            elif lacks_half_kernel(got):
                self.verdict.notes.append(got)
            else:
                self.wrong(f"runs_{level}", got)
        if isinstance(judge.expected["off"], str):
            self.judge_reference(feed)

    def is_fit(self, level):
        """Whether the runtime's optimiser leaves the input right."""
        if level == "off":
            return True  # see Judge.changed
        judge = self.case_judge
        got = run(self.source, judge.feed(self.model), level)
        return not isinstance(got, str) and distance(
            judge.expected[level], got, judge.by_shape) <= TOLERANCE

    def judge_reference(self, feed):
        """onnx.reference knows less; it judges what it can run."""
        expected = run_reference(self.source,
                                 self.case_judge.feed(self.model))
        if not isinstance(expected, str):
            got = run_reference(self.target, feed)
            if isinstance(got, str):
                self.wrong("runs_reference", got)
            else:
                self.compare(expected, got, "numbers_reference")

    def compare(self, expected, got, check):
        far = distance(expected, got, self.case_judge.by_shape)
        if far > TOLERANCE:
            self.wrong(check, f"differs by {far:.2g}")

    def judge_kept(self, after):
        """Ends and all that the graph says beside its nodes stay."""
        before = self.model
        for part in ("input", "output"):
            pairs = [[self.end(value) for value in getattr(model.graph, part)]
                     for model in (before, after)]
            if pairs[0] != pairs[1]:
                self.wrong("kept", f"{part}s {pairs[1]}, not {pairs[0]}")
        if stamp_free(case_file.marks(before)) != stamp_free(
                case_file.marks(after)):
            self.wrong("kept", "metadata of the model")
        if not case_file.opsets(before) <= case_file.opsets(after):
            self.wrong("kept", "opset imports")
        numbers = [numbered(node) for node in case_file.all_nodes(after)]
        lost = told(before) - told(after)
        gone = collections.Counter({text: n for text, n in lost.items()
                                    if text.startswith("number=")})
        gone.update(
            node.name for node in case_file.all_nodes(before)
            if node.op_type != "Cast" and numbered(node) not in numbers
            and f"number={numbered(node)}" not in gone)
        if gone.total() > self.replaced:
            self.wrong("kept", f"nodes: {sorted(gone)}")
        lost -= gone
        if lost and self.name != "poisoned":
            self.wrong("kept", f"lost: {sorted(lost)}")

    def end(self, value):
        """What of an input or output must not change."""
        told = onnx.ValueInfoProto.FromString(value.SerializeToString())
        if "--no-keep-io-types" in self.case_judge.options:
            widen(told.type)
        return told.SerializeToString(deterministic=True)

    def count(self, after):
        """How many float compute nodes are FP16, where functions are called;
        without the nodes that a variant added."""
        flat_model = onnx.inliner.inline_local_functions(after)
        inferred, recorded = model_stats.typed(flat_model)
        stats = model_stats.Stats()
        for scope, known in model_stats.scopes(inferred.graph):
            for node in scope.node:
                if not node.name.startswith(variants.OWN):
                    model_stats.count_node(
                        stats, node, lambda name: known.get(
                            name, recorded.get(name, 0)))
        self.verdict.half = stats.half_nodes
        self.verdict.full = stats.full_nodes
        self.verdict.counted = True


def first_line(error):
    """Of a message, without the places of files."""
    return re.sub(r"/\S*/", "", error.split("\n")[0])[:160]


def told(message):
    """What a model says for people and for other tools, counted: doc strings,
    metadata, unknown fields. Casts may go, with what they say."""
    found = collections.Counter()
    if isinstance(message, onnx.NodeProto) and message.op_type == "Cast":
        return found
    for field in unknown_fields.UnknownFieldSet(message):
        found[f"field {field.field_number} {field.data}"] += 1
    for field, value in message.ListFields():
        if field.name == "doc_string":
            found[f"doc {value}"] += 1
        elif field.name == "metadata_props":
            found.update(f"{prop.key}={prop.value}" for prop in value
                         if not prop.key.startswith("opp."))
        elif field.message_type is not None:
            parts = value if isinstance(value, Iterable) else [value]
            for part in parts:
                found += told(part)
    return found


def numbered(node):
    """The number that case_file.mark gave the node."""
    for prop in node.metadata_props:
        if prop.key == "number":
            return prop.value
    return node.name


def stamp_free(marks):
    """Without what the tool itself writes into the model's metadata."""
    return [[prop for prop in mark
             if not (isinstance(prop, tuple) and prop[0].startswith("opp."))]
            if isinstance(mark, list) else mark for mark in marks]


def widen(type_proto):
    """FP16 as FP32, at any depth."""
    kind = type_proto.WhichOneof("value")
    if kind in ("sequence_type", "optional_type"):
        widen(getattr(type_proto, kind).elem_type)
    elif kind and getattr(type_proto, kind).elem_type == TensorProto.FLOAT16:
        getattr(type_proto, kind).elem_type = TensorProto.FLOAT


def judge_case(title, opp, folder, case, names):
    """{variant: Verdict} of a case; the title names it if this crashes."""
    judge = Judge(opp, folder, case)
    found = {}
    for name in names:
        try:
            found[name] = judge.judge(name)
        except Exception as error:  # of one variant: the others still count
            found[name] = Verdict(wrong={
                "judge": f"{type(error).__name__}: {error}"})
    return found


def crashed_at(folder):
    """(variant, Verdict) of the variant at which judge_case crashed in this
    folder. A runtime that crashes on the input judges nothing."""
    path = max(pathlib.Path(folder).glob(f"*/{ASKED}"),
               key=lambda path: path.stat().st_mtime_ns)
    if path.read_text() == "in":
        return path.parent.name, Verdict(unused="ONNX Runtime crashes on it")
    return path.parent.name, Verdict(wrong={"crash": "ONNX Runtime crashes"})
