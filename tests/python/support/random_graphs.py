"""A hypothesis strategy of legal models: graphs of up to 60 steps over the
table in random_ops.py and random_bodies.py, and the many ways to write the same
graph into a file."""

import dataclasses

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import helper

import inference
import random_bodies
from random_scope import (BOOL, DOUBLE, FLOAT, HALF, INT64, SHAPES, Scope,
                          Setting, value)

FIRST_OPSET, LAST_OPSET = 7, 25
LATEST_IR = 11
MOST_OUTPUTS = 6
SYMBOLS = {2: "batch"}
NUMPY = {FLOAT: np.float32, HALF: np.float16, DOUBLE: np.float64,
         INT64: np.int64, BOOL: np.bool_}


@dataclasses.dataclass
class Case:
    """inputs: (name, type, shape) of what a caller has to give; external: the
    weights belong into a file of their own."""
    model: onnx.ModelProto
    inputs: list
    external: bool = False
    foreign: bool = False

    def __repr__(self):
        return onnx.printer.to_text(self.model)

    def feed(self, seed):
        random = np.random.default_rng(seed)
        feed = {}
        for name, elem, shape in self.inputs:
            if elem in (BOOL, INT64):
                values = random.integers(0, 2, shape)
            else:
                values = random.uniform(-1, 1, shape)
            feed[name] = np.asarray(values, NUMPY[elem])
        return feed


def setting(draw, foreign):
    opset = draw(st.sampled_from(range(FIRST_OPSET, LAST_OPSET + 1)))
    # Simplest is the one in the middle of the history.
    imports = [helper.make_opsetid("", opset)]
    least = helper.find_min_ir_version_for(imports)
    ir = draw(st.sampled_from([max(least, 8), least, LATEST_IR]))
    return Setting(opset=opset, ir=ir, names=[], foreign=foreign)


def rewrite_hints(model, elem):
    """Takes value_info away, or makes it say another type of all tensors."""
    for graph in inference.scopes(model):
        if elem is None:
            del graph.value_info[:]
        for hint in graph.value_info:
            if hint.type.HasField("tensor_type"):
                hint.type.tensor_type.elem_type = elem
    return model


def draw_inputs(scope):
    found = [scope.formal(value(scope.choose(SHAPES)))]
    kinds = st.sampled_from([FLOAT, FLOAT, BOOL, HALF, DOUBLE, INT64])
    for elem in scope.draw(st.lists(kinds, max_size=3)):
        shape = () if elem == BOOL else scope.choose(SHAPES)
        found.append(scope.formal(value(shape, elem)))
    return found


def draw_outputs(scope, inputs):
    """What nobody uses, and now and then what somebody does, an input, or a
    constant."""
    made = {name for node in scope.nodes for name in node.output}
    sinks = [x for x in scope.values
             if x.name in made and x.name not in scope.used]
    found = sinks[-MOST_OUTPUTS:]
    if scope.integer(0, 3) == 3:
        others = [x for x in scope.values if x not in found]
        x = scope.choose(others)
        if x.name not in {tensor.values.name
                          for tensor in scope.sparse_initializers}:
            found.append(x)
    return found


def hints(scope, outer):
    """value_info: none, all, and all with an entry about nothing, or one that
    stands there twice."""
    known = [x for x in scope.values if x not in outer]
    style = scope.choose(["none", "all", "stale", "twice"])
    found = [] if style == "none" else [x.info() for x in known]
    if style == "stale":
        found.insert(0, value((3, 3), HALF).info())
        found[0].name = "nothing"
    if style == "twice" and found:
        found.append(found[0])
    if style == "none":
        found += [x.info() for x in getattr(scope, "hints", [])]
    return found


def write(scope, inputs, outputs):
    symbols = SYMBOLS if scope.flag() else {}
    setting = scope.setting
    overridable = [x for x in scope.overridable
                   if setting.inputs_are_weights or setting.ir >= 4]
    graph = helper.make_graph(
        scope.nodes, "main",
        [x.info(symbols) for x in inputs] + [x.info() for x in overridable],
        [x.info(symbols) for x in outputs], scope.initializers,
        value_info=hints(scope, [*inputs, *outputs, *overridable]),
        sparse_initializer=scope.sparse_initializers)
    domains = sorted(setting.domains)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", setting.opset)]
        + [helper.make_opsetid(domain, 1) for domain in domains],
        functions=[function.proto for function in setting.functions],
        producer_name="random", doc_string="kept")
    model.ir_version = setting.ir
    model.metadata_props.add(key="kept", value="yes")
    return model


@st.composite
def cases(draw, foreign=False):
    """foreign: with nodes of a domain that nobody knows."""
    main = Scope(draw, setting(draw, foreign))
    if main.setting.ir >= 8 and draw(st.integers(0, 2)) == 2:
        random_bodies.make_functions(draw, main.setting)
    inputs = draw_inputs(main)
    # Lists that may be empty: so they shrink well.
    for _ in range(draw(st.sampled_from([1, 3, 6, 12]))):
        random_bodies.fill(main, 5)
    if not main.nodes:
        main.emit("Relu", [main.pick()], main.pick())
    if foreign:
        random_bodies.foreign(main)
    outputs = draw_outputs(main, inputs)
    model = write(main, inputs, outputs)
    external = bool(main.initializers) and draw(st.integers(0, 7)) == 7
    return Case(model, [(x.name, x.elem, x.shape) for x in inputs], external,
                foreign)


@st.composite
def unsorted_cases(draw):
    """Pairs of a case and the same with its nodes in another order."""
    case = draw(cases())
    nodes = list(case.model.graph.node)
    order = draw(st.permutations(range(len(nodes))))
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    del model.graph.node[:]
    model.graph.node.extend(nodes[i] for i in order)
    return case, dataclasses.replace(case, model=model)
