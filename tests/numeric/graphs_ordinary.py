"""What looks like a danger and is none: long sums of both signs, large factors
that fit, functions of bounded values. Beside each what is one."""

import numpy as np

from numeric_graph import Group, given, ids, noise, uniform

ordinary = Group("ordinary")
LAST = np.array([-1])


def weights(rows, columns, scale=1.0, shift=0.0):
    at = np.arange(rows * columns).reshape(rows, columns)
    return scale * (np.sin(at ** 1.3) + shift)


LONG = "t = Tanh(x) m = MatMul(t, w) y = Mul(m, s)"
ordinary.harmless("MatMul of 4096 terms of both signs",
                  "the sums stay near zero", LONG, x=noise(4, 4096),
                  w=weights(4096, 4, 0.2), s=0.1,
                  inside=("if", "function"))
ordinary.danger("MatMul of 9000 terms of one sign",
                "a sum in FP16 stands still at 2048 times a term",
                LONG.replace("Tanh", "Sigmoid"), x=noise(4, 9000, mean=2.0),
                w=np.full((9000, 4), 0.9), s=1e-3, inside=("if", "function"))
CONV = "r = {0}(x) y = Conv(r, w)"
ordinary.harmless("Conv of 4608 terms of both signs",
                  "the sums stay near zero", CONV.format("Relu"),
                  x=noise(1, 512, 5, 5),
                  w=weights(4, 512 * 9, 0.05).reshape(4, 512, 3, 3))
ordinary.danger("Conv of 4608 terms of one sign",
                "a sum in FP16 stands still at 2048 times a term",
                CONV.format("Sigmoid"), x=noise(1, 512, 5, 5, mean=2.0),
                w=np.ones((2, 512, 3, 3)))
MEAN = "t = {0}(x) m = ReduceMean(t, last) y = Add(m, c)"
ordinary.harmless("mean of 4096 of both signs", "the sum stays near zero",
                  MEAN.format("Tanh"), x=noise(4, 4096), last=LAST, c=1.0)
ordinary.danger("mean of 9000 of one sign",
                "a sum in FP16 stands still at 2048", MEAN.format("Sigmoid"),
                x=noise(4, 9000, mean=2.0), last=LAST, c=1.0)
ordinary.harmless("mean of 1000 of one sign", "the sum is below 1000",
                  MEAN.format("Sigmoid"), x=noise(4, 1000), last=LAST, c=1.0)
ordinary.harmless("softmax of 512, times values",
                  "shares sum to 1", "p = Softmax<axis = -1>(x)"
                  " y = MatMul(p, w)", x=noise(4, 512), w=weights(512, 8))

ordinary.harmless("factor of 60000 of a bounded value", "60000 fits",
                  "t = Tanh(x) p = Mul(t, c) y = Div(p, d)",
                  x=noise(4, 16), c=60000.0, d=40000.0)
ordinary.danger("factor of 60000 of twice a bounded value",
                "120000 does not fit",
                "t = Tanh(x) u = Add(t, t) p = Mul(u, c) y = Div(p, d)",
                x=noise(4, 16), c=60000.0, d=40000.0)
ordinary.harmless("sum of eight bounded values, squared", "64 fits",
                  "t = Tanh(x) s = ReduceSum(t, last) p = Mul(s, s)"
                  " y = Sqrt(p)", x=noise(4, 8), last=LAST)
ordinary.harmless("1 / (1 + x^2), bounded", "the square is below 1",
                  "t = Tanh(x) p = Mul(t, t) u = Add(p, one)"
                  " y = Reciprocal(u)", x=noise(4, 16), one=1.0)
ordinary.harmless("1 / (1 + x^2)", "1 / inf is 0",
                  "p = Mul(x, x) u = Add(p, one) y = Reciprocal(u)",
                  x=uniform(-300, 300, 4, 16), one=1.0)
ordinary.danger("x^2 / (1 + x^2)", "inf / inf is NaN",
                "p = Mul(x, x) u = Add(p, one) y = Div(p, u)",
                x=uniform(-300, 300, 4, 16), one=1.0)
