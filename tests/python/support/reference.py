"""Runs models in onnx.reference, which rounds the result of every node to the
type that the file says (and so sees what ONNX Runtime on x86 hides: it computes
FP16 nodes in FP32)."""

import hashlib
import json
import pathlib
import time

import ml_dtypes
import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

import compare
import kernels
import model_stats
import op_types

# Above this, the evaluator itself disagrees with ONNX Runtime in FP32, and
# says nothing about a conversion.
TRUSTED_DIFFERENCE = 1e-3
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
ARRAY = (np.ndarray, np.generic)


class BatchNormalization(OpRun):
    """For inference, step by step as the package's own for opset 14. That for
    opset 9 takes `momentum`, which always has a value, as the sign of training
    and mixes the statistics of the batch in (onnx 1.23.2)."""

    op_domain = ""

    def _run(self, x, scale, bias, mean, var, epsilon=None, momentum=None,
             training_mode=0):
        if training_mode:
            raise NotImplementedError("training_mode")
        ones = (1,) * (x.ndim - 2)
        scale, bias, mean, var = (
            v.reshape(-1, *ones) for v in (scale, bias, mean, var))
        y = scale * (x - mean) / np.sqrt(var + epsilon) + bias
        return (y.astype(x.dtype),)


class GlobalMaxPool(OpRun):
    """The package's own reduces the wrong axes of a tensor that has not two
    spatial ones (onnx 1.23.2)."""

    op_domain = ""

    def _run(self, x):
        return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


class GatherElements(OpRun):
    """The package's own refuses a negative axis along which the sizes of data
    and indices differ (onnx 1.23.2)."""

    op_domain = ""

    def _run(self, data, indices, axis=None):
        places = np.where(indices < 0, indices + data.shape[axis], indices)
        return (np.take_along_axis(data, places, axis),)


class LayerNormalization(OpRun):
    """The package's own computes in the type of X whatever stash_type says,
    and gives the mean and the deviation that type (onnx 1.23.2)."""

    op_domain = ""

    def _run(self, x, scale, bias=None, axis=None, epsilon=None,
             stash_type=None):
        stash = x.astype(helper.tensor_dtype_to_np_dtype(stash_type))
        axes = tuple(range(axis % x.ndim, x.ndim))
        mean = stash.mean(axis=axes, keepdims=True)
        variance = np.square(stash - mean).mean(axis=axes, keepdims=True)
        inverse = (1 / np.sqrt(variance + epsilon)).astype(stash.dtype)
        y = ((stash - mean) * inverse).astype(x.dtype) * scale
        if bias is not None:
            y = y + bias
        return y.astype(x.dtype), mean, inverse


class Det(OpRun):
    """The package's own has no way to compute in a half type."""

    op_domain = ""

    def _run(self, x):
        exact = x.astype(np.float32) if x.dtype.itemsize == 2 else x
        return (np.asarray(np.linalg.det(exact), dtype=x.dtype),)


CORRECTED = [BatchNormalization, GlobalMaxPool, GatherElements,
             LayerNormalization, Det]


def is_bfloat16(value):
    return isinstance(value, ARRAY) and value.dtype == BFLOAT16


def widened(run, low_outputs):
    """The implementation of a node that reads BF16 as FP32, and rounds what it
    writes."""
    def run_wide(*args, **kwargs):
        results = run(*(arg.astype(np.float32) if is_bfloat16(arg) else arg
                        for arg in args), **kwargs)
        return tuple(
            result.astype(BFLOAT16) if low and isinstance(result, ARRAY)
            else result for result, low in zip(results, low_outputs))
    return run_wide


def widen_bfloat16(evaluator, model):
    """numpy adds FP16 up in FP32, but BF16 in BF16: 256 + 1 is 256 at each
    step of a sum. So the nodes of the main graph compute as for FP16: exactly,
    and round the result. Those in bodies are left as they are."""
    env = dict(next(kernels.environments(
        onnx.shape_inference.infer_shapes(model).graph))[1])
    for node in evaluator.rt_nodes_:
        if [*model_stats.bodies(node.onnx_node)]:
            continue
        low = [name in env and op_types.type_text(env[name])
               == "tensor(bfloat16)" for name in node.output]
        node._run = widened(node._run, low)


def run_bytes(data, feed):
    """Outputs of a model that is at hand."""
    model = onnx.ModelProto.FromString(data)
    evaluator = ReferenceEvaluator(model, new_ops=CORRECTED)
    widen_bfloat16(evaluator, model)
    with np.errstate(all="ignore"):
        return evaluator.run(None, feed)


def run(path, feeds):
    evaluator = ReferenceEvaluator(str(path), new_ops=CORRECTED)
    with np.errstate(all="ignore"):
        return [evaluator.run(None, feed) for feed in feeds]


def digest(path, feeds):
    key = hashlib.sha256(f"{onnx.__version__} {np.__version__}".encode())
    key.update(pathlib.Path(__file__).read_bytes())
    key.update(path.read_bytes())
    for feed in feeds:
        for name in sorted(feed):
            key.update(name.encode() + feed[name].tobytes())
    return key.hexdigest()[:32]


def judge(path, feeds, expected, scale):
    """Runs an FP32 model; {reason, difference, seconds}. reason is None where
    the evaluator may judge the model, else why not."""
    start = time.monotonic()
    try:
        got = run(path, feeds)
    except Exception as error:  # whatever an op's Python code raises
        line = str(error).strip().splitlines()[:1]
        return {"reason": f"does not run in FP32: {type(error).__name__} "
                          f"{' '.join(line)[:160]}"}
    difference = compare.largest_difference(expected, got, scale)
    reason = None
    if difference > TRUSTED_DIFFERENCE:
        reason = (f"differs from ONNX Runtime by {difference:.2g} of the "
                  "scale in FP32 already")
    return {"reason": reason, "difference": difference,
            "seconds": round(time.monotonic() - start, 2)}


def cached_judgement(cache, path, feeds, expected, scale):
    """judge(), kept in the cache: the FP32 model never changes."""
    file = cache / "reference" / f"{path.name}.{digest(path, feeds)}.json"
    if file.exists():
        return json.loads(file.read_text())
    result = judge(path, feeds, expected, scale)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(result))
    return result
