"""Integers carried in float, the angles made from them, float arithmetic that
ends in a shape, and what only looks at the order of values."""

import numpy as np

from numeric_graph import Group, given, ids, noise, uniform

integer = Group("integer")
LAST = np.array([-1])
TABLE = np.sin(np.arange(6000 * 4) * 1.7).reshape(6000, 4)
SMALL = TABLE[:64]

integer.danger("one-hot of the last token", "4097 and 4096 are the same", """
    f = Cast<to = 1>(place)
    l = Cast<to = 1>(length)
    m = Sub(l, unit)
    e = Equal(f, m)
    h = Cast<to = 1>(e)
    y = MatMul(h, t)""", place=np.arange(6000), t=TABLE, unit=1.0,
               length=ids(4000, 6000, 4, 1), inside=("if", "function"))
integer.harmless("one-hot of the last of 64", "64 is exact", """
    f = Cast<to = 1>(place)
    l = Cast<to = 1>(length)
    m = Sub(l, unit)
    e = Equal(f, m)
    h = Cast<to = 1>(e)
    y = MatMul(h, t)""", place=np.arange(64), t=SMALL, unit=1.0,
                 length=ids(1, 64, 4, 1, dtype="uint8"),
                 inside=("if", "function"))
integer.danger("token ids compared in float", "50256 and 50257 are the same",
               "f = Cast<to = 1>(t) e = Equal(f, eos) h = Cast<to = 1>(e)"
               " y = Mul(h, x)", t=ids(50240, 50262, 4, 16),
               x=noise(4, 16, mean=3.0), eos=50257.0)
integer.harmless("bytes compared in float", "255 is exact",
                 "f = Cast<to = 1>(t) e = Equal(f, eos) h = Cast<to = 1>(e)"
                 " y = Mul(h, x)", t=ids(0, 255, 4, 16, dtype="uint8"),
                 x=noise(4, 16), eos=10.0)
integer.danger("indices given in float", "5001 becomes 5000",
               "i = Cast<to = 7>(p) y = Gather(t, i)", t=TABLE,
               p=ids(2049, 5999, 8, dtype="float32"), inside=("loop",))
integer.danger("place of a cell: row * 80 + column", "4801 becomes 4800", """
    r = Floor(v)
    c = Floor(h)
    s = Mul(r, width)
    p = Add(s, c)
    i = Cast<to = 7>(p)
    y = Gather(t, i)""", v=uniform(30, 74, 8), h=uniform(0, 80, 8),
               width=80.0, t=TABLE)
integer.harmless("place of a cell: row * 8 + column, bounded",
                 "63 is exact", """
    r = Floor(v)
    c = Floor(h)
    s = Mul(r, width)
    p = Add(s, c)
    l = Clip(p, zero, top)
    y = Mul(l, small)""", v=uniform(0, 8, 8), h=uniform(0, 8, 8), width=8.0,
                 zero=0.0, top=63.0, small=1 / 64)
integer.danger("frames of a length in samples", "samples are infinite", """
    f = Cast<to = 1>(n)
    d = Div(f, hop)
    b = Floor(d)
    c = Add(b, unit)
    i = Cast<to = 7>(c)
    y = Gather(t, i)""", n=ids(70000, 160000, 4), hop=160.0, unit=1.0,
               t=TABLE)
POINTS = """f = Cast<to = 1>(r)
    h = Add(f, half)
    p = Mul(h, stride)
    d = Sub(box, p)
    y = Div(d, stride)"""
integer.danger("distance of anchor points, 4800 wide",
               "points beyond 4096 are 4 apart", POINTS, r=np.arange(580, 600),
               half=0.5, stride=8.0,
               box=given(np.float32((np.arange(580, 600) + 0.3) * 8), 0, 4800))
integer.harmless("distance of anchor points, 160 wide",
                 "points below 256 are 0.125 apart", POINTS,
                 r=np.arange(20), half=0.5, stride=8.0,
                 box=given(np.float32(np.linspace(160, 0, 20)), 0, 160))
IOU = """{0}
    x1 = Slice(b, zero_, one_, last)
    x2 = Slice(b, one_, two_, last)
    t1 = Transpose(x1)
    t2 = Transpose(x2)
    lo = Max(x1, t1)
    hi = Min(x2, t2)
    d = Sub(hi, lo)
    i = Relu(d)
    w = Sub(x2, x1)
    v = Transpose(w)
    s = Add(w, v)
    u = Sub(s, i)
    y = Div(i, u)"""
