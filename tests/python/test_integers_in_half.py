"""No whole number above 2048 goes through FP16 in a real model, where it would
be rounded to its neighbour: no position, phase, count or length.

Three small models always, all of the corpus with --slow. Those up to 10 MB are
run by onnx.reference, which shows the bodies too; the others by ONNX Runtime."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper, save

import corpus
import integer_values
import model_inputs

MAX_BYTES = 10_000_000
SMALL_MODELS = ("swift-f0.onnx", "melspectrogram.onnx",
                "silero_vad_16k_op15.onnx")

# Whole by accident: numbers that are not counts of anything, in which a step
# more or less is rounding as in any other. {model: {tensor: why}}
ACCIDENTAL = {}


def seen(source, target, name):
    feeds = model_inputs.cases(name)
    if corpus.ROWS[name]["bytes"] <= MAX_BYTES:
        try:
            return integer_values.whole_numbers(source, target, feeds)
        except (RuntimeError, NotImplementedError, TypeError):
            pass  # an op that onnx.reference has not
    return integer_values.whole_numbers(
        source, target, feeds, integer_values.watched_runtime)


def rounded(source, target, name):
    found = seen(source, target, name)
    for tensor, values in found:
        print(f"{name}: {tensor} up to {values.largest:.0f}"
              f"{', exact' if values.exact else ''}")
    return {tensor for tensor, values in found if not values.exact}


@pytest.mark.parametrize("name", [
    name if name in SMALL_MODELS else
    pytest.param(name, marks=pytest.mark.slow) for name in corpus.NAMES])
def test_no_integer_is_rounded(name, opp, corpus_file, tmp_path):
    source, target = corpus_file(name), tmp_path / "out.onnx"
    opp("convert", "--fix", source, "-o", target, "-q")
    assert rounded(source, target, name) == set(ACCIDENTAL.get(name, ()))


def model(path, half):
    """Positions up to 3000, scaled; with half they go through FP16."""
    value = helper.make_tensor_value_info
    names = ("at16", "step16") if half else ("at", "step")
    nodes = [helper.make_node("Cast", ["x"], ["at"], to=TensorProto.FLOAT)]
    if half:
        nodes += [helper.make_node("Cast", [name], [f"{name}16"],
                                   to=TensorProto.FLOAT16)
                  for name in ("at", "step")]
    nodes += [helper.make_node("Mul", names, ["y16" if half else "y"])]
    if half:
        nodes += [helper.make_node("Cast", ["y16"], ["y"],
                                   to=TensorProto.FLOAT)]
    save(helper.make_model(helper.make_graph(
        nodes, "g", [value("x", TensorProto.INT64, [4])],
        [value("y", TensorProto.FLOAT, [4])],
        [numpy_helper.from_array(np.float32(0.37), "step")]),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


@pytest.mark.parametrize("evaluate", [integer_values.watched_reference,
                                      integer_values.watched_runtime])
def test_positions_are_found(tmp_path, evaluate):
    full, half = tmp_path / "full.onnx", tmp_path / "half.onnx"
    model(full, False)
    model(half, True)
    feeds = [{"x": np.array([1, 2, 3, top])} for top in (2048, 2999)]
    (name, values), = integer_values.whole_numbers(full, half, feeds,
                                                   evaluate)
    assert (name, values.largest, values.exact) == ("at16", 2999, False)
    assert not integer_values.whole_numbers(full, half, feeds[:1], evaluate)
    assert not integer_values.whole_numbers(full, full, feeds, evaluate)


def test_forced_positions_of_a_real_model_are_found(opp, corpus_file,
                                                    tmp_path):
    """16 bit samples as floats, in FP16 against all evidence."""
    name = "melspectrogram.onnx"
    source, target = corpus_file(name), tmp_path / "out.onnx"
    opp("convert", "--op-include-list", "*", source, "-o", target, "-q")
    assert rounded(source, target, name)
