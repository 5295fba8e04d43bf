"""Whether the outputs of a converted model are those that are expected. Knows
values only, no op."""

import itertools

import numpy as np

LIMIT = 0.01


def kind_of(value):
    if isinstance(value, np.ndarray) or np.isscalar(value):
        array = np.asarray(value)
        return f"{array.dtype}{list(array.shape)}"
    return type(value).__name__


def is_float(array):
    return array.dtype.kind in "fc" or array.dtype.name.startswith(
        ("float", "bfloat"))  # those of ml_dtypes have another kind


def wide(array):
    if array.dtype.kind == "c":
        array = array.view(array.real.dtype)
    return array.astype(np.float64)


def float_fault(expected, got):
    """None where each element is within LIMIT of itself and of the output's
    scale, its largest finite magnitude; infinities and NaN stay what they
    are."""
    expected, got = wide(expected), wide(got)
    finite = np.isfinite(expected)
    if not np.array_equal(expected[~finite], got[~finite], equal_nan=True):
        return "infinity or NaN became something else"
    expected, got = expected[finite], got[finite]
    if not np.isfinite(got).all():
        return "a finite value became infinite or NaN"
    if expected.size == 0:
        return None
    scale = np.abs(expected).max() or 1.0
    over = np.abs(got - expected) > LIMIT * (np.abs(expected) + scale)
    if not over.any():
        return None
    worst = np.abs(got - expected)[over].max()
    return f"off by {worst:.3g} of a scale of {scale:.3g}"


def rounded(array, half):
    with np.errstate(all="ignore"):
        return array.astype(half)


def only_rounding_equates(first, second, half):
    """Whether values are the same once rounded to the half type, and were not
    before; of values that are equal anyway, the op says which one it means."""
    return bool((first != second).all()) and np.array_equal(
        rounded(first, half), rounded(second, half))


def are_places_of_equals(tensor, expected, got, half):
    """Whether, where they differ, two index arrays point at values of the
    tensor, along some axis, that only rounding makes equal."""
    for axis in range(tensor.ndim):
        for shape in with_axis(expected.shape, tensor.shape, axis):
            a, b = expected.reshape(shape), got.reshape(shape)
            if not (inside(a, tensor.shape[axis])
                    and inside(b, tensor.shape[axis])):
                continue
            where = a != b
            if only_rounding_equates(
                    np.take_along_axis(tensor, a, axis)[where],
                    np.take_along_axis(tensor, b, axis)[where], half):
                return True
    return False


def inside(indices, size):
    return bool((indices >= -size).all() and (indices < size).all())


def with_axis(shape, data_shape, axis):
    """`shape` as the shape of indices along an axis of the data, with the axis
    kept, or put back."""
    if len(shape) == len(data_shape):
        rest = shape[:axis] + shape[axis + 1:]
        if rest == data_shape[:axis] + data_shape[axis + 1:]:
            yield shape
    if len(shape) == len(data_shape) - 1 and \
            shape == data_shape[:axis] + data_shape[axis + 1:]:
        yield shape[:axis] + (1,) + shape[axis:]


def differ_at_equals_only(first, second, where, half):
    """Whether, wherever their comparison came out otherwise, two tensors,
    broadcast, have values that only rounding makes equal."""
    try:
        a, b, _ = np.broadcast_arrays(first, second, where)
    except ValueError:
        return False
    return a.shape == where.shape and only_rounding_equates(
        a[where], b[where], half)


def is_tie(expected, got, tensors, half):
    """Whether two integer or boolean outputs differ only where the half type
    cannot tell float tensors of the case apart: indices of values that are
    equal once rounded, comparisons of such values."""
    if expected.dtype == np.bool_:
        where = expected != got
        return any(differ_at_equals_only(a, b, where, half)
                   for a, b in itertools.combinations(tensors, 2))
    if expected.dtype.kind not in "iu":
        return False
    return any(are_places_of_equals(tensor, expected, got, half)
               for tensor in tensors)


def array_fault(expected, got, tensors, half):
    expected, got = np.asarray(expected), np.asarray(got)
    if expected.shape != got.shape or expected.dtype != got.dtype:
        return f"{kind_of(got)} for {kind_of(expected)}"
    if expected.dtype.kind in "OUS":
        same = [str(a) for a in expected.ravel()] == [
            str(b) for b in got.ravel()]
        return None if same else "other strings"
    if is_float(expected):
        return float_fault(expected, got)
    if np.array_equal(expected, got) or is_tie(expected, got, tensors, half):
        return None
    return f"{int((expected != got).sum())} of {expected.size} values differ"


def fault(expected, got, tensors, half=np.float16):
    """None if `got` may stand for `expected`, else what is wrong. tensors: the
    float tensors of the case, for ties."""
    if expected is None or got is None:
        return None if expected is got else "one is empty"
    if isinstance(expected, dict) and isinstance(got, dict):
        if list(expected) != list(got):
            return "other keys"
        return fault(np.array([*expected.values()]),
                     np.array([*got.values()]), tensors, half)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        if len(expected) != len(got):
            return f"{len(got)} elements for {len(expected)}"
        for a, b in zip(expected, got):
            found = fault(a, b, tensors, half)
            if found:
                return found
        return None
    return array_fault(expected, got, tensors, half)


def same_kinds(expected, got):
    """Equal shapes and types: all that can be said of random numbers."""
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(expected) == len(got) and all(
            same_kinds(a, b) for a, b in zip(expected, got))
    return kind_of(expected) == kind_of(got)


def is_same(first, second):
    """Whether two runs gave the same, to the bit."""
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(
            is_same(a, b) for a, b in zip(first, second))
    if isinstance(first, dict):
        return list(first.items()) == list(second.items())
    if first is None or second is None:
        return first is second
    a, b = np.asarray(first), np.asarray(second)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return a.tolist() == b.tolist() if a.dtype == object else \
        a.tobytes() == b.tobytes()
