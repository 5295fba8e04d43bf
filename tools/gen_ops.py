#!/usr/bin/env python3
"""Writes src/ops/ops.def, the op table, from the schemas of the installed
onnx and onnxruntime packages (op_schemas.py) and from what schemas do not say
(op_facts.py).

    gen_ops.py            write src/ops/ops.def
    gen_ops.py --check    compare instead; exit 1 and print the difference

Nothing may be guessed: an output whose type neither the schema nor a rule
decides must be listed in UNKNOWN, an attribute that looks like a type in a
rule or in NOT_A_TYPE, and a line of any table that matches no schema is an
error. So a new release of onnx cannot slip in unread.
"""

import argparse
import difflib
import pathlib
import re
import sys
import textwrap

import onnx
import onnxruntime
from onnx import TensorProto

from op_facts import (BODIES, CLASSES, NOT_A_TYPE, OPAQUE_BODIES, RULES,
                      UNKNOWN)
from op_schemas import (DOMAINS, load_schemas, newest_opset, parse_type,
                        refuse)

TARGET = pathlib.Path(__file__).resolve().parent.parent / "src/ops/ops.def"
UNBOUNDED = 2**31 - 1

# Sets of element types that ops.def abbreviates, tried in this order.
GROUPS = {
    "ONNX_1_0": "FLOAT16 FLOAT DOUBLE INT8 INT16 INT32 INT64 UINT8 UINT16"
                " UINT32 UINT64 COMPLEX64 COMPLEX128 BOOL STRING",
    "IEEE": "FLOAT16 FLOAT DOUBLE",
    "INTS": "INT8 INT16 INT32 INT64",
    "UINTS": "UINT8 UINT16 UINT32 UINT64",
    "COMPLEX": "COMPLEX64 COMPLEX128",
    "FLOAT8S": "FLOAT8E4M3FN FLOAT8E4M3FNUZ FLOAT8E5M2 FLOAT8E5M2FNUZ",
}

KIND_OF_ATTRIBUTE = {
    "INT": "DTYPE", "STRING": "NAME", "TENSOR": "TENSOR",
    "SPARSE_TENSOR": "SPARSE_TENSOR", "TYPE_PROTO": "TYPE_PROTO",
}
ELEM_OF_VALUE = {"FLOAT": "FLOAT", "INT": "INT64", "STRING": "STRING"}


# --- Rules applied to schemas -----------------------------------------------


def rule_row(kind, attr=None, var=None, elem=None, other=None):
    return dict(kind=kind, attr=attr, var=var, elem=elem, other=other)


def is_bound(schema, type_str):
    """True when an input that is always there has this type variable."""
    return any(p.type_str == type_str and p.option != "OPTIONAL"
               and not p.mixed for p in schema.inputs)


def is_decided(schema, out, ignore=None):
    """True when the schema or a rule (not one of the kind `ignore`) says which
    type output `out` has."""
    param = schema.outputs[out]
    if param.mixed:
        return any(r["kind"] == "GRAPH" and r["other"] for r in schema.rules)
    if param.type_str not in schema.vars or is_bound(schema, param.type_str):
        return True
    sets = list(schema.vars[param.type_str].values())
    if len(sets) == 1 and len(sets[0]) == 1:
        return True
    var = schema.var_index(param.type_str)
    return any(var == r["var"] or (r["kind"].endswith("_OF")
                                   and var == r["other"])
               for r in schema.rules if r["kind"] != ignore)


def kind_and_elem(schema, rule):
    """Those of an attr() rule, from the schema where the rule leaves them."""
    attribute = schema.attributes[rule["attr"]]
    if rule["kind"] == "PRESENT":
        return rule["kind"], rule["elem"]
    if rule["attr"].startswith("value_"):
        return "VALUE", ELEM_OF_VALUE[attribute.type.removesuffix("S")]
    return (rule["kind"] or KIND_OF_ATTRIBUTE[attribute.type],
            attribute.default_elem() or rule["elem"])


