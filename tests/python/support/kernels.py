"""Whether ONNX Runtime's CPU provider can load a model, predicted from its own
tables: get_all_opkernel_def() says which kernel takes which types,
get_all_operator_schema() which operand has which type variable, and the onnx
package which op has a function body.

The rules are those that ONNX Runtime 1.32 applies to every model, whatever the
level of optimisation:

* A Constant becomes an initializer when the file is read.
* A node with a kernel for its types gets it. A kernel fits a schema version
  that it was made for, and later ones as far as its range is closed.
* Another node whose op has a function body is replaced by the body.
* Another node that reads FP16 gets casts, and the kernel for FP32.
* Another node makes the session fail.

A kernel that exists can still fail when it runs; the tables do not say that."""

import functools

import onnx
from onnx import TensorProto, helper, shape_inference
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

import op_types

OPEN = 2147483647
CPU = "CPUExecutionProvider"
HALF, FULL = "tensor(float16)", "tensor(float)"


@functools.cache
def kernels():
    """{(domain, op): [(first version, last version, {variable: types})]}"""
    found = {}
    for row in runtime.get_all_opkernel_def():
        if row.provider == CPU:
            types = {variable: frozenset(allowed) for variable, allowed
                     in row.type_constraints.items()}
            found.setdefault((row.domain, row.op_name), []).append(
                (*row.version_range, types))
    return found


@functools.cache
def schemas():
    """{(domain, op): [schema]}, oldest first."""
    found = {}
    for row in runtime.get_all_operator_schema():
        found.setdefault((row.domain, row.name), []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row.since_version)
    return found


def newest(rows, opset):
    fitting = [row for row in rows if row.since_version <= opset]
    return fitting[-1] if fitting else None


def fits(kernel, since, bound):
    first, last, types = kernel
    if first != since and (last == OPEN or not first <= since <= last):
        return False
    return all(bound[variable] in allowed
               for variable, allowed in types.items() if variable in bound)


def bind(params, names, env, bound):
    """Types of type variables and of operands by name, as the operands of a
    node say. Of a variadic operand, only the first counts."""
    for formal, name in zip(params, names):
        proto = env.get(name)
        text = proto and op_types.type_text(proto)
        if text:
            bound.setdefault(formal.typeStr, text)
            bound.setdefault(formal.name, text)


class Node:
    """A node with the types around it, and the answer of the rules."""

    def __init__(self, proto, opsets, env):
        self.proto = proto
        self.domain = "" if proto.domain == "ai.onnx" else proto.domain
        self.opset = opsets[self.domain]
        self.opsets = opsets
        self.env = env
        self.schema = newest(schemas().get((self.domain, proto.op_type), []),
                             self.opset)
        self.bound = {}
        if self.schema:
            bind(self.schema.inputs, proto.input, env, self.bound)
            bind(self.schema.outputs, proto.output, env, self.bound)

    def has_kernel(self, bound):
        return any(fits(kernel, self.schema.since_version, bound) for kernel
                   in kernels().get((self.domain, self.proto.op_type), []))

    def reads_half(self):
        return any(name in self.env and
                   op_types.type_text(self.env[name]) == HALF
                   for name in self.proto.input)

    def missing(self):
        """The ops without a kernel because of which the node does not load."""
        if self.domain == "" and self.proto.op_type == "Constant":
            return []
        if self.schema and self.has_kernel(self.bound):
            return []
        body = self.schema and function_body(self)
        if body:
            return missing_in_body(self, body)
        widened = {variable: FULL if text == HALF else text
                   for variable, text in self.bound.items()}
        if self.schema and self.reads_half() and self.has_kernel(widened):
            return []
        return [self.text()]

    def text(self):
        types = sorted({text for text in self.bound.values()})
        return f"{self.proto.op_type} {' '.join(types)}"


