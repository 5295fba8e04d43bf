"""Option and models of the tests of the command line."""

import onnx
import pytest
from onnx import TensorProto, helper


def pytest_addoption(parser):
    try:
        parser.addoption("--bless", action="store_true",
                         help="write what is printed as the expected text")
    except ValueError:
        pass  # the tests above this folder have the option too


@pytest.fixture
def bless(pytestconfig):
    return pytestconfig.getoption("--bless", default=False)


def make_model(scale=2.0):
    """x -> MatMul -> Mul -> Softmax -> y; Mul's constant is `scale`."""
    weights = [0.25 * (i % 7 - 3) for i in range(64 * 64)]
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["a"], "/enc/MatMul"),
            helper.make_node("Mul", ["a", "scale"], ["b"], "/enc/Mul"),
            helper.make_node("Softmax", ["b"], ["y"], "/head/Softmax"),
        ],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 64])],
        [
            helper.make_tensor("w", TensorProto.FLOAT, [64, 64], weights),
            helper.make_tensor("scale", TensorProto.FLOAT, [], [scale]),
        ])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


@pytest.fixture(scope="session")
def model_bytes():
    return make_model()


@pytest.fixture
def folder(tmp_path, monkeypatch, model_bytes):
    """The working folder of a test: in.onnx is fine, big.onnx holds a
    constant that FP16 cannot."""
    (tmp_path / "in.onnx").write_bytes(model_bytes)
    (tmp_path / "big.onnx").write_bytes(make_model(1e5))
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "CLICOLOR_FORCE", "POSIXLY_CORRECT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