SLICES = {"zero_": np.array([0]), "one_": np.array([1]),
          "two_": np.array([2]), "last": np.array([1])}
BOXES = np.float32([[10, 20], [12, 23], [100, 130], [101, 131], [11, 19],
                    [105, 128]])
integer.danger("overlap of boxes with class offsets",
               "boxes 7680 apart have steps of 4 to 32", IOU.format(
                   "f = Cast<to = 1>(c) o = Mul(f, far) b = Add(box, o)"),
               c=given(np.array([[1], [1], [2], [2], [1], [2]]), 0, 8),
               far=7680.0, box=given(BOXES, 0, 640), **SLICES)
integer.harmless("overlap of boxes without offsets", "steps below 0.125",
                 IOU.format("b = Mul(box, unit)"), unit=1.0,
                 box=given(BOXES, 0, 640), **SLICES)
integer.danger("NonMaxSuppression with class offsets",
               "boxes 4096 apart have steps of 4 and more", """
    f = Cast<to = 1>(c)
    o = Mul(f, far)
    s = Add(box, o)
    b = Unsqueeze(s, first)
    i = NonMaxSuppression(b, score, many, limit)
    g = Gather<axis = 1>(i, two)
    h = Cast<to = 1>(g)
    y = Div(h, ten)""", c=given(np.array([[3], [3], [5], [5], [7], [7]]), 0,
                                79),
               far=4096.0, score=given(np.float32(
                   [[[.9, .8, .7, .6, .5, .4]]]), 0, 1),
               box=given(np.float32([[0, 0, 5, 5], [3.9, 3.9, 11.9, 11.9],
                                     [0, 0, 9, 9], [7.9, 7.9, 23.9, 23.9],
                                     [0, 30, 9, 33], [40, 30, 49, 33]]),
                         0, 640),
               many=np.array([9]), limit=np.float32([0.3]), two=np.array(2),
               first=np.array([0]), ten=10.0)
integer.harmless("bytes as one-hot", "255 is exact", """
    h = OneHot(t, depth, values)
    y = MatMul(h, table)""", t=ids(0, 63, 8), depth=np.array(64),
                 values=np.float32([0, 1]), table=SMALL)
integer.harmless("class of the largest, in float", "99 is exact", """
    a = ArgMax<axis = -1, keepdims = 0>(x)
    f = Cast<to = 1>(a)
    y = Mul(f, small)""", x=noise(8, 100), small=0.01)
integer.harmless("booleans in float", "0 and 1", """
    b = Greater(x, zero)
    f = Cast<to = 1>(b)
    s = ReduceSum(f, last)
    y = Mul(s, small)""", x=noise(8, 100), small=0.01, last=LAST, zero=0.0)
integer.danger("count of 6000 flags", "it stands still at 2048", """
    b = Greater(x, zero)
    f = Cast<to = 1>(b)
    s = ReduceSum(f, last)
    y = Div(s, n)""", x=noise(2, 6000, mean=2.0), n=6000.0, last=LAST,
               zero=0.0)

angle = Group("angle")
FREQUENCY = (10000.0 ** -(np.arange(8) / 8)).reshape(1, 8)
TURN = {"Mul": "a = Mul(u, w)", "MatMul": "a = MatMul(u, w)",
        "Div": "a = Div(u, v)",
        "Einsum": 'q = Squeeze(u, last) r = Squeeze(w, zero_)'
                  ' a = Einsum<equation = "i,j->ij">(q, r)'}
END = """
    c = Cos(a)
    s = Sin(a)
    e = Concat<axis = -1>(c, s)
    y = Mul(e, x)"""
VALUES = {"last": LAST, "w": FREQUENCY, "v": 1 / FREQUENCY,
          "zero_": np.array([0])}


def rotary(source, turn, rows, **values):
    text = source + "\n u = Unsqueeze(p, last)\n" + TURN[turn] + END
    used = {name: value for name, value in VALUES.items()
            if f" {name})" in text or f"({name}" in text}
    return text, {**used, **values, "x": noise(rows, 16, mean=3.0)}


