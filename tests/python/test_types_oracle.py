"""The element types that `print` shows against the shape inference of the onnx
package: every value of every scope where that knows a type, in all models that
the package generates or ships and in the real ones."""

import concurrent.futures
import json

import onnx
import pytest
from onnx import AttributeProto, TensorProto, helper

import inference
import op_types

# Values that are compared at least, so that none are lost unnoticed.
LEAST = {"generated": 18_000, "shipped": 6_500, "corpus": 22_000}
LEAST_IN_BODIES = {"generated": 700, "shipped": 0, "corpus": 2_000}


def printed(opp, path):
    """The graphs of a model, but those of functions: {value: type}."""
    graphs = json.loads(opp("print", "-f", "json", path).stdout)["graphs"]
    return [graph["values"] for graph in graphs
            if graph["kind"] != "function"
            and not graph["path"].startswith("function ")]


def compare(name, ours, model):
    """Numbers of values compared in the main graph and in bodies, and the
    lines about those that differ."""
    counts, wrong = [0, 0], []
    theirs = inference.scopes(inference.infer(model))
    assert len(ours) == len(theirs), name
    for place, (values, graph) in enumerate(zip(ours, theirs)):
        for value, proto in inference.declared(graph).items():
            expected = op_types.type_text(proto)
            if expected is None or "undefined" in expected:
                continue
            counts[place > 0] += 1
            if values[value] != expected:
                wrong.append(f"{name}: graph {place}, `{value}`: "
                             f"{values[value]}, not {expected}")
    return counts, wrong


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("group", inference.GROUPS)
def test_types(opp, corpus_file, folder, group):
    models = inference.models(group, folder, corpus_file)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ours = pool.map(lambda item: printed(opp, item[1]), models)
        results = [compare(name, values, inference.load(path))
                   for (name, path), values in zip(models, ours)]
    wrong = [line for _, lines in results for line in lines]
    main, in_bodies = (sum(counts[i] for counts, _ in results)
                       for i in range(2))
    print(f"{group}: {len(models)} models, {main} values of main graphs, "
          f"{in_bodies} of bodies, {len(wrong)} differ")
    assert not wrong, "\n".join(wrong)
    assert main + in_bodies >= LEAST[group]
    assert in_bodies >= LEAST_IN_BODIES[group]


def reference(name, of, kind):
    return AttributeProto(name=name, ref_attr_name=of, type=kind)


def test_calls_that_differ_in_an_attribute(opp, tmp_path):
    """One function, called with other types in its attributes."""
    empty = helper.make_node("Optional", [], ["o"])
    empty.attribute.append(
        reference("type", "kind", AttributeProto.TYPE_PROTO))
    cast = helper.make_node("Cast", ["x"], ["y"])
    cast.attribute.append(reference("to", "to", AttributeProto.INT))
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("f", 1)]
    function = helper.make_function("f", "f", ["x"], ["o", "y"],
                                    [empty, cast], opsets[:1], ["kind", "to"])
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, [2])
    calls = [(tensor, TensorProto.FLOAT16), (tensor, TensorProto.DOUBLE),
             (helper.make_sequence_type_proto(tensor), TensorProto.FLOAT16)]
    nodes = [helper.make_node("f", ["x"], [f"o{i}", f"y{i}"], domain="f",
                              kind=kind, to=to)
             for i, (kind, to) in enumerate(calls)]
    graph = helper.make_graph(
        nodes, "g", [helper.make_value_info("x", tensor)],
        [onnx.ValueInfoProto(name=name)
         for node in nodes for name in node.output])
    model = helper.make_model(graph, opset_imports=opsets,
                              functions=[function])
    onnx.save(model, tmp_path / "calls.onnx")
    counts, wrong = compare("calls", printed(opp, tmp_path / "calls.onnx"),
                            model)
    assert counts == [7, 0]
    assert not wrong, "\n".join(wrong)
