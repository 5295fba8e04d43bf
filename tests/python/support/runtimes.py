"""Runs models that are at hand as bytes, in ONNX Runtime and onnx.reference,
with values of any type: also those that numpy alone does not have."""

import ctypes

import ml_dtypes  # registers the types of half, 8, 4 and 2 bits
import numpy as np
import onnx
import onnxruntime
from onnx import helper

import compare
import reference

JUDGES = ("off", "on", "reference")


def is_native(value):
    return not (isinstance(value, np.ndarray)
                and value.dtype.type.__module__ == ml_dtypes.__name__)


def elem_of(value):
    return helper.np_dtype_to_tensor_dtype(value.dtype)


def bits_of(elem):
    name = onnx.TensorProto.DataType.Name(elem)
    return {"INT4": 4, "UINT4": 4, "FLOAT4E2M1": 4, "INT2": 2,
            "UINT2": 2}.get(name, 0)


def packed(value, bits):
    """The elements in the first bytes of an array of the same shape."""
    codes = value.reshape(-1).view(np.uint8) & (2 ** bits - 1)
    per_byte = 8 // bits
    codes = np.pad(codes, (0, -codes.size % per_byte)).reshape(-1, per_byte)
    filled = np.zeros(value.shape, np.uint8)
    filled.reshape(-1)[:len(codes)] = np.bitwise_or.reduce(
        codes << np.arange(0, 8, bits, dtype=np.uint8), axis=1)
    return filled


def unpacked(data, bits, count):
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    codes = (np.frombuffer(data, np.uint8)[:, None] >> shifts) & (
        2 ** bits - 1)
    return np.ascontiguousarray(codes.reshape(-1)[:count])


def to_ort(value):
    if is_native(value):
        return onnxruntime.OrtValue.ortvalue_from_numpy(value)
    bits = bits_of(elem_of(value))
    carrier = packed(value, bits) if bits else np.ascontiguousarray(
        value).view(np.uint16 if value.itemsize == 2 else np.uint8)
    return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(
        carrier, elem_of(value))


def from_ort(value):
    try:
        return value.numpy()
    except RuntimeError:  # a type that numpy alone does not have
        elem, shape = value.element_type(), value.shape()
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(elem))
        count, bits = int(np.prod(shape)), bits_of(elem)
        size = -(-count * bits // 8) if bits else count * dtype.itemsize
        data = ctypes.string_at(value.data_ptr(), size)
        if bits:
            codes = unpacked(data, bits, count)
            if np.dtype(dtype).name.startswith("int"):
                codes = (codes ^ 2 ** (bits - 1)) - 2 ** (bits - 1)
                return codes.astype(np.int8).astype(dtype).reshape(shape)
            if dtype.name.startswith("uint"):
                return codes.astype(dtype).reshape(shape)
            return codes.view(dtype).reshape(shape)
        return np.frombuffer(data, dtype).reshape(shape)


def session(data, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = compare.LEVELS[level]
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        data, options, providers=["CPUExecutionProvider"])


def copied(feed):
    """BatchNormalization in training mode writes into its inputs."""
    return {name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in feed.items()}


NUMPY_TYPES = {f"tensor({name})" for name in (
    "bool", "string", "float16", "float", "double", "int8", "int16", "int32",
    "int64", "uint8", "uint16", "uint32", "uint64")}


def run_session(model, feed):
    """Outputs, each an array of its own."""
    feed = copied(feed)
    natural = all(output.type in NUMPY_TYPES
                  or not output.type.startswith("tensor")
                  for output in model.get_outputs())
    if natural:
        given = {name: value if is_native(value) else to_ort(value)
                 for name, value in feed.items()}
        outputs = model.run(None, given)
    else:
        given = {name: to_ort(value) for name, value in feed.items()}
        outputs = [from_ort(value) for value
                   in model.run_with_ort_values(None, given)]
    return [np.array(value) if isinstance(value, np.ndarray) else value
            for value in outputs]


def seed(number):
    onnxruntime.set_seed(number)
    np.random.seed(number)


class Attempts:
    """Runs steps by name. The name of the running one is in a file, so that
    after a crash of the process the next one knows what to skip."""

    def __init__(self, mark, skip):
        self.mark, self.skip = mark, skip

    def __call__(self, step, function, *args):
        """(result, None), or (None, why there is none)"""
        if step in self.skip:
            return None, "crashes"
        self.mark.write_text(step)
        try:
            return function(*args), None
        except Exception as error:  # runtimes raise many unrelated types
            lines = str(error).strip().splitlines() or [""]
            return None, f"{type(error).__name__}: {lines[0]}"[:300]

    def run(self, step, data, judge, feed):
        """(outputs, why it does not load, why it does not run)"""
        seed(0)
        if judge == "reference":
            outputs, error = self(f"{step} {judge}", reference.run_bytes,
                                  data, copied(feed))
            return outputs, None, error
        model, error = self(f"{step} load {judge}", session, data, judge)
        if error:
            return None, error, None
        outputs, error = self(f"{step} run {judge}", run_session, model, feed)
        return outputs, None, error

    def random(self, step, data, judge, feed, outputs, is_same):
        """Which outputs another seed makes others."""
        if judge == "reference":
            seed(1)
            again, _ = self(f"{step} again", reference.run_bytes, data,
                            copied(feed))
        else:
            seed(1)
            model, _ = self(f"{step} again load", session, data, judge)
            again, _ = self(f"{step} again", run_session, model, feed)
        if again is None:
            return [False] * len(outputs)
        return [not is_same(a, b) for a, b in zip(outputs, again)]
