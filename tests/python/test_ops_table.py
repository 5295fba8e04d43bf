"""The op table against its sources, the schemas of onnx and onnxruntime, and
against what is known to be illegal in half precision."""

import pathlib
import re
import subprocess
import sys

import onnx
import op_types
import pytest
from onnx import TensorProto
from onnxruntime.capi import onnxruntime_pybind11_state as ort

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOAT, HALF = "tensor(float)", "tensor(float16)"


@pytest.fixture(scope="module")
def table():
    return op_types.load_table()


def test_committed_table_is_current():
    done = subprocess.run([sys.executable, ROOT / "tools/gen_ops.py",
                           "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[:2000] + done.stderr


# --- the schemas, one by one ------------------------------------------------


def schema_param(p):
    """Name, option, whether operands are of one type, types."""
    same = getattr(p, "is_homogeneous", getattr(p, "isHomogeneous", None))
    # Here, and only here, onnx spells a map as "map(string,tensor(float))".
    types = {re.sub(r",tensor\((\w+)\)", r", \1", t) for t in p.types}
    return p.name, str(p.option).rpartition(".")[2], bool(same), types


def table_param(p):
    return p["name"], p["option"], not p["mixed"], set(p["types"])


def minimum(params):
    """Operands needed, as a sum of what each parameter says."""
    return max([i + p["min"] for i, p in enumerate(params)
                if p["min"] or p["option"] == "Variadic"], default=0)


def assert_same_schema(op, schema):
    for side, sources, low, high in (
            ("inputs", schema.inputs, schema.min_input, schema.max_input),
            ("outputs", schema.outputs, schema.min_output,
             schema.max_output)):
        ours = op[side]
        assert (ours["min"], ours["max"]) == (low, high)
        assert minimum(ours["params"]) == low
        assert [table_param(p) for p in ours["params"]] \
            == [schema_param(p) for p in sources]
        for ours, source in zip(ours["params"], sources):
            variable = getattr(source, "type_str", None) or source.typeStr
            if ours["var"] < 0:
                assert set(ours["types"]) == {variable}
            else:
                assert op["vars"][ours["var"]]["name"] == variable
            if hasattr(source, "min_arity") and ours["option"] == "Variadic":
                assert ours["min"] == source.min_arity
    assert [(v["name"], set(v["types"])) for v in op["vars"]] \
        == [(c.type_param_str, set(c.allowed_type_strs))
            for c in schema.type_constraints]
    assert op["deprecated"] == schema.deprecated
    for rule in op["rules"]:
        assert rule["attr"] == "" or rule["attr"] in schema.attributes
    graphs = {name for name, a in schema.attributes.items()
              if str(a.type).endswith("GRAPH")}
    assert graphs == {r["attr"] for r in op["rules"] if r["kind"] == "GRAPH"}


def test_every_schema_of_onnx(table):
    schemas = onnx.defs.get_all_schemas_with_history()
    assert len(schemas) == 659
    ours = {(op["domain"], op["name"], op["since"]): op for op in table.ops
            if not op["extension"]}
    assert len(ours) == len(schemas)
    for schema in schemas:
        op = ours[schema.domain, schema.name, schema.since_version]
        assert_same_schema(op, schema)
        assert op["function"] == schema.has_function
        assert op["context_function"] == schema.has_context_dependent_function
        assert op["newest"] == onnx.defs.C.schema_version_map()[
            schema.domain][1]


def test_every_other_schema_of_onnxruntime(table):
    ours = {(op["domain"], op["name"], op["since"]): op for op in table.ops}
    extensions = {key for key, op in ours.items() if op["extension"]}
    seen = set()
    for schema in ort.get_all_operator_schema():
        key = schema.domain, schema.name, schema.since_version
        if key in extensions:
            assert_same_schema(ours[key], schema)
            seen.add(key)
        else:
            assert key in ours
    assert seen == extensions


def test_order(table):
    keys = [(op["domain"], op["name"], op["since"]) for op in table.ops]
    assert keys == sorted(set(keys))


def test_element_types(table):
    assert {row["text"].upper(): row["elem"] for row in table.elems} \
        == dict(TensorProto.DataType.items())
    unnumbered = {"undefined": 0, "string": 0, "bool": 8, "float": 32,
                  "double": 64}
    for row in table.elems:
        text = row["text"]
        digits = re.search(r"\d+", text)
        assert row["bits"] == (int(digits[0]) if digits else unnumbered[text])
        assert row["is_float"] == ("float" in text or text == "double")


# --- what is illegal in half ------------------------------------------------

# Parameters that allow float and never float16, by op and versions. Written
# down from Operators.md; a longer or a shorter list is a broken table.
NEVER_HALF = {
    ("Celu", 12, 27): "in0 out0",
    ("CumSum", 11, 13): "in0 out0",
    ("DequantizeLinear", 10, 18): "in1 out0",
    ("DynamicQuantizeLinear", 11, None): "in0 out1",
    ("IsInf", 10, 19): "in0",
    ("LayerNormalization", 17, None): "out1 out2",
    ("NonMaxSuppression", 10, None): "in0 in1 in3 in4",
    ("QLinearConv", 10, None): "in1 in4 in6",
    ("QLinearMatMul", 10, 20): "in1 in4 in6",
    ("QuantizeLinear", 10, 18): "in0 in1",
    ("Range", 11, 26): "in0 in1 in2 out0",
    ("Resize", 10, 10): "in1",
    ("Resize", 11, None): "in2",
    ("TfIdfVectorizer", 9, None): "out0",
    ("Upsample", 9, 9): "in1",
}

ML_NEVER_HALF = {
    "ArrayFeatureExtractor", "Binarizer", "CastMap", "DictVectorizer",
    "FeatureVectorizer", "Imputer", "LabelEncoder", "LinearClassifier",
    "LinearRegressor", "Normalizer", "OneHotEncoder", "SVMClassifier",
    "SVMRegressor", "Scaler", "TreeEnsembleClassifier",
    "TreeEnsembleRegressor", "ZipMap",
}


def never_half(op):
    return " ".join(
        f"{short}{i}" for short, side in (("in", "inputs"), ("out", "outputs"))
        for i, p in enumerate(op[side]["params"])
        if FLOAT in p["types"] and HALF not in p["types"])


def standard(table, domain):
    return [op for op in table.ops if op["domain"] == domain
            and not op["extension"] and not op["deprecated"]]


def test_exactly_these_parameters_are_never_half(table):
    found = {}
    for op in standard(table, ""):
        versions = [o["since"] for o in table.by_name["", op["name"]]]
        later = [since for since in versions if since > op["since"]]
        last = later[0] - 1 if later else None
        params = never_half(op)
        previous = next((key for key, value in found.items()
                         if key[0] == op["name"] and value == params
                         and key[2] == op["since"] - 1), None)
        if params and previous:
            del found[previous]
            found[op["name"], previous[1], last] = params
        elif params:
            found[op["name"], op["since"], last] = params
    assert found == NEVER_HALF


def test_exactly_these_ml_ops_are_never_half(table):
    assert {op["name"] for op in standard(table, "ai.onnx.ml")
            if never_half(op)} == ML_NEVER_HALF


def test_com_microsoft_params_that_are_never_half(table):
    found = {op["name"]: never_half(op) for op in table.ops
             if op["domain"] == "com.microsoft" and never_half(op)}
    assert len(found) == 54
    assert found["SkipLayerNormalization"] == "out1 out2"
    assert found["SkipSimplifiedLayerNormalization"] == "out1 out2"
    assert found["GroupQueryAttention"] == "in12 in13"
    assert found["Range"] == "in0 in1 in2 out0"
    assert found["GemmFloat8"] == "in3 in4 in5"