ordinary.harmless("Log of a bounded value", "between log 0.5 and log 1.5",
                  "t = Sigmoid(x) u = Add(t, half) y = Log(u)",
                  x=noise(4, 16), half=0.5)
ordinary.danger("Log of what rounds to zero", "log 0 is -inf",
                "t = Sigmoid(x) u = Mul(t, small) v = Mul(u, small)"
                " y = Log(v)", x=noise(4, 16), small=1e-4)
ordinary.harmless("Exp of a bounded value", "e at most",
                  "t = Tanh(x) e = Exp(t) y = Mul(e, two)", x=noise(4, 16),
                  two=2.0)
ordinary.danger("Exp of twelve times a bounded value, halved later",
                "e^12 does not fit, e^6 does",
                "t = Sigmoid(x) u = Mul(t, many) e = Exp(u) y = Sqrt(e)",
                x=noise(4, 16, mean=4.0), many=12.0)
ordinary.harmless("box width from Exp of a clipped value", "e^4.1 is 64",
                  "c = Clip(x, low, high) e = Exp(c) y = Mul(e, w)",
                  x=uniform(-6, 6, 4, 16), low=-10.0, high=4.135, w=32.0)
ordinary.harmless("cube of a bounded value", "the cube is below 1",
                  "t = Tanh(x) p = Pow(t, three) y = Add(p, t)",
                  x=noise(4, 16), three=3.0)
ordinary.harmless("embedding times the root of its size", "22.6 fits",
                  "e = Gather(w, i) y = Mul(e, root)",
                  i=ids(0, 99, 4, 8), w=weights(100, 16, 0.1),
                  root=22.627417)
ordinary.harmless("gelu by Erf", "erf is bounded",
                  "d = Div(x, root) e = Erf(d) u = Add(e, one)"
                  " p = Mul(x, u) y = Mul(p, half)",
                  x=uniform(-60, 60, 4, 16), root=1.4142135, one=1.0,
                  half=0.5, inside=("loop",))
ordinary.harmless("gate of a product", "sigmoid is bounded",
                  "a = MatMul(x, w) g = Sigmoid(a) b = MatMul(x, w)"
                  " y = Mul(g, b)", x=noise(4, 32), w=weights(32, 32, 0.2))
ordinary.harmless("highest class and its score", "scores differ enough",
                  "a = MatMul(x, w) p = Softmax<axis = -1>(a)"
                  " y = ReduceMax(p, last)", x=noise(4, 32),
                  w=weights(32, 10, 0.2), last=LAST)
TOKENS = """f = Cast<to = 1>(m)
    u = Unsqueeze(f, last)
    p = Mul(x, u)
    s = ReduceSum(p, middle)
    n = ReduceSum(u, middle)
    d = Clip(n, e)
    y = Div(s, d)"""
POOL = {"x": noise(3, 12, 8), "last": LAST, "middle": np.array([1])}
ordinary.danger("mean of tokens with a mask of int64, Clip 1e-9",
                "0 / 0 for a text without tokens", TOKENS, **POOL, e=1e-9,
                m=given(np.int64([[1] * 12, [1] * 5 + [0] * 7, [0] * 12]),
                        0, 1))
ordinary.harmless("mean of tokens with a mask of booleans, Clip 0.01",
                  "twelve fits", TOKENS, **POOL, e=0.01,
                  m=ids(0, 1, 3, 12, dtype="bool"))
LOGITS = "l = MatMul(x, w) h = Add(l, b) y = Softmax<axis = -1>(h)"
ordinary.harmless("logits with biases of 5", "a bias of 5 has steps of 0.004",
                  LOGITS, x=noise(4, 32), w=weights(32, 10, 0.2),
                  b=np.linspace(-5, 5, 10))
ordinary.danger("logits with an offset of 3000 before Softmax",
                "3000 has steps of 2", LOGITS, x=noise(4, 32),
                w=weights(32, 10, 0.2), b=np.full(10, 3000.0))

GROUPS = [ordinary]
