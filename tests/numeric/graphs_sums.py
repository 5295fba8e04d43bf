"""Long sums: means, sums before a division, running sums, and variances as
the difference of two of them."""

import numpy as np

from numeric_graph import Group, ids, noise, uniform

sums = Group("sum")
LAST = np.array([-1])

MEANS = {
    "ReduceSum / N": "s = ReduceSum(t, last) y = Div(s, n)",
    "ReduceSum * 1 / N": "s = ReduceSum(t, last) i = Reciprocal(n)"
                         " y = Mul(s, i)",
    "ReduceMean": "y = ReduceMean(t, last)",
    "MatMul with ones": "s = MatMul(t, ones) y = Div(s, n)",
    "Einsum": 's = Einsum<equation = "ij->i">(t) y = Div(s, n)',
}


def mean(how, count):
    text = "t = Sigmoid(x)\n" + MEANS[how]
    values = {"last": LAST, "n": float(count), "ones": np.ones((count, 1))}
    return text, {name: value for name, value in values.items()
                  if f" {name})" in text or f"({name})" in text}


for how in MEANS:
    inside = ("if", "loop", "function") if how == "ReduceSum / N" else ()
    text, values = mean(how, 12000)
    sums.danger(f"mean of 12000 by {how}",
                "a sum in FP16 stands still at 2048", text,
                x=noise(2, 12000, mean=1.0), inside=inside, **values)
    text, values = mean(how, 64)
    sums.harmless(f"mean of 64 by {how}", "the sum is below 64", text,
                  x=noise(2, 64), inside=inside, **values)

POOL = "t = Sigmoid(x) y = GlobalAveragePool(t)"
sums.danger("GlobalAveragePool of 96 x 96",
            "a sum in FP16 stands still at 2048", POOL,
            x=noise(1, 2, 96, 96, mean=1.0))
sums.harmless("GlobalAveragePool of 7 x 7", "the sum is below 49", POOL,
              x=noise(1, 4, 7, 7))
POOL = "t = Sigmoid(x) y = AveragePool<kernel_shape = [{0}, {0}]>(t)"
sums.danger("AveragePool of 80 x 80", "a sum in FP16 stands still at 2048",
            POOL.format(80), x=noise(1, 2, 81, 80, mean=1.0))
sums.harmless("AveragePool of 3 x 3", "the sum is below 9", POOL.format(3),
              x=noise(1, 4, 12, 12))
PIXELS = """f = Cast<to = 1>(x)
    m = ReduceMean(f, places)
    y = Mul(m, small)"""
sums.danger("mean of 64 x 64 pixels", "the sum overflows", PIXELS,
            x=ids(0, 255, 2, 3, 64, 64, dtype="uint8"),
            places=np.array([2, 3]), small=1 / 255)
sums.harmless("mean of 4 x 4 pixels", "the sum is below 4080", PIXELS,
              x=ids(0, 255, 2, 3, 4, 4, dtype="uint8"),
              places=np.array([2, 3]), small=1 / 255)
WEIGHTED = """w = Exp(t)
    p = Mul(w, t)
    a = ReduceSum(p, last)
    b = ReduceSum(w, last)
    y = Div(a, b)"""
sums.danger("weighted mean of 9000", "both sums stand still",
            "t = Sigmoid(x)" + WEIGHTED, x=noise(2, 9000), last=LAST)
sums.harmless("weighted mean of 32", "both sums are below 87",
              "t = Sigmoid(x)" + WEIGHTED, x=noise(2, 32), last=LAST)
sums.danger("sum of large activations before a division",
            "the sum overflows, the mean would not",
            "r = Relu(x) s = ReduceSum(r, last) y = Div(s, n)",
            x=noise(2, 512, sd=300.0, mean=300.0), last=LAST, n=512.0)
sums.harmless("sum of shares before a division", "softmax sums to 1",
              "r = Softmax<axis = -1>(x) s = ReduceSum(r, last)"
              " y = Div(r, s)", x=noise(2, 512), last=LAST)
sums.danger("mean by Conv with ones, 5000 taps",
            "a sum in FP16 stands still at 2048",
            "t = Sigmoid(x) s = Conv(t, w) y = Div(s, n)",
            x=noise(1, 1, 5002, mean=1.5), w=np.ones((1, 1, 5000)), n=5000.0)
sums.harmless("mean by Conv with ones, 9 taps", "the sum is below 9",
              "t = Sigmoid(x) s = Conv(t, w) y = Div(s, n)",
              x=noise(1, 1, 64), w=np.ones((1, 1, 9)), n=9.0)

cumsum = Group("running sum")
RUN = """t = Sigmoid(x)
    s = CumSum(t, last)
    y = Div(s, n)"""
cumsum.danger("CumSum of 8000", "it stands still at 2048", RUN,
              x=noise(1, 8000, mean=1.0), last=np.array(-1), n=8000.0,
              inside=("if",))
cumsum.harmless("CumSum of 16", "the sums are below 16", RUN,
                x=noise(2, 16), last=np.array(-1), n=16.0, inside=("if",))