SOURCES = {
    "given as integers": ("p = Cast<to = 1>(pos)",
                          {"pos": ids(2000, 8000, 24)}),
    "given as floats": ("p = Identity(pos)",
                        {"pos": ids(2000, 8000, 24, dtype="float32")}),
    "by Range": ("r = Range(start, stop, step) p = Cast<to = 1>(r)",
                 {"start": np.array(5001), "stop": np.array(5025),
                  "step": np.array(1)}),
    "by CumSum of a mask": (
        "k = CumSum(mask, axis) m = Add(k, past) p = Cast<to = 1>(m)",
        {"mask": ids(0, 1, 24), "past": np.array(4000),
         "axis": np.array(0)}),
    "by Gather of a table": ("p = Gather(table, pos)",
                             {"table": np.arange(8192, dtype=np.float32),
                              "pos": ids(2000, 8000, 24)}),
    "after a length that is given": (
        "k = Add(past, steps) p = Cast<to = 1>(k)",
        {"past": ids(3000, 8000, 1), "steps": np.arange(24)}),
}
TURNS = ["MatMul", "Mul", "Div", "Einsum"]
for at, (name, (start, values)) in enumerate(SOURCES.items()):
    turn = TURNS[at % 4]
    text, more = rotary(start, turn, 24, **values)
    angle.danger(f"RoPE, positions {name}, {turn}",
                 "positions are 4 apart, an angle needs 0.01", text, **more,
                 inside=("if", "loop", "function") if at == 0 else ())
text, more = rotary("r = Range(start, stop, step) p = Cast<to = 1>(r)",
                    "MatMul", 12, start=np.array(0), stop=np.array(12),
                    step=np.array(1))
angle.harmless("RoPE, twelve positions by Range", "angles below 12", text,
               **more)
text, more = rotary("p = Cast<to = 1>(pos)", "Mul", 12,
                    pos=ids(0, 15, 12, dtype="uint8"))
angle.danger("RoPE, positions of 8 bits, up to 255",
             "angles of 255 are 0.125 apart",
             text.replace("Sin(a)", "Sin(b)").replace("Cos(a)", "Cos(b)")
             .replace("a = Mul(u, w)", "a = Mul(u, w) b = Mul(a, tau)"),
             **{**more, "pos": ids(100, 255, 12, dtype="uint8")},
             tau=2.1234567)
angle.harmless("RoPE from tables of cosines and sines",
               "positions stay integers", """
    c = Gather(cosines, pos)
    s = Gather(sines, pos)
    e = Concat<axis = -1>(c, s)
    y = Mul(e, x)""", pos=ids(0, 8191, 24), x=noise(24, 16),
               cosines=np.cos(np.arange(8192)[:, None] * FREQUENCY),
               sines=np.sin(np.arange(8192)[:, None] * FREQUENCY),
               inside=("if", "loop", "function"))
STEP = """u = Unsqueeze(t, last)
    a = Mul(u, w)
    s = Sin(a)
    c = Cos(a)
    e = Concat<axis = -1>(s, c)
    y = MatMul(e, m)"""
MIX = np.cos(np.arange(64)).reshape(16, 4) / 4
angle.danger("timesteps up to 1000, given as floats",
             "angles of 1000 are 0.5 apart", STEP, t=uniform(300, 1000, 12),
             w=FREQUENCY, last=LAST, m=MIX, inside=("function",))
angle.danger("timesteps up to 1000, given as integers",
             "angles of 1000 are 0.5 apart",
             "t = Cast<to = 1>(k) " + STEP, k=ids(300, 1000, 12),
             w=FREQUENCY * 0.987, last=LAST, m=MIX)
angle.danger("timesteps of a share times 1000",
             "angles of 1000 are 0.5 apart",
             "g = Sigmoid(k) t = Mul(g, many) " + STEP, k=noise(12),
             many=1000.0, w=FREQUENCY, last=LAST, m=MIX)
angle.harmless("timesteps of a share times 4", "angles below 4",
               "g = Sigmoid(k) t = Mul(g, many) " + STEP, k=noise(12),
               many=4.0, w=FREQUENCY, last=LAST, m=MIX, inside=("function",))
angle.harmless("angle of a bounded value", "angles below pi",
               "t = Tanh(x) a = Mul(t, pi) y = Sin(a)", x=noise(4, 16),
               pi=np.pi)
angle.harmless("snake activation", "angles of a few", """
    a = Mul(x, w)
    s = Sin(a)
    p = Mul(s, s)
    q = Mul(p, i)
    y = Add(x, q)""", x=noise(4, 16), w=np.linspace(0.5, 2, 16),
               i=1 / np.linspace(0.5, 2, 16))
