"""The op table of random_graphs.py: how to add one of each kind of node to a
scope, legal in its opset. OPS lists them with the opsets that they need."""

import math

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from random_scope import (BFLOAT, BOOL, DOUBLE, FLOAT, HALF, INT8, INT32,
                          INT64, LARGEST, MOST_ELEMENTS, UINT8, like, value)

OPS = []


def op(since=7, until=99):
    """Of the default domain's opsets `since` to `until`."""
    def add(function):
        OPS.append((since, until, function))
        return function
    return add


def usable(opset):
    return [function for since, until, function in OPS
            if since <= opset <= until]


# ---- elementwise ------------------------------------------------------------

UNARY = {"Relu": 7, "Neg": 7, "Abs": 7, "Identity": 7, "Tanh": 7, "Sigmoid": 7,
         "Softplus": 7, "Softsign": 7, "Elu": 7, "LeakyRelu": 7, "Selu": 7,
         "HardSigmoid": 7, "Sin": 7, "Cos": 7, "Atan": 7, "Floor": 7,
         "Ceil": 7, "Erf": 9, "Sign": 9, "ThresholdedRelu": 10, "Round": 11,
         "Celu": 12, "HardSwish": 14, "Mish": 18, "Gelu": 20, "Swish": 24}


@op()
def unary(s):
    x = s.tame(s.pick())
    s.emit(s.since(UNARY), [x], like(x, bound=2 * max(x.bound, 1.0)))


@op()
def binary(s):
    name = s.choose(["Add", "Mul", "Sub", "Max", "Min", "Mean", "Sum"])
    x = s.tame(s.pick())
    many = name in ("Max", "Min", "Mean", "Sum")
    if s.flag() or (many and s.opset < 8):
        y = s.tame(s.pick(x.shape))
    else:
        y = s.weights(x.shape[s.integer(0, len(x.shape)):])
    others = [s.tame(s.pick(x.shape))] if many and s.flag() else []
    if s.flag() and not others:
        x, y = y, x
    bound = x.bound * y.bound if name == "Mul" else (
        x.bound + y.bound + sum(z.bound for z in others))
    shape = max(x.shape, y.shape, key=len)
    s.emit(name, [x, y, *others], value(shape, bound=bound))


@op()
def quotient(s):
    x = s.tame(s.pick())
    low = s.emit("Abs", [s.pick(x.shape)], like(x))
    low = s.emit("Add", [low, s.scalar(s.choose([1.0, 0.5]))], like(x))
    s.emit("Div", [x, low], like(x, bound=2 * x.bound))


@op()
def roots_and_logarithms(s):
    """What an epsilon guards; some of them are zero in FP16."""
    x = s.tame(s.pick())
    if s.flag():
        x = s.emit("Mul", [x, x], like(x, bound=x.bound ** 2))
    else:
        x = s.emit("Abs", [x], x)
    epsilon = s.scalar(s.choose([0.5, 1e-3, 1e-5, 1e-8, 1e-12]))
    guard = "Add" if s.opset < 8 or s.flag() else "Max"
    x = s.emit(guard, [x, epsilon], like(x, bound=x.bound + 1))
    name = s.choose(["Sqrt", "Log", "Reciprocal"])
    if name == "Reciprocal":
        x = s.emit("Sqrt", [x], x)
        x = s.emit("Add", [x, s.scalar(1.0)], x)
    s.emit(name, [x], like(x, bound=max(x.bound, 30.0)))


@op()
def exponential(s):
    x = s.tame(s.pick(), 2.0)
    s.emit("Exp", [x], like(x, bound=8.0))


@op()
def power(s):
    x = s.tame(s.pick(), 8.0)
    two = s.scalar(2.0)
    if s.opset >= 12 and s.flag():
        two = s.constant(np.array(2, s.choose([np.int64, np.int32])))
    s.emit("Pow", [x, two], like(x, bound=x.bound ** 2))


@op()
def prelu(s):
    x = s.pick()
    s.emit("PRelu", [x, s.weights(x.shape[-1:])], x)


@op()
def clip(s):
    x = s.pick()
    if s.opset < 11:
        s.emit("Clip", [x], x, **s.choose([{"min": -1.0, "max": 2.0}, {},
                                           {"max": 3.4e38}]))
        return
    low = s.choose([-1.0, None, -3.4e38])
    high = s.choose([2.0, None, 3.4e38])
    low = "" if low is None else s.scalar(low)
    high = "" if high is None else s.scalar(high)
    s.emit("Clip", [x, low, high] if high or s.flag() else [x, low], x)


