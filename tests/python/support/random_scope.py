"""A graph that is being built at random: nodes, and the values that are there
to use, with types and shapes that are known, so that what is built is legal.

Whoever draws from it calls draw(strategy), as hypothesis gives it; a strategy's
first choice is the simplest one."""

import dataclasses
import math

import numpy as np
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

FLOAT, HALF, BFLOAT, DOUBLE = (TensorProto.FLOAT, TensorProto.FLOAT16,
                               TensorProto.BFLOAT16, TensorProto.DOUBLE)
BOOL, INT64, INT32, INT8, UINT8 = (
    TensorProto.BOOL, TensorProto.INT64, TensorProto.INT32, TensorProto.INT8,
    TensorProto.UINT8)
FLOATS = (FLOAT, HALF, BFLOAT, DOUBLE)

SHAPES = [(4,), (4, 4), (), (2, 3), (1, 4, 4), (2, 3, 4), (1, 2, 4, 4), (1,)]
# Values are small on purpose: what is tested is the rewriting, and graphs that
# amplify errors by themselves say nothing about it.
LARGEST = 64.0
MOST_ELEMENTS = 512
DEEPEST = 2

# Beside plain ones: names that the tool could make itself, and odd ones.
ODD_NAMES = ["{last}_fp16", "{last}_fp32", "{last}_fp16_1", "a/b:{n}", "x y{n}",
             "ü{n}", "%s{n}", "a,b{n}", "\"{n}\"", "re:.*{n}", "{n}", "*{n}"]


@dataclasses.dataclass(frozen=True)
class Value:
    """bound: about the largest magnitude; length: of a sequence, whose
    elements all have the type and shape."""
    name: str
    elem: int
    shape: tuple
    bound: float = 1.0
    kind: str = "tensor"
    length: int = 0

    def type_proto(self, symbols=None):
        """symbols: {length: name} of dimensions to be written as names."""
        shape = self.shape if symbols is None else [
            symbols.get(size, size) for size in self.shape]
        proto = helper.make_tensor_type_proto(self.elem, shape)
        if self.kind == "sequence":
            return helper.make_sequence_type_proto(
                helper.make_tensor_type_proto(self.elem, None))
        if self.kind == "optional":
            return helper.make_optional_type_proto(proto)
        return proto

    def info(self, symbols=None):
        return helper.make_value_info(self.name, self.type_proto(symbols))


def value(shape, elem=FLOAT, bound=1.0, **more):
    """A value still to be named."""
    return Value("", elem, tuple(shape), bound, **more)


def like(x, **changes):
    return dataclasses.replace(x, **changes)


@dataclasses.dataclass
class Setting:
    """What holds for the whole model."""
    opset: int
    ir: int
    names: list
    foreign: bool = False
    functions: list = dataclasses.field(default_factory=list)
    domains: set = dataclasses.field(default_factory=set)
    node_names: int = 0

    @property
    def inputs_are_weights(self):
        """In IR 3 each initializer is an input as well."""
        return self.ir == 3


