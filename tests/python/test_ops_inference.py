"""Types of outputs by the op table (op_types.py) against the declared types of
the op test cases of the onnx package, and, where those do not tell, against
the type inference of onnx and onnxruntime."""

import re

import numpy as np
import onnx
import onnxruntime
import op_models
import op_types
import pytest
from onnx import TensorProto, defs, helper, numpy_helper, shape_inference


@pytest.fixture(scope="module")
def table():
    return op_types.load_table()


# The model must say the type of some outputs (UNKNOWN in tools/op_facts.py).
UNDECIDED = {"Adagrad", "Adam", "Momentum", "Gradient"}


def test_op_test_cases(table):
    checked = 0
    for name, data in op_models.generated_models():
        model = onnx.ModelProto.FromString(data)
        inference = op_types.Inference(table, model)
        if not UNDECIDED & {node.op_type for node in model.graph.node}:
            assert inference.checked >= len(model.graph.output), name
        checked += inference.checked
    assert checked > 2000


# --- against onnx.shape_inference -------------------------------------------

HALF_TENSOR = helper.make_tensor("t", TensorProto.FLOAT16, [1], [1.0])

# Op, attributes, types of the inputs (None: omitted); every version of the op
# that has those attributes and inputs is asked. What no op test case shows:
# defaults, and attributes in spellings that exporters use less.
ATTENTION = dict(q_num_heads=2, kv_num_heads=2)
ONNX_CASES = [
    ("Cast", dict(to=TensorProto.BFLOAT16), ["float"]),
    ("BitCast", dict(to=TensorProto.INT16), ["float16"]),
    ("CastLike", {}, ["float", "float16"]),
    ("Bernoulli", {}, ["float16"]),
    ("Bernoulli", dict(dtype=TensorProto.DOUBLE), ["float16"]),
    ("EyeLike", {}, ["float16"]),
    ("EyeLike", dict(dtype=TensorProto.DOUBLE), ["float16"]),
    ("RandomNormalLike", {}, ["float16"]),
    ("RandomNormalLike", dict(dtype=TensorProto.FLOAT), ["float16"]),
    ("RandomUniformLike", {}, ["float16"]),
    ("RandomUniformLike", dict(dtype=TensorProto.FLOAT), ["float16"]),
    ("RandomNormal", dict(shape=[2]), []),
    ("RandomNormal", dict(shape=[2], dtype=TensorProto.FLOAT16), []),
    ("RandomUniform", dict(shape=[2]), []),
    ("RandomUniform", dict(shape=[2], dtype=TensorProto.FLOAT16), []),
    ("Multinomial", {}, ["float16"]),
    ("Multinomial", dict(dtype=TensorProto.INT64), ["float16"]),
    ("SequenceEmpty", {}, []),
    ("SequenceEmpty", dict(dtype=TensorProto.FLOAT16), []),
    ("HannWindow", {}, ["int64"]),
    ("HannWindow", dict(output_datatype=TensorProto.FLOAT16), ["int64"]),
    ("HammingWindow", {}, ["int64"]),
    ("BlackmanWindow", {}, ["int64"]),
    ("MelWeightMatrix", {}, ["int64", "int64", "int64", "float", "float"]),
    ("ConstantOfShape", {}, ["int64"]),
    ("ConstantOfShape", dict(value=HALF_TENSOR), ["int64"]),
    ("Constant", dict(value=HALF_TENSOR), []),
    ("Constant", dict(value_float=1.0), []),
    ("Constant", dict(value_floats=[1.0]), []),
    ("Constant", dict(value_int=1), []),
    ("Constant", dict(value_ints=[1]), []),
    ("Constant", dict(value_string="a"), []),
    ("Constant", dict(value_strings=["a"]), []),
    ("QuantizeLinear", {}, ["float", "float"]),
    ("QuantizeLinear", {}, ["float", "float", "int8"]),
    ("QuantizeLinear", dict(output_dtype=TensorProto.INT8),
     ["float16", "float16"]),
    ("DequantizeLinear", {}, ["int8", "float"]),
    ("DequantizeLinear", {}, ["int8", "float16"]),
    ("DequantizeLinear", dict(output_dtype=TensorProto.FLOAT),
     ["int8", "float16"]),
    ("LayerNormalization", {}, ["float16", "float16"]),
    ("LayerNormalization", dict(stash_type=TensorProto.BFLOAT16),
     ["float16", "float16"]),
    ("LinearAttention", dict(ATTENTION, update_rule="linear"),
     ["float16", "float16", "float16"]),
    ("LinearAttention", dict(ATTENTION, update_rule="linear"),
     ["float16", "float16", "float16", "float"]),
    ("ai.onnx.ml.LabelEncoder", dict(keys_floats=[1.0], values_floats=[1.0]),
     ["float"]),
    ("ai.onnx.ml.LabelEncoder", dict(keys_floats=[1.0], values_strings=["a"]),
     ["float"]),
    ("ai.onnx.ml.LabelEncoder", dict(keys_floats=[1.0], values_int64s=[1]),
     ["float"]),
    ("ai.onnx.ml.LabelEncoder",
     dict(keys_floats=[1.0], values_tensor=numpy_helper.from_array(
         np.array([1], np.int16)), default_tensor=numpy_helper.from_array(
         np.array([1], np.int16))), ["float"]),
    ("ai.onnx.ml.LabelEncoder", dict(classes_strings=["a"]), ["string"]),
    ("ai.onnx.ml.LinearClassifier", dict(coefficients=[1.0]), ["float"]),
    ("ai.onnx.ml.LinearClassifier",
     dict(coefficients=[1.0], classlabels_strings=["a"]), ["float"]),
    ("ai.onnx.ml.SVMClassifier", dict(classlabels_ints=[1]), ["float"]),
    ("ai.onnx.ml.SVMClassifier", dict(classlabels_strings=["a"]), ["float"]),
    ("ai.onnx.ml.SVMClassifier", {}, ["float"]),
    ("ai.onnx.ml.ZipMap", dict(classlabels_strings=["a"]), ["float"]),
    ("ai.onnx.ml.ZipMap", dict(classlabels_int64s=[1]), ["float"]),
]


