"""The part of random_graphs.py that nests: sequences, optionals, nodes with
bodies, and functions of the model."""

import dataclasses

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import AttributeProto, helper

from random_ops import OPS, foreign, op, usable
from random_scope import (BOOL, DEEPEST, DOUBLE, FLOAT, HALF, INT64, Scope,
                          Value, like, value)

MOST_IN_BODY = 5


@st.composite
def step(draw, scope):
    """Adds what one entry of the table makes, a few nodes."""
    choices = usable(scope.opset)
    if scope.depth >= DEEPEST or scope.function and scope.depth:
        choices = [f for f in choices if f not in NESTING]
    if scope.setting.functions:
        choices = choices + [call] * 6
    if scope.setting.foreign:
        choices = choices + [foreign] * 6
    draw(st.sampled_from(choices))(scope)


def fill(scope, most=MOST_IN_BODY):
    scope.draw(st.lists(step(scope), max_size=most))


def sequence(x, length):
    return like(x, kind="sequence", length=length)


# ---- sequences and optionals ------------------------------------------------

def take(s, found):
    """An element of a sequence."""
    index = s.constant(np.int64(s.choose([0, found.length - 1, -1])))
    return s.emit("SequenceAt", [found, index],
                  like(found, kind="tensor", length=0))


def make_sequence(s, elem=FLOAT, shape=None):
    x = s.pick(shape, elem)
    more = [s.pick(x.shape, elem) for _ in range(s.integer(0, 2))]
    bound = max(y.bound for y in [x, *more])
    return s.emit("SequenceConstruct", [x, *more],
                  sequence(like(x, bound=bound), 1 + len(more)))


@op(since=11)
def construct(s):
    found = make_sequence(s, s.choose([FLOAT, FLOAT, HALF, DOUBLE]))
    if s.flag():
        take(s, found)


@op(since=11)
def use_sequence(s):
    found = s.find(kind="sequence", where=lambda x: x.length > 0)
    if found is None:
        found = make_sequence(s)
    use = s.choose(["at", "insert", "length", "concat", "erase", "identity"])
    if use == "insert":
        x = s.pick(found.shape, found.elem)
        place = [s.constant(np.int64(0))] if s.flag() else []
        s.emit("SequenceInsert", [found, x, *place], like(
            found, length=found.length + 1, bound=max(found.bound, x.bound)))
    elif use == "length":
        s.emit("SequenceLength", [found], value((), INT64, 4.0))
    elif use == "concat" and found.shape and found.length < 4:
        s.emit("ConcatFromSequence", [found],
               value((found.length * found.shape[0], *found.shape[1:]),
                     found.elem, found.bound), axis=0)
    elif use == "erase" and found.length > 1:
        s.emit("SequenceErase", [found],
               like(found, length=found.length - 1))
    elif use == "identity" and s.opset >= 14:
        s.emit("Identity", [found], found)
    else:
        take(s, found)


@op(since=11)
def empty_sequence(s):
    """Filled at once: what is in it, only a use tells."""
    attributes = s.choose([{}, {"dtype": FLOAT}])
    x = s.pick()
    found = s.emit("SequenceEmpty", [], sequence(x, 0), **attributes)
    s.values.remove(found)
    s.emit("SequenceInsert", [found, x], sequence(x, 1))


@op(since=11)
def split_to_sequence(s):
    x = s.pick(where=lambda x: x.shape and x.shape[0] > 0)
    keep = s.flag()
    shape = (1, *x.shape[1:]) if keep else x.shape[1:]
    found = s.emit("SplitToSequence", [x],
                   sequence(like(x, shape=shape), x.shape[0]), axis=0,
                   keepdims=int(keep))
    if s.flag():
        take(s, found)


@op(since=15)
def optional(s):
    x = s.pick(elem=s.choose([FLOAT, FLOAT, HALF]))
    if s.flag():
        held = make_sequence(s, x.elem, x.shape)
        made = s.emit("Optional", [held], held)
        s.values.remove(made)
        s.emit("OptionalGetElement", [made], held)
        return
    made = s.emit("Optional", [x], like(x, kind="optional"))
    if s.flag():
        s.emit("OptionalHasElement", [made], value((), BOOL))
    s.emit("OptionalGetElement", [made], x)


