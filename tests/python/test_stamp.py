"""The stamp of a converted model, judged by the xxhash package."""

import re

import onnx
import pytest
import xxhash
from onnx import TensorProto, helper

HASH = re.compile(r"xxh3-128:[0-9a-f]{32}")
STAMP = ["opp.version", "opp.source", "opp.plan"]


def make_model(width=8, scale=0.5):
    """x -> MatMul -> Softmax -> y, with weights of 4 * width^2 bytes."""
    weights = helper.make_tensor(
        "w", TensorProto.FLOAT, [width, width],
        (b"\x00\x00\x80\x3e" * width * width), raw=True)
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width])
            for name in "xy"]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["a"], "m"),
         helper.make_node("Mul", ["a", "s"], ["b"], "scale"),
         helper.make_node("Softmax", ["b"], ["y"], "soft")],
        "g", info[:1], info[1:],
        [weights, helper.make_tensor("s", TensorProto.FLOAT, [], [scale])])
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def metadata(path):
    return {entry.key: entry.value
            for entry in onnx.load(path).metadata_props}


@pytest.fixture
def convert(opp, tmp_path):
    """convert(model or bytes, options...): the stamp of the output."""
    def run(model, *options):
        source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
        source.write_bytes(model if isinstance(model, bytes)
                           else model.SerializeToString())
        opp("convert", "-q", *options, source, "-o", target)
        return metadata(target)
    return run


# 4 MiB and more are hashed beside the other passes.
@pytest.mark.parametrize("width", [8, 128, 1023, 1024, 1500])
def test_source_is_the_hash_of_the_file(convert, tmp_path, width):
    stamp = convert(make_model(width))
    assert list(stamp) == STAMP
    assert stamp["opp.source"] == "xxh3-128:" + xxhash.xxh3_128_hexdigest(
        (tmp_path / "in.onnx").read_bytes())
    assert HASH.fullmatch(stamp["opp.plan"])


def test_version_is_that_of_the_tool(convert, opp):
    assert (convert(make_model())["opp.version"]
            == opp("version").stdout.split()[-1])


@pytest.mark.parametrize("width", [8, 1500])
def test_a_pipe_has_the_bytes_of_a_file(convert, opp, tmp_path, width):
    convert(make_model(width))
    with open(tmp_path / "in.onnx", "rb") as pipe:
        opp("convert", "-q", "-", "-o", tmp_path / "piped.onnx", stdin=pipe)
    assert ((tmp_path / "piped.onnx").read_bytes()
            == (tmp_path / "out.onnx").read_bytes())


def test_what_is_converted_is_not_stamped_again(convert, tmp_path):
    convert(make_model(1500))
    done = (tmp_path / "out.onnx").read_bytes()
    convert(done)
    assert (tmp_path / "out.onnx").read_bytes() == done


def test_no_stamp_changes_nothing_else(convert, tmp_path):
    model = make_model()
    convert(model)
    stamped = onnx.load(tmp_path / "out.onnx")
    assert convert(model, "--no-stamp") == {}
    del stamped.metadata_props[:]
    assert stamped == onnx.load(tmp_path / "out.onnx")


def test_plan_is_that_of_its_file(convert, tmp_path):
    plan = tmp_path / "plan.json"
    model = make_model()
    stamp = convert(model, "--node-block-list", "soft", "--plan-out", plan)
    assert convert(model, "--plan", plan) == stamp


def test_plan_tells_decisions_apart_and_not_weights(convert):
    usual = convert(make_model())
    blocked = convert(make_model(), "--node-block-list", "soft")
    other = convert(make_model(scale=0.25))
    assert blocked["opp.plan"] != usual["opp.plan"]
    assert blocked["opp.source"] == usual["opp.source"]
    assert other["opp.plan"] == usual["opp.plan"]
    assert other["opp.source"] != usual["opp.source"]
