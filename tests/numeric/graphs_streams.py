"""Attention scores that are scaled after the product, and residual streams
that grow beyond the range of FP16."""

import numpy as np

from numeric_graph import Group, noise

score = Group("scores")
LAST = np.array([-1])
WIDE = {"q": noise(2, 8, 64, sd=60.0), "k": noise(2, 64, 8, sd=60.0)}
TAME = {"q": noise(2, 8, 64), "k": noise(2, 64, 8)}
PRODUCTS = {"MatMul": "s = MatMul(a, b)",
            "Einsum": 's = Einsum<equation = "bqd,bdk->bqk">(a, b)'}
SCALES = {"Mul": "t = Mul(s, small)", "Div": "t = Div(s, large)"}
CONSTANTS = {"small": 0.125, "large": 8.0}
END = " y = Softmax<axis = -1>(t)"


def after(product, scale, start):
    return (f"a = {start}(q) b = {start}(k) {PRODUCTS[product]}"
            f" {SCALES[scale]}{END}")


def used(text):
    return {name: value for name, value in CONSTANTS.items()
            if name in text}


for product, scale, inside in (
        ("MatMul", "Mul", ("if", "loop", "function")), ("MatMul", "Div", ()),
        ("Einsum", "Mul", ())):
    wide = after(product, scale, "Identity")
    score.danger(f"{product}, then {scale}, wide",
                 "the products reach 140000, and inf less inf is NaN", wide,
                 **WIDE, **used(wide), inside=inside)
    tame = after(product, scale, "Tanh")
    score.harmless(f"{product}, then {scale}, bounded",
                   "the products are below 64", tame, **TAME, **used(tame),
                   inside=inside)
MASKED = """s = MatMul(q, k)
    t = Mul(s, small)
    a = Add(t, bias)
    y = Softmax<axis = -1>(a)"""
BIAS = np.where(np.triu(np.ones((8, 8)), 1) > 0, -1e4, 0)
score.danger("scaled after the product, with a mask",
             "the products reach 140000", MASKED, **WIDE, small=0.125,
             bias=BIAS)
score.harmless("scaled after the product, with a mask, small",
               "the products are of a few", MASKED, **TAME, small=0.125,
               bias=BIAS)
BEFORE = """a = Mul(q, small)
    b = Mul(k, small)
    s = MatMul(a, b)""" + END.replace("(t)", "(s)")
score.harmless("scaled before the product", "products of 100", BEFORE,
               q=noise(2, 8, 64, sd=4.0), k=noise(2, 64, 8, sd=4.0),
               small=64.0 ** -0.25, inside=("function",))
HEADS = """p = MatMul(x, wq)
    r = MatMul(x, wk)
    rt = Transpose<perm = [0, 2, 1]>(r)
    s = MatMul(p, rt)
    t = Div(s, large)
    y = Softmax<axis = -1>(t)"""
WEIGHT = np.sin(np.arange(1024) ** 1.3).reshape(32, 32)
score.danger("projections with weights of 60", "the products reach 1e6",
             "n = LayerNormalization(u, ones) x = Identity(n) " + HEADS,
             u=noise(2, 8, 32), ones=np.ones(32), wq=60 * WEIGHT,
             wk=60 * WEIGHT[::-1].copy(), large=8.0)
score.harmless("projections with weights of 0.2", "the products are small",
               "n = LayerNormalization(u, ones) x = Identity(n) " + HEADS,
               u=noise(2, 8, 32), ones=np.ones(32), wq=0.2 * WEIGHT,
               wk=0.2 * WEIGHT[::-1].copy(), large=8.0)
SOFTCAP = """s = MatMul(q, k)
    d = Div(s, cap)
    h = Tanh(d)
    t = Mul(h, cap)""" + END
score.harmless("scores with a soft cap", "tanh absorbs what overflows",
               SOFTCAP, **WIDE, cap=50.0)
score.danger("cosine scores with a clamped scale",
             "norms are sums of squares", """
    qq = ReduceL2(q, last)
    kk = ReduceL2(k, middle)
    s = MatMul(q, k)
    n = Mul(qq, kk)
    c = Div(s, n)
    t = Mul(c, ten)""" + END, **WIDE, ten=10.0, last=LAST,
             middle=np.array([1]))

