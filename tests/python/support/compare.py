"""Runs models and measures how far two results are apart."""

import numpy as np
import onnx
import onnxruntime

LEVELS = {
    "off": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "on": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
}

onnxruntime.set_default_logger_severity(4)


def session(path, level="on"):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = LEVELS[level]
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])


def load_error(path, level):
    """None if ONNX Runtime makes a session of the model, else its reason."""
    try:
        session(path, level)
    except Exception as error:  # the runtime raises many unrelated types
        return str(error)
    return None


def check_error(path):
    """None if onnx.checker with full checks accepts the model."""
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except (onnx.checker.ValidationError,
            onnx.shape_inference.InferenceError) as error:
        return str(error)
    return None


def run(path, feeds, level="on"):
    """Outputs of each feed."""
    model = session(path, level)
    return [model.run(None, feed) for feed in feeds]


def scales(results):
    """The scale of each output: its largest finite magnitude over all feeds,
    1 where it is zero or not a float."""
    found = []
    for values in zip(*results):
        largest = 0.0
        for value in values:
            if np.issubdtype(value.dtype, np.floating) and value.size:
                finite = np.abs(value[np.isfinite(value)].astype(np.float64))
                largest = max(largest, finite.max(initial=0.0))
        found.append(largest or 1.0)
    return found


def largest(values):
    return np.abs(values).max(initial=0.0)


def root_mean_square(values):
    return np.sqrt(np.mean(np.square(values)))


MEASURES = {"max": largest, "rms": root_mean_square}


def difference(expected, got, scale, measure="max"):
    """Difference over the scale; for integers and booleans the share of
    elements that differ. inf where shapes, types, NaN or Inf differ."""
    expected, got = np.asarray(expected), np.asarray(got)
    if expected.shape != got.shape or expected.dtype != got.dtype:
        return float("inf")
    if expected.size == 0:
        return 0.0
    if not np.issubdtype(expected.dtype, np.floating):
        return float(np.mean(expected != got))
    expected, got = expected.astype(np.float64), got.astype(np.float64)
    finite = np.isfinite(expected)
    if not np.array_equal(expected[~finite], got[~finite], equal_nan=True):
        return float("inf")
    if not np.isfinite(got[finite]).all():
        return float("inf")
    if not finite.any():
        return 0.0
    return float(MEASURES[measure]((expected - got)[finite]) / scale)


def largest_difference(expected, got, scale, measures=None):
    """Over cases and outputs, both as run() returns them; measures: one for
    each case."""
    measures = measures or ["max"] * len(expected)
    return max(difference(e, g, s, measure)
               for e_all, g_all, measure in zip(expected, got, measures)
               for e, g, s in zip(e_all, g_all, scale))
