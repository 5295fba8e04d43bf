"""`convert --weights-only` on real models: half the bytes, the same nodes, the
weights of numpy's rounding, results near FP32."""

import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import compare
import isolated
import model_inputs

# In the order of size: external data; bodies with weights of their own; one
# weight out of range of FP16.
MODELS = ["khmersm.onnx", "silero_vad.onnx", "magika.onnx",
          "ch_PP-OCRv4_det_infer.onnx", "ch_PP-OCRv4_rec_infer.onnx"]
LIMIT = 0.01
SIZE = 0.55
SHORT = 16


def graphs(graph):
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from graphs(attribute.g)


def tensors(model):
    """{name: array} of initializers and Constant nodes, in all graphs."""
    found = {}
    for graph in graphs(model.graph):
        for tensor in graph.initializer:
            found[graph.name, tensor.name] = numpy_helper.to_array(tensor)
        for node in graph.node:
            if node.op_type == "Constant":
                for attribute in node.attribute:
                    if attribute.HasField("t"):
                        found[graph.name, node.output[0]] = (
                            numpy_helper.to_array(attribute.t))
    return found


def computation(model):
    """Everything but Casts and constants, in order."""
    return [(graph.name, node.op_type, node.name, list(node.output))
            for graph in graphs(model.graph) for node in graph.node
            if node.op_type not in ("Cast", "Constant")]


def folder_bytes(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


class Stored:
    def __init__(self, opp, name, source, folder):
        self.name = name
        self.source = source
        self.folder = folder
        self.target = folder / "stored.onnx"
        done = opp("convert", "--weights-only", "-f", "json", source, "-o",
                   self.target)
        self.report = json.loads(done.stdout)["stored_weights"]


@pytest.fixture(scope="module", params=MODELS)
def stored(request, opp, corpus_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    yield Stored(opp, request.param, corpus_file(request.param), folder)
    shutil.rmtree(folder)


def test_weights_are_rounded_once_and_the_rest_is_untouched(stored):
    before = tensors(onnx.load(stored.source))
    after = tensors(onnx.load(stored.target))
    kept = {row["name"] for row in stored.report["weights"]
            if row["fate"] == "kept"}
    assert before.keys() == after.keys()
    for key, array in before.items():
        if (array.dtype == np.float32 and array.size > SHORT
                and key[1] not in kept):
            array = array.astype(np.float16)
        assert after[key].dtype == array.dtype
        assert after[key].tobytes() == array.tobytes(), key


def test_computes_as_before(stored):
    before, after = onnx.load(stored.source), onnx.load(stored.target)
    assert computation(after) == computation(before)


def test_half_the_bytes(stored):
    full = sum(array.nbytes
               for array in tensors(onnx.load(stored.source)).values())
    assert folder_bytes(stored.folder) <= SIZE * full + 200_000


def test_valid(stored):
    assert isolated.call(compare.check_error, stored.target) is None
    for level in compare.LEVELS:
        assert isolated.call(compare.load_error, stored.target, level) is None


def test_near_fp32(stored):
    feeds = model_inputs.cases(stored.name)
    expected = compare.run(stored.source, feeds)
    for level in compare.LEVELS:
        got = isolated.call(compare.run, stored.target, feeds, level)
        assert compare.largest_difference(
            expected, got, compare.scales(expected),
            model_inputs.measures(stored.name)) <= LIMIT
