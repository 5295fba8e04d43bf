"""Explanations of real models: each FP32 class has a chain that begins at a
source, and the costs are those of the conversion itself."""

import copy
import json
import random
import time

import pytest
from onnx import TensorProto, helper

import op_models

MODELS = ["ch_PP-OCRv4_det_infer.onnx", "magika.onnx", "isnet-medium.onnx",
          "paraphrase-MiniLM-L3-v2.onnx", "silero_vad_v5.onnx"]
FLIPS = 12
OP_STEP = 37


def explain(opp, path, *options):
    done = opp("explain", "-f", "json", "--node", "*", *options, path)
    return json.loads(done.stdout)


def casts_of(opp, path, *options):
    done = opp("convert", "--dry-run", "-f", "json", *options, path)
    return json.loads(done.stdout)["after"]["casts"]


def kept(told):
    return [(node, one) for node in told["nodes"] for one in node["classes"]
            if one["type"] == "float"]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("to", ["float16", "bfloat16"])
def test_every_class_has_a_source(opp, corpus_file, name, to):
    told = explain(opp, corpus_file(name), "--to", to)
    assert to == "bfloat16" or kept(told)
    for node, one in kept(told):
        first = one["cause"][0]
        assert first["text"], node
        assert first.get("node") or first.get("value"), node
        assert one["needs"] and one["options"] and one["certainty"], node


@pytest.mark.parametrize("name", MODELS)
def test_casts_are_those_of_the_conversion(opp, corpus_file, name):
    path = corpus_file(name)
    assert explain(opp, path)["plan"]["casts"] == casts_of(opp, path)


def test_casts_of_op_models(opp, tmp_path):
    """Functions, bodies, CastLike, double: every 37th test model of ONNX."""
    models = list(op_models.generated_models())[::OP_STEP]
    assert len(models) > 50
    path = tmp_path / "model.onnx"
    for name, data in models:
        path.write_bytes(data)
        assert (explain(opp, path)["plan"]["casts"]
                == casts_of(opp, path)), name


@pytest.mark.parametrize("name", MODELS)
def test_flip_is_what_the_conversion_does(opp, corpus_file, name, tmp_path):
    """The plan with one node changed, replayed, has as many casts more."""
    path = corpus_file(name)
    told = explain(opp, path)
    opp("convert", "-q", "--dry-run", "--plan-out", tmp_path / "plan.json",
        path)
    plan = json.loads((tmp_path / "plan.json").read_text())
    nodes = [node for node in told["nodes"] if "flip" in node]
    checked = 0
    for node in random.Random(0).sample(nodes, FLIPS):
        other = copy.deepcopy(plan)
        for item in other["items"]:
            if item.get("id") == node["id"]:
                item["type"] = node["flip"]["to"]
        (tmp_path / "other.json").write_text(json.dumps(other))
        done = opp("convert", "--dry-run", "-f", "json", "--plan",
                   tmp_path / "other.json", path, expect=None)
        if done.returncode != 0:
            assert "a type is not allowed there" in done.stderr
            continue
        casts = json.loads(done.stdout)["after"]["casts"]
        assert casts - told["plan"]["casts"] == node["flip"]["casts"], node
        checked += 1
    assert checked >= FLIPS // 2


def test_plan_file_tells_causes(opp, corpus_file, tmp_path):
    """And is read with and without them."""
    path = corpus_file("magika.onnx")
    opp("convert", "-q", "--dry-run", "--plan-out", tmp_path / "new.json", path)
    plan = json.loads((tmp_path / "new.json").read_text())
    wide = [item for item in plan["items"] if item["type"] == "float"]
    assert wide
    for item in wide:
        assert item["certainty"]
        assert item["cause"][0]["text"]
    for item in plan["items"]:
        item.pop("certainty")
        item.pop("cause", None)
    (tmp_path / "old.json").write_text(json.dumps(plan))
    models = [tmp_path / "new.onnx", tmp_path / "old.onnx"]
    for model in models:
        opp("convert", "-q", "--plan", model.with_suffix(".json"), path, "-o",
            model)
    assert models[0].read_bytes() == models[1].read_bytes()
    told = explain(opp, path, "--plan", tmp_path / "old.json")
    assert {one["reason"] for _, one in kept(told)} == {
        item["reason"] for item in wide if "node" in item}
    assert all(one["certainty"] == "evidenced" for _, one in kept(told)
               if one["reason"] == "square-overflow")


def long_model(n):
    """A square whose chain goes through n nodes, and what follows it."""
    nodes = [helper.make_node("Mul", ["x", "x"], ["v0"], "square"),
             helper.make_node("ReduceSum", ["v0"], ["w0"], "sum")]
    nodes += [helper.make_node("Identity", [f"w{i}"], [f"w{i + 1}"], f"n{i}")
              for i in range(n)]
    graph = helper.make_graph(
        nodes, "long",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])],
        [helper.make_tensor_value_info(f"w{n}", TensorProto.FLOAT, [1])])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                             ir_version=8)


def test_large_model_is_told_in_a_second(opp, tmp_path):
    """Every node of 10,000, each at the end of a longer chain. (A build with
    sanitizers is let have five.)"""
    path = tmp_path / "long.onnx"
    path.write_bytes(long_model(10_000).SerializeToString())
    start = time.monotonic()
    opp("explain", "-f", "json", "--node", "*", "-o", tmp_path / "out.json",
        path)
    seconds = time.monotonic() - start
    told = json.loads((tmp_path / "out.json").read_text())
    assert len(told["nodes"]) == 10_002
    last = told["nodes"][-1]["classes"][0]["cause"]
    assert last[0]["node"] == "square"
    assert last[-1]["last"] == "n9999"
    assert len(last) == 2
    assert seconds < (5 if "dev" in str(opp.binary.parent) else 1)