angle.danger("fourier features of coordinates", "angles beyond 300", """
    t = Sigmoid(x)
    a = MatMul(t, w)
    y = Cos(a)""", x=noise(8, 2), w=2.0 ** np.arange(4, 12).reshape(1, 8)
             * np.ones((2, 1)) * np.pi)
angle.harmless("fourier features, low", "angles below 13", """
    t = Sigmoid(x)
    a = MatMul(t, w)
    y = Cos(a)""", x=noise(8, 2), w=np.linspace(0.5, 2, 8).reshape(1, 8)
               * np.ones((2, 1)) * np.pi)

shape = Group("shape")
SIZE = "n = Shape(x) l = Gather(n, one_) f = Cast<to = 1>(l)\n"
WIDE = {"x": noise(1, 5006), "one_": np.array([1])}
NARROW = {"x": noise(1, 63), "one_": np.array([1])}
for name, text, more in (
        ("half by Slice", "h = Mul(f, half) g = Floor(h) e = Cast<to = 7>(g)"
         " r = Relu(x) y = Slice(r, zero_, e, one_)",
         {"half": 0.5, "zero_": np.array([0])}),
        ("part by Slice, Ceil", "h = Div(f, five) g = Ceil(h)"
         " e = Cast<to = 7>(g) r = Relu(x) y = Slice(r, zero_, e, one_)",
         {"five": 1.25, "zero_": np.array([0])}),
        ("as many zeros", "h = Div(f, two) g = Ceil(h) e = Cast<to = 7>(g)"
         " z = ConstantOfShape(e) r = Relu(z) y = Add(r, unit)",
         {"two": 2.0, "unit": 1.0}),
        ("half by Expand", "h = Mul(f, half) g = Floor(h)"
         " e = Cast<to = 7>(g) r = ReduceSum(x) q = Reshape(r, one_)"
         " y = Expand(q, e)", {"half": 0.5})):
    shape.danger(f"{name} of 5006", "5006 becomes 5008", SIZE + text,
                 inside=("if",) if "Expand" in name else (), **WIDE, **more)
    if "Slice" in name or "zeros" in name:
        shape.harmless(f"{name} of 63", "63 is exact", SIZE + text,
                       **NARROW, **more)
shape.danger("Resize to twice 2051", "2051 becomes 2052", """
    n = Shape(x)
    f = Cast<to = 1>(n)
    d = Mul(f, factors)
    e = Cast<to = 7>(d)
    y = Resize<mode = "nearest">(x, , , e)""", x=noise(1, 1, 1, 2051),
             factors=np.float32([1, 1, 1, 2]))
shape.danger("Range up to half a length", "5006 becomes 5008", SIZE + """
    h = Mul(f, half)
    q = Squeeze(h, zero_)
    r = Range(start, q, step)
    y = Mul(r, small)""", **WIDE, zero_=np.array([0]), start=0.0, step=1.0,
             small=0.001, half=0.5)
shape.harmless("half by integer arithmetic", "no float at all", """
    n = Shape(x)
    l = Gather(n, one_)
    e = Div(l, two)
    r = Relu(x)
    y = Slice(r, zero_, e, one_)""", **WIDE, two=np.array([2]),
               zero_=np.array([0]))
shape.harmless("scaled by the root of a size", "63 is exact", SIZE + """
    q = Sqrt(f)
    t = Tanh(x)
    y = Div(t, q)""", **NARROW)
shape.danger("mean by a size", "the sum is beyond 65504", SIZE + """
    r = Relu(x)
    s = ReduceSum(r, one_)
    y = Div(s, f)""", x=noise(1, 5003, sd=10.0, mean=30.0),
             one_=np.array([1]))

rank = Group("order")
rank.danger("place of the largest token id", "49406 and 49407 are the same",
            "f = Cast<to = 1>(t) i = ArgMax<axis = -1, keepdims = 0>(f)"
            " y = Gather(e, i)",
            t=given(np.array([[49406, 320, 1125, 49407, 0, 0],
                              [49406, 512, 49407, 0, 0, 0]]), 0, 49407),
            e=SMALL[:6], inside=("if", "function"))
