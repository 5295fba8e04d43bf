"""Ops for onnx.reference that add FP16 up in FP16: every partial sum is
rounded, as hardware with FP16 accumulators does. Products are exact before
they are added (a fused multiply-add). numpy itself, and so the package's own
ops, adds FP16 up in FP32. Values of other types are computed as ever."""

import itertools

import numpy as np
from onnx import helper
from onnx.reference.op_run import OpRun
from onnx.reference.ops import (
    op_average_pool, op_conv, op_einsum, op_global_average_pool)

HALF = np.float16


def total(terms):
    """Sum over the last axis, one after the other."""
    if not terms.shape[-1]:
        return np.zeros(terms.shape[:-1], terms.dtype)
    if terms.dtype != HALF:
        return terms.sum(axis=-1, dtype=terms.dtype)
    return np.add.accumulate(terms, axis=-1)[..., -1]


def total_products(pairs, shape):
    """Sum of the products of pairs of FP16 arrays that broadcast to shape."""
    result = np.zeros(shape, HALF)
    for a, b in pairs:
        result = (result + np.float32(1) * a * b).astype(HALF)
    return result


def squares(x):
    """Sum of squares over the last axis."""
    if x.dtype != HALF:
        return total(x * x)
    columns = np.moveaxis(x, -1, 0)
    return total_products(zip(columns, columns), x.shape[:-1])


def flattened(x, axes):
    """x with the axes moved to the end, as one."""
    axes = sorted(axis % x.ndim for axis in axes)
    rest = [axis for axis in range(x.ndim) if axis not in axes]
    return x.transpose(rest + axes).reshape(
        [x.shape[axis] for axis in rest] + [-1])


class Reduction(OpRun):
    """Axes are an input or an attribute."""
    op_domain = ""

    def _run(self, x, axes=None, keepdims=1, noop_with_empty_axes=0):
        axes = [] if axes is None else np.asarray(axes).ravel().tolist()
        if not axes and noop_with_empty_axes:
            return (x,)
        axes = [axis % x.ndim for axis in axes] or list(range(x.ndim))
        result = np.asarray(self.reduce(flattened(x, axes)), x.dtype)
        if keepdims:
            result = result.reshape([1 if axis in axes else size
                                     for axis, size in enumerate(x.shape)])
        return (result,)


class ReduceSum(Reduction):
    def reduce(self, x):
        return total(x)


class ReduceMean(Reduction):
    def reduce(self, x):
        return total(x) / x.dtype.type(x.shape[-1])


class ReduceL1(Reduction):
    def reduce(self, x):
        return total(np.abs(x))


class ReduceL2(Reduction):
    def reduce(self, x):
        return np.sqrt(squares(x))


class ReduceSumSquare(Reduction):
    def reduce(self, x):
        return squares(x)


class ReduceLogSum(Reduction):
    def reduce(self, x):
        return np.log(total(x))


class ReduceLogSumExp(Reduction):
    def reduce(self, x):
        largest = x.max(axis=-1)
        return np.log(total(np.exp(x - largest[..., None]))) + largest


class ReduceProd(Reduction):
    def reduce(self, x):
        return np.multiply.accumulate(x, axis=-1)[..., -1]


def matmul(a, b):
    if a.dtype != HALF:
        return np.matmul(a, b)
    left = a[None, :] if a.ndim == 1 else a
    right = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    shape = (*batch, left.shape[-2], right.shape[-1])
    result = total_products(
        ((left[..., :, k, None], right[..., None, k, :])
         for k in range(left.shape[-1])), shape)
    if b.ndim == 1:
        result = result[..., 0]
    return result[..., 0] if a.ndim == 1 and b.ndim == 1 else (
        result[..., 0, :] if a.ndim == 1 else result)


class MatMul(OpRun):
    op_domain = ""

    def _run(self, a, b):
        return (np.asarray(matmul(a, b)),)


