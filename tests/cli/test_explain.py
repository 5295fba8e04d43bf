"""What explain prints is what explained/ says; what it refuses."""

import json
import pathlib

import onnx
import pytest
from onnx import TensorProto, helper

HERE = pathlib.Path(__file__).parent
EXPLAINED = HERE / "explained"


def norm_model():
    """A decomposed norm between products, a constant that FP16 has not, and a
    Softmax behind it."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], "/enc/MatMul"),
        helper.make_node("ReduceMean", ["a"], ["m"], "/enc/norm/Mean",
                         axes=[-1]),
        helper.make_node("Sub", ["a", "m"], ["d"], "/enc/norm/Sub"),
        helper.make_node("Pow", ["d", "two"], ["d2"], "/enc/norm/Pow"),
        helper.make_node("ReduceMean", ["d2"], ["v"], "/enc/norm/Var",
                         axes=[-1]),
        helper.make_node("Add", ["v", "eps"], ["ve"], "/enc/norm/Add"),
        helper.make_node("Sqrt", ["ve"], ["s"], "/enc/norm/Sqrt"),
        helper.make_node("Div", ["d", "s"], ["n"], "/enc/norm/Div"),
        helper.make_node("MatMul", ["n", "w"], ["b"], "/head/MatMul"),
        helper.make_node("Mul", ["b", "scale"], ["c"], "/head/Mul"),
        helper.make_node("Relu", ["c"], ["r"], "/head/Relu"),
        helper.make_node("Softmax", ["r"], ["y"], "/head/Softmax"),
        helper.make_node("Shape", ["y"], ["shape"], "/head/Shape"),
        helper.make_node("Abs", ["shape"], ["size"], "/head/Abs"),
    ]
    weights = [0.25 * (i % 7 - 3) for i in range(64 * 64)]
    constants = {"w": ([64, 64], weights), "two": ([], [2.0]),
                 "eps": ([], [1e-5]), "scale": ([], [1e5])}
    graph = helper.make_graph(
        nodes, "norm",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 64]),
         helper.make_tensor_value_info("size", TensorProto.INT64, [2])],
        [helper.make_tensor(name, TensorProto.FLOAT, shape, values)
         for name, (shape, values) in constants.items()])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


@pytest.fixture
def models(folder):
    (folder / "norm.onnx").write_bytes(norm_model())
    return folder


def compare(name, text, bless):
    path = EXPLAINED / name
    if bless:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), "run with --bless and read the difference"


CASES = {
    "square.txt": "--node /enc/norm/Sqrt norm.onnx",
    "square.json": "-f json --node /enc/norm/Sqrt norm.onnx",
    "placement.txt": "--node /head/Softmax norm.onnx",
    "low.txt": "--node re:/.*/MatMul norm.onnx",
    "nothing.txt": "--node /head/Abs norm.onnx",
    "blocked.txt": "--node /head/Relu --op-block-list Relu --to bf16 norm.onnx",
    "wider.txt": "--node /enc/MatMul --to float32 norm.onnx",
    "rule.txt": "OPP304",
    "reason.txt": "Epsilon",
    "both.txt": "square-overflow",
    "rule.json": "-f json opp403",
    "list.txt": "--list",
}


@pytest.mark.parametrize("name", CASES)
def test_golden(opp, models, bless, name):
    compare(name, opp("explain", *CASES[name].split()).stdout, bless)


def test_golden_has_no_strangers():
    assert {path.name for path in EXPLAINED.iterdir()} == set(CASES)


def test_model_stays_as_it_is(opp, models):
    before = (models / "norm.onnx").read_bytes()
    opp("explain", "--node", "*", "-o", "out.txt", "norm.onnx")
    assert (models / "norm.onnx").read_bytes() == before
    assert "/enc/norm/Pow" in (models / "out.txt").read_text()


def test_decides_as_convert_does(opp, models):
    """With the options of convert, whatever they are."""
    options = ["--node-include-list", "/enc/norm/*", "--no-keep-io-types",
               "--op-block-list", "Softmax"]
    told = json.loads(opp("explain", "-f", "json", "--node", "*", *options,
                          "norm.onnx").stdout)
    report = json.loads(opp("convert", "-f", "json", "--dry-run", *options,
                            "norm.onnx").stdout)
    assert told["plan"]["casts"] == report["after"]["casts"]
    wide = {node["node"] for node in told["nodes"]
            if any(one["type"] == "float" for one in node["classes"])}
    assert wide == {name for island in report["islands"]
                    for name in island["node_names"]}
    assert wide


@pytest.mark.parametrize("words, what, hint", [
    ("--node /enc/norm/Swrt norm.onnx", "pattern `/enc/norm/Swrt` matches no "
     "node", "did you mean `/enc/norm/Sqrt`?"),
    ("OPP340", "`OPP340` is no rule and no reason", "did you mean `OPP304`?"),
    ("square-overflw", "`square-overflw` is no rule and no reason",
     "did you mean `square-overflow`?"),
    ("norm.onnx", "`norm.onnx` is no rule and no reason",
     "explain --list names them; for a node of a model: explain --node "
     "PATTERN MODEL"),
    ("", "nothing to explain", "explain CODE, explain --list, or explain "
     "--node PATTERNS MODEL"),
    ("--node a", "no model", "explain CODE, explain --list, or explain --node "
     "PATTERNS MODEL"),
    ("--list OPP304", "--list goes with no name and no model",
     "explain CODE, explain --list, or explain --node PATTERNS MODEL"),
    ("-f markdown --node a norm.onnx", "nodes are explained as text or json",
     "explain CODE, explain --list, or explain --node PATTERNS MODEL"),
    ("--node x -o norm.onnx norm.onnx", "output `norm.onnx` is the input",
     "choose another name, an input is never overwritten"),
    ("--node x --dry-run norm.onnx", "unknown option `--dry-run`",
     "onnx-precision-pass explain --help=full lists the options"),
])
def test_refused(opp, models, words, what, hint):
    message = opp("explain", *words.split(), expect=2).stderr
    assert message.splitlines()[0] == f"error: {what}"
    assert message.rstrip().endswith(hint)
