"""Declared and measured ranges as options: formats, errors, and the script in
docs/ranges.md."""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def model(tmp_path):
    """y = sigmoid(x @ w) of an x with two rows."""
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["z"]),
         helper.make_node("Sigmoid", ["z"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2])],
        [numpy_helper.from_array(
            np.array([[1, -1], [2, 0], [3, 0]], np.float32), "w")])
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        path)
    return path


def ranges_of(opp, model, *options):
    done = opp("print", "--show-ranges", "-f", "json", *options, model)
    return json.loads(done.stdout)["graphs"][0]["values"]


def write(path, tensors):
    path.write_text(json.dumps({"opp_ranges": 1, "tensors": tensors}))
    return path


def test_declared(opp, model):
    values = ranges_of(opp, model, "--range", "x=-1:2")
    assert values["x"]["lo"] == -1 and values["x"]["hi"] == 2
    assert values["x"]["reach"] == [-1, 2]
    assert values["x"]["basis"] == "declared"
    # By channel: [1 2 3] and [-1 0 0].
    assert values["z"]["lo"] == pytest.approx(-6, rel=1e-5)
    assert values["z"]["hi"] == pytest.approx(12, rel=1e-5)
    assert values["z"]["reach"] == pytest.approx([-6, 12], rel=1e-5)
    assert values["z"]["reach_basis"] == "declared"


def test_the_last_declaration_holds(opp, model):
    values = ranges_of(opp, model, "--range", "x=-1:2,x=0:inf", "--range",
                       "x=0:8:0.5")
    assert values["x"]["hi"] == 8 and values["x"]["min_abs"] == 0.5
    values = ranges_of(opp, model, "--range", "x=0:inf")
    assert values["x"]["lo"] == 0 and values["x"]["hi"] is None
    assert "reach" in values["x"]  # its lower end


def test_measured(opp, model, tmp_path):
    first = write(tmp_path / "a.json", {"x": {"min": -1, "max": 2}})
    second = write(tmp_path / "b.json",
                   {"x": {"min": 0, "max": 4, "samples": 3}, "z": {"inf": 1}})
    values = ranges_of(opp, model, "--ranges", f"{first},{second}")
    assert values["x"]["reach"] == [-1, 4]
    assert values["x"]["reach_basis"] == "measured"
    assert [values["x"]["lo"], values["x"]["hi"]] == [-2, 8]
    assert values["x"]["basis"] == "measured"
    # Elements of a measurement need not be there together.
    assert "reach" not in values["z"]
    declared = ranges_of(opp, model, "--ranges", first, "--range", "x=-9:9")
    assert declared["x"]["basis"] == "declared"
    assert declared["x"]["hi"] == 9


def test_infinities_are_no_bound(opp, model, tmp_path):
    path = write(tmp_path / "a.json", {"x": {"min": -1, "max": 2, "inf": 1}})
    values = ranges_of(opp, model, "--ranges", path)
    assert values["x"]["hi"] is None
    assert values["x"]["reach"] == [-1, 2]


def test_proven_bounds_stay(opp, model, tmp_path):
    path = write(tmp_path / "a.json", {"y": {"min": 0.25, "max": 0.75}})
    values = ranges_of(opp, model, "--ranges", path)
    assert values["y"]["hi"] == pytest.approx(1, rel=1e-5)
    assert values["y"]["lo"] == 0.125


BAD_RANGES = ["x", "x=", "=1:2", "x=1", "x=2:1", "x=nan:1", "x=1:2:-1",
              "x=1:2:3:4", "x=one:2", "x= 1:2", "x=1:2 "]


@pytest.mark.parametrize("text", BAD_RANGES)
def test_bad_range(opp, model, text):
    done = opp("print", "--range", text, model, expect=2)
    assert "is no range" in done.stderr


@pytest.mark.parametrize("command", [["convert", "--dry-run"], ["audit"],
                                     ["print", "--show-ranges"]])
def test_name_that_is_not_there(opp, model, command):
    done = opp(*command, "--range", "xx=0:1", model, expect=2)
    assert "no value `xx`" in done.stderr


def test_near_name(opp, model, tmp_path):
    path = write(tmp_path / "a.json", {"weight": {"min": 0, "max": 1}})
    graph = onnx.load(model)
    graph.graph.node[0].output[0] = graph.graph.node[1].input[0] = "weights"
    onnx.save(graph, model)
    done = opp("audit", "--ranges", path, model, expect=2)
    assert "`weights`" in done.stderr


