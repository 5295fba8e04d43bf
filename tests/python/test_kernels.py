"""The rules of support/kernels.py against ONNX Runtime itself, on all op test
cases of the onnx package, of all types."""

import onnx
import pytest

import kernels
import op_models
import runtimes

# How sessions fail for want of a kernel. A kernel that is there may refuse
# attributes as well; no table says that.
LACKS = ("NOT_IMPLEMENTED", "is not a registered function")


def lacks_kernel(data):
    try:
        runtimes.session(data, "off")
    except Exception as error:  # the runtime raises many unrelated types
        return any(text in str(error) for text in LACKS)
    return False


@pytest.fixture(scope="module")
def answers():
    return [(case.name, lacks_kernel(case.model.SerializeToString()),
             kernels.missing_kernels(case.model))
            for case in op_models.generated_cases()]


def test_the_tables_predict_what_loads(answers):
    assert sum(lacks for _, lacks, _ in answers) > 50
    wrong = [(name, missing) for name, lacks, missing in answers
             if lacks != bool(missing)]
    assert not wrong


def eye_like(elem):
    return onnx.helper.make_model(onnx.parser.parse_graph(
        f"g (int64[2,2] x) => (float16[2,2] y) {{"
        f" y = EyeLike <dtype = {elem}> (x) }}"),
        opset_imports=[onnx.helper.make_opsetid("", 21)], ir_version=10)


def test_an_op_that_only_makes_fp16_is_not_repaired():
    model = eye_like(onnx.TensorProto.FLOAT16)
    assert kernels.missing_kernels(model)
    assert lacks_kernel(model.SerializeToString())