def deciding_row(schema, rule):
    """Row for attr() and fallback(), or None where `schema` needs none."""
    kind, elem, var = rule["kind"], rule["elem"], None
    if rule["attr"]:
        if rule["attr"] not in schema.attributes:
            return None
        kind, elem = kind_and_elem(schema, rule)
    elif is_decided(schema, rule["out"], ignore="PRESENT"):
        return None
    if rule["out"] is not None:
        type_str = schema.outputs[rule["out"]].type_str
        sets = schema.vars[type_str]
        var = schema.var_index(type_str)
        if kind == "OTHER" and len(sets["TENSOR"]) != 2:
            return None
        if elem and not any(elem in elems for elems in sets.values()):
            refuse(schema, f"a rule gives {elem}, which the schema forbids")
    other = schema.input_index(rule["like"]) if rule["like"] else None
    if kind == "PRESENT":
        other = f"OP_{rule['container']}"
    return rule_row(kind, rule["attr"], var, elem, other)


def relation_row(schema, rule):
    if not {rule["var"], rule["other"]} <= set(schema.vars):
        return None
    return rule_row(rule["kind"], var=schema.var_index(rule["var"]),
                    other=schema.var_index(rule["other"]))


def apply_rules(schemas):
    by_name = {}
    for schema in schemas:
        by_name.setdefault((schema.domain, schema.name), []).append(schema)
    for rule in RULES:
        make = relation_row if "var" in rule else deciding_row
        for name in rule["ops"].split():
            versions = by_name.get((rule["domain"], name), [])
            rows = [(schema, make(schema, rule)) for schema in versions]
            if not any(row for _, row in rows):
                refuse(name, f"no version matches the rule {rule}")
            for schema, row in rows:
                schema.rules += [row] if row else []


def body_layout(schema):
    """(name, fields) of the way a body is tied to its node."""
    known = BODIES[schema.name]
    first, name = None, schema.name
    if "passed" in known:
        first = schema.input_index(known["passed"])
        name += f"_{first}"
    lead = [*known.get("lead", ()), "UNDEFINED", "UNDEFINED"][:2]
    return name, (first, known.get("body_in", 0), known.get("body_out", 0),
                  known.get("carried", False), known.get("but"),
                  known.get("elements", False), *lead)


def apply_bodies(schemas):
    """Rules for attributes that are graphs; returns the layouts in use."""
    layouts = {}
    for schema in schemas:
        for name, attribute in schema.attributes.items():
            if attribute.type not in ("GRAPH", "GRAPHS"):
                continue
            layout = None
            if schema.name in BODIES:
                layout, fields = body_layout(schema)
                layouts[layout] = fields
            elif schema.name not in OPAQUE_BODIES:
                refuse(schema, f"nothing is known about the body {name}")
            schema.rules.append(rule_row(
                "GRAPH", name, other=layout and f"LAYOUT_{layout}"))
    return layouts


def is_suspect(name, attribute):
    """True for an attribute that may well carry an element type."""
    if attribute.type.startswith(("TENSOR", "SPARSE_TENSOR", "TYPE_PROTO")):
        return True
    if attribute.type not in ("INT", "STRING"):
        return False
    in_name = r"dtype|datatype|precision|_type$|^to$|^cast_to$"
    in_text = r"DataType|[Ee]lement type"
    return bool(re.search(in_name, name)
                or re.search(in_text, attribute.description))


