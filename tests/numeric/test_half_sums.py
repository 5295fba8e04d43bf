"""The ops that round every step of a sum: the same as the package's own where
nothing is rounded, near them in FP16, and stuck at 2048 where they add ones."""

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx.reference import ReferenceEvaluator

import half_sums
import reference

X, W = (2, 4, 6, 5), (5, 3)
OPS = {
    "ReduceSum": ("ReduceSum(x, one)", "ReduceSum(x)"),
    "ReduceMean": ("ReduceMean<keepdims = 0>(x, one)", "ReduceMean(x)"),
    "ReduceL1": ("ReduceL1(x, one)",), "ReduceL2": ("ReduceL2(x, one)",),
    "ReduceSumSquare": ("ReduceSumSquare(x, one)",),
    "ReduceLogSum": ("ReduceLogSum(x, one)",),
    "ReduceLogSumExp": ("ReduceLogSumExp(x, one)",),
    "ReduceProd": ("ReduceProd(x, one)",),
    "MatMul": ("MatMul(x, w)", "MatMul(v, w)", "MatMul(x, v)"),
    "Gemm": ("Gemm<transA = 1, alpha = 0.5>(w, w)", "Gemm(u, w, b)"),
    "Einsum": ('Einsum<equation = "bchw,wk->bckh">(x, w)',
               'Einsum<equation = "bchw->cb">(x)'),
    "Conv": ("Conv(x, f, c)",
             "Conv<group = 2, pads = [1, 0, 0, 1], strides = [2, 1]>(x, g)",
             "Conv<dilations = [2, 1]>(x, f)"),
    "AveragePool": ("AveragePool<kernel_shape = [3, 2], strides = [2, 1]>(x)",),
    "GlobalAveragePool": ("GlobalAveragePool(x)",),
    "LayerNormalization": ("LayerNormalization<stash_type = S>(x, v)",
                           "LayerNormalization<stash_type = S, axis = 2>"
                           "(x, h, h)"),
    "RMSNormalization": ("RMSNormalization<stash_type = S>(x, v)",),
    "GroupNormalization": ("GroupNormalization<num_groups = 2, stash_type = S>"
                           "(x, c, c)",),
    "InstanceNormalization": ("InstanceNormalization(x, c, c)",),
    "LpNormalization": ("LpNormalization<axis = 1>(x)",),
}
CASES = [(name, text) for name, texts in OPS.items() for text in texts]
SHAPES = {"x": X, "w": W, "v": (5,), "u": (4, 5), "b": (3,), "c": (4,),
          "f": (4, 4, 3, 2), "g": (4, 2, 3, 2), "h": (6, 5)}


def evaluate(text, dtype, feed, ops):
    stash = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    text = text.replace("= S", f"= {stash}")
    model = onnx.helper.make_model(
        onnx.parser.parse_graph(f"g () => () {{ y = {text} }}"),
        opset_imports=[onnx.helper.make_opsetid("", 23)])
    model.graph.input.extend(onnx.helper.make_tensor_value_info(
        name, onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in feed.items()
        if name in model.graph.node[0].input)
    model.graph.output.extend([onnx.ValueInfoProto(name="y")])
    with np.errstate(all="ignore"):
        return ReferenceEvaluator(model, new_ops=ops).run(None, {
            value.name: feed[value.name] for value in model.graph.input})[0]


def feed_of(dtype, seed=0):
    rng = np.random.default_rng(seed)
    feed = {name: rng.uniform(0.2, 1, shape).astype(dtype)
            for name, shape in SHAPES.items()}
    return feed | {"one": np.array([1])}


def test_all_ops():
    assert {op.__name__ for op in half_sums.OPS} == set(OPS)


@pytest.mark.parametrize("name, text", CASES)
@pytest.mark.parametrize("dtype, near", [(np.float32, 1e-5),
                                         (np.float16, 2e-2)])
def test_near_the_package(name, text, dtype, near):
    feed = feed_of(np.float32)
    expected = evaluate(text, np.float32, feed, reference.CORRECTED)
    got = evaluate(text, dtype, {
        key: value.astype(dtype) if value.dtype == np.float32 else value
        for key, value in feed.items()}, half_sums.OPS)
    assert got.dtype == dtype and got.shape == expected.shape
    assert np.allclose(got, expected, rtol=near, atol=near)


STUCK = {
    "ReduceSum(x)": 2048, "ReduceL1(x)": 2048, "ReduceSumSquare(x)": 2048,
    "ReduceMean(x)": 2048 / 5000, "MatMul(x, w)": 2048, "Gemm(x, w)": 2048,
    'Einsum<equation = "ij,jk->ik">(x, w)': 2048,
    "Conv(z, z)": 2048, "GlobalAveragePool(z)": 2048 / 5000,
    "AveragePool<kernel_shape = [5000]>(z)": 2048 / 5000,
    "LpNormalization<p = 1>(x)": 1 / 2048,
}


@pytest.mark.parametrize("text", STUCK)
def test_ones_add_up_to_2048(text):
    ones = np.ones((1, 5000), np.float16)
    got = evaluate(text, np.float16, {
        "x": ones, "w": ones.T, "z": ones[None]}, half_sums.OPS)
    assert np.allclose(got, STUCK[text], rtol=1e-3)
    exact = evaluate(text, np.float32, {
        "x": np.float32(ones), "w": np.float32(ones.T),
        "z": np.float32(ones[None])}, half_sums.OPS)
    assert np.allclose(exact, STUCK[text] * (
        5000 / 2048 if "p = 1" not in text else 2048 / 5000), rtol=1e-3)


def test_running_sums_are_rounded_by_numpy():
    """So CumSum needs no class of its own."""
    sums = np.cumsum(np.ones(5000, np.float16), dtype=np.float16)
    assert sums[-1] == 2048


def test_stash_type_is_respected():
    x = np.linspace(-400, 400, 320, dtype=np.float16).reshape(1, 320)
    feed = {"x": x, "s": np.ones(320, np.float16)}
    for op in ("LayerNormalization", "RMSNormalization"):
        inside = [evaluate(f"{op}<stash_type = {stash}>(x, s)", np.float16,
                           feed, half_sums.OPS) for stash in (1, 10)]
        assert np.abs(inside[0]).max() > 1.7
        assert not inside[1].any(), "the squares overflow in FP16"
