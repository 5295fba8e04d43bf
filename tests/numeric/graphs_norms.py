"""Norms, decomposed and fused, and other sums of squares."""

import re

import numpy as np

from numeric_graph import Group, noise, outliers, uniform

norm = Group("norm")
LAST = np.array([-1])
SCALE = np.linspace(0.5, 1.5, 64)
SQUARES = {"Pow": "p = Pow(c, two)", "Mul": "p = Mul(c, c)"}
ENDS = {
    "Div": "s = Sqrt(g) n = Div(c, s)",
    "Reciprocal": "s = Sqrt(g) i = Reciprocal(s) n = Mul(c, i)",
    "one over": "s = Sqrt(g) i = Div(unit, s) n = Mul(c, i)",
    "Pow -0.5": "i = Pow(g, power) n = Mul(c, i)",
}
CONSTANTS = {"two": 2.0, "unit": 1.0, "power": -0.5, "last": LAST}


def decomposed(start, square, end, centred=True):
    centre = ("m = ReduceMean(t, last) c = Sub(t, m)" if centred
              else "c = Identity(t)")
    return f"""{start}
        {centre}
        {SQUARES[square]}
        v = ReduceMean(p, last)
        g = Add(v, e)
        {ENDS[end]}
        y = Mul(n, scale)"""


def used(text):
    return {name: value for name, value in CONSTANTS.items()
            if re.search(rf"\b{name}\b", text)}


def pair(name, square, end, centred=True, **more):
    wide = decomposed("t = Identity(x)", square, end, centred)
    norm.danger(
        f"{name}, {square}, {end}, an outlier",
        "the squares overflow: rows of zeros", wide, e=1e-5, scale=SCALE,
        x=outliers(4, 64, peak=2400), **used(wide), **more)
    tame = decomposed("t = Tanh(x)", square, end, centred)
    norm.harmless(
        f"{name}, {square}, {end}, bounded", "squares below 1", tame,
        e=1e-5, scale=SCALE, x=noise(4, 64), **used(tame), **more)


pair("LayerNorm", "Pow", "Div", inside=("if", "function"))
pair("LayerNorm", "Mul", "Reciprocal")
pair("RMSNorm", "Pow", "Reciprocal", centred=False, inside=("loop",))
pair("RMSNorm", "Mul", "one over", centred=False)
pair("RMSNorm", "Pow", "Pow -0.5", centred=False)

norm.harmless("LayerNormalization, an outlier", "computes in FP32 inside",
              "y = LayerNormalization(x, scale)", x=outliers(4, 64, peak=2400),
              scale=SCALE, inside=("if", "function"))
norm.harmless("RMSNormalization, an outlier", "computes in FP32 inside",
              "y = RMSNormalization(x, scale)", x=outliers(4, 64, peak=2400),
              scale=SCALE, opset=23)
norm.harmless("GroupNormalization, outliers", "computes in FP32 inside",
              "y = GroupNormalization<num_groups = 2>(x, scale, b)",
              x=outliers(2, 8, 16, peak=2400), scale=np.linspace(0.5, 1, 8),
              b=np.linspace(-1, 1, 8))
norm.danger("x / root of squares, an outlier",
            "the squares overflow: rows of zeros",
            "h = Mul(x, x) s = ReduceSum(h, last) r = Sqrt(s) y = Div(x, r)",
            x=outliers(4, 64, peak=2400), last=LAST)

GROUPED = """{start}
    r = Reshape(t, grouped)
    i = InstanceNormalization(r, ones, zeros)
    b = Reshape(i, full)
    a = Mul(b, scale)
    y = Add(a, shift)"""
GROUP = {"grouped": np.array([2, 2, -1]), "full": np.array([2, 8, 6, 6]),
         "ones": np.ones(2), "zeros": np.zeros(2),
         "scale": np.linspace(0.5, 1, 8).reshape(8, 1, 1),
         "shift": np.linspace(-1, 1, 8).reshape(8, 1, 1)}
