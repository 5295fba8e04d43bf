"""Whole blocks, in which one dangerous spot must not cost the rest its FP16."""

import numpy as np

from numeric_graph import Group, given, ids, noise, outliers

block = Group("block")
LAST = np.array([-1])
ROOT = np.sin(np.arange(1024) ** 1.3).reshape(32, 32) / 4
WEIGHTS = {"wq": ROOT, "wk": ROOT.T.copy(), "wv": ROOT[::-1].copy(),
           "wo": np.cos(np.arange(1024) ** 1.2).reshape(32, 32) / 4,
           "up": np.sin(np.arange(2048) ** 1.1).reshape(32, 64) / 4,
           "down": np.cos(np.arange(2048) ** 1.4).reshape(64, 32) / 8,
           "g": np.linspace(0.8, 1.2, 32), "b": np.linspace(-0.2, 0.2, 32),
           "eighth": 0.125}
FUSED = "{1} = LayerNormalization({0}, g, b)\n"
WRITTEN = """{1}m = ReduceMean({0}, last) {1}c = Sub({0}, {1}m)
    {1}p = Pow({1}c, two) {1}v = ReduceMean({1}p, last)
    {1}e = Add({1}v, e) {1}s = Sqrt({1}e) {1}n = Div({1}c, {1}s)
    {1}k = Mul({1}n, g) {1} = Add({1}k, b)
"""
MASK = "unseen = Sub(unit, m) bias = Mul(unseen, big)\n"


def transformer(norm, end="y = Add(h, d)"):
    return MASK + norm.format("x", "a") + """
    q = MatMul(a, wq) k = MatMul(a, wk) v = MatMul(a, wv)
    qs = Mul(q, eighth)
    kt = Transpose<perm = [0, 2, 1]>(k)
    s = MatMul(qs, kt)
    sm = Add(s, bias)
    p = Softmax<axis = -1>(sm)
    o = MatMul(p, v)
    r = MatMul(o, wo)
    h = Add(x, r)
    """ + norm.format("h", "f") + f"""
    u = MatMul(f, up)
    w = Gelu(u)
    d = MatMul(w, down)
    {end}"""


X = noise(2, 6, 32)
SEEN = given(np.float32([[[1] * 6], [[1] * 4 + [0] * 2]]), 0, 1)
CONSTANTS = {"two": 2.0, "e": 1e-5, "last": LAST}
MASKS = {"m": SEEN, "unit": 1.0}
block.harmless("transformer, fused norms, a mask of -1e4", "all of it fits",
               transformer(FUSED), x=X, big=-1e4, **MASKS, **WEIGHTS,
               opset=20, inside=("if", "loop", "function"))
block.danger("transformer, fused norms, a mask of -1e9", "0 * -inf is NaN",
             transformer(FUSED), x=X, big=-1e9, **MASKS, **WEIGHTS,
             opset=20, inside=("if", "loop", "function"))
block.danger("transformer, norms written out, an outlier",
             "the squares overflow", transformer(WRITTEN, "y = Tanh(d)"),
             big=-1e4,
             x=outliers(2, 6, 32, peak=2400), **MASKS, **WEIGHTS,
             **CONSTANTS, opset=20)
block.danger("transformer, norms written out, a mask of finfo.min",
             "the squares overflow, and 0 * -inf is NaN",
             transformer(WRITTEN), big=float(np.finfo(np.float32).min),
             x=outliers(2, 6, 32, peak=2400), **MASKS, **WEIGHTS,
             **CONSTANTS, opset=20)
CONV = """c1 = Conv<pads = [1, 1, 1, 1]>(x, k1)
    n1 = BatchNormalization(c1, s, z, z, v)
    a1 = Relu(n1)
    c2 = Conv<pads = [1, 1, 1, 1], group = 8>(a1, k2)
    n2 = BatchNormalization(c2, s, z, z, {0})
    a2 = Clip(n2, zero, six)
    c3 = Conv(a2, k3)
    r = Add(c3, a1)
    p = GlobalAveragePool(r)
    f = Flatten(p)
    l = Gemm(f, w, wb)
    y = Softmax<axis = -1>(l)"""
