"""What support/verdicts.py lets pass, and what it does not."""

import numpy as np
import pytest

import verdicts

F = np.float32


def floats(*values):
    return np.array(values, F)


def longs(*values):
    return np.array(values, np.int64)


@pytest.mark.parametrize("expected, got", [
    (floats(1, 100), floats(1.5, 101.9)),
    (floats(np.nan, np.inf, -np.inf), floats(np.nan, np.inf, -np.inf)),
    (floats(), floats()),
    (longs(1, 2), longs(1, 2)),
    ([floats(1), None], [floats(1), None]),
    ({"a": 1.0}, {"a": 1.001}),
    (np.array(["a"], object), np.array(["a"], object)),
])
def test_equal(expected, got):
    assert verdicts.fault(expected, got, []) is None


@pytest.mark.parametrize("expected, got", [
    (floats(1, 100), floats(2.1, 100)),
    (floats(1, 100), floats(1, 103)),
    (floats(1), floats(np.nan)),
    (floats(np.nan), floats(1)),
    (floats(np.inf), floats(65504)),
    (floats(3e38), floats(np.inf)),
    (floats(1), np.array([1], np.float16)),
    (floats(1), floats(1, 1)),
    (longs(1, 2), longs(1, 3)),
    ([floats(1)], [floats(1), floats(1)]),
    ({"a": 1.0}, {"b": 1.0}),
    (np.array(["a"], object), np.array(["b"], object)),
    (floats(1), None),
])
def test_other(expected, got):
    assert verdicts.fault(expected, got, [])


CLOSE = floats([3, 1, 3.0001, 2], [5, 5.01, 0, 5.0001])


@pytest.mark.parametrize("got, is_tie", [
    (longs(0, 0), True),   # 3 for 3.0001, 5 for 5.0001
    (longs(2, 1), False),  # 5.01 for 5.0001
    (longs(2, 4), False),  # not inside
])
def test_index_of_what_is_equal_once_rounded(got, is_tie):
    found = verdicts.fault(longs(2, 3), got, [CLOSE])
    assert (found is None) == is_tie


def test_index_with_the_axis_kept():
    expected, got = longs(2, 3), longs(0, 0)
    assert not verdicts.fault(expected[:, None], got[:, None], [CLOSE])


def test_what_is_equal_anyway_is_no_tie():
    tensor = floats([3, 1, 3, 2])
    assert verdicts.fault(longs(2), longs(0), [tensor])


def test_no_tie_without_a_tensor():
    assert verdicts.fault(longs(2, 3), longs(0, 0), [])


def test_comparison_of_what_is_equal_once_rounded():
    a, b = floats(1, 1.0001, 2), floats(1.0001)
    expected = a < b
    assert not verdicts.fault(expected, np.array([False] * 3), [a, b])
    assert verdicts.fault(expected, np.array([True, False, True]), [a, b])