def function_body(node):
    """FunctionProto of the op, as of the model's opset; None if it has none."""
    try:
        schema = onnx.defs.get_schema(node.proto.op_type, node.opset,
                                      node.domain)
    except onnx.defs.SchemaError:
        return None
    if schema.has_function:
        return fixed_body(schema, node)
    if schema.has_context_dependent_function:
        return dependent_body(schema, node)
    return None


def fixed_body(schema, node):
    versions = [v for v in schema.function_opset_versions if v <= node.opset]
    if not versions:
        return None
    body = onnx.FunctionProto.FromString(
        schema.get_function_with_opset_version(max(versions)))
    return body if is_current(body, node.opsets) else None


def since_version(node, opsets):
    domain = "" if node.domain == "ai.onnx" else node.domain
    try:
        return onnx.defs.get_schema(node.op_type, opsets[domain],
                                    domain).since_version
    except (KeyError, onnx.defs.SchemaError):
        return None


def is_current(body, opsets):
    """Whether the ops in a function body are at the model's opset still those
    that the body was written with; otherwise the runtime has no body. (Of
    bodies that depend on the types it does not ask that.)"""
    written = {o.domain: o.version for o in body.opset_import}
    return all(since_version(node, {**opsets, **written})
               == since_version(node, opsets) for node in body.node)


def dependent_body(schema, node):
    versions = [v for v in schema.context_dependent_function_opset_versions
                if v <= node.opset]
    if not versions:
        return None
    types = [node.env.get(name, onnx.TypeProto()).SerializeToString()
             for name in node.proto.input]
    data = schema.get_context_dependent_function_with_opset_version(
        max(versions), node.proto.SerializeToString(), types)
    return onnx.FunctionProto.FromString(data) if data else None


def resolved(proto, values):
    """A node of a function body with the attributes of the call filled in."""
    copy = onnx.NodeProto()
    copy.CopyFrom(proto)
    del copy.attribute[:]
    for attribute in proto.attribute:
        if not attribute.ref_attr_name:
            copy.attribute.append(attribute)
        elif attribute.ref_attr_name in values:
            given = copy.attribute.add()
            given.CopyFrom(values[attribute.ref_attr_name])
            given.name = attribute.name
    return copy


def missing_in_body(node, function):
    values = {a.name: a for a in function.attribute_proto}
    values |= {a.name: a for a in node.proto.attribute}
    nodes = [resolved(proto, values) for proto in function.node]
    inputs = []
    for formal, name in zip(function.input, node.proto.input):
        proto = node.env.get(name)
        if name and proto:
            inputs.append(onnx.ValueInfoProto(name=formal, type=proto))
    graph = helper.make_graph(nodes, "body", inputs, [])
    opsets = list(function.opset_import) or [
        helper.make_opsetid(domain, version)
        for domain, version in node.opsets.items()]
    return missing_kernels(helper.make_model(graph, opset_imports=opsets))


def tensor_type(tensor):
    return helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims))


def environments(graph, outer=None):
    """(graph, {name: TypeProto}) of a graph and all graphs in it."""
    known = dict(outer or {})
    for value in [*graph.value_info, *graph.input, *graph.output]:
        if value.type.WhichOneof("value"):
            known[value.name] = value.type
    for tensor in graph.initializer:
        known[tensor.name] = tensor_type(tensor)
    yield graph, known
    for node in graph.node:
        for attribute in node.attribute:
            bodies = [attribute.g] if attribute.HasField("g") else []
            for body in [*bodies, *attribute.graphs]:
                yield from environments(body, known)


def missing_kernels(model):
    """What keeps ONNX Runtime's CPU provider from loading the model: a text of
    op and types for each node without a kernel; [] if it should load."""
    opsets = {"" if o.domain == "ai.onnx" else o.domain: o.version
              for o in model.opset_import}
    inferred = shape_inference.infer_shapes(model)
    return [text for graph, env in environments(inferred.graph)
            for proto in graph.node
            for text in Node(proto, opsets, env).missing()]