# Shapes that onnx insists on.
SHAPES = {
    "EyeLike": [8, 8], "Multinomial": [2, 8], "LinearClassifier": [2, 8],
    "LayerNormalization": [2, 8], "LinearAttention": [2, 3, 8],
    "LinearAttention.3": [2, 2, 4, 4],
}


def case_id(case):
    return f"{case[0]}({', '.join(case[1])}: {' '.join(case[2])})"


def infer_with_onnx(schema, node, inputs):
    """Type strings of the outputs; None when onnx refuses the node."""
    given = {}
    for i, (name, text) in enumerate(zip(node.input, inputs)):
        shape = SHAPES.get(f"{schema.name}.{i}", SHAPES.get(schema.name, [2]))
        given[name] = helper.make_tensor_type_proto(
            TensorProto.DataType.Value(text.upper()), shape)
    domain = schema.domain
    opsets = [helper.make_opsetid(domain, schema.since_version)]
    try:
        types = shape_inference.infer_node_outputs(
            schema, node, given, opset_imports=opsets)
    except (shape_inference.InferenceError, onnx.checker.ValidationError):
        return None
    return {name: op_types.type_text(t) for name, t in types.items()
            if t.WhichOneof("value")}


@pytest.mark.parametrize("case", ONNX_CASES, ids=case_id)
def test_against_onnx_inference(table, case):
    qualified, attrs, inputs = case
    domain, _, name = qualified.rpartition(".")
    asked = 0
    for schema in defs.get_all_schemas_with_history():
        if (schema.domain, schema.name) != (domain, name) \
                or not set(attrs) <= set(schema.attributes) \
                or len(inputs) > len(schema.inputs):
            continue
        names = [f"i{i}" for i in range(len(inputs))]
        outputs = [f"o{i}" for i in range(len(schema.outputs))]
        proto = helper.make_node(name, names, outputs, domain=domain, **attrs)
        expected = infer_with_onnx(schema, proto, inputs)
        if not expected:
            continue
        op = table.find(domain, name, schema.since_version)
        node = op_types.Node(table, op, proto,
                             [f"tensor({text})" for text in inputs])
        assert {o: node.output(int(o[1:])) for o in expected} == expected
        asked += 1
    assert asked > 0


# --- against ONNX Runtime ---------------------------------------------------

