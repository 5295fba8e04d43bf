"""Epsilons that FP16 rounds to zero, and what they protect."""

import numpy as np

from numeric_graph import (Group, given, noise, tail_mask, uniform,
                           with_zeros)

epsilon = Group("epsilon")
X = with_zeros(4, 16)
LAST = np.array([-1])

SQUARES = {"Mul": "p = Mul(t, t)", "Pow": "p = Pow(t, two)"}


def l2(end, square="Mul", bounded=False):
    """x over its length; bounded: |x| below 1 and never zero."""
    start = "t = Tanh(x)" if bounded else "t = Identity(x)"
    return f"""{start}
        {SQUARES[square]}
        n = ReduceSum(p, last)
        {end}"""


def pair(name, why, end, tiny, large, square="Mul", inside=()):
    """tiny: zero in FP16; large: what FP16 holds."""
    values = {"last": LAST, "two": 2.0}
    if square == "Mul":
        del values["two"]
    epsilon.danger(name, f"{why}: 0 / 0 for a row of zeros", l2(end, square),
                   x=X, e=tiny, inside=inside, **values)
    epsilon.harmless(f"{name}, bounded", f"{large:g} is a normal value",
                     l2(end, square, True), x=noise(4, 16), e=large,
                     inside=inside, **values)


pair("x / (root of squares + 1e-12)", "1e-12 is zero",
     "r = Sqrt(n)  d = Add(r, e)  y = Div(t, d)", 1e-12, 1e-3,
     inside=("if", "loop", "function"))
pair("x / max(root of squares, 1e-12)", "1e-12 is zero",
     "r = Sqrt(n)  d = Max(r, e)  y = Div(t, d)", 1e-12, 1e-3, "Pow")
pair("x / Clip(root of squares, 1e-12)", "1e-12 is zero",
     "r = Sqrt(n)  d = Clip(r, e)  y = Div(t, d)", 1e-12, 1e-3)
pair("x * Reciprocal(root of (squares + 1e-8))", "1e-8 is zero",
     "d = Add(n, e)  r = Sqrt(d)  i = Reciprocal(r)  y = Mul(t, i)", 1e-8,
     1e-3)
pair("x * (squares + 1e-9) ^ -0.5", "1e-9 is zero",
     "d = Add(n, e)  h = Constant<value = float {-0.5}>()  i = Pow(d, h)"
     "  y = Mul(t, i)", 1e-9, 1e-3, "Pow")
pair("x / Where(n < e, e, n)", "1e-8 is zero",
     "r = Sqrt(n)  b = Less(r, e)  d = Where(b, e, r)  y = Div(t, d)", 1e-8,
     1e-3)

LOG = """g = Relu(x)
    t = Add(g, e)
    y = Log(t)"""
epsilon.danger("Log(p + 1e-10)", "log 0 is -inf", LOG, x=noise(4, 16),
               e=1e-10)
epsilon.harmless("Log(p + 0.01)", "0.01 is a normal value", LOG,
                 x=noise(4, 16), e=0.01)

ENTROPY = """p = Relu(x)
    s = Add(p, e)
    l = Log(s)
    t = Mul(p, l)
    y = ReduceSum(t, last)"""
epsilon.danger("entropy with 1e-10", "0 * log 0 is NaN", ENTROPY,
               x=noise(4, 16), e=1e-10, last=LAST)
epsilon.harmless("entropy with 1e-3", "1e-3 is a normal value", ENTROPY,
                 x=noise(4, 16), e=1e-3, last=LAST)

FOCAL = """p = Sigmoid(x)
    q = Sub(unit, p)
    t = Add(q, e)
    y = Log(t)"""
epsilon.danger("Log(1 - sigmoid + 1e-8)",
               "sigmoid rounds to 1 and the log is -inf", FOCAL,
               x=noise(4, 16, sd=4.0), e=1e-8, unit=1.0)
epsilon.harmless("Log(1 - sigmoid + 0.01)", "0.01 is a normal value", FOCAL,
                 x=noise(4, 16, sd=2.0), e=0.01, unit=1.0)

LOGIT = """c = Clip(x, zero, unit)
    a = Max(c, e)
    o = Sub(unit, c)
    b = Max(o, e)
    q = Div(a, b)
    y = Log(q)"""
epsilon.danger("logit of a box with 1e-8", "log 0 is -inf, 1 / 0 inf", LOGIT,
               x=uniform(-0.2, 1.2, 8, 4), e=1e-8, zero=0.0, unit=1.0)
epsilon.harmless("logit of a box with 1e-3", "1e-3 is a normal value", LOGIT,
                 x=uniform(-0.2, 1.2, 8, 4), e=1e-3, zero=0.0, unit=1.0)

POOL = """t = MatMul(m, x)
    n = ReduceSum(m, last)
    d = {guard}(n, e)
    y = Div(t, d)"""
for guard, tiny in (("Clip", 1e-9), ("Add", 1e-8), ("Max", 1e-9)):
    epsilon.danger(f"mean of tokens, {guard} {tiny:g}",
                   "0 / 0 for a row without tokens", POOL.format(guard=guard),
                   m=tail_mask(4, 12, shortest=0), x=noise(12, 8), e=tiny,
                   last=LAST, inside=("function",) if guard == "Clip" else ())
epsilon.harmless("mean of tokens, Clip 0.01", "0.01 is a normal value",
                 POOL.format(guard="Clip"),
                 m=tail_mask(4, 12, shortest=0), x=noise(12, 8), e=0.01,
                 last=LAST, inside=("function",))

COSINE = """t = {start}(x)
    d = Mul(t, w)
    dot = ReduceSum(d, last)
    l = ReduceL2(t, last)
    n = Mul(l, length)
    g = Max(n, e)
    y = Div(dot, g)"""
W = np.linspace(-1, 1, 16)
epsilon.danger("cosine similarity with 1e-8", "0 / 0 for a row of zeros",
               COSINE.format(start="Identity"), x=X, w=W, e=1e-8, last=LAST,
               length=float(np.linalg.norm(W)))
epsilon.harmless("cosine similarity with 1e-3", "1e-3 is a normal value",
                 COSINE.format(start="Tanh"), x=X, w=W, e=1e-3, last=LAST,
                 length=float(np.linalg.norm(W)))

VARIANCE = """m = ReduceMean<keepdims = 1>(t, last)
    c = Sub(t, m)
    p = Mul(c, c)
    v = ReduceMean<keepdims = 1>(p, last)
    g = Add(v, e)
    s = Sqrt(g)
    y = Div(c, s)"""
epsilon.danger("variance of equal values + 1e-8",
               "0 / 0 where all values of a row are the same",
               "t = Identity(x) " + VARIANCE, e=1e-8, last=LAST,
               x=given(np.repeat(np.float32([[1], [2], [-1], [3]]), 16, 1),
                       -10, 10))
epsilon.harmless("variance of equal values + 1e-3", "1e-3 is a normal value",
                 "t = Tanh(x) " + VARIANCE, e=1e-3, last=LAST,
                 x=given(np.repeat(np.float32([[1], [2], [-1], [3]]), 16, 1),
                         -10, 10))

SPREAD = """t = Tanh(x)
    a = Abs(t)
    s = ReduceSum(a, last)
    g = Add(s, e)
    y = Div(a, g)"""
epsilon.danger("share of a sum + 1e-8", "0 / 0 for a row of zeros", SPREAD,
               x=X, e=1e-8, last=LAST)
epsilon.harmless("share of a sum + 0.01", "0.01 is a normal value", SPREAD,
                 x=X, e=0.01, last=LAST)

GROUPS = [epsilon]
