"""What the inference of the onnx package knows of a model, scope by scope, in
the order in which the tool numbers its graphs."""

import functools
import pathlib

import onnx
from onnx import shape_inference

import corpus
import op_models

GROUPS = ["generated", "shipped", "corpus"]


def bodies(node):
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def bodies_within(graph):
    """All bodies in the nodes of a graph; those of one node first, then what
    is in them."""
    for node in graph.node:
        found = list(bodies(node))
        yield from found
        for body in found:
            yield from bodies_within(body)


def scopes(model):
    """The main graph and all bodies in it."""
    return [model.graph, *bodies_within(model.graph)]


def forget_shapes(model):
    """Removes what the file says of shapes, but for the inputs. There, a
    length of -1 means an unknown one, but onnx would calculate with it."""
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_value < 0:
                dim.Clear()
    for graph in scopes(model):
        del graph.value_info[:]
        for output in graph.output:
            if output.type.HasField("tensor_type"):
                output.type.tensor_type.ClearField("shape")


def infer(model):
    return shape_inference.infer_shapes(model, strict_mode=False,
                                        data_prop=True)


def declared(graph):
    """{name: TypeProto} of those values that are in the graph; a value_info
    can be left over from a node that is gone."""
    own = {name for node in graph.node for name in node.output}
    own |= {value.name for value in graph.input}
    own |= {tensor.name for tensor in graph.initializer}
    return {value.name: value.type
            for value in [*graph.input, *graph.value_info, *graph.output]
            if value.name in own}


def load(path):
    return onnx.load(path, load_external_data=False)


@functools.cache
def write_generated(folder):
    found = []
    for name, data in op_models.generated_models():
        path = pathlib.Path(folder) / f"{name.replace('/', '_')}.onnx"
        path.write_bytes(data)
        found.append((name, path))
    return found


def models(group, folder, corpus_file):
    """Pairs (name, path); generated models are written to `folder`."""
    if group == "generated":
        return write_generated(folder)
    if group == "shipped":
        return [("/".join(path.parts[-3:-1]) + f"/{path.name}", path)
                for path in op_models.data_files()]
    return [(name, corpus_file(name)) for name in corpus.NAMES]
