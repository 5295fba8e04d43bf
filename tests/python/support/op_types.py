"""The op table (src/ops/ops.def, as compiled), and the types of the outputs of
nodes as ops.h says that they follow from it: a second reading of that text, to
hold against the type inference of onnx and onnxruntime."""

import json
import pathlib
import subprocess
import tempfile

from onnx import TensorProto

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Table:
    """The dump of ops_dump.c."""

    def __init__(self, lines):
        rows = [json.loads(line) for line in lines]
        self.ops = [row for row in rows if "name" in row]
        self.elems = [row for row in rows if "elem" in row]
        self.by_name = {}
        for op in self.ops:
            key = op["domain"], op["name"]
            self.by_name.setdefault(key, []).append(op)

    def find(self, domain, name, opset):
        domain = "" if domain == "ai.onnx" else domain
        found = [op for op in self.by_name.get((domain, name), [])
                 if op["since"] <= opset]
        return found[-1] if found else None

    def elem_name(self, number):
        return self.elems[number]["text"]


def load_table():
    """Compiles and runs ops_dump.c."""
    sources = [ROOT / "src/ops/ops.c", ROOT / "src/ops/elem.c",
               ROOT / "tests/python/ops_dump.c"]
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "ops_dump"
        subprocess.run(["cc", "-std=c11", f"-I{ROOT / 'src'}", *sources,
                        "-o", program], check=True)
        out = subprocess.run([program], check=True, capture_output=True,
                             text=True)
    return Table(out.stdout.splitlines())


def type_text(proto):
    """Type string of a TypeProto; None when it says none."""
    kind = proto.WhichOneof("value")
    if kind is None:
        return None
    inner = getattr(proto, kind)
    if kind in ("tensor_type", "sparse_tensor_type"):
        name = TensorProto.DataType.Name(inner.elem_type).lower()
        return f"{kind.removesuffix('_type')}({name})"
    if kind == "map_type":
        key = TensorProto.DataType.Name(inner.key_type).lower()
        value = type_text(inner.value_type).removeprefix("tensor(")
        return f"map({key}, {value}"
    name = {"sequence_type": "seq", "optional_type": "optional"}[kind]
    return f"{name}({type_text(inner.elem_type)})"


def inner_type(text, container):
    """What is inside; the type itself when it is no such container."""
    inside = text.removeprefix(f"{container}(")
    return inside[:-1] if inside != text else text


def elem_of(text):
    return text.rstrip(")").rpartition("(")[2].rpartition(", ")[2]


class Node:
    """A node with what is known of its operands, and the answer of the table
    for its outputs."""

    def __init__(self, table, op, proto, inputs, bodies=None):
        self.table, self.op, self.inputs = table, op, inputs
        self.attrs = {a.name: a for a in proto.attribute}
        self.bodies = bodies or {}

    def formal(self, side, i):
        params = self.op[side]["params"]
        assert i < len(params) or params[-1]["option"] == "Variadic"
        return params[min(i, len(params) - 1)]

    def bound(self, var):
        """The type that the inputs give a variable."""
        for i, text in enumerate(self.inputs):
            formal = self.formal("inputs", i)
            if text and formal["var"] == var and not formal["mixed"]:
                return text
        return None

    def in_container(self, var, elem):
        """`elem`, made the type that the variable can hold."""
        allowed = self.op["vars"][var]["types"]
        return next((t for t in allowed if elem_of(t) == elem), None)

    def default(self, rule):
        if rule["other"] >= 0 and rule["other"] < len(self.inputs) \
                and self.inputs[rule["other"]]:
            return elem_of(self.inputs[rule["other"]])
        return self.table.elem_name(rule["elem"]) if rule["elem"] else None

    def by_attribute(self, rule):
        """The element type that the attribute of a rule says."""
        attr, kind = self.attrs.get(rule["attr"]), rule["kind"]
        if kind in ("DTYPE", "BITS", "STASH") and attr and attr.i:
            return self.table.elem_name(attr.i)
        if kind == "NAME" and attr:
            return attr.s.decode().removeprefix("TO_").lower()
        if kind == "TENSOR" and attr:
            return self.table.elem_name(attr.t.data_type)
        if kind == "SPARSE_TENSOR" and attr:
            return self.table.elem_name(attr.sparse_tensor.values.data_type)
        if kind == "VALUE":
            return self.table.elem_name(rule["elem"]) if attr else None
        if kind == "OTHER":
            given = elem_of(self.inputs[rule["other"]])
            types = self.op["vars"][rule["var"]]["types"]
            return next(elem_of(t) for t in types if elem_of(t) != given)
        return self.default(rule)

    def related(self, rule, var):
        """The type of `var` that follows from its container or content."""
        container = {"SEQUENCE_OF": "seq", "OPTIONAL_OF": "optional",
                     "MAP_OF": "map"}[rule["kind"]]
        other = self.bound(rule["other" if rule["var"] == var else "var"])
        if other is None:
            return None
        if rule["var"] == var:
            return f"{container}({other})"
        if container == "map":
            return f"tensor({elem_of(other)})"
        return inner_type(other, container)

    def by_rule(self, rule, var):
        if rule["kind"].endswith("_OF"):
            if var in (rule["var"], rule["other"]):
                return self.related(rule, var)
            return None
        if rule["var"] != var:
            return None
        if rule["kind"] == "PRESENT":
            attr = self.attrs.get(rule["attr"])
            elem = self.table.elem_name(rule["elem"])
            key = {6: "map(string", 5: "map(int64", 8: "seq(map(string",
                   7: "seq(map(int64"}.get(rule["other"])
            text = f"{key}, {elem}))" if key else f"tensor({elem})"
            return text if attr and len(attr.strings or attr.ints
                                        or attr.floats) else None
        if rule["kind"] == "TYPE_PROTO":
            attr = self.attrs.get(rule["attr"])
            return attr and f"optional({type_text(attr.tp)})"
        elem = self.by_attribute(rule)
        return elem and self.in_container(var, elem)

    def body_output(self, k):
        for rule in self.op["rules"]:
            if rule["kind"] == "GRAPH" and rule["body"]:
                text = self.bodies[rule["attr"]][rule["body"]["body_out"] + k]
                return f"seq({text})" if rule["body"]["elements"] else text
        return None

    def output(self, k):
        formal = self.formal("outputs", k)
        if formal["mixed"]:
            return self.body_output(k)
        if formal["var"] < 0:
            return formal["types"][0]
        answer = self.bound(formal["var"])
        for rule in self.op["rules"]:
            answer = answer or self.by_rule(rule, formal["var"])
        single = formal["types"][0] if len(formal["types"]) == 1 else None
        return answer or single