KERNELS = {"k1": np.sin(np.arange(216) ** 1.2).reshape(8, 3, 3, 3) / 4,
           "k2": np.cos(np.arange(72) ** 1.1).reshape(8, 1, 3, 3) / 2,
           "k3": np.sin(np.arange(64) ** 1.4).reshape(8, 8, 1, 1) / 4,
           "s": np.ones(8), "z": np.zeros(8), "v": np.ones(8),
           "zero": 0.0, "six": 6.0,
           "w": np.cos(np.arange(80) ** 1.3).reshape(8, 10),
           "wb": np.zeros(10)}
IMAGE = noise(1, 3, 7, 7)
block.harmless("convolutions with batch norms", "all of it fits",
               CONV.format("v"), x=IMAGE, **KERNELS)
block.danger("convolutions, one batch norm with variances of 1e7",
             "they are infinite", CONV.format("large").replace(
                 "group = 8>(a1, k2)", "group = 8>(a1, k2l)"), x=IMAGE,
             **{**{key: value for key, value in KERNELS.items()
                   if key != "k2"}, "k2l": 3000 * KERNELS["k2"],
                "large": np.full(8, 1e7)})
DECODER = """r = Cast<to = 1>(pos)
    u = Unsqueeze(r, last)
    t = MatMul(u, w)
    c = Cos(t)
    s = Sin(t)
    cc = Concat<axis = -1>(c, c)
    ss = Concat<axis = -1>(s, s)
    q = MatMul(x, wq)
    k = MatMul(x, wk)
    lo = Slice(q, zero, half, last)
    hi = Slice(q, half, end, last)
    neg = Neg(hi)
    turned = Concat<axis = -1>(neg, lo)
    qa = Mul(q, cc)
    qb = Mul(turned, ss)
    qr = Add(qa, qb)
    kt = Transpose(k)
    p = MatMul(qr, kt)
    sc = Mul(p, eighth)
    a = Softmax<axis = -1>(sc)
    v = MatMul(x, wv)
    o = MatMul(a, v)
    y = MatMul(o, wo)"""
DECODE = {"x": noise(8, 32), "w": 10000.0 ** -(np.arange(16) / 16).reshape(
    1, 16), "last": LAST, "zero": np.array([0]), "half": np.array([16]),
    "end": np.array([32]), "eighth": 0.5,
    **{key: WEIGHTS[key] for key in ("wq", "wk", "wv", "wo")}}
block.danger("decoder with RoPE at 8000", "positions are 4 apart", DECODER,
             pos=ids(2000, 8000, 8), **DECODE, inside=("function",))
block.harmless("decoder with RoPE from tables", "positions stay integers",
               DECODER.replace("r = Cast<to = 1>(pos)\n", "")
               .replace("u = Unsqueeze(r, last)\n", "")
               .replace("t = MatMul(u, w)\n", "")
               .replace("c = Cos(t)", "c = Gather(cosines, pos)")
               .replace("s = Sin(t)", "s = Gather(sines, pos)"),
               pos=ids(2000, 8000, 8), inside=("function",),
               cosines=np.cos(np.arange(8192)[:, None] * DECODE["w"]),
               sines=np.sin(np.arange(8192)[:, None] * DECODE["w"]),
               **{key: value for key, value in DECODE.items() if key != "w"})
GATED = """m = Mul(x, x) v = ReduceMean(m, last) w = Add(v, e)
    s = Sqrt(w) n = Div(x, s)
    g = MatMul(n, up) t = MatMul(n, up2)
    z = Sigmoid(g) a = Mul(g, z) h = Mul(a, t)
    y = MatMul(h, down)"""
block.danger("RMSNorm written out, then a gated product, an outlier",
             "the squares overflow", GATED, x=outliers(4, 32, peak=1500),
             last=LAST, e=1e-6, up=WEIGHTS["up"],
             up2=WEIGHTS["up"][::-1].copy(), down=WEIGHTS["down"])
block.harmless("RMSNormalization, then a gated product, an outlier",
               "computes in FP32 inside", """n = RMSNormalization(x, ones)
    g = MatMul(n, up) t = MatMul(n, up2)
    z = Sigmoid(g) a = Mul(g, z) h = Mul(a, t)
    y = MatMul(h, down)""", x=outliers(4, 32, peak=1500),
               ones=np.ones(32), up=WEIGHTS["up"],
               up2=WEIGHTS["up"][::-1].copy(), down=WEIGHTS["down"], opset=23)

GROUPS = [block]
