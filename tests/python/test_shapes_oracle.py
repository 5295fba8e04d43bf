"""The dimensions and integers of facts/shapes against the shape inference of
the onnx package, and against what models give when they run."""

import collections
import json
import pathlib
import subprocess
import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

import corpus
import inference
import model_inputs
import op_models

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ["base", "numeric", "model", "graph", "ops", "facts"]
LIBRARIES = ["libprotobuf-c", "libxxhash", "jansson", "libmd",
             "yaml-0.1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """dump(paths): compiles shapes_dump.c once and runs it; for each model a
    list of {value: shape}."""
    build = tmp_path_factory.mktemp("shapes_dump")
    sources = [ROOT / "tests/python/shapes_dump.c", build / "onnx.pb-c.c"]
    for part in PARTS:
        sources += sorted((ROOT / "src" / part).glob("*.c"))
    subprocess.run(["protoc-c", f"--proto_path={ROOT / 'proto'}",
                    f"--c_out={build}", "onnx.proto"], check=True)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", *LIBRARIES],
                           check=True, capture_output=True, text=True)
    subprocess.run(
        ["cc", "-std=c11", "-O1", "-w", "-D_GNU_SOURCE",
         '-DOPP_VERSION="test"', f"-I{ROOT / 'src'}", f"-I{ROOT / 'include'}",
         f"-I{build}", *sources, "-o", build / "shapes_dump",
         *flags.stdout.split(), "-lm", "-pthread"], check=True)

    def run(paths):
        lines = []
        for i in range(0, len(paths), 200):
            done = subprocess.run([build / "shapes_dump", *paths[i:i + 200]],
                                  capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            lines += done.stdout.splitlines()
        return [json.loads(line) for line in lines]

    return run


class Check:
    """Counts what agrees, and collects lines about what does not."""

    def __init__(self):
        self.counts = collections.Counter()
        self.wrong = []

    def place(self, model, value):
        self.where = f"{model}: `{value}`"
        self.counts["values"] += 1

    def equal(self, what, ours, expected):
        self.counts[what] += 1
        if ours != expected:
            self.wrong.append(f"{self.where}: {what} {ours}, not {expected}")

    def report(self, title):
        print(f"{title}: {dict(sorted(self.counts.items()))}")
        assert not self.wrong, "\n".join(self.wrong)


# --- against inference ------------------------------------------------------


def shape_of(proto):
    """TensorShapeProto of a TypeProto, or None."""
    kind = proto.WhichOneof("value")
    if kind not in ("tensor_type", "sparse_tensor_type"):
        return None
    tensor = getattr(proto, kind)
    return tensor.shape if tensor.HasField("shape") else None


def compare_dim(check, ours, proto):
    theirs = proto.dim_value if proto.HasField("dim_value") else None
    ours = ours["is"] if isinstance(ours["is"], int) else None
    if ours is not None and theirs is not None:
        check.equal("dims", ours, theirs)
    elif theirs is not None:
        check.counts["dims that onnx alone knows"] += 1
    elif ours is not None:
        check.counts["dims that we alone know"] += 1
    else:
        check.counts["dims not known"] += 1


def compare_shape(check, ours, shape):
    if ours is None or shape is None:
        check.counts["ranks that onnx alone knows"] += shape is not None
        check.counts["ranks that we alone know"] += ours is not None
        return
    check.equal("ranks", len(ours["dims"]), len(shape.dim))
    for dim, proto in zip(ours["dims"], shape.dim):
        compare_dim(check, dim, proto)


LEAST = {"generated": 36_000, "shipped": 14_000, "corpus": 32_000}


@pytest.mark.parametrize("group", inference.GROUPS)
def test_against_inference(dump, corpus_file, folder, group):
    """What the file declares is taken away from onnx, so that only what it
    can work out is compared."""
    models = inference.models(group, folder, corpus_file)
    check = Check()
    for (name, path), ours in zip(models, dump([p for _, p in models])):
        model = inference.load(path)
        inference.forget_shapes(model)
        theirs = inference.scopes(inference.infer(model))
        assert len(ours) == len(theirs), name
        for values, graph in zip(ours, theirs):
            for value, proto in inference.declared(graph).items():
                check.place(name, value)
                compare_shape(check, values[value], shape_of(proto))
    check.report(group)
    known = check.counts["dims"]
    assert known >= LEAST[group]
    # Sequences of tensors, and what comes out of them, are not followed.
    assert check.counts["ranks that onnx alone knows"] <= known / 1000
    assert check.counts["dims that onnx alone knows"] <= known / 1000


# --- against values ---------------------------------------------------------


def compare_value(check, ours, value, symbols):
    """A result of a run; symbols: {symbol: length} of this run."""
    check.equal("ranks", len(ours["dims"]), value.ndim)
    for dim, length in zip(ours["dims"], value.shape):
        if isinstance(dim["is"], str):
            # Names that value_info alone gives need not mean one length.
            key = dim["is"], dim["assumed"]
            check.equal("symbols", symbols.setdefault(key, length), length)
        elif dim["is"] is not None:
            check.equal("dims", dim["is"], length)
        else:
            check.counts["dims not known"] += 1
    for item, number in zip(ours["ints"] or [], value.flatten().tolist()):
        if isinstance(item["is"], int):
            check.equal("integers", item["is"], number)


def compare_values(check, name, ours, results):
    symbols = {}
    for value, result in results.items():
        if ours.get(value) and isinstance(result, np.ndarray):
            check.place(name, value)
            compare_value(check, ours[value], result, symbols)


def evaluate(case):
    """All values of an op test case by onnx.reference; None where that does
    not run it or gives a result of another shape than the case has."""
    inputs, expected = case.data_sets[0]
    names = [value.name for value in case.model.graph.input]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            results = ReferenceEvaluator(case.model).run(
                None, dict(zip(names, inputs)), intermediate=True)
    except Exception:  # whatever an op's Python code raises
        return None
    for output, wanted in zip(case.model.graph.output, expected):
        got = results[output.name]
        if isinstance(wanted, np.ndarray) and got.shape != wanted.shape:
            return None
    return results


# 3D pooling in pure Python takes seconds.
SLOW_CASES = {"test_averagepool_3d_default", "test_lppool_3d_default",
              "test_maxpool_3d_default"}


def test_against_op_test_cases(dump, folder):
    """Main graphs, with all values between the nodes."""
    models = inference.models("generated", folder, None)
    cases = op_models.generated_cases()
    assert len(cases) == len(models)
    check = Check()
    for case, ours in zip(cases, dump([path for _, path in models])):
        if case.name in SLOW_CASES:
            continue
        results = evaluate(case)
        if results is None:
            check.counts["cases not evaluated"] += 1
        else:
            compare_values(check, case.name, ours[0], results)
    check.report("op test cases")
    assert check.counts["dims"] > 37_000
    assert check.counts["integers"] > 7_000


def run_with_all_outputs(path, feeds):
    """For each feed {value: array}, every value of the main graph."""
    model = onnx.load(path)
    own = {value.name for value in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in own:
                model.graph.output.append(onnx.ValueInfoProto(name=name))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 2
    options.graph_optimization_level = \
        onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, ["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    for feed in feeds:
        yield dict(zip(names, session.run(None, feed)))


# All their dimensions are numbers, and all their values take 2 GB.
LARGE = {"isnet-small.onnx", "isnet-medium.onnx"}


@pytest.mark.slow
def test_against_real_models(dump, corpus_file):
    check = Check()
    names = [name for name in corpus.NAMES if name not in LARGE]
    paths = [corpus_file(name) for name in names]
    for name, path, ours in zip(names, paths, dump(paths)):
        for results in run_with_all_outputs(path, model_inputs.cases(name)):
            compare_values(check, name, ours[0], results)
    check.report("real models")
    assert check.counts["dims"] > 50_000
    assert check.counts["symbols"] > 20_000
    assert check.counts["integers"] > 3_000