def check_complete(schemas):
    """Nothing may be forgotten, and no line of a table may be stale."""
    classed = {op for ops in CLASSES.values() for op in ops.split()}
    stale = {*NOT_A_TYPE, *UNKNOWN, *OPAQUE_BODIES, *BODIES, *classed}
    for schema in schemas:
        ruled = {r["attr"] for r in schema.rules}
        for name, attribute in schema.attributes.items():
            if not is_suspect(name, attribute) or name in ruled:
                continue
            if name not in NOT_A_TYPE:
                refuse(schema, f"is the attribute {name} a type?")
            stale.discard(name)
        for out, param in enumerate(schema.outputs):
            if is_decided(schema, out):
                continue
            output = f"{schema.name}.{param.name}"
            if output not in UNKNOWN:
                refuse(schema, f"nothing decides the type of {output}")
            stale.discard(output)
        if any(r["kind"] == "GRAPH" for r in schema.rules):
            stale.discard(schema.name)
        stale -= {schema.name} & classed
    if stale:
        refuse(", ".join(sorted(stale)), "matches no schema")


def op_class(schema):
    if any(r["kind"] == "GRAPH" for r in schema.rules):
        return "CONTROL"
    for name, ops in CLASSES.items():
        if schema.name in ops.split():
            may_add = name == "MOVEMENT" and "reduction" in schema.attributes
            return "COMPUTE" if may_add else name
    return "COMPUTE"


# --- ops.def ----------------------------------------------------------------

HEADER = """\
/* ops.def: the op table. Generated by tools/gen_ops.py from onnx {onnx} and
 * onnxruntime {ort}. Do not edit: run the tool again.
 *
 * Rows, in this order; whoever includes this file defines those it needs (what
 * the fields mean: ops.h):
 * DOMAIN(id, text, newest)
 * LAYOUT(id, node_in, body_in, body_out, carried, but, elements, lead0, lead1)
 * OP(domain, name, since, class, flags, inputs, outputs, vars, rules): one op
 *     version, with IO(min, max, formals) and the number of its VAR and RULE
 *     rows; its own rows follow:
 * VAR(variable, name, container, elems)
 * IN(name, type, option), OUT(name, type, option): type is V(variable), or
 *     T(elem) for a tensor of a fixed element type
 * RULE(kind, attr, variable, elem, other)
 * NAME(id), NAME_AS(id, text): all names, sorted
 * Ops are sorted by domain, name, since. */
"""

ROWS = ["DOMAIN(id, text, newest)",
        "LAYOUT(id, node_in, body_in, body_out, carried, but, elements, a, b)",
        "OP(domain, name, since, class, flags, inputs, outputs, vars, rules)",
        "VAR(variable, name, container, elems)", "IN(name, type, option)",
        "OUT(name, type, option)", "RULE(kind, attr, variable, elem, other)",
        "NAME(id)", "NAME_AS(id, text)"]


def packed(items):
    """Items, none of them broken, on lines of at most 80 columns."""
    marked = " ".join(item.replace(" ", "\0") for item in items)
    lines = textwrap.wrap(marked, 80, break_long_words=False)
    return [line.replace("\0", " ") for line in lines]


def wrapped(row, width=80):
    return textwrap.wrap(row, width, subsequent_indent="    ")


def define_rows(name, elems):
    lines = wrapped(f"#define {name} ({' | '.join(elems)})", 78)
    return [line + " \\" for line in lines[:-1]] + lines[-1:]


def elem_set(elems):
    left, parts = set(elems), []
    for group, members in GROUPS.items():
        members = set(members.split())
        if members <= left:
            parts.append(group)
            left -= members
    parts += [f"E({name})" for name in TensorProto.DataType.keys()
              if name in left]
    return " | ".join(parts)


def ident(name):
    return re.sub(r"\W", "_", name)


def field(value):
    if isinstance(value, bool):
        return str(value).lower()
    return "NONE" if value is None else str(value)


def io_text(arity):
    minimum, maximum, formals = arity
    maximum = "ANY" if maximum == UNBOUNDED else maximum
    return f"IO({minimum}, {maximum}, {formals})"