BAD_FILES = {
    "": "cannot read",
    "{": "cannot read",
    "[]": "opp_ranges",
    '{"opp_ranges": 2, "tensors": {}}': "opp_ranges",
    '{"opp_ranges": 1}': "tensors",
    '{"opp_ranges": 1, "tensors": {"x": 3}}': "no object",
    '{"opp_ranges": 1, "tensors": {"x": {"mim": 3}}}': "nobody knows",
    '{"opp_ranges": 1, "tensors": {"x": {"min": "a"}}}': "finite",
    '{"opp_ranges": 1, "tensors": {"x": {"min": 1}}}': "no range",
    '{"opp_ranges": 1, "tensors": {"x": {"min": 1, "max": 0}}}': "no range",
    '{"opp_ranges": 1, "tensors": {"x": {"nan": -1}}}': "counts",
    '{"opp_ranges": 1, "tensors": {"x": {}, "x": {}}}': "cannot read",
}


@pytest.mark.parametrize("text", BAD_FILES)
def test_bad_file(opp, model, tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    done = opp("audit", "--ranges", path, model, expect=3)
    assert BAD_FILES[text] in done.stderr and "bad.json" in done.stderr


def test_file_that_is_not_there(opp, model, tmp_path):
    done = opp("audit", "--ranges", tmp_path / "none.json", model, expect=3)
    assert "none.json" in done.stderr


def test_script_of_the_documentation(opp, model, tmp_path):
    text = (ROOT / "docs/ranges.md").read_text()
    script = tmp_path / "measure.py"
    script.write_text(re.search(r"```python\n(.*?)```", text, re.S)[1])
    measured = tmp_path / "ranges.json"
    subprocess.run([sys.executable, script, model, measured], check=True)
    tensors = json.loads(measured.read_text())["tensors"]
    assert set(tensors) == {"x", "z", "y"}
    assert tensors["x"]["samples"] == 48
    values = ranges_of(opp, model, "--ranges", measured)
    for name, entry in tensors.items():
        assert values[name]["reach"] == [entry["min"], entry["max"]]
    opp("convert", "--ranges", measured, model, "-o", tmp_path / "out.onnx")


def test_example_of_the_documentation(opp, model, tmp_path):
    text = (ROOT / "docs/ranges.md").read_text()
    path = tmp_path / "ranges.json"
    example = re.search(r"```json\n(.*?)```", text, re.S)[1]
    path.write_text(example.replace('"scores"', '"z"'))
    values = ranges_of(opp, model, "--ranges", path)
    assert values["z"]["reach"] == [-31.5, 28.25]


def bounds(opp, tmp_path, nodes, outputs, weights):
    """Ranges of the values of a model of x, which has two rows of -1 to 2."""
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
         for name in outputs],
        [numpy_helper.from_array(np.array(array, np.float32), name)
         for name, array in weights.items()])
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        path)
    return ranges_of(opp, path, "--range", "x=-1:2")


def test_weights_behind_transpose(opp, tmp_path):
    """Each row of w is a channel: [1 2 3] and [-1 0 0]."""
    rows = [[1, 2, 3], [-1, 0, 0]]
    values = bounds(
        opp, tmp_path,
        [helper.make_node("Transpose", ["w"], ["wt"], perm=[1, 0]),
         helper.make_node("MatMul", ["x", "wt"], ["y"]),
         helper.make_node("Transpose", ["v"], ["vt"]),
         helper.make_node("Gemm", ["x", "vt"], ["z"], transB=1)],
        ["y", "z"], {"w": rows, "v": np.transpose(rows)})
    for name in ["y", "z"]:
        assert values[name]["lo"] == pytest.approx(-6, rel=1e-5)
        assert values[name]["hi"] == pytest.approx(12, rel=1e-5)
        assert values[name]["reach"] == pytest.approx([-6, 12], rel=1e-5)


@pytest.mark.parametrize("equation, operands, lo, hi", [
    ("ij,kj->ik", 2, -6, 12),    # 3 products of -2 to 4
    ("ij,kj", 2, -6, 12),        # j is met twice, i and k once
    ("ij->j", 1, -2, 4),
    ("ij->", 1, -6, 12),
    ("ij,kj,lj->ikl", 3, -12, 24),
    ("i...,i...->i...", 2, None, None),
])
def test_einsum(opp, tmp_path, equation, operands, lo, hi):
    values = bounds(
        opp, tmp_path,
        [helper.make_node("Einsum", ["x"] * operands, ["y"],
                          equation=equation)], ["y"], {})
    assert values["y"]["lo"] == (lo if lo is None
                                 else pytest.approx(lo, rel=1e-4))
    assert values["y"]["hi"] == (hi if hi is None
                                 else pytest.approx(hi, rel=1e-4))


def test_places(opp, tmp_path):
    values = bounds(
        opp, tmp_path,
        [helper.make_node("ArgMax", ["x"], ["a"]),
         helper.make_node("ArgMin", ["x"], ["b"], axis=-1),
         helper.make_node("Cast", ["a"], ["y"], to=TensorProto.FLOAT),
         helper.make_node("Cast", ["b"], ["z"], to=TensorProto.FLOAT)],
        ["y", "z"], {})
    assert (values["a"]["lo"], values["a"]["hi"]) == (0, 1)
    assert (values["b"]["lo"], values["b"]["hi"]) == (0, 2)
    assert values["y"]["integer"]
