"""The same model in other words. Every function here takes a ModelProto and
gives a new one that computes the same, or raises Inapplicable. Whoever uses
them checks that with the onnx package and ONNX Runtime."""

import itertools
import random

import numpy as np
import onnx
from onnx import FunctionProto, TensorProto, helper, numpy_helper

DEFAULT_OPSET = 21
FUNCTIONS_IR = 8  # the first IR version with functions
OWN = "wrap_"     # how nodes and values begin that a wrapping needs


FLIPPED = {TensorProto.FLOAT: TensorProto.FLOAT16,
           TensorProto.FLOAT16: TensorProto.FLOAT,
           TensorProto.BFLOAT16: TensorProto.FLOAT,
           TensorProto.DOUBLE: TensorProto.FLOAT,
           TensorProto.INT32: TensorProto.INT64,
           TensorProto.INT64: TensorProto.INT32}
FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16,
          TensorProto.DOUBLE}


class Inapplicable(Exception):
    """Why a model cannot be said that way."""


def copy(model):
    result = onnx.ModelProto()
    result.CopyFrom(model)
    return result


# ---- names and scopes --------------------------------------------------------

def bodies(node):
    """The graphs in the attributes of a node."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def scopes(model):
    """Graphs and functions, with all bodies in them."""
    todo = [model.graph, *model.functions]
    while todo:
        scope = todo.pop(0)
        yield scope
        for node in scope.node:
            todo += bodies(node)


def initializers(graph):
    """Names of its initializers, the sparse ones included."""
    return ([tensor.name for tensor in graph.initializer]
            + [tensor.values.name for tensor in graph.sparse_initializer])


def is_function(scope):
    return isinstance(scope, FunctionProto)


def names_of(values):
    return [getattr(value, "name", value) for value in values]


def defined(scope):
    """What a scope gives a name to, in order."""
    names = names_of(scope.input)
    if not is_function(scope):
        names += initializers(scope)
    names += [name for node in scope.node for name in node.output if name]
    return list(dict.fromkeys(names))


def free(scope):
    """The names of outer values that a body reads."""
    found = set(names_of(scope.output))
    for node in scope.node:
        found |= reads(node)
    return found - set(defined(scope))


def reads(node):
    """What a node needs in its scope, captures included."""
    found = {name for name in node.input if name}
    for body in bodies(node):
        found |= free(body)
    return found


def rename(scope, table):
    """Renames values in a scope and in all its bodies."""
    def new(name):
        return table.get(name, name)

    for node in scope.node:
        node.input[:] = map(new, node.input)
        node.output[:] = map(new, node.output)
        for body in bodies(node):
            rename(body, table)
    for value in scope.value_info:
        value.name = new(value.name)
    if is_function(scope):
        scope.input[:] = map(new, scope.input)
        scope.output[:] = map(new, scope.output)
        return
    for value in [*scope.input, *scope.output, *scope.initializer]:
        value.name = new(value.name)
    for tensor in scope.sparse_initializer:
        tensor.values.name = new(tensor.values.name)
    for annotation in scope.quantization_annotation:
        annotation.tensor_name = new(annotation.tensor_name)
        for entry in annotation.quant_parameter_tensor_names:
            entry.value = new(entry.value)


def all_names(model):
    found = set()
    for scope in scopes(model):
        found |= set(defined(scope)) | set(names_of(scope.value_info))
        found |= {node.name for node in scope.node}
    return found


def default_opset(model):
    """The opset of the default domain; imported if it was not."""
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx"):
            return entry.version
    model.opset_import.add(domain="", version=DEFAULT_OPSET)
    return DEFAULT_OPSET


# ---- without wrapping --------------------------------------------------------

def plain(model):
    return copy(model)


def raw(model):
    """Tensors as exporters store them; the caller may store them outside."""
    model = copy(model)
    for scope in scopes(model):
        if not is_function(scope):
            for tensor in scope.initializer:
                make_raw(tensor)
        for node in scope.node:
            for attribute in node.attribute:
                for tensor in (attribute.t, *attribute.tensors):
                    if tensor.data_type:
                        make_raw(tensor)
    return model


def make_raw(tensor):
    if tensor.data_type == TensorProto.STRING or tensor.HasField("raw_data"):
        return
    stored = numpy_helper.from_array(numpy_helper.to_array(tensor))
    for field in ("float_data", "int32_data", "int64_data", "double_data",
                  "uint64_data"):
        tensor.ClearField(field)
    tensor.raw_data = stored.raw_data


def stripped(model):
    """No value_info anywhere."""
    model = copy(model)
    for scope in scopes(model):
        del scope.value_info[:]
    return model


def element_type(type_proto):
    """Of a tensor, or of what a sequence or optional holds."""
    kind = type_proto.WhichOneof("value")
    if kind in ("sequence_type", "optional_type"):
        return element_type(getattr(type_proto, kind).elem_type)
    return getattr(type_proto, kind).elem_type if kind else 0


def untyped(model):
    """Bodies do not say which of their inputs and outputs are floats. (ONNX
    Runtime 1.32 needs the shape of a Loop's counter.)"""
    model = stripped(model)
    found = 0
    for scope in scopes(model):
        if scope is not model.graph and not is_function(scope):
            for value in [*scope.input, *scope.output]:
                if element_type(value.type) in FLOATS:
                    value.ClearField("type")
                    found += 1
    if not found:
        raise Inapplicable("no body has such ends")
    return model


def described(model):
    """value_info for whatever the onnx package infers."""
    try:
        return onnx.shape_inference.infer_shapes(stripped(model))
    except onnx.shape_inference.InferenceError as error:
        raise Inapplicable(f"no inference: {error}") from None


def poisoned(model):
    """value_info gives another type than the one that follows from the nodes.
    What does not follow keeps its entry: it is all that is known."""
    model, known = copy(model), described(model)
    entries = {entry.name: entry for entry in known.graph.value_info
               if entry.type.tensor_type.elem_type in FLIPPED}
    kept = [entry for entry in model.graph.value_info
            if entry.name not in entries]
    if not entries:
        raise Inapplicable("no inner value has a type that follows")
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
    for entry in entries.values():
        tensor = model.graph.value_info.add(
            name=entry.name, type=entry.type).type.tensor_type
        tensor.elem_type = FLIPPED[tensor.elem_type]
    return model


def stale(model):
    """value_info of values that are gone, under names that a converter makes,
    and entries that are there twice."""
    model = copy(model)
    graph = model.graph
    graph.value_info.extend(list(described(model).graph.value_info))
    for value in [*graph.input, *graph.output]:
        for suffix in ("_fp16", "_fp32", "_fp16_2"):
            graph.value_info.append(helper.make_tensor_value_info(
                value.name + suffix, TensorProto.FLOAT, [3]))
    return model


def shuffled(model):
    """Another order of the nodes in which each stands behind what it reads."""
    model = copy(model)
    chance = random.Random(1)
    moved = False
    for scope in scopes(model):
        nodes = list(scope.node)
        order = shuffle(nodes, chance)
        moved = moved or order != list(range(len(nodes)))
        copies = [onnx.NodeProto.FromString(nodes[at].SerializeToString())
                  for at in order]
        del scope.node[:]
        scope.node.extend(copies)
    if not moved:
        raise Inapplicable("no other order found")
    return model


def shuffle(nodes, chance):
    maker = {name: at for at, node in enumerate(nodes)
             for name in node.output if name}
    needs = [{maker[name] for name in reads(node) if name in maker}
             for node in nodes]
    order = []
    while len(order) < len(nodes):
        ready = [at for at in range(len(nodes))
                 if at not in order and needs[at] <= set(order)]
        if not ready:
            raise Inapplicable("the nodes form a cycle")
        # the last one that can go: far from the order of the file
        order.append(max(ready) if chance.random() < 0.5
                     else chance.choice(ready))
    return order


def candidates(bases):
    """Names that conversions make: of values that are cast, of casts of
    those, of nodes beside others of that name."""
    suffixes = ["_fp16", "_fp32", "_2", "_fp16_2", "_fp32_2"]
    for depth in itertools.count(1):
        for words in itertools.product(suffixes, repeat=depth):
            for base in bases:
                yield base + "".join(words)


def clashing(model):
    """Inner values and nodes have the names that new ones would get."""
    model = copy(model)
    ends = names_of([*model.graph.input, *model.graph.output])
    inner = [name for scope in scopes(model) for name in defined(scope)]
    stay = set(ends)
    fresh = iter(dict.fromkeys(itertools.islice(
        (name for name in candidates(ends or ["g"]) if name not in stay),
        10 * len(all_names(model)) + 100)))
    table = {name: next(fresh) for name in dict.fromkeys(inner)
             if name not in stay}
    for scope in [model.graph, *model.functions]:
        rename(scope, table)
    for scope in scopes(model):
        for node in scope.node:
            node.name = next(fresh)
    # a node may be called like a value, but not like another node
    taken = list(table.values())
    for node, name in zip(model.graph.node, taken):
        node.name = name
    return model


# ---- weights -----------------------------------------------------------------

def weights(model):
    """The initializers of floats that callers cannot replace."""
    inputs = set(names_of(model.graph.input))
    found = [tensor for tensor in model.graph.initializer
             if tensor.name not in inputs and tensor.data_type in FLOATS]
    if not found:
        raise Inapplicable("no such weights")
    return found


def replace_weights(model, make_nodes):
    """make_nodes(tensor): the nodes that make it instead, the model's first."""
    found = weights(model)
    nodes = [node for tensor in found for node in make_nodes(tensor)]
    others = [tensor for tensor in model.graph.initializer
              if tensor not in found]
    nodes += model.graph.node
    rest = [onnx.NodeProto.FromString(node.SerializeToString())
            for node in nodes]
    others = [onnx.TensorProto.FromString(tensor.SerializeToString())
              for tensor in others]
    del model.graph.node[:]
    model.graph.node.extend(rest)
    del model.graph.initializer[:]
    model.graph.initializer.extend(others)
    return model


def constants(model):
    """Weights are Constant nodes."""
    model = copy(model)
    default_opset(model)
    taken = all_names(model)
    return replace_weights(model, lambda tensor: [helper.make_node(
        "Constant", [], [tensor.name], value=tensor,
        name=unused(OWN + tensor.name, taken))])


def computed(model):
    """Weights are computed: twice the half of them."""
    model = copy(model)
    default_opset(model)
    taken = all_names(model)

    def make(tensor):
        array = numpy_helper.to_array(tensor)
        if tensor.data_type == TensorProto.BFLOAT16:
            raise Inapplicable("no numpy arithmetic")
        parts = []
        for value in (array / 2, np.array(2)):
            part = numpy_helper.from_array(
                value.astype(array.dtype), unused(OWN + tensor.name, taken))
            parts.append(helper.make_node("Constant", [], [part.name],
                                          name=part.name, value=part))
        product = [part.output[0] for part in parts]
        return [*parts, helper.make_node("Mul", product, [tensor.name],
                                         name=OWN + "product_" + tensor.name)]

    return replace_weights(model, make)


def overridable(model):
    """Weights are inputs too: defaults that callers can replace."""
    model = copy(model)
    for tensor in weights(model):
        model.graph.input.append(helper.make_tensor_value_info(
            tensor.name, tensor.data_type, tensor.dims))
    return model


def inputs(model):
    """Weights are inputs that callers must give."""
    given = overridable(model)
    names = [tensor.name for tensor in weights(model)]
    kept = [tensor for tensor in given.graph.initializer
            if tensor.name not in names]
    others = [onnx.TensorProto.FromString(tensor.SerializeToString())
              for tensor in kept]
    del given.graph.initializer[:]
    given.graph.initializer.extend(others)
    return given


# ---- wrapping ----------------------------------------------------------------

def separate_ends(model):
    """Outputs that no node makes (inputs, initializers) pass an Identity, and
    one value is one output: bodies and functions need that."""
    made = {name for node in model.graph.node for name in node.output}
    taken = all_names(model)
    outputs = []
    for at, output in enumerate(model.graph.output):
        if output.name in made and output.name not in outputs:
            outputs.append(output.name)
            continue
        name = unused(f"{OWN}end{at}", taken)
        model.graph.node.append(helper.make_node(
            "Identity", [output.name], [name], name=name))
        outputs.append(name)
    return outputs


def unused(name, taken):
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def take_graph(model):
    """The main graph as a body: (body, initializers that stay outside because
    callers can replace them, names of its outputs). The model keeps its ends
    and nothing else."""
    outputs = separate_ends(model)
    body = onnx.GraphProto()
    body.CopyFrom(model.graph)
    graph = model.graph
    inputs = set(names_of(graph.input))
    for field in ("node", "value_info", "initializer", "sparse_initializer",
                  "quantization_annotation"):
        graph.ClearField(field)
    graph.initializer.extend(tensor for tensor in body.initializer
                             if tensor.name in inputs)
    kept = [tensor for tensor in body.initializer
            if tensor.name not in inputs]
    del body.initializer[:]
    body.initializer.extend(kept)
    del body.input[:]
    types = [output.type for output in graph.output]
    del body.output[:]
    for name, type_proto in zip(outputs, types):
        body.output.add(name=name, type=type_proto)
    body.ClearField("metadata_props")
    body.ClearField("doc_string")
    return body


def move_out(body, graph):
    """The initializers of a body become the graph's."""
    graph.initializer.extend(body.initializer)
    graph.sparse_initializer.extend(body.sparse_initializer)
    body.ClearField("initializer")
    body.ClearField("sparse_initializer")


def own_prefixes(words, taken):
    """Prefixes with which no name begins."""
    depth = 1
    while any(name.startswith(word + "_" * depth) for name in taken
              for word in words):
        depth += 1
    return [word + "_" * depth for word in words]


def own_names(body, prefix, graph):
    """What a body defines gets a prefix, so that nothing is shadowed."""
    outer = set(names_of(graph.input)) | set(initializers(graph))
    rename(body, {name: prefix + name for name in defined(body)
                  if name not in outer})


def add_constant(graph, taken, name, array):
    tensor = numpy_helper.from_array(array, unused(OWN + name, taken))
    graph.node.append(helper.make_node("Constant", [], [tensor.name],
                                       name=tensor.name, value=tensor))
    return tensor.name


def in_if_constant(model, captured=False, condition=None):
    """The graph in both branches of an If, whose condition is a constant."""
    model = copy(model)
    default_opset(model)
    taken = all_names(model)
    model.ir_version = max(model.ir_version, 4)
    graph = model.graph
    ends = names_of(graph.output)
    body = take_graph(model)
    if captured:
        move_out(body, graph)
    if condition is None:
        condition = add_constant(graph, taken, "condition",
                                 np.array(True))
    branches = []
    for prefix in own_prefixes(("then", "else"), taken):
        branch = onnx.GraphProto()
        branch.CopyFrom(body)
        branch.name = prefix + "branch"
        own_names(branch, prefix, graph)
        branches.append(branch)
    graph.node.append(helper.make_node(
        "If", [condition], repeated_ends(graph, ends, taken),
        name=OWN + "if", then_branch=branches[0], else_branch=branches[1]))
    return model


def repeated_ends(graph, ends, taken):
    """Names for what makes the graph's outputs. An output that is an input or
    an initializer is still that; one that is there twice is made once."""
    present = set(names_of(graph.input)) | set(initializers(graph))
    names = []
    for name in ends:
        names.append(unused(OWN + name, taken) if name in present
                     else name)
        present.add(name)
    return names


def in_if_input(model):
    """The same with a condition that callers give, and captured weights."""
    model = copy(model)
    name = unused(OWN + "condition", all_names(model))
    result = in_if_constant(model, captured=True, condition=name)
    result.graph.input.append(helper.make_tensor_value_info(
        name, TensorProto.BOOL, []))
    return result


def squeeze(opset, graph, taken, name, output):
    """Takes away the first dimension, of length one."""
    node = OWN + "squeeze_" + output
    if opset < 13:
        graph.node.append(helper.make_node("Squeeze", [name], [output],
                                           name=node, axes=[0]))
        return
    axes = add_constant(graph, taken, "axes_" + output,
                        np.array([0], "int64"))
    graph.node.append(helper.make_node("Squeeze", [name, axes], [output],
                                       name=node))


def in_loop(model):
    """The graph as the body of a Loop that runs once."""
    model = copy(model)
    opset = default_opset(model)
    taken = all_names(model)
    model.ir_version = max(model.ir_version, 4)
    graph = model.graph
    if not all(output.type.HasField("tensor_type")
               for output in graph.output):
        raise Inapplicable("a Loop stacks tensors only")
    ends = names_of(graph.output)
    body = take_graph(model)
    body.name = "loop_body"
    own_names(body, own_prefixes(("loop",), taken)[0], graph)
    number, going, gone = (unused(OWN + word, taken)
                           for word in ("number", "going", "gone"))
    body.input.append(helper.make_tensor_value_info(
        number, TensorProto.INT64, []))
    body.input.append(helper.make_tensor_value_info(
        going, TensorProto.BOOL, []))
    body.node.append(helper.make_node("Identity", [going], [gone], name=gone))
    body.output.insert(0, helper.make_tensor_value_info(
        gone, TensorProto.BOOL, []))
    once = add_constant(graph, taken, "once", np.array(1, "int64"))
    true = add_constant(graph, taken, "true", np.array(True))
    stacked = [unused(f"{OWN}stacked_{name}", taken) for name in ends]
    states = []
    if opset < 11:  # a Loop of before carries something
        states = [once]
        for values, word in ((body.input, "state"), (body.output, "same")):
            values.insert(len(values) if word == "state" else 1,
                          helper.make_tensor_value_info(
                              unused(OWN + word, taken), TensorProto.INT64,
                              []))
        body.node.append(helper.make_node(
            "Identity", [body.input[2].name], [body.output[1].name],
            name=body.output[1].name))
        stacked.insert(0, unused(OWN + "unread", taken))
    graph.node.append(helper.make_node(
        "Loop", [once, true, *states], stacked, name=OWN + "loop",
        body=body))
    stacked = stacked[len(states):]
    for name, output in zip(stacked, repeated_ends(graph, ends, taken)):
        squeeze(opset, graph, taken, name, output)
    return model


def is_sparse(model):
    """Whether it stores a sparse tensor."""
    return any(getattr(scope, "sparse_initializer", None) or any(
        attribute.HasField("sparse_tensor") for node in scope.node
        for attribute in node.attribute) for scope in scopes(model))


def in_function(model, arguments=False):
    """The graph as a function; its weights are Constants in there, or
    arguments."""
    if is_sparse(model):
        raise Inapplicable("ONNX Runtime 1.32 crashes now and then on sparse "
                           "Constants in a function")
    model = copy(model)
    default_opset(model)
    taken = all_names(model)
    model.ir_version = max(model.ir_version, FUNCTIONS_IR)
    graph = model.graph
    ends = names_of(graph.output)
    body = take_graph(model)
    number = len(model.functions)
    if arguments:
        move_out(body, graph)
    inputs = list(dict.fromkeys(names_of(graph.input) + initializers(graph)))
    function = model.functions.add(domain="wrap", name=f"Whole{number}")
    function.input.extend(inputs)
    function.output.extend(names_of(body.output))
    function.opset_import.extend(model.opset_import)
    for tensor in body.initializer:
        function.node.append(helper.make_node(
            "Constant", [], [tensor.name], value=tensor,
            name=unused(OWN + tensor.name, taken)))
    for tensor in body.sparse_initializer:
        node = helper.make_node("Constant", [], [tensor.values.name],
                                name=unused(OWN + tensor.values.name, taken))
        node.attribute.add(name="sparse_value",
                           type=onnx.AttributeProto.SPARSE_TENSOR,
                           sparse_tensor=tensor)
        node.attribute[0].sparse_tensor.values.name = ""
        function.node.append(node)
    function.node.extend(body.node)
    if not any(entry.domain == "wrap" for entry in model.opset_import):
        model.opset_import.add(domain="wrap", version=1)
    graph.node.append(helper.make_node(
        f"Whole{number}", inputs, repeated_ends(graph, ends, taken),
        name=f"{OWN}call{number}", domain="wrap"))
    return model


def in_function_arguments(model):
    return in_function(model, arguments=True)


def after(outer, inner):
    """First inner, then outer, as one variant."""
    def both(model):
        return outer(inner(model))
    return both


VARIANTS = {
    "plain": plain,
    "raw": raw,
    "external": raw,  # and stored beside the model
    "stripped": stripped,
    "untyped": untyped,
    "poisoned": poisoned,
    "stale": stale,
    "shuffled": shuffled,
    "clashing": clashing,
    "constants": constants,
    "computed": computed,
    "overridable": overridable,
    "inputs": inputs,
    "if": in_if_constant,
    "if_input": in_if_input,
    "loop": in_loop,
    "function": in_function,
    "function_arguments": in_function_arguments,
    "if_in_if": after(in_if_input, in_if_constant),
    "loop_in_if": after(in_if_constant, in_loop),
    "if_in_loop": after(in_loop, in_if_input),
    "function_in_if": after(in_if_constant, in_function),
    "loop_in_function": after(in_function, in_loop),
    "function_in_function": after(in_function_arguments, in_function),
    "clashing_if": after(clashing, in_if_constant),
    "clashing_function": after(clashing, in_function),
}
FUNCTIONS = {name for name in VARIANTS if "function" in name}