@op()
def dropout(s):
    x = s.pick()
    mask = s.flag()
    outputs = [x, value(x.shape, BOOL if s.opset >= 10 else FLOAT)]
    inputs, attributes = [x], {}
    if s.opset < 12:
        attributes = {"ratio": 0.25}
    elif s.flag():
        inputs = [x, "", s.constant(np.array(False))]
    elif s.flag():
        inputs = [x, s.scalar(0.25)]
    s.emit("Dropout", inputs, *outputs[:1 + mask], **attributes)


# ---- comparisons and choices ------------------------------------------------

COMPARE = {"Greater": 7, "Less": 7, "Equal": 11, "GreaterOrEqual": 12,
           "LessOrEqual": 12}


@op()
def compare(s):
    x = s.tame(s.pick())
    if s.flag():
        y = s.scalar(s.choose([0.25, 0.0, 70000.0, 1e-9]))
    else:
        y = s.pick(x.shape)
    s.emit(s.since(COMPARE), [x, y], like(x, elem=BOOL))


@op()
def logic(s):
    x = s.pick(elem=BOOL)
    name = s.choose(["Not", "And", "Or", "Xor"])
    s.emit(name, [x] if name == "Not" else [x, s.pick(x.shape, BOOL)], x)


@op(since=9)
def where(s):
    x = s.pick()
    condition = s.find(elem=BOOL, shape=x.shape)
    if condition is None:
        condition = s.emit("Greater", [x, s.scalar(0.25)], like(x, elem=BOOL))
    far = s.choose([None, -1e4, -1e9, -3.4028235e38, float("-inf")])
    if far is None:
        y = s.pick(x.shape)
        s.emit("Where", [condition, x, y],
               like(x, bound=max(x.bound, y.bound)))
        return
    pair = [x, s.scalar(far)]
    x = s.emit("Where", [condition, *(reversed(pair) if s.flag() else pair)],
               like(x, bound=1e38))
    if x.shape and s.flag():
        s.emit("Softmax", [x], like(x, bound=1.0), axis=len(x.shape) - 1)


@op(since=10)
def is_not_a_number(s):
    x = s.pick()
    s.emit("IsInf" if s.flag() else "IsNaN", [x], like(x, elem=BOOL))


# ---- contractions -----------------------------------------------------------

@op()
def matmul(s):
    x = s.tame(s.pick(where=lambda x: len(x.shape) >= 2 and all(x.shape)))
    columns = s.choose([4, 2, 3])
    y = s.find(where=lambda y: len(y.shape) == 2
               and y.shape[0] == x.shape[-1]) if s.flag() else None
    y = s.weights((x.shape[-1], columns)) if y is None else s.tame(y)
    s.emit("MatMul", [x, y], value(
        (*x.shape[:-1], y.shape[1]),
        bound=x.bound * y.bound * x.shape[-1]))


@op()
def gemm(s):
    x = s.tame(s.ranked(2))
    rows, inner = x.shape
    attributes = {}
    if s.flag():
        attributes["transA"] = 1
        rows, inner = inner, rows
    transposed = s.flag()
    w = s.weights((3, inner) if transposed else (inner, 3))
    if transposed:
        attributes["transB"] = 1
    if s.flag():
        attributes.update(alpha=0.5, beta=2.0)
    bias = [] if s.opset >= 11 and s.flag() else [s.weights((3,))]
    s.emit("Gemm", [x, w, *bias],
           value((rows, 3), bound=x.bound * inner + 1), **attributes)


@op()
def conv(s):
    x = s.tame(s.ranked(4))
    batch, channels, height, width = x.shape
    w = s.weights((2, channels, 3, 3), 0.3)
    bias = [s.weights((2,))] if s.flag() else []
    s.emit("Conv", [x, w, *bias],
           value((batch, 2, height, width), bound=3 * x.bound * channels),
           pads=[1, 1, 1, 1], kernel_shape=[3, 3])


@op()
def conv_transpose(s):
    x = s.tame(s.ranked(3))
    batch, channels, width = x.shape
    w = s.weights((channels, 2, 2), 0.3)
    s.emit("ConvTranspose", [x, w], value(
        (batch, 2, 2 * width), bound=x.bound * channels), strides=[2])


