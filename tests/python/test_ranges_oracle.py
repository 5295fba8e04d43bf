"""The bounds of facts/ranges against what models give when they run: with the
range of the actual inputs declared, every value lies within its bound, and
what is said to be reached is reached by the inputs that the fact follows."""

import collections
import itertools
import json
import math
import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

import corpus
import model_inputs
import op_models

# 3D pooling in pure Python takes seconds.
SLOW_CASES = {"test_averagepool_3d_default", "test_lppool_3d_default",
              "test_maxpool_3d_default"}


class Check:
    """Counts what is bounded, and collects what lies outside."""

    def __init__(self):
        self.counts = collections.Counter()
        self.wrong = []

    def value(self, where, ours, array):
        if not is_number(array) or ours is None:
            return
        numbers = array.astype(np.float64).ravel()
        numbers = numbers[~np.isnan(numbers)]
        self.counts["values"] += 1
        lo = -math.inf if ours["lo"] is None else ours["lo"]
        hi = math.inf if ours["hi"] is None else ours["hi"]
        self.counts["bounded above and below"] += math.isfinite(hi - lo)
        self.counts["bounded on one side"] += (
            math.isfinite(lo) != math.isfinite(hi))
        self.counts["reached"] += "reach" in ours
        if numbers.size == 0:
            return
        least, most = numbers.min(), numbers.max()
        if least < lo or most > hi:
            self.wrong.append(f"{where}: [{least:.9g}, {most:.9g}] is not in "
                              f"[{lo:.9g}, {hi:.9g}]")
        apart = numbers[numbers != 0]
        if apart.size and np.abs(apart).min() < (ours["min_abs"] or 0):
            self.wrong.append(f"{where}: {np.abs(apart).min()} is below "
                              f"{ours['min_abs']}")
        finite = numbers[np.isfinite(numbers)]
        if ours["integer"] and (finite != np.rint(finite)).any():
            self.wrong.append(f"{where}: not all are whole numbers")

    def report(self, title):
        print(f"{title}: {dict(sorted(self.counts.items()))}")
        assert not self.wrong, "\n".join(self.wrong)


def is_number(array):
    return (isinstance(array, np.ndarray) and array.dtype.kind in "fiub" or
            str(getattr(array, "dtype", "")) == "bfloat16")


def declared(feed):
    """Lines NAME=LO:HI for inputs of finite numbers."""
    lines = []
    for name, array in feed.items():
        if not is_number(array) or array.size == 0 or array.dtype.kind == "b":
            continue
        numbers = array.astype(np.float64)
        numbers = numbers[~np.isnan(numbers)]
        if numbers.size and np.isfinite(numbers).all():
            lines.append(f"{name}={numbers.min():.17g}:{numbers.max():.17g}")
    return lines


@pytest.fixture(scope="module")
def ranges(opp, tmp_path_factory):
    """ranges(model, lines): {value: range} of the main graph."""
    folder = tmp_path_factory.mktemp("ranges")

    def run(path, lines):
        listed = folder / "ranges.txt"
        listed.write_text("".join(line + "\n" for line in lines))
        done = opp("print", "--show-ranges", "-f", "json",
                   "--range", f"@{listed}", path)
        return json.loads(done.stdout)["graphs"][0]["values"]

    return run


