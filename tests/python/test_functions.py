"""Copies of local functions: deep chains, random calls against an oracle, and
that a copy is whole."""

import json
import random
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import compare

DOMAIN = "local"
DEPTH = 40
SECONDS = 10  # a tenth of a second without a sanitizer
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16)
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid(DOMAIN, 1)]


def make_function(name, nodes, output, attributes=()):
    return helper.make_function(DOMAIN, name, ["p"], [output], nodes, OPSETS,
                                list(attributes))


def make_model(nodes, inputs, outputs, functions):
    def infos(ends):
        return [helper.make_tensor_value_info(name, elem, [2])
                for name, elem in ends]
    graph = helper.make_graph(nodes, "g", infos(inputs), infos(outputs))
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=9,
                             functions=functions)


def reference(name, kind):
    """An attribute that is the attribute `name` of the function around it."""
    return onnx.AttributeProto(name=name, ref_attr_name=name, type=kind)


def call(op_type, given, made, **attributes):
    return helper.make_node(op_type, [given], [made], domain=DOMAIN,
                            **attributes)


def split(opp, folder, model, *options, pipeline="split-functions"):
    source, target = folder / "in.onnx", folder / "out.onnx"
    onnx.save(model, source)
    done = opp("passes", "run", "-f", "json", "--verify-each", "-p", pipeline,
               *options, source, "-o", target, timeout=60)
    return json.loads(done.stdout)["passes"][0], target


# ---- depth ------------------------------------------------------------------

def chain(calls):
    """f0 calls f1 `calls` times, f1 calls f2, and so on."""
    functions = []
    for i in range(DEPTH):
        name = f"f{i + 1}" if i + 1 < DEPTH else "Neg"
        domain = DOMAIN if i + 1 < DEPTH else ""
        nodes = [helper.make_node(name, [f"v{k}" if k else "p"],
                                  [f"v{k + 1}"], domain=domain)
                 for k in range(calls)]
        functions.append(make_function(f"f{i}", nodes, f"v{calls}"))
    return functions


def timed_split(*args):
    start = time.perf_counter()
    record, target = split(*args)
    assert time.perf_counter() - start < SECONDS
    return record, target


def test_a_deep_chain_with_one_way_stays(opp, tmp_path):
    model = make_model([call("f0", "x", "a"), call("f0", "a", "y")],
                       [("x", FLOATS[0])], [("y", FLOATS[0])], chain(2))
    record, target = timed_split(opp, tmp_path, model)
    assert record["changes"] == 0
    assert target.read_bytes() == model.SerializeToString()


@pytest.mark.parametrize("calls", [1, 2])
def test_a_deep_chain_with_two_ways_is_copied_once(opp, tmp_path, calls):
    model = make_model([call("f0", "x", "y"), call("f0", "u", "v")],
                       [("x", FLOATS[0]), ("u", TensorProto.DOUBLE)],
                       [("y", FLOATS[0]), ("v", TensorProto.DOUBLE)],
                       chain(calls))
    record, target = timed_split(opp, tmp_path, model)
    assert record["changes"] == record["counts"]["copies"] == DEPTH
    assert record["counts"]["calls"] == 1 + (DEPTH - 1) * calls
    assert len(onnx.load(target).functions) == 2 * DEPTH
    if calls == 1:  # a runtime inlines 2^40 nodes otherwise
        feed = {"x": np.ones(2, np.float32), "u": np.ones(2)}
        got = compare.session(target, "off").run(None, feed)
        assert [list(y) for y in got] == [[-1, -1], [-1, -1]]


# ---- random calls -----------------------------------------------------------