class Scope:
    """The main graph, a body, or a function (which sees nothing outside and
    has no initializers)."""

    def __init__(self, draw, setting, parent=None, function=False):
        self.draw = draw
        self.setting = setting
        self.opset = setting.opset
        self.parent = parent
        self.function = function or bool(parent and parent.function)
        self.depth = parent.depth + 1 if parent else 0
        self.nodes = []
        self.initializers = []
        self.sparse_initializers = []
        self.overridable = []
        self.values = []
        self.used = set()

    # ---- drawing ----------------------------------------------------------

    def flag(self):
        return self.draw(st.booleans())

    def integer(self, low, high):
        return self.draw(st.integers(low, high))

    def choose(self, options):
        options = list(options)
        return options[0] if len(options) == 1 else self.draw(
            st.sampled_from(options))

    def since(self, table):
        """One of the names in {name: first opset}."""
        return self.choose(name for name, first in table.items()
                           if first <= self.opset)

    # ---- values -----------------------------------------------------------

    def visible(self):
        """Newest first. A name that is shadowed is not seen outside."""
        found, seen, scope = [], set(), self
        while scope is not None:
            for x in reversed(scope.values):
                if x.name not in seen:
                    seen.add(x.name)
                    found.append(x)
            scope = scope.parent
        return found

    def candidates(self, elem=FLOAT, shape=None, where=None, kind="tensor"):
        return [x for x in self.visible()
                if x.kind == kind and x.elem == elem
                and (shape is None or x.shape == tuple(shape))
                and (where is None or where(x))]

    def find(self, **what):
        """A value there is, or None."""
        found = self.candidates(**what)
        if not found:
            return None
        # Recent ones more often: deep graphs, not wide ones.
        window = len(found) if self.flag() else min(3, len(found))
        return found[self.integer(0, window - 1)]

    def pick(self, shape=None, elem=FLOAT, where=None, otherwise=(4, 4)):
        """A tensor there is, else one that is made."""
        found = self.find(elem=elem, shape=shape, where=where)
        if found is not None:
            return found
        shape = otherwise if shape is None else shape
        if elem == BOOL:
            return self.constant(np.ones(shape, bool))
        made = self.weights(shape)
        if elem == FLOAT:
            return made
        return self.emit("Cast", [made], like(made, elem=elem), to=elem)

    def ranked(self, rank):
        """A float tensor of that rank, or one reshaped to it."""
        found = self.find(where=lambda x: len(x.shape) == rank and all(x.shape))
        if found is not None:
            return found
        x = self.pick(where=lambda x: math.prod(x.shape) > 0)
        size = math.prod(x.shape)
        shape = [1] * rank
        for place in range(rank - 1, 0, -1):
            if size % 4 == 0 and size > 4:
                shape[place], size = 4, size // 4
        shape[-1 if shape[-1] == 1 else 0] *= size
        return self.reshape(x, shape)

    def tame(self, x, limit=LARGEST):
        """x, or the Tanh of it where it can be large."""
        if x.bound <= limit:
            return x
        return self.emit("Tanh", [x], like(x, bound=1.0))

    def new_name(self):
        names = self.setting.names
        number = len(names)
        name = f"v{number}"
        if self.integer(0, 7) == 7:
            text = self.choose(ODD_NAMES)
            odd = text.format(last=names[-1] if names else "x", n=number)
            name = odd if odd not in names else name
        names.append(name)
        return name

    # ---- nodes ------------------------------------------------------------

    def node_name(self):
        number = self.setting.node_names = self.setting.node_names + 1
        return self.choose([f"n{number}", "", f"/enc/n{number}"])

    def emit(self, op, inputs, *outputs, domain="", **attributes):
        """Adds a node; "" is an absent input, None an absent output. The
        outputs that there are, or the only one."""
        made = [o and like(o, name=self.new_name()) for o in outputs]
        names = [x.name if x else "" for x in inputs]
        self.used.update(names)
        self.nodes.append(helper.make_node(
            op, names, [o.name if o else "" for o in made],
            name=self.node_name(), domain=domain, **attributes))
        if domain:
            self.setting.domains.add(domain)
        found = [o for o in made if o]
        self.values += found
        return found[0] if len(found) == 1 else found

    def reshape(self, x, shape):
        return self.emit("Reshape", [x, self.ints(shape)],
                         like(x, shape=tuple(shape)))

    # ---- constants --------------------------------------------------------

    def ints(self, numbers):
        return self.constant(np.array(numbers, np.int64))

    def scalar(self, number):
        return self.constant(np.array(number, np.float32))

    def weights(self, shape, scale=0.5, low=None):
        """Numbers in [-scale, scale], or [low, scale]."""
        random = np.random.default_rng(self.integer(0, 7))
        low = -scale if low is None else low
        return self.constant(
            random.uniform(low, scale, shape).astype(np.float32))

    def spellings(self, array):
        # Constant is of floats only, before opset 9.
        node = ["node"] if self.opset >= 9 or array.dtype.kind == "f" else []
        found = node
        if not self.function:
            found = ["typed", "raw", *node]
            if self.parent and not self.parent.function:
                found.append("outside")
            if not self.parent and array.dtype == np.float32:
                found.append("overridable")
        plain = {"float32": "value_float", "int64": "value_int"}
        if self.opset >= 12 and array.ndim < 2 and array.dtype.name in plain:
            found.append(plain[array.dtype.name] + "s" * array.ndim)
        # Rarely: onnx.checker takes their types for sparse ones and refuses
        # what ONNX Runtime runs.
        if array.ndim and array.dtype == np.float32 \
                and self.integer(0, 15) == 15:
            if "overridable" in found and array.ndim == 1 \
                    and not self.setting.inputs_are_weights:
                found = ["sparse_initializer"]
            elif self.opset >= 11:
                found = ["sparse_value"]
        return found

    def constant(self, array):
        """A constant, in one of all the ways to write it."""
        array = np.asarray(array)
        elem = helper.np_dtype_to_tensor_dtype(array.dtype)
        finite = np.abs(array[np.isfinite(array)].astype(np.float64))
        made = Value("", elem, array.shape, float(finite.max(initial=0)))
        spelling = self.choose(self.spellings(array))
        if spelling == "node" or spelling.startswith("value_"):
            content = array if array.ndim else array.item()
            if spelling == "node":
                spelling, content = "value", numpy_helper.from_array(array)
            return self.emit("Constant", [], made, **{spelling: content})
        if spelling == "sparse_value":
            return self.emit("Constant", [], made, sparse_value=sparse(array))
        made = like(made, name=self.new_name())
        if spelling == "sparse_initializer":
            self.sparse_initializers.append(sparse(array, made.name))
            self.values.append(made)
        else:
            owner = self.owner(spelling)
            owner.initializers.append(tensor(array, made, spelling == "typed"))
            owner.values.append(made)
            if spelling == "overridable" or self.setting.inputs_are_weights:
                owner.overridable.append(made)
        return made

    def owner(self, spelling):
        """The scope whose initializer a constant becomes."""
        scope = self
        if spelling == "outside":
            scope = self.parent
        while scope.parent and self.setting.inputs_are_weights:
            scope = scope.parent
        return scope

    # ---- bodies -----------------------------------------------------------

    def body(self):
        return Scope(self.draw, self.setting, self)

    def formal(self, template):
        """An input of a body; now and then its name hides one outside."""
        outside = self.parent.visible() if self.parent else []
        if outside and self.integer(0, 7) == 7:
            name = self.choose(outside[:4]).name
            if all(x.name != name for x in self.values):
                made = like(template, name=name)
                self.values.append(made)
                return made
        made = like(template, name=self.new_name())
        self.values.append(made)
        return made

    def result(self, shape, elem=FLOAT):
        """A value to give back: made here, and as large as all others."""
        own = [x for x in self.candidates(elem=elem, shape=shape)
               if x.bound <= 1.0]
        source = self.choose(own[:4]) if own else self.tame(
            self.pick(shape, elem), 1.0)
        op = self.choose(["Identity", "Tanh" if elem == FLOAT else "Identity"])
        return self.emit(op, [source], like(source))

    def graph(self, name, inputs, outputs):
        hints = [x.info() for x in self.values
                 if x not in inputs and x not in outputs] \
            if self.flag() else []
        return helper.make_graph(
            self.nodes, name, [x.info() for x in inputs],
            [x.info() for x in outputs], self.initializers,
            value_info=hints,
            sparse_initializer=self.sparse_initializers)


def tensor(array, made, typed):
    if typed and made.elem == FLOAT:
        return helper.make_tensor(made.name, FLOAT, array.shape,
                                  array.ravel().tolist())
    return numpy_helper.from_array(array, made.name)


def sparse(array, name=""):
    flat = array.ravel()
    places = np.flatnonzero(flat)
    values = numpy_helper.from_array(flat[places], name)
    return helper.make_sparse_tensor(
        values, numpy_helper.from_array(places.astype(np.int64)), array.shape)
