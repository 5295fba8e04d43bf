"""The op schemas of the onnx and onnxruntime packages in one form. From onnx:
every version of every op of every domain. From onnxruntime: what onnx does not
have (com.microsoft, com.microsoft.nchwc, com.ms.internal.nhwc, and the ops and
versions that it adds to the domain of ONNX itself)."""

import re

import onnx
from onnx import AttributeProto, TensorProto
from onnxruntime.capi import onnxruntime_pybind11_state as ort

# Domain, name in ops.def.
DOMAINS = {
    "": "ONNX",
    "ai.onnx.ml": "ML",
    "ai.onnx.preview": "PREVIEW",
    "ai.onnx.preview.training": "TRAINING",
    "com.microsoft": "MICROSOFT",
    "com.microsoft.nchwc": "NCHWC",
    "com.ms.internal.nhwc": "NHWC",
}

# Spellings of a type in a schema; %s is the element type (of a map: of its
# values).
CONTAINERS = {
    "TENSOR": "tensor(%s)",
    "SPARSE_TENSOR": "sparse_tensor(%s)",
    "SEQUENCE": "seq(tensor(%s))",
    "OPTIONAL": "optional(tensor(%s))",
    "OPTIONAL_SEQUENCE": "optional(seq(tensor(%s)))",
    "MAP_INT64": "map(int64, %s)",
    "MAP_STRING": "map(string, %s)",
    "SEQUENCE_MAP_INT64": "seq(map(int64, %s))",
    "SEQUENCE_MAP_STRING": "seq(map(string, %s))",
}


def refuse(where, what):
    raise SystemExit(f"gen_ops.py: {where}: {what}")


def parse_type(text):
    """(container, element type) of a type in a schema."""
    for container, form in CONTAINERS.items():
        match = re.fullmatch(re.escape(form).replace("%s", r"(\w+)"), text)
        if match and match[1].upper() in TensorProto.DataType.keys():
            return container, match[1].upper()
    return refuse(text, "unknown type")


def type_sets(types):
    """Container to the set of its element types, in the order of
    CONTAINERS."""
    sets = {container: set() for container in CONTAINERS}
    for text in types:
        container, elem = parse_type(text)
        sets[container].add(elem)
    return {container: elems for container, elems in sets.items() if elems}


class Param:
    """A formal parameter; `before` is how many stand before it, `minimum` how
    many operands all of them need."""

    def __init__(self, source, before, minimum):
        self.name = source.name
        self.type_str = (source.type_str if hasattr(source, "type_str")
                         else source.typeStr)
        self.option = str(source.option).rpartition(".")[2].upper()
        self.mixed = not (source.is_homogeneous
                          if hasattr(source, "is_homogeneous")
                          else source.isHomogeneous)
        # onnxruntime does not tell the arity of one parameter.
        arity = getattr(source, "min_arity", max(0, minimum - before))
        self.may_be_none = self.option == "VARIADIC" and arity == 0
        if self.option == "VARIADIC" and arity > 1:
            refuse(self.name, f"at least {arity} operands")
        if self.option != "VARIADIC" and self.mixed:
            refuse(self.name, "heterogeneous but not variadic")


class Attribute:
    def __init__(self, source):
        self.type = str(source.type).rpartition(".")[2]
        self.description = source.description or ""
        self.default = AttributeProto.FromString(source._default_value)

    def default_elem(self):
        """Name of the element type that the default value means, or None."""
        if self.type == "STRING":
            return self.default.s.decode().removeprefix("TO_") or None
        number = self.default.i if self.type == "INT" else 0
        return TensorProto.DataType.Name(number) if number else None


class Schema:
    """One version of an op. `rules` is filled by gen_ops.py."""

    def __init__(self, source, flags):
        self.domain, self.name = source.domain, source.name
        self.since, self.flags = source.since_version, flags
        self.inputs = [Param(p, i, source.min_input)
                       for i, p in enumerate(source.inputs)]
        self.outputs = [Param(p, i, source.min_output)
                        for i, p in enumerate(source.outputs)]
        self.arity = (
            (source.min_input, source.max_input, len(self.inputs)),
            (source.min_output, source.max_output, len(self.outputs)))
        self.vars = {c.type_param_str: type_sets(c.allowed_type_strs)
                     for c in source.type_constraints}
        self.attributes = {name: Attribute(value) for name, value
                           in sorted(source.attributes.items())}
        self.rules = []

    def __str__(self):
        return f"{self.domain}:{self.name}-{self.since}"

    def var_index(self, type_str):
        return list(self.vars).index(type_str)

    def input_index(self, name):
        for i, param in enumerate(self.inputs):
            if param.name == name:
                return i
        return refuse(self, f"no input named {name}")


def onnx_flags(source):
    return [flag for flag, is_set in (
        ("OP_DEPRECATED", source.deprecated),
        ("OP_FUNCTION", source.has_function),
        ("OP_CONTEXT_FUNCTION", source.has_context_dependent_function),
    ) if is_set]


def load_schemas():
    """All schemas, sorted as in ops.def."""
    schemas = [Schema(source, onnx_flags(source))
               for source in onnx.defs.get_all_schemas_with_history()]
    known = {(s.domain, s.name, s.since) for s in schemas}
    for source in ort.get_all_operator_schema():
        if (source.domain, source.name, source.since_version) not in known:
            flags = ["OP_DEPRECATED"] if source.deprecated else []
            schemas.append(Schema(source, [*flags, "OP_EXTENSION"]))
    for schema in schemas:
        if schema.domain not in DOMAINS:
            refuse(schema, "unknown domain")
    return sorted(schemas, key=lambda s: (s.domain, s.name, s.since))


def newest_opset(domain):
    """The opset up to which the schemas of a domain are complete."""
    if domain == "com.ms.internal.nhwc":  # versioned like ONNX itself
        domain = ""
    return onnx.defs.C.schema_version_map().get(domain, (1, 1))[1]
