"""How the graphs of the numeric suite are written: the nodes as ONNX text,
inputs with fixed values and the range that they have in earnest, constants as
numbers. Outputs are what no node reads."""

import dataclasses
import zlib

import numpy as np
import onnx
import onnx.parser
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

import variants

OPSET = 21
IR_VERSION = 10
CASES = 2  # sets of values for the inputs


@dataclasses.dataclass(frozen=True)
class Input:
    """Values of an input as a function of a random generator, and the range
    that its values have, in these cases and in earnest."""
    make: object
    low: float
    high: float


def noise(*shape, sd=1.0, mean=0.0):
    """Normal, cut off at five deviations."""
    return Input(lambda rng: (mean + sd * rng.standard_normal(shape).clip(
        -5, 5)).astype(np.float32), mean - 5 * sd, mean + 5 * sd)


def uniform(low, high, *shape):
    return Input(lambda rng: rng.uniform(low, high, shape).astype(np.float32),
                 low, high)


def outliers(*shape, sd=1.0, peak=100.0):
    """Normal with one large value in each row, as activations of
    transformers have it."""
    def make(rng):
        values = (sd * rng.standard_normal(shape).clip(-5, 5))
        values[..., rng.integers(shape[-1])] = peak
        return values.astype(np.float32)
    return Input(make, -peak, peak)


def with_zeros(*shape, sd=1.0):
    """Normal, but the first row is zero (padding, silence)."""
    def make(rng):
        values = sd * rng.standard_normal(shape).clip(-5, 5)
        values[(0,) * (len(shape) - 1)] = 0
        return values.astype(np.float32)
    return Input(make, -5 * sd, 5 * sd)


def ids(low, high, *shape, dtype="int64"):
    """Integers from low to high, both included."""
    return Input(lambda rng: rng.integers(low, high + 1, shape).astype(dtype),
                 low, high)


def given(values, low, high):
    return Input(lambda rng: np.asarray(values), low, high)


def tail_mask(rows, length, shortest=1, dtype="float32"):
    """1 for the tokens of each row, 0 for its padding. The last row has no
    token at all where shortest is 0."""
    def make(rng):
        lengths = rng.integers(max(shortest, 1), length, rows)
        lengths[-1] = shortest
        return (np.arange(length) < lengths[:, None]).astype(dtype)
    return Input(make, 0, 1)


@dataclasses.dataclass(frozen=True)
class Graph:
    group: str
    name: str
    why: str          # what happens in FP16, or why nothing does
    dangerous: bool
    text: str
    values: dict      # {name: Input or constant}
    opset: int = OPSET
    says: str = ""    # a name of variants.VARIANTS

    @property
    def id(self):
        return f"{self.group}: {self.name}"

    def inputs(self):
        return {name: value for name, value in self.values.items()
                if isinstance(value, Input)}

    def feeds(self):
        seed = zlib.crc32(self.name.encode())
        made = []
        for case in range(CASES):
            rng = np.random.default_rng([seed, case])
            made.append({name: value.make(rng)
                         for name, value in self.inputs().items()})
        return made

    def model(self):
        model = helper.make_model(
            self.graph(), ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", self.opset)])
        add_outputs(model, self.feeds()[0])
        if self.says:
            model = variants.VARIANTS[self.says](model)
        return model

    def graph(self):
        parsed = onnx.parser.parse_graph(f"g () => () {{ {self.text} }}")
        for at, node in enumerate(parsed.node):
            node.name = f"{node.op_type}_{at}"
        feed = self.feeds()[0]
        parsed.input.extend(helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
            for name, value in feed.items())
        parsed.initializer.extend(
            numpy_helper.from_array(constant(value), name)
            for name, value in self.values.items() if name not in feed)
        return parsed


def constant(value):
    """Python's floats and integers as float32 and int64."""
    array = np.asarray(value)
    if array.dtype == np.float64:
        return array.astype(np.float32)
    return array


def add_outputs(model, feed):
    """Values that are not read, with the types that they turn out to have."""
    graph = model.graph
    read = set().union(*map(variants.reads, graph.node))
    names = [name for node in graph.node for name in node.output
             if name and name not in read]
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    results = ReferenceEvaluator(model).run(None, feed)
    del graph.output[:]
    graph.output.extend(helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in zip(names, results))


class Group:
    """Graphs of one class of danger."""

    def __init__(self, name):
        self.name = name
        self.graphs = []

    def add(self, dangerous, name, why, text, inside=(), opset=OPSET,
            **values):
        """inside: the same once more in each of these variants."""
        for says in ("", *inside):
            told = f"{name}, {says.replace('_', ' ')}" if says else name
            self.graphs.append(Graph(self.name, told, why, dangerous, text,
                                     values, opset, says))

    def danger(self, name, why, text, **more):
        self.add(True, name, why, text, **more)

    def harmless(self, name, why, text, **more):
        self.add(False, name, why, text, **more)