@op(since=12)
def einsum(s):
    x = s.tame(s.ranked(2))
    if s.flag():
        w = s.weights((x.shape[1], 4))
        s.emit("Einsum", [x, w], value((x.shape[0], 4),
               bound=x.bound * x.shape[1]), equation="ij,jk->ik")
    else:
        s.emit("Einsum", [x], like(x, shape=x.shape[::-1]),
               equation="ij->ji")


@op(since=23)
def attention(s):
    x = s.tame(s.ranked(4))
    mask = []
    if s.flag():
        shape = (x.shape[2], x.shape[2])
        mask = [s.pick(shape, BOOL)] if s.flag() else [s.weights(shape)]
    s.emit("Attention", [x, x, x, *mask], x)


# ---- reductions and norms ---------------------------------------------------

def reduce_axes(s, name, x, axis, keep, first_input):
    """The node; axes are an input from opset `first_input` on."""
    shape = [1 if i == axis else size for i, size in enumerate(x.shape)]
    if not keep:
        del shape[axis]
    size = max(x.shape[axis], 1)
    bound = {"ReduceSumSquare": size * x.bound ** 2,
             "ReduceLogSumExp": x.bound + 3}.get(name, size * x.bound)
    made = like(x, shape=tuple(shape), bound=bound)
    keepdims = {} if keep and s.flag() else {"keepdims": int(keep)}
    if s.opset < first_input:
        return s.emit(name, [x], made, axes=[axis], **keepdims)
    return s.emit(name, [x, s.ints([axis])], made, **keepdims)


@op()
def reduction(s):
    x = s.tame(s.pick(where=lambda x: all(x.shape) and x.shape != ()), 16.0)
    name = s.choose(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin",
                     "ReduceL2", "ReduceL1", "ReduceSumSquare",
                     "ReduceLogSumExp"])
    reduce_axes(s, name, x, s.integer(0, len(x.shape) - 1), s.flag(),
                13 if name == "ReduceSum" else 18)


@op()
def variance(s):
    """E[x^2] - E[x]^2, then 1 / its root."""
    x = s.tame(s.pick(where=lambda x: all(x.shape) and x.shape != ()), 8.0)
    axis = len(x.shape) - 1
    mean = reduce_axes(s, "ReduceMean", x, axis, True, 18)
    square = s.emit("Mul", [x, x], like(x, bound=x.bound ** 2))
    power = reduce_axes(s, "ReduceMean", square, axis, True, 18)
    square = s.emit("Mul", [mean, mean], like(power))
    spread = s.emit("Sub", [power, square], like(power))
    spread = s.emit("Add", [s.emit("Abs", [spread], spread),
                            s.scalar(0.1)], spread)
    s.emit("Div", [x, s.emit("Sqrt", [spread], spread)],
           like(x, bound=4 * x.bound))


@op()
def best_index(s):
    x = s.pick(where=lambda x: all(x.shape) and x.shape != ())
    axis = s.integer(0, len(x.shape) - 1)
    shape = [1 if i == axis else size for i, size in enumerate(x.shape)]
    s.emit(s.choose(["ArgMax", "ArgMin"]), [x], value(shape, INT64, 4.0),
           axis=axis)


@op()
def softmax(s):
    x = s.pick(where=lambda x: len(x.shape) > 0 and all(x.shape))
    name = s.choose(["Softmax", "LogSoftmax", "Hardmax"])
    x = s.tame(x, 8.0)
    s.emit(name, [x], like(x, bound=20.0 if name == "LogSoftmax" else 1.0),
           axis=s.integer(0, len(x.shape) - 1))


@op()
def batch_normalization(s):
    x = s.tame(s.ranked(s.choose([4, 3, 2])), 8.0)
    size = x.shape[1:2]
    variance = s.choose([1.0, 1e5, 1e-5])
    operands = [s.weights(size) for _ in range(3)]
    operands.append(s.weights(size, 1.5 * variance, 0.5 * variance))
    s.emit("BatchNormalization", [x, *operands],
           like(x, bound=2 * (x.bound + 1) / math.sqrt(min(variance, 1)) + 1))


@op()
def instance_normalization(s):
    x = s.tame(s.ranked(3), 8.0)
    size = x.shape[1:2]
    s.emit("InstanceNormalization", [x, s.weights(size), s.weights(size)],
           like(x, bound=3.0), epsilon=1e-2)