# ---- bodies -----------------------------------------------------------------

def branch_outputs(body, templates):
    found = []
    for x in templates:
        if x.kind == "sequence":
            parts = [body.result(x.shape, x.elem) for _ in range(x.length)]
            found.append(body.emit("SequenceConstruct", parts, x))
        else:
            found.append(body.result(x.shape, x.elem))
    return found


@op()
def if_node(s):
    condition = s.pick((), BOOL)
    x = s.pick()
    kinds = [like(x, bound=1.0),
             like(x, bound=1.0, elem=s.choose([FLOAT, HALF]))]
    if s.opset >= 13:
        kinds.append(sequence(like(x, bound=1.0), 2))
    templates = [s.choose(kinds) for _ in range(s.integer(1, 2))]
    graphs = []
    for name in ("then", "else"):
        body = s.body()
        fill(body)
        graphs.append(body.graph(name, [], branch_outputs(body, templates)))
    s.emit("If", [condition], *templates, then_branch=graphs[0],
           else_branch=graphs[1])


def start(s, opset):
    """A value that a loop carries."""
    kinds = [FLOAT, FLOAT, HALF] + ["sequence"] * (s.opset >= opset)
    kind = s.choose(kinds)
    if kind == "sequence":
        return make_sequence(s)
    return s.tame(s.pick(elem=kind), 1.0) if kind == FLOAT else s.pick(
        elem=kind)


def carry(body, x):
    """The next value of what is carried as `x`."""
    if x.kind == "sequence":
        more = body.result(x.shape, x.elem)
        return body.emit("SequenceInsert", [x, more],
                         like(x, length=x.length + 1))
    return body.result(x.shape, x.elem)


@op()
def loop_node(s):
    count = s.integer(1, 3)
    states = [start(s, 13) for _ in range(s.integer(1, 2))]
    body = s.body()
    iteration = body.formal(value((), INT64, 3.0))
    more = body.formal(value((), BOOL))
    inside = [body.formal(x) for x in states]
    fill(body)
    go_on = body.emit("Identity", [more], value((), BOOL))
    carried = [carry(body, x) for x in inside]
    scanned = []
    if s.flag():
        x = body.pick()
        scanned = [body.result(x.shape, x.elem)]
    graph = body.graph("body", [iteration, more, *inside],
                       [go_on, *carried, *scanned])
    outputs = [like(x, bound=max(x.bound, 1.0), length=x.length + count
                    if x.kind == "sequence" else 0) for x in states]
    outputs += [like(x, shape=(count, *x.shape)) for x in scanned]
    keep_going = "" if s.flag() else s.constant(np.array(True))
    s.emit("Loop", [s.constant(np.int64(count)), keep_going, *states],
           *outputs, body=graph)


@op(since=9)
def scan_node(s):
    x = s.tame(s.pick(where=lambda x: x.shape and x.shape[0] > 0))
    states = [s.tame(s.pick(), 1.0) for _ in range(s.integer(0, 1))]
    body = s.body()
    inside = [body.formal(y) for y in states]
    inside.append(body.formal(like(x, shape=x.shape[1:])))
    fill(body)
    carried = [body.result(y.shape) for y in states]
    scanned = body.result(x.shape[1:])
    graph = body.graph("body", inside, [*carried, scanned])
    outputs = [like(y, bound=1.0) for y in states]
    directions = s.choose([{}, {"scan_input_directions": [1]}])
    s.emit("Scan", [*states, x], *outputs, like(x, bound=1.0), body=graph,
           num_scan_inputs=1, **directions)


@op(since=17)
def sequence_map(s):
    found = make_sequence(s)
    extra = [s.tame(s.pick())] if s.flag() else []
    body = s.body()
    inside = [body.formal(like(found, kind="tensor", length=0)),
              *(body.formal(x) for x in extra)]
    fill(body, 3)
    result = body.result(found.shape)
    graph = body.graph("body", inside, [result])
    made = s.emit("SequenceMap", [found, *extra], like(found, bound=1.0),
                  body=graph)
    if s.flag():
        take(s, made)