class Gemm(OpRun):
    op_domain = ""

    def _run(self, a, b, c=None, alpha=1.0, beta=1.0, transA=0, transB=0):
        product = matmul(a.T if transA else a, b.T if transB else b)
        result = product * a.dtype.type(alpha)
        if c is not None:
            result = result + c * a.dtype.type(beta)
        return (result.astype(a.dtype),)


class Einsum(OpRun):
    """Of one or two operands, without an ellipsis."""
    op_domain = ""

    def _run(self, *args, equation=None):
        if args[0].dtype != HALF:
            return op_einsum.Einsum._run(self, *args, equation=equation)
        terms, kept = equation.replace(" ", "").split("->")
        terms = terms.split(",")
        summed = sorted(set("".join(terms)) - set(kept))
        letters = kept + "".join(summed)
        sizes = {letter: size for term, arg in zip(terms, args)
                 for letter, size in zip(term, arg.shape)}
        spread = []
        for term, arg in zip(terms, args):
            order = sorted(range(len(term)),
                           key=lambda at: letters.index(term[at]))
            shape = [sizes[letter] if letter in term else 1
                     for letter in letters]
            full = arg.transpose(order).reshape(shape)
            shape[len(kept):] = [sizes[letter] for letter in summed]
            spread.append(np.broadcast_to(full, shape).reshape(
                shape[:len(kept)] + [-1]))
        if len(spread) == 1:
            spread.append(np.ones_like(spread[0]))
        a, b = (np.moveaxis(operand, -1, 0) for operand in spread)
        return (total_products(
            zip(a, b), [sizes[letter] for letter in kept]),)


def windows(x, kernel, strides, pads, dilations):
    """For each place in the kernel, what of the padded x it meets."""
    rank = len(kernel)
    x = np.pad(x, [(0, 0), (0, 0)] + list(zip(pads[:rank], pads[rank:])))
    counts = [(size - (k - 1) * d - 1) // s + 1 for size, k, s, d in zip(
        x.shape[2:], kernel, strides, dilations)]
    for place in itertools.product(*map(range, kernel)):
        yield place, x[(slice(None), slice(None), *(
            slice(p * d, p * d + (n - 1) * s + 1, s) for p, d, n, s in zip(
                place, dilations, counts, strides)))]


class Conv(OpRun):
    op_domain = ""

    def _run(self, x, w, b=None, auto_pad="NOTSET", dilations=None, group=1,
             kernel_shape=None, pads=None, strides=None):
        if x.dtype != HALF:
            return op_conv.Conv._run(
                self, x, w, b, auto_pad=auto_pad, dilations=dilations,
                group=group, kernel_shape=kernel_shape, pads=pads,
                strides=strides)
        assert auto_pad == "NOTSET", auto_pad
        rank = x.ndim - 2
        pieces = list(windows(
            x, w.shape[2:], strides or [1] * rank, pads or [0] * 2 * rank,
            dilations or [1] * rank))
        outs, ins = w.shape[0] // group, w.shape[1]
        ones = (1,) * rank
        parts = []
        for g in range(group):
            weights = w[g * outs:(g + 1) * outs]
            parts.append(total_products(
                ((piece[:, None, g * ins + c],
                  weights[(slice(None), c, *place)].reshape(-1, *ones))
                 for c in range(ins) for place, piece in pieces),
                (len(x), outs, *pieces[0][1].shape[2:])))
        result = np.concatenate(parts, axis=1)
        return (result if b is None else result + b.reshape(-1, *ones),)


class AveragePool(OpRun):
    """Without padding."""
    op_domain = ""

    def _run(self, x, auto_pad="NOTSET", ceil_mode=0, count_include_pad=0,
             dilations=None, kernel_shape=None, pads=None, strides=None):
        if x.dtype != HALF:
            return op_average_pool.AveragePool_19._run(
                self, x, auto_pad=auto_pad, ceil_mode=ceil_mode,
                count_include_pad=count_include_pad, dilations=dilations,
                kernel_shape=kernel_shape, pads=pads, strides=strides)
        assert auto_pad == "NOTSET" and not ceil_mode and not any(pads or [])
        rank = x.ndim - 2
        terms = np.stack([piece for _, piece in windows(
            x, kernel_shape, strides or [1] * rank, [0] * 2 * rank,
            dilations or [1] * rank)], axis=-1)
        return (total(terms) / HALF(terms.shape[-1]),)


