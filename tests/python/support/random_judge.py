"""What onnx and ONNX Runtime say of a model. Made for a process of its own, see
isolated.py; all that goes in and comes out can be pickled."""

import re

import numpy as np
import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

import compare
import random_noise

LEVELS = tuple(compare.LEVELS)


def session(path, level):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = compare.LEVELS[level]
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])


def run(path, feeds, level):
    """(outputs of each feed, None), or (None, why it does not load or run).
    Feeds are cast to the types of the model's inputs where these are FP16."""
    try:
        model = session(path, level)
        types = {value.name: value.type for value in model.get_inputs()}
        feeds = [{name: values.astype(np.float16)
                  if types.get(name) == "tensor(float16)" else values
                  for name, values in feed.items() if name in types}
                 for feed in feeds]
        return [model.run(None, feed) for feed in feeds], None
    except Exception as error:  # the runtime raises many unrelated types
        return None, str(error)


def run_often(path, feeds, level):
    """For models that break the runtime in some runs only."""
    for _ in range(20):
        run(path, feeds, level)


def run_noisy(path, folder, feed, levels):
    target = folder / "noisy.onnx"
    try:
        random_noise.write(path, target)
    except onnx.shape_inference.InferenceError as error:
        return None, str(error)
    return run(target, random_noise.feeds(feed, levels), "off")


def has_kernel(domain, name, version, types):
    """Whether the CPU provider has a kernel of an op for one of the types."""
    for kernel in state.get_all_opkernel_def():
        first, last = kernel.version_range
        if kernel.op_name == name and kernel.domain == domain \
                and kernel.provider == "CPUExecutionProvider" \
                and first <= version <= last:
            if any(set(types) & set(allowed)
                   for allowed in kernel.type_constraints.values()):
                return True
    return False


MISSING = re.compile(r"Could not find an implementation for (\w+)\((\d+)\)")


def is_missing_kernel(error):
    """Whether a model fails because the runtime computes an op neither in FP16
    nor, with casts of its own, in FP32."""
    found = MISSING.search(error)
    if not found:
        return False
    types = ["tensor(float16)", "tensor(float)"]
    return not any(has_kernel(domain, found[1], int(found[2]), types)
                   for domain in ("", "com.microsoft"))


def flat(results):
    """Each result as a list of arrays: elements of sequences, FP16 and
    bfloat16 as FP32."""
    found = []
    for outputs in results:
        arrays = []
        for output in outputs:
            arrays += output if isinstance(output, list) else [output]
        arrays = [np.asarray(array) for array in arrays if array is not None]
        found.append([array.astype(np.float32) if array.dtype == np.float16
                      else array for array in arrays])
    return found


def difference(expected, got):
    """Root mean square over the scale of each output, the largest."""
    expected, got = flat(expected), flat(got)
    if any(len(e) != len(g) for e, g in zip(expected, got)):
        return float("inf")
    return compare.largest_difference(
        expected, got, compare.scales(expected), ["rms"] * len(expected))


def interface(path):
    graph = onnx.load(path, load_external_data=False).graph
    return [(value.name, value.type.SerializeToString(deterministic=True))
            for value in [*graph.input, *graph.output]]


def names(path):
    graph = onnx.load(path, load_external_data=False).graph
    return ([value.name for value in graph.input],
            [value.name for value in graph.output])


def marks(path):
    model = onnx.load(path, load_external_data=False)
    return (model.producer_name, model.doc_string, model.ir_version,
            [(entry.key, entry.value) for entry in model.metadata_props
             if not entry.key.startswith("opp.")],
            [(entry.domain, entry.version) for entry in model.opset_import
             if entry.domain in ("", "ai.onnx")])
