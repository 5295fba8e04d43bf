#!/usr/bin/env python3
"""Time of a decision: how long `plan-precision`, which gathers the facts, weighs
the evidence and places the casts, takes over models of N nodes.

    decision.py [--nodes 10000] [--runs 5]

chain: one path of small nodes, as big_model.py writes it. blocks: encoder
blocks with decomposed norms, masked attention and GELU, so that islands and
casts are many. random: nodes that read up to two of any tensors before them, a
tenth of them running sums, which stay FP32. The best of several runs, as `-vv`
tells it; the whole run of the tool beside it. OPP_BIN chooses the tool."""

import argparse
import os
import pathlib
import random
import re
import subprocess
import tempfile
import time

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import big_model

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH = 16


class Builder:
    """Adds nodes; each is named after its place."""

    def __init__(self):
        self.nodes = []
        self.constants = {}

    def add(self, op, *inputs, **attributes):
        name = f"/{len(self.nodes)}/{op}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name,
                                           **attributes))
        return name

    def constant(self, name, value):
        self.constants.setdefault(name, numpy_helper.from_array(
            np.asarray(value), name))
        return name

    def weight(self):
        at = len(self.constants)
        rng = np.random.default_rng(at)
        return self.constant(f"w{at}", rng.standard_normal(
            (WIDTH, WIDTH)).astype(np.float32) / 4)

    def write(self, path, output):
        shape = [1, WIDTH, WIDTH]
        onnx.save(helper.make_model(helper.make_graph(
            self.nodes, "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
            [*self.constants.values()]),
            opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def norm(b, x):
    centred = b.add("Sub", x, b.add("ReduceMean", x, axes=[-1]))
    square = b.add("Pow", centred, b.constant("two", np.float32(2)))
    mean = b.add("ReduceMean", square, axes=[-1])
    guarded = b.add("Add", mean, b.constant("epsilon", np.float32(1e-5)))
    scaled = b.add("Mul", b.add("Div", centred, b.add("Sqrt", guarded)),
                   b.constant("gamma", np.ones(WIDTH, np.float32)))
    return b.add("Add", scaled, b.constant("beta", np.zeros(
        WIDTH, np.float32)))


def attention(b, x):
    q, k, v = (b.add("MatMul", x, b.weight()) for _ in range(3))
    scores = b.add("MatMul", q, b.add("Transpose", k, perm=[0, 2, 1]))
    scores = b.add("Div", scores, b.constant("root", np.float32(4)))
    mask = np.triu(np.full((WIDTH, WIDTH), np.finfo(np.float32).min), 1)
    scores = b.add("Add", scores, b.constant("mask", mask))
    read = b.add("MatMul", b.add("Softmax", scores, axis=-1), v)
    return b.add("MatMul", read, b.weight())


def gelu(b, x):
    h = b.add("MatMul", x, b.weight())
    e = b.add("Erf", b.add("Div", h, b.constant("sqrt2", np.float32(2**0.5))))
    e = b.add("Add", e, b.constant("one", np.float32(1)))
    h = b.add("Mul", b.add("Mul", h, e), b.constant("half", np.float32(0.5)))
    return b.add("MatMul", h, b.weight())


def write_blocks(path, count):
    b, x = Builder(), "x"
    while len(b.nodes) < count:
        x = b.add("Add", x, attention(b, norm(b, x)))
        x = b.add("Add", x, gelu(b, norm(b, x)))
    b.write(path, x)


def write_random(path, count):
    b, rng, made = Builder(), random.Random(7), ["x"]
    axis = b.constant("axis", np.int64(1))
    for i in range(count):
        if i % 10 == 9:
            made.append(b.add("CumSum", rng.choice(made), axis))
        else:
            op = rng.choice(("Add", "Mul", "Max", "Relu"))
            made.append(b.add(op, made[-1]) if op == "Relu" else
                        b.add(op, made[-1], rng.choice(made)))
    b.write(path, made[-1])


MODELS = {"chain": big_model.write_nodes, "blocks": write_blocks,
          "random": write_random}


def milliseconds(binary, path, target):
    """(of plan-precision, of the whole run)"""
    start = time.monotonic()
    done = subprocess.run([binary, "convert", path, "-o", target, "-vv"],
                          capture_output=True, text=True, check=True)
    whole = 1000 * (time.monotonic() - start)
    found = re.search(r"^plan-precision +\d+ +([\d.]+) ms", done.stdout
                      + done.stderr, re.MULTILINE)
    return float(found[1]), whole


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nodes", type=int, default=10000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    binary = os.environ.get(
        "OPP_BIN", ROOT / "build/release/onnx-precision-pass")
    with tempfile.TemporaryDirectory() as folder:
        for name, write in MODELS.items():
            path = pathlib.Path(folder, f"{name}.onnx")
            write(path, args.nodes)
            times = [milliseconds(binary, path, path.with_suffix(".out"))
                     for _ in range(args.runs)]
            best = [min(column) for column in zip(*times)]
            print(f"{name:8}{args.nodes:8} nodes: decision {best[0]:7.1f} ms, "
                  f"whole run {best[1]:7.1f} ms")


if __name__ == "__main__":
    main()
