"""Additive masks into Softmax, and the fills of Where."""

import numpy as np

from numeric_graph import Group, noise, tail_mask

masks = Group("mask")

LOWEST = float(np.finfo(np.float32).min)
CAUSAL = np.triu(np.ones((8, 8), bool), 1)
HEADS = {"q": noise(2, 8, 16), "k": noise(2, 16, 8)}
SCORES = "s = MatMul(q, k)\n"
END = "y = Softmax<axis = -1>(a)"


def factor(value):
    return SCORES + """
    f = Cast<to = 1>(m)
    u = Unsqueeze(f, one)
    n = Sub(unit, u)
    b = Mul(n, big)
    a = Add(s, b)""" + END, {
        "m": tail_mask(2, 8, dtype="int64"), "one": np.array([1]),
        "unit": 1.0, "big": value, **HEADS}


for value, text in ((LOWEST, "finfo.min"), (-1e9, "-1e9")):
    body, values = factor(value)
    masks.danger(f"(1 - m) * {text}", "the factor is -inf, and 0 * -inf NaN",
                 body, inside=("if", "function") if text == "-1e9" else (),
                 **values)
body, values = factor(-1e4)
masks.harmless("(1 - m) * -1e4", "the factor fits", body,
               inside=("if", "function"), **values)

masks.danger(
    "(m - 1) * 1e9", "0 * inf is NaN", SCORES + """
    n = Sub(m, unit)
    b = Mul(n, big)
    a = Add(s, b)""" + END,
    **HEADS, m=tail_mask(8, 8), unit=1.0, big=1e9)
masks.danger(
    "m * 3.4e38 - 3.4e38", "inf - inf is NaN where nothing is masked",
    SCORES + """
    b = Mul(m, big)
    n = Sub(b, big)
    a = Add(s, n)""" + END,
    **HEADS, m=tail_mask(8, 8), big=-LOWEST)
masks.harmless(
    "m * 2e4 - 2e4", "the constants fit", SCORES + """
    b = Mul(m, big)
    n = Sub(b, big)
    a = Add(s, n)""" + END,
    **HEADS, m=tail_mask(8, 8), big=2e4)
masks.danger(
    "(m - 1) / 1e-9", "the divisor is zero, and 0 / 0 NaN", SCORES + """
    n = Sub(m, unit)
    b = Div(n, small)
    a = Add(s, b)""" + END,
    **HEADS, m=tail_mask(8, 8), unit=1.0, small=1e-9)
masks.harmless(
    "(m - 1) / 1e-4", "-1e4 where masked", SCORES + """
    n = Sub(m, unit)
    b = Div(n, small)
    a = Add(s, b)""" + END,
    **HEADS, m=tail_mask(8, 8), unit=1.0, small=1e-4)

for value, text in ((-1e9, "-1e9"), (LOWEST, "finfo.min")):
    masks.danger(
        f"Where fills {text}, a row with no token",
        "the row is all -inf, and its softmax NaN; in FP32 it is even",
        SCORES + """
        t = Cast<to = 9>(m)
        a = Where(t, s, big)""" + END,
        inside=("loop",) if text == "-1e9" else (),
        **HEADS, m=tail_mask(8, 8, shortest=0), big=value)
masks.harmless(
    "Where fills -1e4, a row with no token", "the fill fits", SCORES + """
    t = Cast<to = 9>(m)
    a = Where(t, s, big)""" + END, inside=("loop",),
    **HEADS, m=tail_mask(8, 8, shortest=0), big=-1e4)
masks.harmless(
    "Where fills -inf", "FP16 has infinity, too", SCORES + """
    a = Where(c, low, s)""" + END, **HEADS, c=CAUSAL, low=-np.inf)
masks.harmless(
    "causal, Where fills -1e9", "each row has a token, so -inf or -65504 gives"
    " the same zeros", SCORES + """
    a = Where(c, low, s)""" + END, **HEADS, c=CAUSAL, low=-1e9)
masks.harmless(
    "causal, stored with finfo.min", "saturates to -65504: the same zeros",
    SCORES + "a = Add(s, c)\n" + END, **HEADS,
    c=np.where(CAUSAL, LOWEST, 0).astype(np.float32))
masks.harmless(
    "Max with finfo.min", "a bound below everything", SCORES + """
    l = Max(s, low)
    a = Where(c, bottom, l)""" + END,
    **HEADS, low=LOWEST, c=CAUSAL, bottom=-3e4)
masks.harmless(
    "Log of the mask", "log 0 is -inf in any type", SCORES + """
    b = Log(m)
    a = Add(s, b)""" + END, **HEADS, m=tail_mask(8, 8))

TWO = SCORES + """
    n = Sub(unit, m)
    b = Mul(n, big)
    c = Mul(n, big)
    d = Add(b, c)
    a = Add(s, d)""" + END
masks.danger(
    "sum of two masks of -4e4", "each fits, their sum is -inf: NaN in a row "
    "with no token", TWO, **HEADS, m=tail_mask(8, 8, shortest=0), unit=1.0,
    big=-4e4)
masks.harmless(
    "sum of two masks of -1e4", "the sum fits", TWO, **HEADS,
    m=tail_mask(8, 8), unit=1.0, big=-1e4)

STORED = np.where(CAUSAL, LOWEST, 0).astype(np.float32)
masks.danger(
    "stored and computed, a row with no token that nobody reads",
    "-inf throughout is NaN, and 0 * NaN too", SCORES + """
    n = Sub(unit, m)
    f = Cast<to = 9>(n)
    b = Where(f, big, zero)
    d = Add(c, b)
    a = Add(s, d)
    p = Softmax<axis = -1>(a)
    r = ReduceMax(m, last)
    y = Mul(p, r)""", **HEADS, c=STORED, zero=0.0, unit=1.0, big=-1e9,
    m=tail_mask(8, 8, shortest=0), last=np.array([-1]))
masks.danger(
    "that is looked for, -1e9", "no element is -1e9 any more", SCORES + """
    t = Cast<to = 9>(m)
    a = Where(t, s, big)
    e = Exp(a)
    l = Log(e)
    r = ReduceMax(a, last)
    d = Div(r, less)
    y = Max(l, d)""", **HEADS, m=tail_mask(8, 8, shortest=0), big=-1e9,
    less=1e9, last=np.array([-1]))
masks.danger(
    "before LogSoftmax", "its logarithm is seen, not its share",
    SCORES + """
    t = Cast<to = 9>(m)
    a = Where(t, s, big)
    l = LogSoftmax<axis = -1>(a)
    y = Div(l, less)""", **HEADS, m=tail_mask(8, 8), big=-1e9, less=1e9)
masks.harmless(
    "softmax written out, a row with no token", "the same less the largest",
    SCORES + """
    t = Cast<to = 9>(m)
    a = Where(t, s, big)
    r = ReduceMax(a, last)
    d = Sub(a, r)
    e = Exp(d)
    y = Mul(e, half)""", **HEADS, m=tail_mask(8, 8, shortest=0), big=-1e4,
    half=0.5, last=np.array([-1]))
masks.danger(
    "softmax written out, -1e9, a row with no token", "-inf less -inf is NaN",
    SCORES + """
    t = Cast<to = 9>(m)
    a = Where(t, s, big)
    r = ReduceMax(a, last)
    d = Sub(a, r)
    e = Exp(d)
    y = Mul(e, half)""", **HEADS, m=tail_mask(8, 8, shortest=0), big=-1e9,
    half=0.5, last=np.array([-1]))

GROUPS = [masks]
