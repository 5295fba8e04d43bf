"""Which FP16 tensors of a converted model hold whole numbers that FP16 cannot
tell apart: above 2048 it has every second one, above 4096 every fourth.

The FP32 model is run, and every float tensor of it looked at, constants and
those of bodies too; of the converted model only the types are asked. Two
tensors are the same if they have the same name, or if a cast makes one of the
other."""

import dataclasses

import numpy as np
import onnx
import onnx.inliner
import onnxruntime
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator

import compare
import model_stats
import numeric_judge

EXACT = 2048
# From here on every FP32 value is an integer: that says nothing.
ALL_INTEGER = 2.0 ** 24


@dataclasses.dataclass
class Values:
    """What is seen of one tensor, over all runs."""
    whole: bool = True
    largest: float = 0.0
    exact: bool = True  # FP16 holds each of the values

    def add(self, value):
        finite = value[np.isfinite(value)].astype(np.float64)
        size = np.abs(finite).max(initial=0.0)
        self.largest = max(self.largest, size)
        self.whole &= bool((finite == np.rint(finite)).all())
        with np.errstate(over="ignore"):
            self.exact &= bool((finite.astype(np.float16) == finite).all())

    @property
    def counts(self):
        return self.whole and EXACT < self.largest < ALL_INTEGER


def inlined(path):
    return onnx.inliner.inline_local_functions(onnx.load(path))


def add(seen, name, value):
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        seen.setdefault(name, Values()).add(value)


def watched_reference(model, feeds):
    """{name: Values}, from onnx.reference: all scopes."""
    seen = {}

    class Watching(ReferenceEvaluator):
        """Bodies are run by evaluators of the same class."""

        def run(self, output_names, feed_inputs, *args, **kwargs):
            kwargs.pop("intermediate", None)
            found = super().run(output_names, feed_inputs, *args,
                                intermediate=True, **kwargs)
            for name, value in found.items():
                add(seen, name, value)
            return [found[name] for name in output_names or self.output_names]

    evaluator = Watching(model, new_ops=numeric_judge.CORRECTED)
    with np.errstate(all="ignore"):
        for feed in feeds:
            evaluator.run(None, feed)
    return seen


def watched_runtime(model, feeds):
    """From ONNX Runtime: the main graph."""
    inferred, recorded = model_stats.typed(model)
    _, known = next(model_stats.scopes(inferred.graph))
    have = {value.name for value in model.graph.output}
    names = [name for node in model.graph.node for name in node.output
             if name and name not in have
             and known.get(name, recorded.get(name)) == TensorProto.FLOAT]
    watched = onnx.ModelProto.FromString(model.SerializeToString())
    watched.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = compare.LEVELS["off"]
    session = onnxruntime.InferenceSession(
        watched.SerializeToString(), options,
        providers=["CPUExecutionProvider"])
    seen, names = {}, [value.name for value in session.get_outputs()]
    for feed in feeds:
        for name, value in [*feed.items(),
                            *zip(names, session.run(names, feed))]:
            add(seen, name, value)
    return seen


def constants(model, seen):
    for scope, _ in model_stats.scopes(model.graph):
        for tensor in scope.initializer:
            add(seen, tensor.name, numpy_helper.to_array(tensor))
        for node in scope.node:
            for tensor in model_stats.attribute_tensors(node):
                add(seen, node.output[0], numpy_helper.to_array(tensor))
    return seen


def half_tensors(model):
    """{name in the FP32 model: name of the FP16 tensor}"""
    inferred, recorded = model_stats.typed(model)
    found = {}
    for scope, known in model_stats.scopes(inferred.graph):
        half = [name for name in dict.fromkeys([
            *known, *(name for node in scope.node for name in node.output)])
            if known.get(name, recorded.get(name)) == TensorProto.FLOAT16]
        found.update((name, name) for name in half)
        for node in scope.node:
            if node.op_type == "Cast":
                one, other = node.input[0], node.output[0]
                found.update({one: other} if other in half else
                             {other: one} if one in half else {})
    return found


def whole_numbers(source, target, feeds, evaluate=watched_reference):
    """[(FP16 tensor, Values)] of those that count."""
    model = inlined(source)
    seen = constants(model, evaluate(model, feeds))
    return [(half, seen[name])
            for name, half in half_tensors(inlined(target)).items()
            if name in seen and seen[name].counts]
