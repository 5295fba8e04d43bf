"""Exp and Log, written out: logsumexp, softmax, sigmoid and their kin; and
overflow that a saturating op absorbs."""

import numpy as np

from numeric_graph import Group, given, noise, uniform

chain = Group("exp and log")
LAST = np.array([-1])
WIDE = uniform(-30, 30, 4, 16)

LSE = """{0}
    e = Exp(t)
    s = ReduceSum(e, last)
    l = Log(s)
    y = {1}"""
chain.danger("logsumexp", "e^12 overflows", LSE.format(
    "t = Identity(x)", "Identity(l)"), x=WIDE, last=LAST,
    inside=("if", "function"))
chain.harmless("logsumexp less the largest", "e^0 is the largest", LSE.format(
    "m = ReduceMax(x, last) t = Sub(x, m)", "Add(l, m)"), x=WIDE, last=LAST,
    inside=("if", "function"))
chain.danger("logsumexp by ReduceLogSum", "e^12 overflows",
             "e = Exp(x) y = ReduceLogSum(e, last)", x=WIDE, last=LAST)
chain.harmless("ReduceLogSumExp", "takes the largest off itself",
               "y = ReduceLogSumExp(x, last)", x=WIDE, last=LAST)

SOFTMAX = """{0}
    e = Exp(t)
    s = ReduceSum(e, last)
    {1}"""
chain.danger("softmax written out", "inf / inf is NaN", SOFTMAX.format(
    "t = Identity(x)", "y = Div(e, s)"), x=WIDE, last=LAST, inside=("loop",))
chain.danger("softmax written out, Reciprocal", "inf * 0 is NaN",
             SOFTMAX.format("t = Identity(x)", "r = Reciprocal(s) "
                            "y = Mul(e, r)"), x=WIDE, last=LAST)
chain.harmless("softmax written out, less the largest", "e^0 is the largest",
               SOFTMAX.format("m = ReduceMax(x, last) t = Sub(x, m)",
                              "y = Div(e, s)"), x=WIDE, last=LAST,
               inside=("loop",))
chain.harmless("softmax written out, Reciprocal, bounded", "e^1 at most",
               SOFTMAX.format("t = Tanh(x)", "r = Reciprocal(s) "
                              "y = Mul(e, r)"), x=WIDE, last=LAST)
chain.danger("Log of Softmax", "shares below 3e-8 are zero, their log -inf",
             "p = Softmax<axis = -1>(x) y = Log(p)", x=WIDE)
chain.harmless("LogSoftmax", "never takes the log of a small share",
               "y = LogSoftmax<axis = -1>(x)", x=WIDE)
chain.danger("cross entropy by Log and Gather",
             "shares below 3e-8 are zero, their log -inf", """
    p = Softmax<axis = -1>(x)
    l = Log(p)
    n = Neg(l)
    y = Gather<axis = 1>(n, labels)""", x=WIDE, labels=np.array([3, 5]))

SOFTPLUS = """e = Exp({0})
    u = Add(e, unit)
    l = Log(u)
    y = {1}"""
chain.danger("softplus written out", "e^12 overflows",
             SOFTPLUS.format("x", "Identity(l)"), x=WIDE, unit=1.0,
             inside=("function",))
chain.harmless("Softplus", "an op by itself", "y = Softplus(x)", x=WIDE,
               inside=("function",))
chain.harmless("softplus written out, stable", "e^0 is the largest",
               "a = Abs(x) n = Neg(a) r = Relu(x) "
               + SOFTPLUS.format("n", "Add(l, r)"), x=WIDE, unit=1.0)
chain.danger("x tanh(softplus(x) - x)", "tanh(inf) is 1, not 0",
             SOFTPLUS.format("x", "Mul(x, h)").replace(
                 "y =", "d = Sub(l, x) h = Tanh(d) y ="), x=WIDE, unit=1.0)
chain.harmless("mish written out: tanh absorbs it", "tanh(inf) is 1",
               SOFTPLUS.format("x", "Mul(x, h)").replace(
                   "y =", "h = Tanh(l) y ="), x=WIDE, unit=1.0)
chain.harmless("Mish", "an op by itself", "y = Mish(x)", x=WIDE)
chain.danger("log of the sigmoid written out", "e^12 overflows", """
    n = Neg(x)
    e = Exp(n)
    u = Add(e, unit)
    l = Log(u)
    y = Neg(l)""", x=WIDE, unit=1.0)
chain.harmless("log of the sigmoid by Softplus", "an op by itself",
               "n = Neg(x) l = Softplus(n) y = Neg(l)", x=WIDE)
chain.danger("sigmoid as e^x / (1 + e^x)", "inf / inf is NaN", """
    e = Exp(x)
    u = Add(e, unit)
    y = Div(e, u)""", x=WIDE, unit=1.0)
chain.harmless("sigmoid as 1 / (1 + e^-x)", "1 / inf is 0", """
    n = Neg(x)
    e = Exp(n)
    u = Add(e, unit)
    y = Div(unit, u)""", x=WIDE, unit=1.0, inside=("if",))
chain.harmless("sigmoid as Reciprocal(1 + e^-x)", "1 / inf is 0", """
    n = Neg(x)
    e = Exp(n)
    u = Add(e, unit)
    y = Reciprocal(u)""", x=WIDE, unit=1.0)
chain.danger("tanh as a share of exponentials", "inf / inf is NaN", """
    p = Exp(x)
    m = Neg(x)
    n = Exp(m)
    a = Sub(p, n)
    b = Add(p, n)
    y = Div(a, b)""", x=WIDE)
