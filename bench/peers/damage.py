#!/usr/bin/env python3
"""What other converters make of constants out of range: converts a model with
1e5, 1e-9 and -FLT_MAX among its constants, and prints those of the result. The
rows of src/plan/damage.def come from it.

    damage.py               converters of this environment
    damage.py --peers PYTHON   those of another one, as for run.py"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CONVERT = pathlib.Path(__file__).resolve().parent / "convert.py"
CONSTANTS = {"large": 1e5, "small": 1e-9, "mask": np.finfo(np.float32).min,
             "negative": -1e-9, "infinite": -np.inf, "zero": 0.0}


def make_model(path):
    nodes = [helper.make_node("Mul", ["x", name], [f"y_{name}"])
             for name in CONSTANTS]
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info(f"y_{name}", TensorProto.FLOAT, [2])
         for name in CONSTANTS],
        [numpy_helper.from_array(np.float32(value), name)
         for name, value in CONSTANTS.items()])
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9),
        path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers", default=sys.executable)
    peers = parser.parse_args().peers
    names = subprocess.run([peers, CONVERT, "--list"], capture_output=True,
                           text=True, check=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "source.onnx")
        make_model(source)
        for name in names:
            target = pathlib.Path(folder, f"{name}.onnx")
            done = subprocess.run([peers, CONVERT, name, source, target],
                                  capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"{name}: {done.stderr.strip().splitlines()[-1]}")
                continue
            made = {tensor.name: numpy_helper.to_array(tensor)
                    for tensor in onnx.load(target).graph.initializer}
            for key, value in CONSTANTS.items():
                print(f"{name:22}{key:10}{value:12.6g}  {made[key].dtype} "
                      f"{float(made[key]):.9g}")


if __name__ == "__main__":
    main()
