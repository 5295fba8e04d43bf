"""Constants that FP16 does not hold: as factor, divisor, bound, addend, as
statistics of BatchNormalization, and where two of them meet; and the borders
of what is kept in FP32 because of them."""

import numpy as np

from numeric_graph import Group, ids, noise, uniform

constant = Group("constant")
LAST = np.array([-1])
SHARE = {"x": noise(4, 16), "w": np.sin(np.arange(256)).reshape(16, 16) / 4}
START = "m = MatMul(x, w) t = Sigmoid(m)\n"


def pair(name, why, text, large, small, inside=(), **more):
    """large is beyond the range, small within."""
    constant.danger(f"{name} {large['c']:g}", why, START + text,
                    inside=inside, **SHARE, **large, **more)
    constant.harmless(f"{name} {small['c']:g}", "the constants fit",
                      START + text, inside=inside, **SHARE, **small, **more)


pair("factor", "inf / 48000 is inf", "p = Mul(t, c) y = Div(p, d)",
     {"c": 96000.0, "d": 48000.0}, {"c": 960.0, "d": 480.0},
     inside=("if", "loop", "function"))
pair("divisor", "t / inf is zero", "p = Mul(t, d) q = Mul(p, d)"
     " y = Div(q, c)", {"c": 100000.0, "d": 300.0}, {"c": 1000.0, "d": 30.0},
     inside=("function",))
pair("Reciprocal of", "1 / inf is zero", "r = Reciprocal(c) p = Mul(t, r)"
     " q = Mul(p, d) y = Mul(q, d)", {"c": 100000.0, "d": 300.0},
     {"c": 1000.0, "d": 30.0})
pair("addend", "inf - inf is NaN", "p = Add(t, c) q = Sub(p, d)"
     " y = Tanh(q)", {"c": 70000.0, "d": 70000.5},
     {"c": 7.0, "d": 7.5})
pair("tiny factor", "1e-8 rounds to zero", "a = Div(t, d) b = Mul(a, c)"
     " y = Div(b, c)", {"c": 1e-8, "d": 3.0}, {"c": 0.01, "d": 3.0})
pair("base of a power", "inf ^ -t is zero", "n = Neg(t) y = Pow(c, n)",
     {"c": 500000.0}, {"c": 10000.0})
pair("Gemm with alpha", "an attribute; the product overflows",
     "p = Gemm(t, w2) q = Mul(p, c) y = Div(q, d)",
     {"c": 70000.0, "d": 70000.0}, {"c": 70.0, "d": 70.0},
     w2=np.eye(16))

constant.harmless("Clip at finfo", "a bound of everything",
                  START + "l = Add(t, m) y = Clip(l, low, high)", **SHARE,
                  low=float(np.finfo(np.float32).min),
                  high=float(np.finfo(np.float32).max), inside=("function",))
constant.harmless("Min with 1e6", "a bound above everything",
                  START + "y = Min(m, c)", **SHARE, c=1e6)
constant.harmless("Clip at 1e10 as text", "a bound above everything",
                  START + "a = Abs(m) y = Clip(a, low, high)", **SHARE,
                  low=0.0, high=1e10)
constant.harmless("Less than 1e5", "always true in both",
                  START + "b = Less(m, c) y = Where(b, m, t)", **SHARE,
                  c=1e5)
constant.harmless("Greater than infinity", "never true in both",
                  START + "b = Greater(m, c) y = Where(b, t, m)", **SHARE,
                  c=np.inf)
constant.danger("Less than 1e5 of what reaches it",
                "infinity is not less than infinity",
                START + "p = Mul(t, d) b = Less(p, c) y = Where(b, m, t)",
                **SHARE, d=90000.0, c=100000.0)
constant.harmless("Less than 100 of what reaches it", "the constants fit",
                  START + "p = Mul(t, d) b = Less(p, c) y = Where(b, m, t)",
                  **SHARE, d=90.0, c=100.0)