def evaluate(model, feed):
    """All values of a model by onnx.reference, or None."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return ReferenceEvaluator(model).run(None, feed, intermediate=True)
    except Exception:  # whatever an op's Python code raises
        return None


def feed_of(case):
    names = [value.name for value in case.model.graph.input]
    return dict(zip(names, case.data_sets[0][0]))


def test_op_test_cases(ranges, tmp_path):
    """Every op test case of the onnx package: the results that it has, and
    all values between the nodes as onnx.reference gives them."""
    path = tmp_path / "model.onnx"
    check = Check()
    for case in op_models.generated_cases():
        if case.name in SLOW_CASES:
            continue
        feed = feed_of(case)
        onnx.save(case.model, path)
        ours = ranges(path, declared(feed))
        results = evaluate(case.model, feed) or {}
        results.update(zip([o.name for o in case.model.graph.output],
                           case.data_sets[0][1]))
        for name, array in results.items():
            check.value(f"{case.name}: `{name}`", ours.get(name), array)
    check.report("op test cases")
    assert check.counts["bounded above and below"] > 3_000


def run_with_all_outputs(path, feed):
    """Every value of the main graph that ONNX Runtime gives."""
    model = onnx.load(path)
    own = {value.name for value in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in own:
                model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 2
    options.graph_optimization_level = \
        onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, ["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(None, feed)))


# All values of these take 2 GB.
LARGE = {"isnet-small.onnx", "isnet-medium.onnx"}


@pytest.mark.slow
@pytest.mark.parametrize("name",
                         [n for n in corpus.NAMES if n not in LARGE])
def test_real_models(ranges, corpus_file, name):
    check = Check()
    feed = model_inputs.cases(name)[0]
    ours = ranges(corpus_file(name), declared(feed))
    for value, array in run_with_all_outputs(corpus_file(name), feed).items():
        check.value(f"{name}: `{value}`", ours.get(value), array)
    check.report(name)
    assert check.counts["values"] > 0


# --- reach ------------------------------------------------------------------


def halves(array, lo, hi):
    """Neighbours along every axis are at different ends."""
    parity = sum(np.indices(array.shape)) % 2 if array.ndim else 0
    return np.where(parity, hi, lo).astype(array.dtype)


def witnesses(feed, lines):
    """The inputs that a reach follows: each declared one at either end, in
    all combinations, and half of it at each."""
    names = [line.split("=")[0] for line in lines]
    ends = {name: (feed[name].min(), feed[name].max()) for name in names}
    for choice in itertools.product((0, 1), repeat=len(names)):
        yield feed | {name: np.full_like(feed[name], ends[name][i])
                      for name, i in zip(names, choice)}
    for turn in ((0, 1), (1, 0)):
        yield feed | {name: halves(feed[name], *np.take(ends[name], turn))
                      for name in names}


# Each more input doubles the runs.
MOST_INPUTS = 3


def reached(model, feed, lines):
    """{value: (least, greatest)} of all witnesses; None where the model does
    not run with them."""
    found = {}
    for witness in witnesses(feed, lines):
        results = evaluate(model, witness)
        if results is None:
            return None
        for name, array in results.items():
            if not is_number(array) or array.size == 0:
                continue
            numbers = array.astype(np.float64)
            ends = np.nanmin(numbers), np.nanmax(numbers)
            before = found.get(name, ends)
            found[name] = min(before[0], ends[0]), max(before[1], ends[1])
    return found


def compare_reach(check, where, ours, ends):
    lo = -math.inf if ours["reach"][0] is None else ours["reach"][0]
    hi = math.inf if ours["reach"][1] is None else ours["reach"][1]
    # Variances are differences of like numbers.
    slack = 2e-2 * max(abs(x) for x in (lo, hi, *ends) if math.isfinite(x))
    check.counts["reached"] += 1
    if ends[0] > lo + slack or ends[1] < hi - slack:
        check.wrong.append(f"{where}: [{lo:.6g}, {hi:.6g}] is said to be "
                           f"reached, but it is [{ends[0]:.6g}, "
                           f"{ends[1]:.6g}]")


def test_reach(ranges, tmp_path):
    """Of op test cases whose inputs are floats."""
    path = tmp_path / "model.onnx"
    check = Check()
    for case in op_models.generated_cases():
        feed = feed_of(case)
        lines = declared(feed)
        if case.name in SLOW_CASES or not 0 < len(lines) <= MOST_INPUTS:
            continue
        lines = [line for line in lines
                 if feed[line.split("=")[0]].dtype == np.float32]
        ends = reached(case.model, feed, lines)
        if ends is None or not lines:
            check.counts["not run"] += 1
            continue
        onnx.save(case.model, path)
        for name, value in ranges(path, lines).items():
            if "reach" in value and name in ends:
                compare_reach(check, f"{case.name}: `{name}`", value,
                              ends[name])
    check.report("reach of op test cases")
    assert check.counts["reached"] > 1_000
