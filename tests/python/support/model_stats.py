"""What is FP16 and what is FP32 in a model, counted from the file with the
onnx package alone.

A *float compute node* is a node of any scope (main graph, bodies of control
flow) that reads a floating-point tensor, except: casts (Cast, CastLike), which
are counted as casts; Shape and Size, which look at no element; and the
containers If, Loop, Scan and SequenceMap, whose bodies are counted instead.
Nodes of local functions are not counted, only their tensors and casts. A node
counts as FP16 when every float tensor that it writes is FP16 (BF16 alike);
where it writes none (a comparison, an ArgMax), when every float tensor that it
reads is.

*Weight bytes* are those of the float tensors stored in the file (initializers,
Constant nodes, other tensor attributes), in the type they are stored in."""

import collections
import dataclasses

import numpy as np
import onnx
from onnx import TensorProto, helper

HALF = {TensorProto.FLOAT16, TensorProto.BFLOAT16}
FULL = {TensorProto.FLOAT, TensorProto.DOUBLE}
QUANTISED = {TensorProto.INT8, TensorProto.UINT8, TensorProto.INT4,
             TensorProto.UINT4}
CASTS = {"Cast", "CastLike"}
SHAPES = {"Shape", "Size"}
CONTAINERS = {"If", "Loop", "Scan", "SequenceMap"}


@dataclasses.dataclass
class Stats:
    half_nodes: int = 0
    full_nodes: int = 0
    casts: int = 0
    half_bytes: int = 0
    full_bytes: int = 0
    quantised_bytes: int = 0
    full_ops: collections.Counter = dataclasses.field(
        default_factory=collections.Counter)

    @property
    def is_fp32(self):
        """Whether this is a plain FP32 model: most of its weight bytes are
        FP32. (Models without any weight count as well.)"""
        rest = self.half_bytes + self.quantised_bytes
        return self.full_bytes >= rest


def element_type(type_proto):
    """Of a tensor, or of what a sequence or optional holds; 0 if unknown."""
    kind = type_proto.WhichOneof("value")
    if kind in ("tensor_type", "sparse_tensor_type"):
        return getattr(type_proto, kind).elem_type
    if kind in ("sequence_type", "optional_type"):
        return element_type(getattr(type_proto, kind).elem_type)
    return 0


def bodies(node):
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def scopes(graph, outer=None):
    """(graph, {name: element type}) of a graph and all graphs in it."""
    known = dict(outer or {})
    for value in [*graph.value_info, *graph.input, *graph.output]:
        known[value.name] = element_type(value.type)
    for tensor in graph.initializer:
        known[tensor.name] = tensor.data_type
    for tensor in graph.sparse_initializer:
        known[tensor.values.name] = tensor.values.data_type
    yield graph, known
    for node in graph.node:
        for body in bodies(node):
            yield from scopes(body, known)


def forget_types(graph):
    """Removes value_info everywhere: a converter may have left it stale."""
    recorded = {}
    for scope, _ in list(scopes(graph)):
        for value in scope.value_info:
            recorded.setdefault(value.name, element_type(value.type))
        del scope.value_info[:]
    return recorded


def typed(model):
    """The model with inferred value_info, and the types that were recorded,
    for the outputs that no schema of the onnx package knows."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    recorded = forget_types(copy.graph)
    return onnx.shape_inference.infer_shapes(copy, data_prop=False), recorded


def tensor_bytes(tensor):
    bits = 4 if tensor.data_type in (TensorProto.INT4,
                                     TensorProto.UINT4) else 8
    if bits == 8 and tensor.data_type != TensorProto.STRING:
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        bits = 8 * np.dtype(dtype).itemsize
    return int(np.prod(tensor.dims, dtype=np.int64)) * bits // 8


def tensors(scope):
    yield from scope.initializer
    for sparse in scope.sparse_initializer:
        yield sparse.values
    for node in scope.node:
        yield from attribute_tensors(node)


def attribute_tensors(node):
    for attribute in node.attribute:
        if attribute.HasField("t"):
            yield attribute.t
        yield from attribute.tensors
        if attribute.HasField("sparse_tensor"):
            yield attribute.sparse_tensor.values


def count_tensor(stats, tensor):
    size = tensor_bytes(tensor)
    if tensor.data_type in HALF:
        stats.half_bytes += size
    elif tensor.data_type in FULL:
        stats.full_bytes += size
    elif tensor.data_type in QUANTISED:
        stats.quantised_bytes += size


def count_node(stats, node, type_of):
    if node.op_type in CASTS:
        stats.casts += 1
        return
    read = {type_of(name) for name in node.input if name} & (HALF | FULL)
    if not read or node.op_type in CONTAINERS | SHAPES:
        return
    written = {type_of(name) for name in node.output if name} & (HALF | FULL)
    if (written or read) <= HALF:
        stats.half_nodes += 1
    else:
        stats.full_nodes += 1
        stats.full_ops[node.op_type] += 1


def model_stats(model):
    """Stats of a ModelProto; external data need not be loaded."""
    stats = Stats()
    inferred, recorded = typed(model)
    for scope, known in scopes(inferred.graph):
        for node in scope.node:
            count_node(stats, node, lambda name: known.get(
                name, recorded.get(name, 0)))
        for tensor in tensors(scope):
            count_tensor(stats, tensor)
    for function in model.functions:
        for node in function.node:
            for tensor in attribute_tensors(node):
                count_tensor(stats, tensor)
            stats.casts += node.op_type in CASTS
    return stats
