#!/usr/bin/env python3
"""judge.py ORIGINAL CONVERTED: prints as JSON what a conversion is worth.
Judges by onnx.checker and ONNX Runtime, with the inputs of the tests."""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/python/support"), str(ROOT / "tools")]

import numpy as np  # noqa: E402
import onnx  # noqa: E402

import compare  # noqa: E402
import model_inputs  # noqa: E402
import model_stats  # noqa: E402

DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16,
          "tensor(double)": np.float64, "tensor(int64)": np.int64,
          "tensor(int32)": np.int32, "tensor(bool)": np.bool_}


def feeds(path):
    """The inputs of the tests for a model of the corpus; else small random
    numbers, zeros for integers, 1 for each free dimension."""
    if path.name in model_inputs.MAKERS:
        return model_inputs.cases(path.name), model_inputs.measures(path.name)
    rng = np.random.default_rng(7)
    feed = {}
    for value in compare.session(path).get_inputs():
        shape = [d if isinstance(d, int) else 1 for d in value.shape]
        dtype = DTYPES[value.type]
        feed[value.name] = (rng.standard_normal(shape) if
                            np.issubdtype(dtype, np.floating) else
                            np.zeros(shape)).astype(dtype)
    return [feed], ["max"]


def percent(part, rest):
    return f"{100 * part / (part + rest):.1f}" if part + rest else ""


def main():
    original, converted = map(pathlib.Path, sys.argv[1:])
    stats = model_stats.model_stats(onnx.load(converted,
                                              load_external_data=False))
    loads = {level: compare.load_error(converted, level) is None
             for level in compare.LEVELS}
    found = {
        "valid": "no" if compare.check_error(converted) else "yes",
        "loads": "+".join(n for n, good in loads.items() if good) or "no",
        "casts": stats.casts,
        "nodes_fp16": stats.half_nodes, "nodes_fp32": stats.full_nodes,
        "share_nodes": percent(stats.half_nodes, stats.full_nodes),
        "share_weights": percent(stats.half_bytes, stats.full_bytes),
    }
    if all(loads.values()):
        cases, measures = feeds(original)
        expected = compare.run(original, cases)
        error = max(compare.largest_difference(
            expected, compare.run(converted, cases, level),
            compare.scales(expected), measures) for level in compare.LEVELS)
        found["error"] = f"{error:.1e}"
    print(json.dumps(found))


if __name__ == "__main__":
    main()