stream = Group("residual stream")
UP = np.sin(np.arange(2048) ** 1.1).reshape(32, 64) / 4
DOWN = np.cos(np.arange(2048) ** 1.2).reshape(64, 32)


def blocks(count, end, op="LayerNormalization", act="Relu"):
    lines = ["s0 = Identity(x)"]
    for at in range(count):
        lines.append(f"n{at} = {op}(s{at}, scale) u{at} = MatMul(n{at}, up)"
                     f" a{at} = {act}(u{at}) d{at} = MatMul(a{at}, down)"
                     f" s{at + 1} = Add(s{at}, d{at})")
    return "\n".join([*lines, end.format(f"s{count}")])


NORM = "y = LayerNormalization({0}, scale)"
X = noise(4, 32)
SCALE = np.ones(32)
stream.danger("blocks with weights of 30000", "the stream leaves the range",
              blocks(3, NORM), x=X, scale=SCALE, up=UP, down=30000 * DOWN,
              inside=("if", "loop", "function"))
stream.harmless("blocks with weights of 0.2", "the stream stays small",
                blocks(3, NORM), x=X, scale=SCALE, up=UP, down=0.2 * DOWN,
                inside=("if", "loop", "function"))
stream.danger("blocks with weights of 4000, Sigmoid",
              "the stream leaves the range",
              blocks(4, NORM, act="Sigmoid"), x=X, scale=SCALE, up=UP,
              down=4000 * np.abs(DOWN) * np.linspace(0.1, 1, 32))
stream.harmless("blocks with weights of 0.2, Sigmoid",
                "the stream stays small", blocks(4, NORM, act="Sigmoid"),
                x=X, scale=SCALE, up=UP,
                down=0.2 * np.abs(DOWN) * np.linspace(0.1, 1, 32))
stream.danger("RMSNormalization at the end", "the stream leaves the range",
              blocks(2, "y = RMSNormalization({0}, scale)", "RMSNormalization"),
              x=X, scale=SCALE, up=UP, down=30000 * DOWN, opset=23)
stream.harmless("RMSNormalization at the end, small weights",
                "the stream stays small",
                blocks(2, "y = RMSNormalization({0}, scale)",
                       "RMSNormalization"),
                x=X, scale=SCALE, up=UP, down=0.3 * DOWN, opset=23)
STREAM = """t = Tanh(x)
    a = MatMul(t, w)
    b = Add(a, a)
    c = Add(b, a)
    n = Mul(c, small)
    y = MatMul(n, v)"""
MIX = np.cos(np.arange(1024) ** 1.4).reshape(32, 32)
stream.danger("sum of three layers, then a scale", "their sum is beyond 65504",
              STREAM, x=noise(4, 32, sd=3.0), w=12000 * MIX, small=1e-4,
              v=MIX / 4)
stream.harmless("sum of three small layers, then a scale", "the sum fits",
                STREAM, x=noise(4, 32, sd=3.0), w=12 * MIX, small=0.01,
                v=MIX / 4)
CONV = """t = Sigmoid(x)
    c = Conv<pads = [1, 1, 1, 1]>(t, w)
    r = Relu(c)
    d = Conv<pads = [1, 1, 1, 1]>(r, w)
    s = Add(d, c)
    y = InstanceNormalization(s, ones, zeros)"""
KERNEL = np.abs(np.cos(np.arange(144) ** 1.2)).reshape(4, 4, 3, 3)
stream.danger("convolutions that grow", "the second reaches 1e6", CONV,
              x=noise(1, 4, 6, 6), w=60 * KERNEL, ones=np.ones(4),
              zeros=np.zeros(4))
stream.harmless("convolutions that stay", "all is below 2", CONV,
                x=noise(1, 4, 6, 6), w=0.05 * KERNEL, ones=np.ones(4),
                zeros=np.zeros(4))
stream.danger("an outlier that is given, doubled, then normed",
              "40000 + 40000 is inf", "s = Add(x, x) t = Add(s, x)"
              " y = LayerNormalization(t, scale)", scale=np.ones(64),
              x=noise(4, 64, sd=8000.0))

GROUPS = [score, stream]