norm.danger("GroupNorm by InstanceNormalization, wide",
            "squares are summed in FP16",
            GROUPED.format(start="t = Identity(x)"),
            x=noise(2, 8, 6, 6, sd=60.0, mean=100.0), **GROUP)
norm.harmless("GroupNorm by InstanceNormalization, bounded",
              "144 squares below 1",
              GROUPED.format(start="t = Tanh(x)"), x=noise(2, 8, 6, 6),
              **GROUP)
LENGTH = "{start} y = LpNormalization<axis = -1, p = 2>(t)"
norm.danger("LpNormalization, wide", "squares are summed in FP16",
            LENGTH.format(start="t = Identity(x)"), x=noise(4, 64, sd=100.0))
norm.harmless("LpNormalization, bounded", "64 squares below 1",
              LENGTH.format(start="t = Sigmoid(x)"), x=noise(4, 64))

for op, root in (("ReduceL2", ""), ("ReduceSumSquare", "Sqrt")):
    text = f"""{{start}}
        n = {op}(t, last)
        r = {root or 'Identity'}(n)
        y = Div(t, r)"""
    norm.danger(f"length by {op}, wide", "squares are summed in FP16",
                text.format(start="t = Identity(x)"), last=LAST,
                x=noise(4, 64, sd=100.0), inside=("loop",) if root else ())
    norm.harmless(f"length by {op}, bounded", "64 squares below 1",
                  text.format(start="t = Sigmoid(x)"), last=LAST,
                  x=noise(4, 64), inside=("loop",) if root else ())

MEL = np.abs(np.sin(np.arange(33 * 8).reshape(33, 8))) / 8
POWER = """{start}
    a = Mul(t, t)
    b = {second}
    p = Add(a, b)
    m = MatMul(p, mel)
    g = {guard}(m, e)
    y = Log(g)"""
norm.danger("log-mel power, Add 1e-10", "quiet bins are -inf, loud ones inf",
            POWER.format(start="t = Identity(re)", second="Mul(im, im)",
                         guard="Add"), e=1e-10, mel=MEL,
            re=noise(4, 33, sd=1e-5), im=noise(4, 33, sd=1e-5),
            inside=("function",))
norm.danger("log-mel power, Max 1e-10", "quiet bins are -inf",
            POWER.format(start="t = Identity(re)", second="Pow(im, two)",
                         guard="Max"), e=1e-10, mel=MEL, two=2.0,
            re=noise(4, 33, sd=1e-5), im=noise(4, 33, sd=1e-5))
norm.danger("log-mel power of 16 bit samples", "squares overflow",
            POWER.format(start="t = Identity(re)", second="Mul(im, im)",
                         guard="Add"), e=1.0, mel=MEL,
            re=noise(4, 33, sd=3000.0), im=noise(4, 33, sd=3000.0))
norm.harmless("log-mel power, bounded, Add 0.01", "powers below 2",
              POWER.format(start="t = Tanh(re) u = Tanh(im)",
                           second="Mul(u, u)", guard="Add"), e=0.01,
              mel=MEL, re=noise(4, 33), im=noise(4, 33),
              inside=("function",))

DISTANCE = """{start}
    d = Sub(t, c)
    p = Mul(d, d)
    s = ReduceSum(p, last)
    q = Sqrt(s)
    y = Mul(q, small)"""
norm.danger("distance of coordinates", "squares overflow",
            DISTANCE.format(start="t = Identity(x)"), small=0.01, last=LAST,
            x=uniform(0, 1000, 8, 2), c=np.array([500.0, 500.0]))
norm.harmless("distance of shares", "squares below 1",
              DISTANCE.format(start="t = Sigmoid(x)"), small=0.01, last=LAST,
              x=noise(8, 2), c=np.array([0.5, 0.5]))

GROUPS = [norm]