# Op, attributes, types and shapes of the inputs, the output that is asked.
# ONNX Runtime tells what it inferred when the graph declares another type.
QUERY = ("float16", [2, 3, 8])
SCALE = ("float", [])
LENGTHS = ("int32", [2])
RUNTIME_CASES = [
    ("com.microsoft.GroupQueryAttention", dict(num_heads=2, kv_num_heads=2),
     [QUERY] * 3 + [None, None, LENGTHS, ("int32", [])], 1),
    ("com.microsoft.GroupQueryAttention", dict(num_heads=2, kv_num_heads=2),
     [QUERY] * 3 + [("float", [2, 2, 3, 4])] * 2 + [LENGTHS, ("int32", [])],
     1),
    ("com.microsoft.LinearAttention", dict(ATTENTION, update_rule="linear"),
     [QUERY] * 3, 1),
    ("com.microsoft.GridSample", {},
     [("float16", [1, 1, 4, 4]), ("float16", [1, 2, 2, 2])], 0),
    ("com.microsoft.QuantizeLinear", {}, [("float", [4]), SCALE], 0),
    ("com.microsoft.QGemm", {},
     [("int8", [2, 2]), SCALE, ("int8", []), ("int8", [2, 2]), SCALE,
      ("int8", [])], 0),
    ("com.microsoft.QGemm", {},
     [("int8", [2, 2]), SCALE, ("int8", []), ("int8", [2, 2]), SCALE,
      ("int8", []), None, SCALE, ("int8", [])], 0),
    ("com.microsoft.GatherPacked", dict(packed_type=2, K=256),
     [("uint8", [4, 4]), ("int64", [2])], 0),
    ("com.microsoft.GatherPacked", dict(packed_type=2, K=256, output_dtype=10),
     [("uint8", [4, 4]), ("int64", [2])], 0),
    ("com.microsoft.GemmFloat8", {}, [("float16", [4, 4])] * 2, 0),
    ("com.microsoft.GemmFloat8", dict(dtype=10), [("float16", [4, 4])] * 2, 0),
    ("com.microsoft.DequantizeBFP", dict(bfp_type=0),
     [("uint8", [4]), ("int64", [1]), ("int64", [1])], 0),
    ("com.microsoft.DequantizeWithOrder",
     dict(to=10, order_input=1, order_output=1), [("int8", [4, 4]), SCALE], 0),
    ("com.microsoft.SkipLayerNormalization", {},
     [QUERY, QUERY, ("float16", [8])], 1),
    ("LayerNormalization", {}, [QUERY, ("float16", [8])], 1),
    ("SimplifiedLayerNormalization", {}, [QUERY, ("float16", [8])], 1),
    ("SimplifiedLayerNormalization", {}, [QUERY, ("float", [8])], 0),
]


def infer_with_onnxruntime(node, inputs, output, opset):
    """The one type with which a graph that consists of `node` loads, or fails
    for another reason than its type."""
    values = [helper.make_tensor_value_info(
        name, TensorProto.DataType.Value(elem.upper()), shape)
        for name, (elem, shape) in inputs.items()]
    opsets = [helper.make_opsetid("", opset)]
    if node.domain:
        opsets.append(helper.make_opsetid(node.domain, 1))
    told = set()
    for elem in (TensorProto.DOUBLE, TensorProto.UINT16):
        declared = helper.make_tensor_value_info(f"o{output}", elem, None)
        graph = helper.make_graph([node], "g", values, [declared])
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        with pytest.raises(Exception) as caught:
            onnxruntime.InferenceSession(model.SerializeToString(),
                                         providers=["CPUExecutionProvider"])
        message = str(caught.value)
        match = re.search(r"does not match expected type \((.*)\)\.", message)
        assert match, message
        told.add(match[1])
    assert len(told) == 1
    return told.pop()


@pytest.mark.parametrize("case", RUNTIME_CASES, ids=lambda c: c[0])
def test_against_onnxruntime(table, case):
    qualified, attrs, inputs, output = case
    domain, _, name = qualified.rpartition(".")
    opset = 13 if not domain else 21
    names = [f"i{i}" if given else "" for i, given in enumerate(inputs)]
    op = table.find(domain, name, 1 if domain else opset)
    # ONNX Runtime infers some outputs only when there is a slot for all.
    outputs = [f"o{i}" if i in (0, output) else ""
               for i in range(len(op["outputs"]["params"]))]
    proto = helper.make_node(name, names, outputs, domain=domain, **attrs)
    expected = infer_with_onnxruntime(
        proto, {n: given for n, given in zip(names, inputs) if given},
        output, opset)
    node = op_types.Node(table, op, proto, [
        given and f"tensor({given[0]})" for given in inputs])
    assert node.output(output) == expected