constant.danger("padding with 1e9, then the smallest",
                "saturated or infinite, it is no stand-in once it is scaled",
                START + "p = Pad(t, pads, c) q = Mul(p, d)"
                " s = ReduceMax(q, last) r = Div(s, c) y = Mul(r, e)",
                **SHARE, pads=np.array([0, 0, 0, 1]), c=1e9, d=0.5, last=LAST,
                e=2.0)
constant.harmless("padding with -1e9, then the largest",
                  "-inf or -65504 is never the largest",
                  START + "p = Pad(t, pads, c) y = ReduceMax(p, last)",
                  **SHARE, pads=np.array([0, 0, 0, 1]), c=-1e9, last=LAST)

PRODUCT = START + "p = Mul(a, b) q = Mul(t, p) y = Div(q, d)"
constant.danger("product of two that fit", "300 * 300 is inf", PRODUCT,
                **SHARE, a=300.0, b=300.0, d=45000.0, inside=("if",))
constant.harmless("product of two that fit, and it fits", "30 * 30", PRODUCT,
                  **SHARE, a=30.0, b=30.0, d=450.0, inside=("if",))
constant.danger("product of two small ones", "1e-4 * 1e-4 is zero",
                START + "p = Mul(a, b) q = Mul(t, p) y = Div(q, p)", **SHARE,
                a=1e-4, b=1e-4)
constant.danger("square of a size", "512 * 512 is inf",
                START + "p = Pow(a, two) q = Div(t, p) r = Mul(q, a)"
                " y = Mul(r, a)", **SHARE, a=512.0, two=2.0)
constant.danger("root of a product of sizes", "root of inf",
                START + "p = Mul(a, b) r = Sqrt(p) y = Div(t, r)", **SHARE,
                a=1024.0, b=96.0)
constant.harmless("product of roots of sizes", "32 * 10",
                  START + "p = Sqrt(a) q = Sqrt(b) s = Mul(p, q)"
                  " y = Div(t, s)", **SHARE, a=1024.0, b=96.0)
constant.danger("PCM of 32 bits", "2^-31 is zero, and samples overflow",
                "f = Cast<to = 1>(s) y = Mul(f, c)", s=ids(
                    -2**31, 2**31 - 1, 1, 64, dtype="int32"), c=2.0 ** -31)
constant.harmless("pixels / 255", "bytes fit",
                  "f = Cast<to = 1>(s) y = Mul(f, c)", s=ids(
                      0, 255, 1, 3, 8, 8, dtype="uint8"), c=1 / 255)
constant.harmless("pixels less a mean", "bytes fit",
                  "f = Cast<to = 1>(s) d = Sub(f, c) y = Div(d, e)",
                  s=ids(0, 255, 1, 3, 8, 8, dtype="uint8"),
                  c=np.array([123.7, 116.3, 103.5]).reshape(3, 1, 1),
                  e=np.array([58.4, 57.1, 57.4]).reshape(3, 1, 1))

batch = Group("batch norm")
NORM = "c = Conv(x, w) y = BatchNormalization<epsilon = 1e-5>(c, s, b, m, v)"
BASE = {"x": noise(1, 3, 8, 8), "b": np.linspace(-0.5, 0.5, 4),
        "w": np.sin(np.arange(108)).reshape(4, 3, 3, 3),
        "s": np.ones(4), "m": np.zeros(4), "v": np.ones(4)}
batch.harmless("usual statistics", "all fit", NORM, **BASE,
               inside=("if", "loop", "function"))
batch.danger("variances of 1e7", "they are infinite", NORM, **{
    **BASE, "v": np.full(4, 1e7), "x": noise(1, 3, 8, 8, sd=1000.0)},
    inside=("if", "loop", "function"))
batch.danger("means of 1e5", "they are infinite", NORM, **{
    **BASE, "m": np.full(4, 1e5), "v": np.full(4, 1e8),
    "x": noise(1, 3, 8, 8, sd=3000.0)})