@op(since=17)
def layer_normalization(s):
    x = s.tame(s.pick(where=lambda x: len(x.shape) > 0 and all(x.shape)), 8.0)
    scale = s.weights(x.shape[-1:])
    bias = [s.weights(x.shape[-1:])] if s.flag() else []
    mean = value((*x.shape[:-1], 1), bound=x.bound)
    others = s.choose([[], [mean], [None, like(mean, bound=10.0)],
                       [mean, like(mean, bound=10.0)]])
    attributes = s.choose([{}, {"stash_type": 1}])
    s.emit("LayerNormalization", [x, scale, *bias], like(x, bound=3.0),
           *others, epsilon=1e-2, **attributes)


@op(since=21)
def group_normalization(s):
    x = s.tame(s.ranked(3), 8.0)
    size = x.shape[1:2]
    s.emit("GroupNormalization", [x, s.weights(size), s.weights(size)],
           like(x, bound=3.0), num_groups=1, epsilon=1e-2)


@op(since=23)
def rms_normalization(s):
    x = s.tame(s.pick(where=lambda x: len(x.shape) > 0 and all(x.shape)), 8.0)
    s.emit("RMSNormalization", [x, s.weights(x.shape[-1:])],
           like(x, bound=3.0), epsilon=1e-2)


@op()
def other_normalization(s):
    # Not MeanVarianceNormalization: onnx 1.23 takes its body for invalid.
    name = s.choose(["LpNormalization", "LRN"])
    x = s.tame(s.ranked(4), 8.0)
    s.emit(name, [x], like(x, bound=max(3.0, x.bound)),
           **({"size": 3} if name == "LRN" else {}))


@op()
def pooling(s):
    x = s.ranked(4)
    small = like(x, shape=(*x.shape[:2], 1, 1))
    name = s.choose(["GlobalAveragePool", "GlobalMaxPool", "MaxPool",
                     "AveragePool", "LpPool"])
    if name.startswith("Global"):
        s.emit(name, [x], small)
        return
    kernel = {"kernel_shape": [min(2, size) for size in x.shape[2:]]}
    shape = [size - part + 1 for size, part in
             zip(x.shape[2:], kernel["kernel_shape"])]
    made = like(x, shape=(*x.shape[:2], *shape))
    if name == "LpPool":
        made = like(made, bound=4 * x.bound)
    both = name == "MaxPool" and s.opset >= 8 and s.flag()
    s.emit(name, [s.tame(x), ], made,
           *([like(made, elem=INT64)] if both else []), **kernel)


@op(since=11)
def cumulative_sum(s):
    x = s.tame(s.pick(where=lambda x: x.shape != ()), 16.0)
    s.emit("CumSum", [x, s.constant(np.int64(0))], like(x, bound=8 * x.bound))


# ---- movement ---------------------------------------------------------------