class GlobalAveragePool(OpRun):
    op_domain = ""

    def _run(self, x):
        if x.dtype != HALF:
            return op_global_average_pool.GlobalAveragePool._run(self, x)
        terms = x.reshape(*x.shape[:2], -1)
        mean = total(terms) / HALF(terms.shape[-1])
        return (mean.reshape(*x.shape[:2], *(1,) * (x.ndim - 2)),)


# ---- norms -------------------------------------------------------------------

def normalised(x, epsilon, centred=True):
    """Over the last axis, in the type of x: (result, mean, 1 / deviation)."""
    count, epsilon = x.dtype.type(x.shape[-1]), x.dtype.type(epsilon)
    mean = total(x)[..., None] / count if centred else x.dtype.type(0)
    inverse = 1 / np.sqrt(squares(x - mean)[..., None] / count + epsilon)
    return (x - mean) * inverse, mean, inverse


def stashed(x, stash_type):
    return x.astype(helper.tensor_dtype_to_np_dtype(stash_type))


class LayerNormalization(OpRun):
    op_domain = ""

    def _run(self, x, scale, bias=None, axis=-1, epsilon=1e-5, stash_type=1):
        axis %= x.ndim
        flat = stashed(x, stash_type).reshape(*x.shape[:axis], -1)
        y, mean, inverse = normalised(flat, epsilon)
        y = y.reshape(x.shape).astype(x.dtype) * scale
        ones = x.shape[:axis] + (1,) * (x.ndim - axis)
        return ((y if bias is None else y + bias).astype(x.dtype),
                mean.reshape(ones), inverse.reshape(ones))


class RMSNormalization(OpRun):
    op_domain = ""

    def _run(self, x, scale, axis=-1, epsilon=1e-5, stash_type=1):
        flat = stashed(x, stash_type).reshape(*x.shape[:axis % x.ndim], -1)
        y = normalised(flat, epsilon, centred=False)[0]
        return ((y.reshape(x.shape).astype(x.dtype) * scale),)


class GroupNormalization(OpRun):
    """Of opset 21: scale and bias for each channel."""
    op_domain = ""

    def _run(self, x, scale, bias, epsilon=1e-5, num_groups=1, stash_type=1):
        flat = stashed(x, stash_type).reshape(len(x), num_groups, -1)
        y = normalised(flat, epsilon)[0].reshape(x.shape).astype(x.dtype)
        ones = (1,) * (x.ndim - 2)
        return (y * scale.reshape(-1, *ones) + bias.reshape(-1, *ones),)


class InstanceNormalization(OpRun):
    op_domain = ""

    def _run(self, x, scale, bias, epsilon=1e-5):
        flat = x.reshape(*x.shape[:2], -1)
        y = normalised(flat, epsilon)[0].reshape(x.shape)
        ones = (1,) * (x.ndim - 2)
        return (y * scale.reshape(-1, *ones) + bias.reshape(-1, *ones),)


class LpNormalization(OpRun):
    op_domain = ""

    def _run(self, x, axis=-1, p=2):
        columns = np.moveaxis(x, axis, -1)
        norm = total(np.abs(columns)) if p == 1 else np.sqrt(squares(columns))
        return (np.moveaxis(columns / norm[..., None], -1, axis),)


OPS = [ReduceSum, ReduceMean, ReduceL1, ReduceL2, ReduceSumSquare,
       ReduceLogSum, ReduceLogSumExp, ReduceProd, MatMul, Gemm, Einsum, Conv,
       AveragePool, GlobalAveragePool, LayerNormalization, RMSNormalization,
       GroupNormalization, InstanceNormalization, LpNormalization]