def random_body(rng, callees, given, n, has_attribute):
    """Nodes that make v1 to vn, each of an earlier value."""
    nodes = []
    for k in range(1, n + 1):
        last = rng.choice(given + [f"v{i}" for i in range(1, k)])
        kind = rng.choice(["Neg", "Cast", "call"] if callees else
                          ["Neg", "Cast"])
        name = rng.choice(callees) if kind == "call" else kind
        node = helper.make_node(name, [last], [f"v{k}"],
                                domain=DOMAIN if kind == "call" else "")
        if kind != "Neg":
            node.attribute.append(
                reference("to", onnx.AttributeProto.INT)
                if has_attribute and rng.random() < 0.4
                else helper.make_attribute("to", rng.choice(FLOATS)))
        nodes.append(node)
    return nodes


def random_model(rng):
    functions = []
    for i in reversed(range(6)):
        callees = [function.name for function in functions]
        nodes = random_body(rng, callees, ["p"], rng.randint(1, 4), True)
        functions.append(make_function(f"f{i}", nodes, f"v{len(nodes)}",
                                       ["to"]))
    names = [function.name for function in functions]
    nodes = random_body(rng, names, ["x", "u"], 8, False)
    nodes += [helper.make_node("Cast", [f"v{i}"], [f"y{i}"], to=FLOATS[0])
              for i in range(1, 9)]
    rng.shuffle(functions)
    return make_model(nodes, [("x", FLOATS[0]), ("u", FLOATS[1])],
                      [(f"y{i}", FLOATS[0]) for i in range(1, 9)], functions)


def ways(model):
    """Of each function that is called, the set of its ways: the types of its
    values and the ways of its calls, in order."""
    functions = {function.name: function for function in model.functions}
    found = {}

    def sweep(nodes, types, attribute):
        way = list(types.values())
        for node in nodes:
            elem = types[node.input[0]]
            if node.attribute:
                to = (attribute if node.attribute[0].ref_attr_name
                      else node.attribute[0].i)
            if node.op_type == "Cast":
                elem = to
            elif node.op_type in functions:
                function = functions[node.op_type]
                inner, made = sweep(function.node, {"p": elem}, to)
                found.setdefault(function.name, set()).add(inner)
                way.append(inner)
                elem = made[function.output[0]]
            types[node.output[0]] = elem
            way.append(elem)
        return tuple(way), types

    sweep(model.graph.node, {"x": FLOATS[0], "u": FLOATS[1]}, None)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_random_calls(opp, tmp_path, seed):
    rng = random.Random(seed)
    model = random_model(rng)
    record, target = split(opp, tmp_path, model)
    expected = sum(len(of_one) - 1 for of_one in ways(model).values())
    assert record["changes"] == expected
    after = onnx.load(target)
    assert len(after.functions) == 6 + expected
    assert all(len(of_one) == 1 for of_one in ways(after).values())
    reached = set(ways(after))
    printed = json.loads(opp("print", "-f", "json", target).stdout)
    for graph in printed["graphs"]:
        if graph["path"][len("function "):-1] in reached:
            assert None not in graph["values"].values()
    check_values(rng, tmp_path / "in.onnx", target)
    if expected > 1:
        limit = rng.randrange(1, expected)
        _, target = split(opp, tmp_path, model, "--change-limit", limit)
        assert len(onnx.load(target).functions) == 6 + limit
        check_values(rng, tmp_path / "in.onnx", target)


def check_values(rng, before, after):
    feed = {"x": np.array([rng.random(), 3], np.float32),
            "u": np.array([rng.random(), 5], np.float16)}
    expected, got = (compare.session(path, "off").run(None, feed)
                     for path in (before, after))
    for one, other in zip(expected, got, strict=True):
        np.testing.assert_array_equal(one, other)


# ---- what is copied ---------------------------------------------------------

