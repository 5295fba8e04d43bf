"""What each command does with a model that has nodes of one name."""

import json

import onnx
import pytest
from onnx import TensorProto, helper


@pytest.fixture
def twins(tmp_path, monkeypatch):
    """twins.onnx in the working folder: two nodes are called `a`."""
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 2])
            for name in "xy"]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "x"], ["h"], "a"),
         helper.make_node("MatMul", ["h", "h"], ["i"], "b"),
         helper.make_node("MatMul", ["i", "x"], ["y"], "a")],
        "g", info[:1], info[1:])
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9),
        tmp_path / "twins.onnx")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("options", [["-o", "out.onnx"], ["--dry-run"],
                                     ["--dry-run", "--plan-out", "p.json"]])
def test_convert_refuses(opp, twins, options):
    done = opp("convert", "twins.onnx", *options, expect=4)
    for word in ("`a`", "`h`", "`y`", "MatMul", "--fix"):
        assert word in done.stderr
    assert [path.name for path in twins.iterdir()] == ["twins.onnx"]


def test_fix_renames_all_but_the_first(opp, twins):
    opp("convert", "--fix", "twins.onnx", "-o", "out.onnx")
    nodes = onnx.load("out.onnx").graph.node
    assert [(node.name, node.output[0]) for node in nodes
            if node.op_type == "MatMul"] == [
                ("a", "h"), ("b", "i"), ("a_2", "y_fp16")]


def test_fix_leaves_other_models_alone(opp, twins):
    opp("convert", "--fix", "twins.onnx", "-o", "out.onnx")
    opp("convert", "--fix", "out.onnx", "-o", "again.onnx")
    assert (twins / "again.onnx").read_bytes() == (
        twins / "out.onnx").read_bytes()


def test_patterns_know_the_new_names(opp, twins):
    opp("convert", "--fix", "--dry-run", "twins.onnx", "--node-block-list",
        "a_2", "--plan-out", "plan.json")
    types = {item["node"]: item["type"]
             for item in json.loads((twins / "plan.json").read_text())["items"]
             if "node" in item}
    assert types == {"a": "float16", "b": "float16", "a_2": "float"}


def test_a_plan_is_replayed_with_fix(opp, twins):
    opp("convert", "--fix", "twins.onnx", "-o", "a.onnx", "--node-block-list",
        "b", "--plan-out", "plan.json")
    opp("convert", "--fix", "twins.onnx", "-o", "b.onnx", "--plan",
        "plan.json")
    assert (twins / "a.onnx").read_bytes() == (twins / "b.onnx").read_bytes()


def test_audit_lists_them(opp, twins):
    report, = json.loads(opp("audit", "-f", "json", "twins.onnx").stdout)
    found, = [found for found in report["findings"]
              if found["code"] == "OPP410"]
    assert found["severity"] == "warning"
    assert found["place"] == "node `a` (MatMul)"


@pytest.mark.parametrize("words", [
    ["print"], ["passes", "run", "-p", ""],
    ["passes", "run", "-p", "find-casts,sort-nodes,fold-casts,share-casts"]])
def test_other_commands_go_on(opp, twins, words):
    opp(*words, "twins.onnx")