@op()
def reshape(s):
    x = s.pick(where=lambda x: all(x.shape))
    size = math.prod(x.shape)
    shape = s.choose([[size], [1, size], [size, 1]]
                     + [[size // 4, 4]] * (size % 4 == 0))
    wanted = s.choose([shape, [-1] + shape[1:]])
    s.emit("Reshape", [x, s.ints(wanted)], like(x, shape=tuple(shape)))


@op()
def transpose(s):
    x = s.pick(where=lambda x: len(x.shape) >= 2)
    order = list(range(len(x.shape)))
    order = s.choose([order[::-1], order[1:] + order[:1]])
    s.emit("Transpose", [x], like(x, shape=tuple(x.shape[i] for i in order)),
           perm=order)


@op()
def concat(s):
    x = s.pick(where=lambda x: 0 < len(x.shape)
               and math.prod(x.shape) < MOST_ELEMENTS // 2)
    y, axis = s.pick(x.shape), s.integer(0, len(x.shape) - 1)
    shape = [2 * size if i == axis else size for i, size in enumerate(x.shape)]
    s.emit("Concat", [x, y], like(x, shape=tuple(shape),
           bound=max(x.bound, y.bound)), axis=axis)


@op()
def split(s):
    x = s.pick(where=lambda x: x.shape and x.shape[-1] % 2 == 0
               and x.shape[-1] > 0)
    half = x.shape[-1] // 2
    parts = [like(x, shape=(*x.shape[:-1], half))] * 2
    axis = len(x.shape) - 1
    if s.opset >= 13 and s.flag():
        s.emit("Split", [x, s.ints([half, half])], *parts, axis=axis)
    elif s.opset >= 18:
        s.emit("Split", [x], *parts, axis=axis, num_outputs=2)
    else:
        s.emit("Split", [x], *parts, axis=axis)


@op()
def part(s):
    """Slice; of nothing at all as well, which Concat makes whole again."""
    x = s.pick(where=lambda x: x.shape and x.shape[0] > 0)
    count = s.choose([1, 0])
    made = like(x, shape=(count, *x.shape[1:]))
    if s.opset < 10:
        y = s.emit("Slice", [x], made, axes=[0], starts=[0], ends=[count])
    else:
        y = s.emit("Slice", [x, *(s.ints([i]) for i in (0, count, 0))], made)
    if count == 0:
        s.values.remove(y)
        s.emit("Concat", [y, x], x, axis=0)


@op()
def gather(s):
    x = s.pick(where=lambda x: x.shape and x.shape[0] > 0)
    last = x.shape[0] - 1
    if s.flag():
        s.emit("Gather", [x, s.ints([0, last])],
               like(x, shape=(2, *x.shape[1:])))
    elif s.opset >= 11 and s.flag():
        s.emit("GatherND", [x, s.ints([[0], [last]])],
               like(x, shape=(2, *x.shape[1:])))
    else:
        s.emit("Gather", [x, s.constant(np.int64(last))],
               like(x, shape=x.shape[1:]))


@op(since=11)
def scatter(s):
    x = s.pick(where=lambda x: x.shape and x.shape[0] > 0)
    update = s.pick((1, *x.shape[1:]))
    attributes = {}
    if s.opset >= 16 and s.flag():
        attributes = {"reduction": s.choose(["add", "mul"])}
        x, update = s.tame(x), s.tame(update)
    bound = (x.bound + 1) * (update.bound + 1)
    s.emit("ScatterND", [x, s.ints([[0]]), update], like(x, bound=bound),
           **attributes)


@op(since=8)
def expand(s):
    x = s.pick(where=lambda x: 0 < math.prod(x.shape) < MOST_ELEMENTS // 2)
    shape = (2, *x.shape)
    s.emit("Expand", [x, s.ints(shape)], like(x, shape=shape))


@op()
def tile(s):
    x = s.pick(where=lambda x: x.shape
               and math.prod(x.shape) < MOST_ELEMENTS // 2)
    s.emit("Tile", [x, s.ints([2] + [1] * (len(x.shape) - 1))],
           like(x, shape=(2 * x.shape[0], *x.shape[1:])))


@op()
def pad(s):
    x = s.pick(where=lambda x: x.shape
               and math.prod(x.shape) < MOST_ELEMENTS // 2)
    pads = [0] * (2 * len(x.shape))
    pads[0] = 1
    fill = s.choose([0.0, 1.5, -1e9, float("-inf")])
    made = like(x, shape=(x.shape[0] + 1, *x.shape[1:]),
                bound=max(x.bound, abs(fill) if fill > -2 else 1e38))
    if s.opset < 11:
        s.emit("Pad", [x], made, pads=pads, value=fill)
    else:
        s.emit("Pad", [x, s.ints(pads)]
               + [s.scalar(fill)] * (fill != 0 or s.flag()), made)


@op()
def squeeze(s):
    x = s.pick()
    made = like(x, shape=(1, *x.shape))
    if s.opset < 13:
        x = s.emit("Unsqueeze", [x], made, axes=[0])
    else:
        x = s.emit("Unsqueeze", [x, s.ints([0])], made)
    if s.flag():
        made = like(x, shape=x.shape[1:])
        if s.opset < 13:
            s.emit("Squeeze", [x], made, axes=[0])
        else:
            s.emit("Squeeze", [x, s.ints([0])], made)


@op()
def flatten(s):
    x = s.pick(where=lambda x: len(x.shape) >= 2)
    s.emit("Flatten", [x], like(x, shape=(
        x.shape[0], math.prod(x.shape[1:]))))


@op()
def depth_to_space(s):
    x = s.weights((1, 4, 2, 2)) if s.flag() else s.reshape(
        s.pick((4, 4)), (1, 4, 2, 2))
    s.emit("DepthToSpace", [x], like(x, shape=(1, 1, 4, 4)), blocksize=2)


@op(since=14)
def triangle(s):
    x = s.pick(where=lambda x: len(x.shape) >= 2)
    s.emit("Trilu", [x], x)


@op(since=9)
def compress(s):
    x = s.pick(where=lambda x: x.shape and x.shape[0] > 0)
    keep = np.arange(x.shape[0]) == 0
    s.emit("Compress", [x, s.constant(keep)],
           like(x, shape=(1, *x.shape[1:])), axis=0)


@op(since=10)
def reverse(s):
    x = s.pick(where=lambda x: len(x.shape) >= 2 and all(x.shape))
    s.emit("ReverseSequence", [x, s.ints([x.shape[0]] * x.shape[1])], x)


@op()
def resize(s):
    x = s.ranked(4)
    made = like(x, shape=(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3]))
    scales = [1.0, 1.0, 2.0, 2.0]
    mode = s.choose(["nearest", "linear"])
    if s.opset < 9:
        s.emit("Upsample", [x], made, scales=scales, mode=mode)
        return
    operand = s.constant(np.array(scales, np.float32))
    if s.opset < 10:
        s.emit("Upsample", [x, operand], made, mode=mode)
    elif s.opset < 11:
        s.emit("Resize", [x, operand], made, mode=mode)
    elif s.opset >= 13 and s.flag():
        s.emit("Resize", [x, "", "", s.ints(made.shape)], made, mode=mode)
    else:
        roi = "" if s.opset >= 13 else s.constant(
            np.array([0, 0, 0, 0, 1, 1, 1, 1], np.float32))
        s.emit("Resize", [x, roi, operand], made, mode=mode)


@op(since=16)
def grid_sample(s):
    x = s.ranked(4)
    grid = s.weights((x.shape[0], 2, 2, 2), 0.9)
    s.emit("GridSample", [x, grid], like(x, shape=(*x.shape[:2], 2, 2)))


# ---- selection --------------------------------------------------------------

@op()
def top_k(s):
    x = s.pick(where=lambda x: x.shape and x.shape[-1] > 0)
    made = like(x, shape=(*x.shape[:-1], 1))
    outputs = [made, like(made, elem=INT64, bound=64.0)]
    if s.opset < 10:
        s.emit("TopK", [x], *outputs, k=1)
    else:
        s.emit("TopK", [x, s.ints([1])], *outputs)


@op(since=10)
def non_max_suppression(s):
    boxes = s.emit("Sigmoid", [s.reshape(s.pick((4, 4)), (1, 4, 4))],
                   value((1, 4, 4)))
    scores = s.weights((1, 1, 4), 1.0, 0.0)
    limits = [s.constant(np.array([2], np.int64)), s.scalar(0.5)]
    if s.flag():
        limits.append(s.scalar(0.1))
    found = s.emit("NonMaxSuppression", [boxes, scores, *limits],
                   value((2, 3), INT64, 4.0))
    s.values.remove(found)  # its length depends on the numbers
    x = s.emit("Cast", [found], value((2, 3)), to=FLOAT)
    s.values.remove(x)
    s.emit("ReduceMax", [x], value((1, 1), bound=4.0))


@op(since=9)
def one_hot(s):
    index = s.find(elem=INT64, shape=(1,)) or s.ints([2])
    s.emit("OneHot", [index, s.constant(np.int64(4)),
                      s.constant(np.array([0.0, 1.0], np.float32))],
           value((1, 4)))


# ---- types ------------------------------------------------------------------

TYPES = [HALF, FLOAT, DOUBLE, INT64, INT32, BOOL, INT8, UINT8, BFLOAT]


@op()
def cast(s):
    """To any type, and often back."""
    to = s.choose([t for t in TYPES if s.opset >= 13 or t != BFLOAT])
    x = s.tame(s.pick(), 1e3 if to not in (INT8, UINT8) else LARGEST)
    if to == UINT8:
        x = s.emit("Abs", [x], x)
    attributes = {"saturate": 1} if s.opset >= 19 and s.flag() else {}
    if s.opset >= 15 and s.flag():
        like_that = s.find(elem=to)
        if like_that is None:
            like_that = s.emit("Cast", [s.weights((1,))],
                               value((1,), to), to=to)
        made = s.emit("CastLike", [x, like_that], like(x, elem=to))
    else:
        made = s.emit("Cast", [x], like(x, elem=to), to=to, **attributes)
    if s.flag():
        s.emit("Cast", [made], like(x), to=FLOAT)


@op()
def other_type(s):
    """A node of a type that is in the file already."""
    found = s.candidates(elem=s.choose([HALF, DOUBLE, INT64, INT32, BFLOAT]))
    if not found:
        cast(s)
        return
    x = s.choose(found[:4])
    names = ["Cast", "Identity", "Reshape"]
    if x.elem != BFLOAT:
        names += ["Add", "Concat"]
    if x.elem in (HALF, DOUBLE):
        names += ["Neg", "Relu", "Tanh", "MatMul"]
    name = s.choose(names)
    if name == "Cast":
        s.emit("Cast", [x], like(x, elem=FLOAT), to=FLOAT)
    elif name == "Reshape":
        s.reshape(x, (*x.shape, 1))
    elif name == "Add" and x.bound < 1e4:
        s.emit("Add", [x, x], like(x, bound=2 * x.bound))
    elif name == "Concat" and 0 < math.prod(x.shape) < MOST_ELEMENTS // 2 \
            and x.shape:
        s.emit("Concat", [x, x], like(x, shape=(
            2 * x.shape[0], *x.shape[1:])), axis=0)
    elif name == "MatMul" and len(x.shape) == 2 and x.shape[0] == x.shape[1]:
        s.emit("MatMul", [x, x], like(
            x, bound=x.bound ** 2 * x.shape[0])) if x.bound < 8 else None
    else:
        s.emit(name if name in ("Neg", "Tanh", "Relu") else "Identity",
               [x], x)


@op(since=10)
def quantize(s):
    x = s.tame(s.pick(where=lambda x: x.shape != ()), 4.0)
    scale = s.scalar(0.0625)
    zero = s.constant(np.array(0, np.int8))
    made = s.emit("QuantizeLinear", [x, scale, zero], like(x, elem=INT8))
    s.emit("DequantizeLinear", [made, scale, zero], x)


@op(since=10)
def dequantized_weights(s):
    random = np.random.default_rng(s.integer(0, 7))
    raw = s.constant(random.integers(-8, 8, (4, 4)).astype(np.int8))
    w = s.emit("DequantizeLinear", [raw, s.scalar(0.0625)],
               value((4, 4), bound=0.5))
    x = s.tame(s.pick((4, 4)))
    s.emit("MatMul", [x, w], like(x, bound=2 * x.bound))


@op(since=11)
def dynamic_quantize(s):
    x = s.tame(s.ranked(2), 8.0)
    made, scale, zero = s.emit(
        "DynamicQuantizeLinear", [x], like(x, elem=UINT8), value(()),
        value((), UINT8))
    if s.flag():
        s.emit("DequantizeLinear", [made, scale, zero], x)
        return
    random = np.random.default_rng(s.integer(0, 7))
    w = s.constant(random.integers(-8, 8, (x.shape[1], 4)).astype(np.int8))
    shape = (x.shape[0], 4)
    made = s.emit("MatMulInteger", [made, w, zero], value(shape, INT32, 1e5))
    s.values.remove(made)
    made = s.emit("Cast", [made], value(shape, bound=1e5), to=FLOAT)
    step = s.emit("Mul", [scale, s.scalar(0.0625)], value(()))
    s.emit("Mul", [made, step], value(shape, bound=4 * x.bound))


# ---- shapes and generators --------------------------------------------------

@op()
def shape_in_float(s):
    """A length, doubled in float and used again as a length."""
    x = s.pick(where=lambda x: x.shape and x.shape[0] > 0)
    rank = len(x.shape)
    shape = s.emit("Shape", [x], value((rank,), INT64, 64.0))
    size = s.emit("Gather", [shape, s.constant(np.int64(0))],
                  value((), INT64, 64.0))
    size = s.emit("Cast", [size], value((), bound=64.0), to=FLOAT)
    double = s.emit("Mul", [size, s.scalar(2.0)], value((), bound=128.0))
    if s.opset >= 11 and s.flag():
        s.emit("Range", [s.scalar(0.0), double, s.scalar(1.0)],
               value((2 * x.shape[0],), bound=128.0))
        return
    count = s.emit("Cast", [double], value((), INT64, 128.0), to=INT64)
    if s.opset >= 11 and s.flag():
        made = s.emit("Range", [s.constant(np.int64(0)), count,
                                s.constant(np.int64(1))],
                      value((2 * x.shape[0],), INT64, 128.0))
        s.emit("Cast", [made], like(made, elem=FLOAT), to=FLOAT)
    elif s.opset >= 9:
        count = s.reshape(count, (1,))
        filled(s, count, (2 * x.shape[0],))


def filled(s, shape, sizes):
    number = s.choose([None, 0.5, 0.0, 70000.0, 1e-9])
    attributes = {} if number is None else {
        "value": numpy_helper.from_array(np.array([number], np.float32))}
    made = s.emit("ConstantOfShape", [shape],
                  value(sizes, bound=abs(number or 0)), **attributes)
    if s.flag():
        s.emit("Tanh", [made], like(made, bound=1.0))


@op(since=9)
def constant_of_shape(s):
    x = s.pick()
    shape = s.emit("Shape", [x], value((len(x.shape),), INT64, 64.0))
    filled(s, shape, x.shape)


@op(since=9)
def eye(s):
    x = s.pick(where=lambda x: len(x.shape) == 2)
    attributes = s.choose([{}, {"dtype": FLOAT}])
    made = s.emit("EyeLike", [x], like(x, bound=1.0), **attributes)
    s.emit("Mul", [x, made], x)


@op(since=17)
def window(s):
    attributes = s.choose([{}, {"output_datatype": FLOAT}])
    s.emit(s.choose(["HannWindow", "HammingWindow"]),
           [s.constant(np.int64(4))], value((4,)), **attributes)


# ---- recurrent --------------------------------------------------------------

GATES = {"GRU": 3, "LSTM": 4, "RNN": 1}


@op()
def recurrent(s):
    name = s.choose(GATES)
    x = s.tame(s.ranked(3), 8.0)
    length, batch, size = x.shape
    ways = s.choose([1, 2])
    rows = 4 * GATES[name]
    inputs = [x, s.weights((ways, rows, size)), s.weights((ways, rows, 4))]
    bias = s.weights((ways, 2 * rows)) if s.flag() else ""
    lengths = s.constant(np.full(batch, length, np.int32)) \
        if s.flag() else ""
    state = s.weights((ways, batch, 4)) if s.flag() else ""
    cell = s.weights((ways, batch, 4)) \
        if name == "LSTM" and s.flag() else ""
    optional = [bias, lengths, state]
    if name == "LSTM":
        optional += [cell, s.weights((ways, 12)) if s.flag() else ""]
    while optional and not optional[-1] and s.flag():
        optional.pop()
    last = value((ways, batch, 4))
    outputs = s.choose([[None, last],
                        [value((length, ways, batch, 4)), last],
                        [value((length, ways, batch, 4))]]
                       + [[None, None, last]] * (name == "LSTM"))
    s.emit(name, [*inputs, *optional], *outputs, hidden_size=4,
           **({"direction": "bidirectional"} if ways == 2 else {}))


# ---- other domains ----------------------------------------------------------

@op()
def contributed(s):
    """Ops of ONNX Runtime."""
    domain = "com.microsoft"
    name = s.choose(["Gelu", "QuickGelu", "BiasGelu", "FusedMatMul",
                     "SkipLayerNormalization"])
    x = s.tame(s.ranked(3), 8.0)
    size = x.shape[-1]
    if name == "FusedMatMul":
        s.emit(name, [x, s.weights((size, 4))], like(
            x, shape=(*x.shape[:-1], 4), bound=x.bound * size),
            domain=domain, alpha=0.5)
    elif name == "SkipLayerNormalization":
        s.emit(name, [x, s.pick(x.shape), s.weights((size,))],
               like(x, bound=3.0), domain=domain, epsilon=1e-2)
    else:
        more = [s.weights((size,))] if name == "BiasGelu" else []
        s.emit(name, [x, *more], x, domain=domain)


def foreign(s):
    """A node that nobody knows; what it gives is said in value_info."""
    x, y = s.pick(), s.pick()
    made = s.emit("Mystery", [x, y], like(x, bound=1.0),
                  *([like(y, elem=INT64)] if s.flag() else []),
                  domain="example.org", to=TensorProto.FLOAT,
                  table=helper.make_tensor("t", FLOAT, [1], [1e9]))
    s.hints = getattr(s, "hints", []) + (
        made if isinstance(made, list) else [made])
