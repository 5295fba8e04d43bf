"""All models that the onnx package can give: the op test cases that it
generates, and the model files that it ships."""

import functools
import pathlib
import warnings

import onnx
import onnx.backend.test


@functools.cache
def generated_cases():
    """Test cases (name, model, data_sets, ...) of every op, in the package's
    order; about 1,900 models of 3 MB in sum, 5 seconds."""
    from onnx.backend.test.case.model import collect_testcases as of_models
    from onnx.backend.test.case.node import collect_testcases as of_nodes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [*of_nodes(None), *of_models()]
    return [case for case in cases if case.model is not None]


def generated_models():
    """Pairs (name, bytes of the model), names unique."""
    seen = {}
    for case in generated_cases():
        count = seen[case.name] = seen.get(case.name, 0) + 1
        name = case.name if count == 1 else f"{case.name}_{count}"
        yield name, case.model.SerializeToString()


def data_files():
    """Paths of the model files inside the onnx package."""
    folder = pathlib.Path(onnx.backend.test.__file__).parent / "data"
    return sorted(folder.rglob("*.onnx"))
