"""What the schemas of the onnx package allow a model to become. A float
compute node is what model_stats says."""

import functools

import onnx
from onnx import TensorProto

import kernels
import model_stats
import op_types

NOT_COMPUTE = (model_stats.CASTS | model_stats.SHAPES
               | model_stats.CONTAINERS)


@functools.cache
def schema_of(name, opset, domain):
    try:
        return onnx.defs.get_schema(name, opset, domain)
    except onnx.defs.SchemaError:
        return None


def types_of(schema, i):
    """Types that the schema allows for input i."""
    formal = schema.inputs[min(i, len(schema.inputs) - 1)]
    for constraint in schema.type_constraints:
        if constraint.type_param_str == formal.type_str:
            return constraint.allowed_type_strs
    return (formal.type_str,)


def float_inputs(node, env):
    """(index, type) of the inputs that hold float32."""
    for i, name in enumerate(node.input):
        text = name in env and op_types.type_text(env[name])
        if text and op_types.elem_of(text) == "float":
            yield i, text


def float_compute_ops(model, lows):
    """(ops of the float compute nodes that read float32, {low type: those of
    them whose schema, at the model's opset, allows the low type there})"""
    opsets = {"" if o.domain == "ai.onnx" else o.domain: o.version
              for o in model.opset_import}
    inferred = onnx.shape_inference.infer_shapes(model)
    found, allowed = set(), {low: set() for low in lows}
    for graph, env in kernels.environments(inferred.graph):
        for node in graph.node:
            read = [*float_inputs(node, env)]
            if node.op_type in NOT_COMPUTE or not read:
                continue
            found.add(node.op_type)
            domain = "" if node.domain == "ai.onnx" else node.domain
            schema = schema_of(node.op_type, opsets[domain], domain)
            for low in lows:
                if schema and any(
                        text.replace("(float)", f"({low})")
                        in types_of(schema, i) for i, text in read):
                    allowed[low].add(node.op_type)
    return sorted(found), {low: sorted(ops) for low, ops in allowed.items()}


def low_nodes(model, low):
    """How many float compute nodes read or write a tensor of the low type."""
    elem = TensorProto.DataType.Value(low.upper())
    inferred, recorded = model_stats.typed(model)
    count = 0
    for scope, known in model_stats.scopes(inferred.graph):
        for node in scope.node:
            names = [name for name in [*node.input, *node.output] if name]
            count += node.op_type not in NOT_COMPUTE and any(
                known.get(name, recorded.get(name, 0)) == elem
                for name in names)
    return count


def holds_float32(model):
    """Whether any value or tensor, of any scope, holds float32."""
    inferred, _ = model_stats.typed(model)
    return any(
        TensorProto.FLOAT in known.values() or any(
            tensor.data_type == TensorProto.FLOAT
            for tensor in model_stats.tensors(scope))
        for scope, known in model_stats.scopes(inferred.graph))
