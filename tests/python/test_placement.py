"""What the report says of placement, against the models that come out."""

import json

import onnx
import pytest

NAMES = ["magika.onnx", "swift-f0.onnx", "ch_PP-OCRv4_rec_infer.onnx",
         "silero_vad_op18_ifless.onnx", "paraphrase-MiniLM-L3-v2.onnx"]
FLOAT, HALF = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16


def casts(graph):
    """Casts between FP32 and FP16, those in bodies included. The models have
    no FP16, so every one is new."""
    infos = {value.name: value.type.tensor_type.elem_type
             for value in [*graph.input, *graph.output, *graph.value_info]}
    made = {name: onnx.helper.get_node_attr_value(node, "to")
            for node in graph.node if node.op_type == "Cast"
            for name in node.output}
    count = 0
    for node in graph.node:
        if node.op_type == "Cast":
            to = made[node.output[0]]
            source = infos.get(node.input[0], made.get(node.input[0]))
            count += {to, source} == {FLOAT, HALF}
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                count += casts(attribute.g)
    return count


@pytest.fixture(scope="module")
def convert(opp, corpus_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("placement")

    def run(name, *options):
        target = folder / "out.onnx"
        report = json.loads(opp("convert", *options, "-f", "json",
                                corpus_file(name), "-o", target).stdout)
        model = onnx.shape_inference.infer_shapes(onnx.load(target))
        return report["placement"], casts(model.graph)
    return run


@pytest.mark.parametrize("name", NAMES)
def test_the_report_counts_the_casts(convert, name):
    told, found = convert(name)
    assert told["plan"]["casts"] == found
    assert told["estimated_parts"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_border_is_what_none_gives(convert, name):
    told, _ = convert(name)
    none, found = convert(name, "--island-cost", "none")
    assert none["plan"] == none["every_border"] == told["every_border"]
    assert found == told["every_border"]["casts"]


@pytest.mark.parametrize("name", NAMES)
def test_the_cut_is_no_worse(convert, name):
    told, _ = convert(name)
    assert told["plan"]["casts"] <= told["every_border"]["casts"]
    told, _ = convert(name, "--island-cost", "bytes")
    assert told["plan"]["bytes"] <= told["every_border"]["bytes"]


@pytest.mark.parametrize("name", NAMES)
def test_fewer_casts_are_asked_for(convert, name):
    usual = convert(name)[0]["plan"]["casts"]
    told, found = convert(name, "--max-casts", str(usual - 1))
    assert told["max_casts"] == usual - 1
    assert found == told["plan"]["casts"] <= usual