def param_text(macro, schema, param):
    if param.type_str in schema.vars:
        type_text = f"V({schema.var_index(param.type_str)})"
    else:
        container, elem = parse_type(param.type_str)
        if container != "TENSOR":
            refuse(schema, f"{param.name} is a fixed {param.type_str}")
        type_text = f"T({elem})"
    option = "MIXED" if param.mixed else param.option
    option += "_0" if param.may_be_none else ""
    return f"{macro}({ident(param.name)}, {type_text}, {option})"


def rule_text(rule):
    return (f"RULE({rule['kind']}, {rule['attr'] or '_'},"
            f" {field(rule['var'])}, {rule['elem'] or 'UNDEFINED'},"
            f" {field(rule['other'])})")


def op_rows(schema):
    sets = [(i, name, container, elems)
            for i, (name, sets) in enumerate(schema.vars.items())
            for container, elems in sets.items()]
    flags = " | ".join(schema.flags) or "0"
    inputs, outputs = map(io_text, schema.arity)
    yield ""
    yield from wrapped(
        f"OP({DOMAINS[schema.domain]}, {schema.name}, {schema.since},"
        f" {op_class(schema)}, {flags}, {inputs}, {outputs}, {len(sets)},"
        f" {len(schema.rules)})")
    for i, name, container, elems in sets:
        yield from wrapped(f"VAR({i}, {name}, {container}, {elem_set(elems)})")
    yield from packed(param_text("IN", schema, p) for p in schema.inputs)
    yield from packed(param_text("OUT", schema, p) for p in schema.outputs)
    yield from map(rule_text, schema.rules)


def layout_row(name, fields):
    first, body_in, body_out, carried, but, elements, *lead = fields
    return (f"LAYOUT({name}, {field(first)}, {body_in}, {body_out},"
            f" {field(carried)}, {but or '_'}, {field(elements)},"
            f" {', '.join(lead)})")


def name_rows(schemas, layouts):
    names = {fields[4] for fields in layouts.values() if fields[4]}
    for schema in schemas:
        names |= {schema.name, *schema.vars}
        names |= {p.name for p in schema.inputs + schema.outputs}
        names |= {r["attr"] for r in schema.rules if r["attr"]}
    if len({"_", *map(ident, names)}) != len(names) + 1:
        refuse("names", "two of them have one identifier")
    return packed(['NAME_AS(_, "")', *(
        f"NAME({n})" if ident(n) == n else f'NAME_AS({ident(n)}, "{n}")'
        for n in sorted(names))])


def table_text():
    schemas = load_schemas()
    layouts = apply_bodies(schemas)
    apply_rules(schemas)
    check_complete(schemas)

    row_names = [row.partition("(")[0] for row in ROWS]
    lines = []
    for name, row in zip(row_names, ROWS):
        lines += ["", f"#ifndef {name}", f"#define {row}", "#endif"]
    lines += ["", "#define E(elem) ELEM_BIT(ELEM_##elem)"]
    for group, members in GROUPS.items():
        lines += define_rows(group, [f"E({m})" for m in members.split()])
    lines += ["", *(f'DOMAIN({DOMAINS[d]}, "{d}", {newest_opset(d)})'
                    for d in sorted(DOMAINS))]
    lines += ["", *(layout_row(*item) for item in sorted(layouts.items()))]
    for schema in schemas:
        lines += op_rows(schema)
    lines += ["", *name_rows(schemas, layouts), ""]
    lines += [f"#undef {name}" for name in (*row_names, "E", *GROUPS)]
    header = HEADER.format(onnx=onnx.__version__, ort=onnxruntime.__version__)
    return header + "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true",
                        help="compare with the committed file")
    args = parser.parse_args()

    text = table_text()
    if not args.check:
        TARGET.write_text(text)
        return 0
    old = TARGET.read_text() if TARGET.exists() else ""
    if old == text:
        return 0
    sys.stdout.writelines(difflib.unified_diff(
        old.splitlines(True), text.splitlines(True),
        "src/ops/ops.def", "generated"))
    print("gen_ops.py: src/ops/ops.def is out of date", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
