"""The text format of the cases, see docs/testing.md."""

import dataclasses
import pathlib
import re

import numpy as np
import onnx
import onnx.parser
import onnx.printer
from onnx import TensorProto, numpy_helper

HEADER = '<ir_version: 10, opset_import: ["" : 21]>\n'
SECTIONS = ("findings", "plan", "stats", "metadata")
CHECKS = ("expected", "copy", "threads", "again", "replay", "limit", "valid",
          "kept", "numbers")

HALF = {"float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16}
HALF_TENSOR = re.compile(
    r"\b(b?float16)((?:\[[^\]]*\])?(?:\s+[^\s=<>,{}]+\s*=)?\s*)\{([^{}]*)\}")


@dataclasses.dataclass
class Case:
    title: str
    directives: list = dataclasses.field(default_factory=list)
    pipeline: str | None = None
    text: str = ""
    output: str | None = None
    error: str | None = None
    sections: dict = dataclasses.field(default_factory=dict)
    comment: str = ""  # between this case and the next one

    def values(self, name):
        """The rest of each line `@name ...`."""
        return [rest for word, rest in self.directives if word == name]

    def reason(self, name, check):
        """Why the case has `@name CHECK reason`, or None."""
        for rest in self.values(name):
            word, _, why = rest.partition(" ")
            if word == check:
                return why
        return None

    def write(self):
        lines = [f"== {self.title}"]
        lines += [f"@{word} {rest}".rstrip() for word, rest in self.directives]
        lines += [f">> {self.pipeline}".rstrip(), self.text]
        if self.error is not None:
            lines.append(f"!! {self.error}")
        elif self.output is not None:
            lines += ["--", self.output]
        for name, text in self.sections.items():
            lines += [f"-- {name}", *([text] if text else [])]
        if self.comment:
            lines += ["", self.comment]
        return "\n".join(lines) + "\n"


class CaseFile:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.head, *blocks = re.split(r"^(?=== )", self.path.read_text(),
                                      flags=re.M)
        self.cases = [self.read_case(block) for block in blocks]

    def read_case(self, block):
        block, *comment = re.split(r"\n\n(?=#)", block.rstrip())
        lines = block.splitlines()
        case = Case(lines[0][3:], comment="\n\n".join(comment))
        body = []
        for at, line in enumerate(lines[1:], 1):
            if line.startswith("@") and case.pipeline is None:
                word, _, rest = line[1:].partition(" ")
                case.directives.append((word, rest))
            elif line.startswith(">>"):
                case.pipeline = line[2:].strip()
            elif line.startswith(("-- ", "!! ")) or line == "--":
                self.read_sections(case, lines[at:])
                break
            else:
                body.append(line)
        case.text = "\n".join(body).rstrip()
        assert case.pipeline is not None, f"{self.path}: no >> in {case.title}"
        return case

    def read_sections(self, case, lines):
        text = "\n".join(lines)
        for part in re.split(r"\n(?=-- |--$|!! )", text, flags=re.M):
            first, _, rest = part.partition("\n")
            if first.startswith("!! "):
                case.error = part[3:]
            elif first == "--":
                case.output = rest
            else:
                assert first[3:] in SECTIONS, f"{self.path}: {first}"
                case.sections[first[3:]] = rest

    def write(self):
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(
            self.head + "\n".join(case.write() for case in self.cases))
        temporary.rename(self.path)


# ---- models as text -------------------------------------------------------

def to_bits(match):
    """float16[2] {1, 2.5} as the parser of onnx reads it: with its bits."""
    values = [float(word) for word in match[3].split(",") if word.strip()]
    if match[1] == "float16":
        bits = np.array(values, np.float16).view(np.uint16)
    else:
        bits = np.array(values, np.float32).view(np.uint32) >> 16
    return f"{match[1]}{match[2]}{{{', '.join(map(str, bits))}}}"


def from_bits(match):
    bits = [int(word) for word in match[3].split(",") if word.strip()]
    if match[1] == "float16":
        values = np.array(bits, np.uint16).view(np.float16)
    else:
        values = (np.array(bits, np.uint32) << 16).view(np.float32)
    words = (f"{float(value):.5g}" if float(f"{float(value):.5g}") == value
             else f"{float(value)!r}" for value in values)
    return f"{match[1]}{match[2]}{{{','.join(words)}}}"


def header_of(text):
    """The `<...>` before the graph, or the usual one."""
    return text[:text.index(">") + 1] if text.startswith("<") else HEADER


def parse(text, header=HEADER):
    if not text.startswith("<"):
        text = header + text
    return onnx.parser.parse_model(HALF_TENSOR.sub(to_bits, text))


def graph_text(model):
    """The model as text, without its header."""
    text = onnx.printer.to_text(model).rstrip()
    text = text[text.index("\n>") + 2:].strip()
    text = re.sub(r"\(\s+", "(", text)
    text = re.sub(r"[ \t]+$", "", text, flags=re.M)
    text = text.replace(" <sparse_value: sparse_tensor = >", "")
    return HALF_TENSOR.sub(from_bits, text.replace(" =  {", " = {"))


def canonical(text, header=HEADER):
    return graph_text(parse(text, header))


# ---- what directives do to a model -----------------------------------------

def all_graphs(graph):
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for body in (attribute.g, *attribute.graphs):
                if body.node or body.output:
                    yield from all_graphs(body)


def all_nodes(model):
    for graph in all_graphs(model.graph):
        yield from graph.node


def store_raw(model):
    """As exporters store tensors; the parser fills the typed fields."""
    for graph in all_graphs(model.graph):
        for tensor in graph.initializer:
            if tensor.data_type != TensorProto.STRING:
                tensor.CopyFrom(numpy_helper.from_array(
                    numpy_helper.to_array(tensor), tensor.name))


def mark(model):
    """Things that must survive, and that the text does not show."""
    model.producer_name = "cases"
    model.doc_string = "kept"
    model.metadata_props.add(key="kept", value="yes")
    model.graph.doc_string = "kept too"
    for number, node in enumerate(all_nodes(model)):
        node.metadata_props.add(key="number", value=str(number))
    for number, function in enumerate(model.functions):
        function.doc_string = f"function {number}"
        function.metadata_props.add(key="number", value=str(number))


def marks(model):
    return (model.producer_name, model.doc_string,
            [(prop.key, prop.value) for prop in model.metadata_props
              if not prop.key.startswith("opp.")],
            model.graph.doc_string, model.ir_version,
            [str(info) for info in model.training_info],
            [str(annotation) for graph in all_graphs(model.graph)
             for annotation in graph.quantization_annotation])


def function_marks(model):
    """(domain, name, overload) and the rest of the outside, by function."""
    return [((function.domain, function.name, function.overload),
             (*function.input, None, *function.output, None,
              *function.attribute, *map(str, function.attribute_proto),
              function.doc_string, *map(str, function.metadata_props)))
            for function in model.functions]


def free_names(graph, known=frozenset()):
    """Names that a graph reads and does not declare."""
    known = known | {value.name for value in graph.input} | {
        tensor.name for tensor in graph.initializer} | {
        name for node in graph.node for name in node.output}
    found = {value.name for value in graph.output} - known
    for node in graph.node:
        found |= set(node.input) - known
        for attribute in node.attribute:
            if attribute.HasField("g"):
                found |= free_names(attribute.g, known)
    return found


def held(model):
    """{name: initializer} of those that training_info or a quantization
    annotation names."""
    names = {entry.value for annotation in model.graph.quantization_annotation
             for entry in annotation.quant_parameter_tensor_names}
    for info in model.training_info:
        names |= free_names(info.initialization) | free_names(info.algorithm)
        for entry in (*info.initialization_binding, *info.update_binding):
            names |= {entry.key, entry.value}
    return {tensor.name: tensor for tensor in model.graph.initializer
            if tensor.name in names}


def opsets(model):
    return {(entry.domain, entry.version) for entry in model.opset_import}


def make_model(case):
    """The model of a case: its text, marked, after its directives."""
    model = parse(case.text)
    if case.values("raw") or case.values("external"):
        store_raw(model)
    for code in case.values("edit"):
        exec(code, {"m": model, "g": model.graph, "n": model.graph.node,
                    "onnx": onnx, "np": np, "helper": onnx.helper,
                    "arrays": numpy_helper})
    mark(model)
    return model


def save(model, path, case):
    if case.values("external"):
        onnx.save(model, path, save_as_external_data=True, location="w.data",
                  size_threshold=0, convert_attribute=False)
    else:
        onnx.save(model, path)