PHASE = """{start}
    p = Mul(t, step)
    c = CumSum(p, last)
    y = Sin(c)"""
cumsum.danger("phase of an oscillator by CumSum",
              "a phase of hundreds has steps of 0.5",
              PHASE.format(start="t = Abs(f0)"), last=np.array(1),
              f0=uniform(80, 400, 1, 4000), step=2 * np.pi / 16000)
cumsum.harmless("phase of 16 small steps", "the phase is below 1.6",
                PHASE.format(start="t = Sigmoid(f0)"), last=np.array(1),
                f0=noise(1, 16), step=0.1)
TRIANGLE = np.triu(np.ones((4000, 4000), np.float32))
cumsum.danger("phase by MatMul with a triangle",
              "a phase of hundreds has steps of 0.5", """t = Sigmoid(f0)
    r = Mul(t, step)
    u = Unsqueeze(r, first)
    m = MatMul(r, triangle)
    y = Sin(m)""".replace("u = Unsqueeze(r, first)\n", ""),
              f0=noise(1, 4000), step=0.3, triangle=TRIANGLE)
cumsum.harmless("sums by MatMul with a small triangle", "sums below 16",
                """t = Sigmoid(f0)
    y = MatMul(t, triangle)""", f0=noise(1, 16),
                triangle=np.triu(np.ones((16, 16))))
cumsum.danger("phase in turns, Mod 1", "turns of 150 have steps of 0.125",
              """c = CumSum(p, last)
    m = Mod<fmod = 1>(c, unit)
    a = Mul(m, tau)
    y = Sin(a)""", p=uniform(0, 0.05, 1, 6000), last=np.array(1),
              unit=1.0, tau=2 * np.pi)
cumsum.danger("log probabilities added up", "-8000 has steps of 4",
              """l = LogSoftmax<axis = 1>(x)
    r = CumSum(l, first)
    y = Mul(r, small)""", x=noise(4000, 8), first=np.array(0), small=1e-4)

variance = Group("variance")
X = noise(4, 100, sd=0.3, mean=10.0)
for square, text in (("Mul", "Mul(t, t)"), ("Pow", "Pow(t, two)")):
    body = f"""{{start}}
    p = {text}
    a = ReduceMean(p, last)
    m = ReduceMean(t, last)
    b = {text.replace('t', 'm', 2) if square == 'Mul' else 'Pow(m, two)'}
    v = Sub(a, b)
    r = Relu(v)
    y = Sqrt(r)"""
    more = {"two": 2.0} if square == "Pow" else {}
    variance.danger(f"E[x2] - E[x]2 by {square}",
                    "both are near 100, where steps are 0.06", body.format(
                        start="t = Identity(x)"), x=X, last=LAST,
                    inside=("if", "function") if square == "Mul" else (),
                    **more)
variance.danger("statistics pooling", "Clip hides a variance of zero", """
    m = ReduceMean(x, last)
    p = Mul(x, x)
    a = ReduceMean(p, last)
    b = Mul(m, m)
    v = Sub(a, b)
    g = Clip(v, e)
    s = Sqrt(g)
    y = Concat<axis = -1>(s, s)""", x=X, last=LAST, e=1e-4)
TWO_PASS = """t = {start}(x)
    m = ReduceMean(t, last)
    c = Sub(t, m)
    p = Mul(c, c)
    v = ReduceMean(p, last)
    y = Sqrt(v)"""
variance.harmless("mean of (x - mean)2, bounded", "nothing cancels",
                  TWO_PASS.format(start="Tanh"), x=noise(4, 100),
                  last=LAST, inside=("if", "function"))
variance.harmless("E[x2] alone, bounded", "nothing is subtracted",
                  "t = Tanh(x) p = Mul(t, t) a = ReduceMean(p, last)"
                  " y = Sqrt(a)", x=noise(4, 100), last=LAST)
variance.danger("squared distance as a2 + b2 - 2ab",
                "three terms near 3200 cancel", """
    p = Mul(a, a)
    s = ReduceSum(p, last)
    q = Mul(b, b)
    r = ReduceSum(q, last)
    bt = Transpose<perm = [1, 0]>(b)
    rt = Transpose<perm = [1, 0]>(r)
    d = MatMul(a, bt)
    e = Mul(d, two)
    n = Add(s, rt)
    v = Sub(n, e)
    g = Relu(v)
    y = Sqrt(g)""", a=noise(4, 32, sd=0.1, mean=10.0),
                b=noise(5, 32, sd=0.1, mean=10.0), last=LAST, two=2.0)
variance.harmless("squared distance from differences, bounded",
                  "squares below 4", """
    t = Tanh(a)
    u = Unsqueeze(t, middle)
    d = Sub(u, c)
    p = Mul(d, d)
    v = ReduceSum(p, last)
    y = Sqrt(v)""", a=noise(4, 8), c=np.sin(np.arange(24)).reshape(1, 3, 8),
                  last=LAST, middle=np.array([1]))

GROUPS = [sums, cumsum, variance]