batch.danger("variances of 1e-9 and an epsilon of 1e-12", "0 / 0",
             NORM.replace("1e-5", "1e-12").replace("Conv(x, w)",
                                                   "Mul(x, small)"),
             **{**{key: value for key, value in BASE.items() if key != "w"},
                "v": np.full(4, 1e-9), "m": np.full(4, 0.0),
                "x": noise(1, 4, 8, 8), "small": 3e-5})
batch.danger("scales of 1e5", "they are infinite", NORM, **{
    **BASE, "s": np.full(4, 1e5), "v": np.full(4, 1e10),
    "x": noise(1, 3, 8, 8, sd=100.0)})
batch.harmless("small variances", "1e-3 fits", NORM, **{
    **BASE, "v": np.full(4, 1e-3), "x": noise(1, 3, 8, 8, sd=0.01)})
FOLDED = "c = Conv(x, w) d = Sub(c, m) r = Sqrt(v) q = Div(d, r) y = Mul(q, s)"
NO_BIAS = {key: np.reshape(value, (4, 1, 1)) if key in "smv" else value
           for key, value in BASE.items() if key != "b"}
batch.danger("variances of 1e7, written out", "they are infinite", FOLDED, **{
    **NO_BIAS, "v": np.full((4, 1, 1), 1e7), "x": noise(
        1, 3, 8, 8, sd=1000.0)})
batch.harmless("usual statistics, written out", "all fit", FOLDED, **NO_BIAS)

border = Group("border")
ENERGY = """{0}
    p = Mul(t, t)
    e = ReduceSum(p, last)
    {1}"""
BIG = noise(4, 64, sd=60.0)
TAME = noise(4, 64)
for name, end, more in (
        ("log of an energy", "g = Add(e, c) y = Log(g)", {"c": 1.0}),
        ("share of an energy", "y = Div(e, c)", {"c": 50000.0}),
        ("scaled energy into a Gemm", "s = Mul(e, c) y = MatMul(s, w)",
         {"c": 1e-5, "w": np.ones((1, 4))}),
        ("moved energy", "r = Transpose(e) s = Concat<axis = 1>(r, r)"
         " y = Div(s, c)", {"c": 50000.0}),
        ("energy into Softmax", "s = Div(e, c) r = Transpose(s)"
         " y = Softmax<axis = -1>(r)", {"c": 20000.0})):
    border.danger(f"{name}, wide", "the energy is beyond 65504",
                  ENERGY.format("t = Identity(x)", end), x=BIG, last=LAST,
                  inside=("if", "function") if "log" in name else (), **more)
    if "50000" not in f"{more}" and more["c"] != 1e-5:
        border.harmless(f"{name}, bounded", "the energy is below 64",
                        ENERGY.format("t = Tanh(x)", end), x=TAME, last=LAST,
                        inside=("if", "function") if "log" in name else (),
                        **{**more, "c": min(more["c"], 20.0)})
border.danger("factor of 1e5, moved, then 1e-5",
              "what leaves the island is beyond 65504",
              "t = Sigmoid(x) p = Mul(t, c) r = Transpose(p)"
              " q = MatMul(r, w) y = Mul(q, d)", x=noise(4, 8), c=100000.0,
              w=np.eye(4), d=2.0 ** -17)
border.harmless("factor of 100, moved, then 0.01", "all of it fits",
                "t = Sigmoid(x) p = Mul(t, c) r = Transpose(p)"
                " q = MatMul(r, w) y = Mul(q, d)", x=noise(4, 8), c=100.0,
                w=np.eye(4), d=0.01)
border.danger("carried state beyond 65504", "each step adds 30000",
              "t = Sigmoid(x) a = Mul(t, c) b = Add(a, a) d = Add(b, a)"
              " e = Add(d, b) y = Div(e, c)", x=noise(4, 8, mean=2.0),
              c=30000.0)
border.harmless("carried state within", "each step adds 30",
                "t = Sigmoid(x) a = Mul(t, c) b = Add(a, a) d = Add(b, a)"
                " e = Add(d, b) y = Div(e, c)", x=noise(4, 8, mean=2.0),
                c=30.0)

GROUPS = [constant, batch, border]