class Inference:
    """Types of all values of a model, by the table alone."""

    def __init__(self, table, model):
        self.table = table
        self.opsets = {"" if o.domain == "ai.onnx" else o.domain: o.version
                       for o in model.opset_import}
        self.checked = 0
        env = {t.name: f"tensor({table.elem_name(t.data_type)})"
               for t in model.graph.initializer}
        env |= {i.name: type_text(i.type) for i in model.graph.input}
        self.graph(model.graph, env)

    def graph(self, graph, env):
        """Types of the outputs of `graph`."""
        env |= {t.name: f"tensor({self.table.elem_name(t.data_type)})"
                for t in graph.initializer}
        for proto in graph.node:
            self.node(proto, env)
        for output in graph.output:
            declared = type_text(output.type)
            if declared and env[output.name]:
                assert env[output.name] == declared, output.name
                self.checked += 1
        return [env[output.name] for output in graph.output]

    def node(self, proto, env):
        domain = "" if proto.domain == "ai.onnx" else proto.domain
        op = self.table.find(domain, proto.op_type, self.opsets[domain])
        assert op, proto.op_type
        inputs = [env[name] if name else None for name in proto.input]
        node = Node(self.table, op, proto, inputs)
        for i, text in enumerate(inputs):
            assert text is None or text in node.formal("inputs", i)["types"]
        for rule in op["rules"]:
            if rule["kind"] == "GRAPH" and rule["attr"] in node.attrs:
                body = node.attrs[rule["attr"]].g
                node.bodies[rule["attr"]] = self.body(
                    rule["body"], body, inputs, env, node.attrs)
        for k, name in enumerate(proto.output):
            if name:
                env[name] = node.output(k)

    def body(self, layout, graph, inputs, env, attrs):
        env = dict(env)
        given = [self.table.elem_name(e) for e in (layout or {}).get(
            "lead", ()) if e]
        given = [f"tensor({name})" for name in given]
        if layout and layout["node_in"] >= 0:
            passed = inputs[layout["node_in"]:]
            if layout["elements"]:
                passed = [inner_type(text, "seq") for text in passed]
            assert len(given) == layout["body_in"]
            given += passed
        for i, formal in enumerate(graph.input):
            declared = type_text(formal.type)
            env[formal.name] = given[i] if layout else declared
            assert declared in (None, env[formal.name])
        outputs = self.graph(graph, env)
        if layout and layout["carried"]:
            count = len(inputs) - layout["node_in"]
            if layout["but"]:
                count -= attrs[layout["but"]].i
            carried_in = given[layout["body_in"]:][:count]
            carried_out = outputs[layout["body_out"]:][:count]
            assert [elem_of(t) for t in carried_in] \
                == [elem_of(t) for t in carried_out]
        return outputs