rank.harmless("place of the largest byte", "255 is exact",
              "f = Cast<to = 1>(t) i = ArgMax<axis = -1, keepdims = 0>(f)"
              " y = Gather(e, i)",
              t=given(np.array([[254, 3, 11, 255, 0, 0],
                                [254, 5, 255, 0, 0, 0]], np.uint8), 0, 255),
              e=SMALL[:6], inside=("if", "function"))
KEY = """c = ArgMax<axis = -1>(x)
    f = Cast<to = 1>(c)
    s = ReduceMax(p, last)
    o = Mul(f, far)
    k = Add(o, s)
    q = Squeeze(k, last)
    v, i = TopK(q, three)
    w = Cast<to = 1>(i)
    y = Gather(s, i)"""
rank.danger("TopK by class * 5000 + score", "scores vanish beside 5000",
            KEY.replace("w = Cast<to = 1>(i)\n", ""), x=noise(16, 4),
            p=uniform(0, 1, 16, 2), far=5000.0, last=LAST,
            three=np.array([3]))
rank.harmless("TopK by score", "scores differ enough", """
    t = Sigmoid(p)
    v, i = TopK(t, three)
    y = Mul(v, two)""", p=given(np.float32(np.linspace(-3, 3, 16)), -5, 5),
              three=np.array([3]), two=2.0)
rank.danger("largest of values around 3000", "3000.3 and 3000.7 are the same",
            "t = Tanh(x) o = Add(t, c) i = ArgMax<axis = -1>(o)"
            " f = Cast<to = 1>(i) y = Mul(f, small)", x=noise(8, 16, sd=0.5),
            c=3000.0, small=0.1)
rank.harmless("largest of values around 1", "steps of 0.001",
              "t = Tanh(x) o = Add(t, c) i = ArgMax<axis = -1>(o)"
              " f = Cast<to = 1>(i) y = Mul(f, small)",
              x=given(np.float32(np.linspace(-2, 2, 32)).reshape(4, 8), -2,
                      2), c=1.0, small=0.1)
rank.danger("bucket of a value by Floor", "bucket 5001 becomes 5000",
            "t = Sigmoid(x) p = Mul(t, many) f = Floor(p)"
            " i = Cast<to = 7>(f) y = Gather(e, i)", x=noise(16, sd=2.0),
            many=5900.0, e=TABLE)
rank.danger("bucket of a value by Round", "bucket 5001 becomes 5000",
            "t = Sigmoid(x) p = Mul(t, many) f = Round(p)"
            " i = Cast<to = 7>(f) y = Gather(e, i)", x=noise(16, sd=2.0),
            many=5900.0, e=TABLE)
rank.harmless("bucket of a value, seven of them", "no value near an edge",
              "t = Tanh(x) p = Mul(t, many) f = Round(p) y = Mul(f, small)",
              x=given(np.float32(np.arctanh(np.arange(-6, 7) / 7)), -3, 3),
              many=7.0, small=1 / 7)
rank.danger("rest of a position, Mod 7", "4801 becomes 4800",
            "f = Cast<to = 1>(p) m = Mod<fmod = 1>(f, seven)"
            " y = Mul(m, small)", p=ids(2050, 8000, 16), seven=7.0,
            small=1 / 7)
rank.danger("rest of a position, less its Floor", "4801 becomes 4800",
            "f = Cast<to = 1>(p) d = Div(f, seven) g = Floor(d)"
            " h = Mul(g, seven) m = Sub(f, h) y = Mul(m, small)",
            p=ids(2050, 8000, 16), seven=7.0, small=1 / 7)
rank.harmless("rest of a byte, Mod 7", "255 is exact",
              "f = Cast<to = 1>(p) m = Mod<fmod = 1>(f, seven)"
              " y = Mul(m, small)", p=ids(0, 255, 16, dtype="uint8"),
              seven=7.0, small=1 / 7)
rank.danger("threshold of a count", "2049 becomes 2048",
            "f = Cast<to = 1>(n) b = Greater(f, limit) y = Where(b, x, z)",
            n=ids(2044, 2054, 16), limit=2048.0,
            x=uniform(1, 2, 16), z=np.zeros(16))
rank.harmless("threshold of a score", "no score near 0.5",
              "s = Sigmoid(x) b = Greater(s, limit) y = Where(b, s, z)",
              x=given(np.float32(np.linspace(-3, 3, 16)), -5, 5), limit=0.5,
              z=np.zeros(16))

GROUPS = [integer, angle, shape, rank]