NESTING = [if_node, loop_node, scan_node, sequence_map]


# ---- functions --------------------------------------------------------------

LOCAL = "local"


@dataclasses.dataclass
class Function:
    """inputs: Values; shapes and types of the first are the call's own where
    `shaped` says that any will do."""
    proto: onnx.FunctionProto
    inputs: list
    output: Value
    shaped: bool = False
    elems: tuple = (FLOAT,)
    attributes: tuple = ({},)


def reference(node, name, of, kind):
    node.attribute.append(AttributeProto(name=name, ref_attr_name=of,
                                         type=kind))
    return node


def imports(s):
    domains = sorted(s.setting.domains | {LOCAL})
    return [helper.make_opsetid("", s.opset)] + [
        helper.make_opsetid(domain, 1) for domain in domains]


def make_function(s, name, inputs, outputs, nodes, **more):
    return helper.make_function(LOCAL, name, inputs, outputs, nodes,
                                imports(s), **more)


def drawn_function(draw, setting, name):
    """Of random nodes; it may call those made before it."""
    scope = Scope(draw, setting, function=True)
    shape = scope.choose([(4, 4), (2, 3)])
    inputs = [scope.formal(value(shape))]
    if scope.flag():
        inputs.append(scope.formal(value((), BOOL)))
    fill(scope, 4)
    output = scope.result(shape)
    proto = make_function(scope, name, [x.name for x in inputs],
                          [output.name], scope.nodes)
    return Function(proto, inputs, output)


def any_type_function(draw, setting, name):
    """Of nodes that take any float."""
    scope = Scope(draw, setting, function=True)
    middle = helper.make_node(scope.choose(["Neg", "Tanh", "Relu"]), ["a"],
                              ["m"])
    nodes = [middle, helper.make_node("Add", ["a", "m"], ["z"])]
    if setting.opset >= 15 and scope.flag():
        nodes[1:] = [
            helper.make_node("Constant", [], ["k"], value_float=0.5),
            helper.make_node("CastLike", ["k", "a"], ["l"]),
            helper.make_node("Mul", ["m", "l"], ["z"])]
    return Function(make_function(scope, name, ["a"], ["z"], nodes),
                    [value(())], value(()), True, (FLOAT, HALF, DOUBLE))


def attribute_function(draw, setting, name):
    """With attributes of the call inside."""
    scope = Scope(draw, setting, function=True)
    if scope.flag():
        node = reference(helper.make_node("Cast", ["a"], ["z"]), "to", "kind",
                         AttributeProto.INT)
        return Function(
            make_function(scope, name, ["a"], ["z"], [node],
                          attributes=["kind"]), [value(())], value(()), True,
            (FLOAT,), ({"kind": FLOAT}, {"kind": HALF}, {"kind": DOUBLE}))
    node = reference(helper.make_node("LeakyRelu", ["a"], ["z"]), "alpha",
                     "slope", AttributeProto.FLOAT)
    default = helper.make_attribute("slope", 0.5)
    return Function(
        make_function(scope, name, ["a"], ["z"], [node],
                      attribute_protos=[default]), [value(())], value(()),
        True, (FLOAT,), ({}, {"slope": 0.125}))


def make_functions(draw, setting):
    choices = [any_type_function, attribute_function]
    if setting.opset >= 9:  # before, no Constant holds a shape
        choices += [drawn_function] * 2
    kinds = draw(st.lists(st.sampled_from(choices), max_size=3))
    for number, kind in enumerate(kinds):
        function = kind(draw, setting, f"f{number}")
        setting.functions.append(function)


def call(s):
    function = s.choose(s.setting.functions)
    attributes = s.choose(function.attributes)
    if function.shaped:
        x = s.pick(elem=s.choose(function.elems))
        output = like(x, bound=2 * x.bound,
                      elem=attributes.get("kind", x.elem))
        x = s.tame(x) if x.elem == FLOAT else x
        inputs = [x]
    else:
        inputs = [s.tame(s.pick(x.shape, x.elem)) for x in function.inputs]
        output = like(function.output, name="")
    s.emit(function.proto.name, inputs, output, domain=LOCAL, **attributes)


assert len(OPS) > 60