chain.harmless("tanh by Sigmoid", "sigmoid is bounded", """
    d = Add(x, x)
    s = Sigmoid(d)
    t = Mul(s, two)
    y = Sub(t, unit)""", x=WIDE, two=2.0, unit=1.0)
chain.danger("softmax with a temperature of 0.05",
             "e^x overflows only after the division", """
    t = Div(x, heat)
    e = Exp(t)
    s = ReduceSum(e, last)
    y = Div(e, s)""", x=noise(4, 16, sd=0.3), heat=0.05, last=LAST)
chain.danger("power mean", "x^8 overflows", """
    a = Abs(x)
    p = Pow(a, eight)
    m = ReduceMean(p, last)
    y = Pow(m, eighth)""", x=noise(4, 16, sd=3.0), eight=8.0, eighth=0.125,
             last=LAST)
chain.harmless("power mean of shares", "x^2 of shares fits", """
    a = Sigmoid(x)
    p = Pow(a, eight)
    m = ReduceMean(p, last)
    y = Pow(m, eighth)""", x=noise(4, 16), eight=3.0, eighth=1 / 3,
               last=LAST)

absorbed = Group("absorbed")
GELU = """c = {0}
    k = Mul(c, a)
    s = Add(x, k)
    w = Mul(s, b)
    h = {1}(w)
    u = Add(h, unit)
    v = Mul(x, u)
    y = Mul(v, half_of)"""
CONSTANTS = {"a": 0.044715, "b": 0.7978846, "unit": 1.0, "half_of": 0.5}
absorbed.harmless("gelu by Tanh and Pow", "tanh(inf) is 1",
                  GELU.format("Pow(x, three)", "Tanh"),
                  x=uniform(-80, 80, 4, 16), three=3.0, **CONSTANTS,
                  inside=("if", "loop", "function"))
absorbed.harmless("gelu by Tanh and Mul", "tanh(inf) is 1",
                  "q = Mul(x, x) " + GELU.format("Mul(q, x)", "Tanh"),
                  x=uniform(-80, 80, 4, 16), **CONSTANTS)
absorbed.danger("gelu by Softsign", "softsign(inf) is NaN: inf / inf",
                GELU.format("Pow(x, three)", "Softsign"),
                x=uniform(-80, 80, 4, 16), three=3.0, **CONSTANTS,
                inside=("if",))
absorbed.danger("x^3 / (1 + x^3)", "inf / inf is NaN", """
    p = Pow(x, three)
    a = Abs(p)
    u = Add(a, unit)
    y = Div(p, u)""", x=uniform(-80, 80, 4, 16), three=3.0, unit=1.0)
GAUSS = """p = {0}
    {1}"""
FAR = given(np.geomspace(0.01, 300, 64, dtype=np.float32).reshape(4, 16),
            -300, 300)
absorbed.harmless("gaussian of a distance", "e^-inf is 0", GAUSS.format(
    "Mul(x, x)", "n = Neg(p) y = Exp(n)"), x=FAR)
absorbed.harmless("gaussian of a distance, Pow", "e^-inf is 0", GAUSS.format(
    "Pow(x, two)", "n = Mul(p, m) y = Exp(n)"), x=FAR,
    two=2.0, m=-0.5)
absorbed.danger("share of a square", "inf / inf is NaN", GAUSS.format(
    "Mul(x, x)", "u = Add(p, unit) y = Div(p, u)"),
    x=FAR, unit=1.0)
for name, text in (
        ("Clip", "y = Clip(p, zero, six)"),
        ("Sigmoid", "y = Sigmoid(p)"), ("Tanh", "y = Tanh(p)"),
        ("HardSigmoid", "y = HardSigmoid(p)"), ("Erf", "y = Erf(p)"),
        ("Min", "r = Relu(p) y = Min(r, six)")):
    absorbed.harmless(
        f"500 x into {name}", "infinity saturates like 66000",
        "p = Mul(x, steep) " + text, x=uniform(-150, 150, 4, 16),
        steep=500.0, **{key: value for key, value in (
            ("zero", 0.0), ("six", 6.0)) if key in text})
absorbed.danger("500 x less 499 x into Tanh", "inf - inf is NaN",
                "p = Mul(x, steep) q = Mul(x, less) d = Sub(p, q)"
                " y = Tanh(d)", x=uniform(-150, 150, 4, 16), steep=500.0,
                less=499.0)
absorbed.danger("500 x times a gate that closes", "inf * 0 is NaN",
                "p = Mul(x, steep) t = Tanh(x) g = Relu(t) h = Mul(p, g)"
                " y = Clip(h, low, high)",
                x=uniform(-150, 150, 4, 16), steep=500.0, low=-6.0, high=6.0)
absorbed.harmless("elu by Where", "the branch that overflows is not chosen",
                  "e = Exp(x) f = Sub(e, unit) c = Greater(x, zero)"
                  " y = Where(c, x, f)", x=WIDE, unit=1.0, zero=0.0)
absorbed.danger("elu by a product with the sign", "inf * 0 is NaN",
                "e = Exp(x) f = Sub(e, unit) s = Less(x, zero)"
                " g = Cast<to = 1>(s) h = Mul(f, g) r = Relu(x)"
                " y = Add(h, r)", x=WIDE, unit=1.0, zero=0.0)
absorbed.harmless("swish as x / (1 + e^-x)", "x / inf is 0",
                  "n = Neg(x) e = Exp(n) u = Add(e, unit) y = Div(x, u)",
                  x=WIDE, unit=1.0)
absorbed.danger("swish as x e^x / (1 + e^x)", "inf / inf is NaN",
                "e = Exp(x) p = Mul(x, e) u = Add(e, unit) y = Div(p, u)",
                x=WIDE, unit=1.0)

GROUPS = [chain, absorbed]
