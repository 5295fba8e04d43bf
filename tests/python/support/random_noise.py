"""How far rounding moves the results of a model, by a model that rounds.

noisy(model) computes in FP32 as the model does, but each float value that a
node makes and each weight is moved by about the error of FP16, and what FP16 cannot
hold is cut. By how much depends on the input NOISE: (NOISE * x) - (NOISE * x -
x) is x with an error of up to NOISE / 2^25 of its own, another for each NOISE.
Zeros and small integers come through as they are, as they do in FP16. Where the
results differ little under many such errors, the model is one that FP16 holds,
and a conversion that is wrong has no excuse."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import inference

NOISE = "random_noise"
# Between 1 and 2 times the largest error of FP16, with few bits.
LEVELS = [np.float32(2**14 * (1 + k / 64)) for k in range(64)]
LARGEST = 65504.0
# x + GRID - GRID is x on the grid of FP16's smallest values.
GRID = 0.5
# Smaller constants hold parameters, such as scales of a Resize.
SMALLEST_WEIGHT = 17


def is_float(proto):
    return (proto is not None and proto.HasField("tensor_type")
            and proto.tensor_type.elem_type == TensorProto.FLOAT)


class Rounding:
    """Gives the nodes that compute one value from its exact one."""

    def __init__(self, opset):
        self.opset = opset
        self.count = 0

    def nodes(self, exact, name):
        self.count += 1
        a, b, c, d, e = (f"{NOISE}/{self.count}/{part}" for part in "abcde")
        if self.opset < 11:
            cut = helper.make_node("Clip", [exact], [a], min=-LARGEST,
                                   max=LARGEST)
        else:
            cut = helper.make_node("Clip", [exact, f"{NOISE}/low",
                                            f"{NOISE}/high"], [a])
        steps = [("Mul", a, NOISE, b), ("Sub", b, a, c), ("Sub", b, c, d),
                 ("Add", d, f"{NOISE}/grid", e),
                 ("Sub", e, f"{NOISE}/grid", name)]
        return [cut, *(helper.make_node(op, [x, y], [z])
                       for op, x, y, z in steps)]


def constant_size(node):
    for attribute in node.attribute:
        if attribute.name == "value":
            return numpy_helper.to_array(attribute.t).size
        if attribute.name == "value_floats":
            return len(attribute.floats)
    return 0


def round_graph(graph, rounding, kept):
    """kept: names of weights that are inputs."""
    types = inference.declared(graph)
    outer = list(graph.node)
    del graph.node[:]
    for weight in graph.initializer:
        size = numpy_helper.to_array(weight).size
        if weight.data_type == TensorProto.FLOAT and weight.name not in kept \
                and size >= SMALLEST_WEIGHT:
            name = weight.name
            weight.name = f"{NOISE}/exact/{rounding.count}"
            graph.node.extend(rounding.nodes(weight.name, name))
    for node in outer:
        graph.node.append(node)
        node = graph.node[-1]
        if node.op_type == "Constant" \
                and constant_size(node) < SMALLEST_WEIGHT:
            continue
        for place, name in enumerate(node.output):
            if name and is_float(types.get(name)):
                exact = f"{NOISE}/exact/{rounding.count}"
                node.output[place] = exact
                graph.node.extend(rounding.nodes(exact, name))
    for body in [found for node in graph.node
                 for found in inference.bodies(node)]:
        round_graph(body, rounding, ())
    del graph.value_info[:]


def noisy(model):
    model = inference.infer(model)
    opset = next(entry.version for entry in model.opset_import
                 if entry.domain in ("", "ai.onnx"))
    if model.ir_version < 4:
        model.ir_version = 4
    kept = {value.name for value in model.graph.input}
    round_graph(model.graph, Rounding(opset), kept)
    model.graph.input.append(
        helper.make_tensor_value_info(NOISE, TensorProto.FLOAT, []))
    for name, number in (("grid", GRID), ("low", -LARGEST),
                         ("high", LARGEST)):
        model.graph.initializer.append(helper.make_tensor(
            f"{NOISE}/{name}", TensorProto.FLOAT, [], [number]))
    return model


def feeds(feed, levels):
    return [feed | {NOISE: np.array(level, np.float32)} for level in levels]


def write(source, target):
    onnx.save(noisy(onnx.load(source)), target)
