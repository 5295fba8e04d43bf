#!/usr/bin/env python3
"""Writes large models for measurements, itself in little memory.

    big_model.py OUT [--weights 6] [--mib 256]   a chain of MatMul; 1.5 GiB
    big_model.py OUT --nodes N                   a chain of N small nodes

The first is for memory and speed of weights, the second for the cost of the
graph: Mul, Add and Relu in turn, each with a name, a tenth of them with a
constant of its own."""

import argparse
import array
import math
import random

import onnx
from onnx import TensorProto, helper

GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9  # field numbers in onnx.proto
BLOCK = 1 << 20
LENGTH_DELIMITED = 2


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def prefix(field, length):
    """Tag and length of a length-delimited field."""
    return varint(field << 3 | LENGTH_DELIMITED) + varint(length)


def block(seed):
    """1 MiB of floats around zero, deviation 0.02, none too small for FP16."""
    rng = random.Random(seed)
    values = (math.copysign(max(abs(x), 1e-4), x) for x in
              (rng.gauss(0, 0.02) for _ in range(1 << 14)))
    return array.array("f", values).tobytes() * (BLOCK >> 16)


def header(graph):
    """Bytes of the model without its graph, and of the graph."""
    model = helper.make_model(
        onnx.GraphProto(), producer_name="big_model.py", ir_version=9,
        opset_imports=[helper.make_opsetid("", 17)])
    model.ClearField("graph")
    return model.SerializeToString(), graph.SerializeToString()


def matmul_graph(count, width):
    nodes = [helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"],
                              name=f"/layer.{i}/MatMul")
             for i in range(count)]
    shape = ["batch", width]
    return helper.make_graph(
        nodes, "big",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(f"x{count}", TensorProto.FLOAT,
                                       shape)])


def write_weights(path, count, mib):
    """The graph, then each weight as one more `initializer` field of it."""
    width = math.isqrt(mib * (1 << 18))
    if width * width * 4 != mib << 20:
        raise SystemExit("--mib must make a square of floats: 1, 4, 64, 256")
    parts = []
    for i in range(count):
        tensor = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT,
                             dims=[width, width])
        begin = tensor.SerializeToString() + prefix(RAW_DATA, mib << 20)
        parts.append(prefix(INITIALIZER, len(begin) + (mib << 20)) + begin)
    model, graph = header(matmul_graph(count, width))
    size = len(graph) + sum(len(part) + (mib << 20) for part in parts)
    if len(model) + size >= 1 << 31:
        raise SystemExit("a protobuf file must stay below 2 GiB")
    with open(path, "wb") as file:
        file.write(model + prefix(GRAPH, size) + graph)
        for i, part in enumerate(parts):
            file.write(part)
            data = block(i)
            for _ in range(mib):
                file.write(data)


def write_nodes(path, count):
    ops, nodes, constants = ("Mul", "Add", "Relu"), [], []
    for i in range(count):
        op = ops[i % 3]
        inputs = [f"x{i}"]
        if op != "Relu":
            name = f"c{i}" if i % 10 == 0 else "c0"
            inputs.append(name)
            if name == f"c{i}":
                constants.append(helper.make_tensor(
                    name, TensorProto.FLOAT, [8], [1 + i % 7 / 8] * 8))
        nodes.append(helper.make_node(op, inputs, [f"x{i + 1}"],
                                      name=f"/block.{i // 12}/{op}_{i}"))
    graph = helper.make_graph(
        nodes, "chain",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [1, 8])],
        [helper.make_tensor_value_info(f"x{count}", TensorProto.FLOAT,
                                       [1, 8])], constants)
    model, graph = header(graph)
    with open(path, "wb") as file:
        file.write(model + prefix(GRAPH, len(graph)) + graph)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("output")
    parser.add_argument("--weights", type=int, default=6)
    parser.add_argument("--mib", type=int, default=256,
                        help="size of each weight")
    parser.add_argument("--nodes", type=int)
    args = parser.parse_args()
    if args.nodes:
        write_nodes(args.output, args.nodes)
    else:
        write_weights(args.output, args.weights, args.mib)


if __name__ == "__main__":
    main()