def full_function():
    """A function with a bit of everything."""
    values = np.linspace(0, 1 / 1024, 2000, dtype=np.float32)
    body = helper.make_graph(
        [helper.make_node("Add", ["k", "w"], ["r"])], "body", [],
        [helper.make_tensor_value_info("r", TensorProto.FLOAT, [2000])],
        [numpy_helper.from_array(values, "w")])
    for prop in body.metadata_props, body.node[0].metadata_props:
        prop.add(key="in", value="body")
    nodes = [
        helper.make_node("Constant", [], ["k"], name="constant",
                         value=numpy_helper.from_array(values),
                         doc_string="of the node"),
        helper.make_node("Constant", [], ["s"],
                         value_strings=["one", "two"]),
        helper.make_node("Constant", [], ["c"], value=helper.make_tensor(
            "", TensorProto.BOOL, [], [1])),
        helper.make_node("If", ["c"], ["i"], then_branch=body,
                         else_branch=body),
        helper.make_node("CastLike", ["i", "p"], ["j"]),
        helper.make_node("ReduceSum", ["j"], ["t"], keepdims=1),
        helper.make_node("Softmax", ["p"], ["e"]),
        helper.make_node("Add", ["e", "t"], ["q"]),
    ]
    nodes[6].attribute.append(reference("axis", onnx.AttributeProto.INT))
    function = helper.make_function(
        DOMAIN, "full", ["p"], ["q"], nodes, OPSETS, ["beta"],
        [helper.make_attribute("axis", 0)], "of the function")
    function.value_info.append(helper.make_tensor_value_info("k", 1, [2000]))
    function.metadata_props.add(key="in", value="function")
    # Field 999 is none that onnx.proto has.
    function.MergeFromString(bytes([0xBA, 0x3E, 3]) + b"odd")
    function.node[0].MergeFromString(bytes([0xBA, 0x3E, 3]) + b"odd")
    return function


@pytest.fixture
def full_model():
    nodes = [call("full", "x", "y", beta=1, name="first"),
             call("full", "u", "v", beta=2, name="second")]
    return make_model(nodes, [("x", TensorProto.FLOAT),
                              ("u", TensorProto.DOUBLE)],
                      [("y", TensorProto.FLOAT), ("v", TensorProto.DOUBLE)],
                      [full_function()])


def test_a_copy_is_whole(opp, tmp_path, full_model):
    record, target = split(opp, tmp_path, full_model)
    assert record["changes"] == 1
    original, copy = onnx.load(target).functions
    assert original == full_model.functions[0]
    assert copy.name == "full_2"
    copy.name = "full"
    assert copy.SerializeToString() == original.SerializeToString()
    assert b"odd" in copy.SerializeToString()
    feed = {"x": np.ones(2, np.float32), "u": np.ones(2)}
    before, after = (compare.session(path, "off").run(None, feed)
                     for path in (tmp_path / "in.onnx", target))
    assert [list(y) for y in before] == [list(y) for y in after]


def large_tensors(function):
    yield function.node[0].attribute[0].t
    for attribute in function.node[3].attribute:
        yield attribute.g.initializer[0]


def test_weights_of_a_copy_are_stored_once(opp, tmp_path, full_model):
    """External data: the copy names the place of the original."""
    _, target = split(opp, tmp_path, full_model, "--save-external-data",
                      "--external-data-size-threshold", 100)
    original, copy = onnx.load(target, load_external_data=False).functions
    for one, other in zip(large_tensors(original), large_tensors(copy),
                          strict=True):
        assert one == other
    data = (tmp_path / one.external_data[0].value).read_bytes()
    assert len(data) < 3 * 2000 * 4


def test_a_copy_is_converted_alone(opp, tmp_path, full_model):
    """The weights in the blocked copy stay, though both name one payload."""
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    onnx.save(full_model, source)
    opp("convert", "--node-block-list", "second", source, "-o", target)
    kinds = [{tensor.data_type for tensor in large_tensors(function)}
             for function in onnx.load(target).functions]
    assert kinds == [{TensorProto.FLOAT16}, {TensorProto.FLOAT}]
    feed = {"x": np.ones(2, np.float32), "u": np.ones(2)}
    before, after = (compare.session(path, "off").run(None, feed)
                     for path in (source, target))
    np.testing.assert_allclose(before[0], after[0], rtol=1e-2)
    np.testing.assert_array_equal(before[1], after[1])
