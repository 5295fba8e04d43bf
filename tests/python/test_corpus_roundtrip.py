"""A run that changes nothing writes the input's bytes."""

import shutil

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import corpus
import op_models


def assert_same_bytes(opp, source, target):
    opp("passes", "run", "-p", "", source, "-o", target)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    "name", [name for name in corpus.NAMES if name not in corpus.DATA_FILES])
def test_corpus_model(opp, corpus_file, tmp_path, name):
    assert_same_bytes(opp, corpus_file(name), tmp_path / "out.onnx")
    assert [p.name for p in tmp_path.iterdir()] == ["out.onnx"]
    (tmp_path / "out.onnx").unlink()


def tensors(path):
    model = onnx.load(path)
    return {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}


def assert_same_tensors(left, right):
    left, right = tensors(left), tensors(right)
    assert left.keys() == right.keys()
    for name, value in left.items():
        np.testing.assert_array_equal(value, right[name])


@pytest.mark.parametrize("name", list(corpus.DATA_FILES))
def test_external_data_beside_the_model(opp, corpus_file, tmp_path, name):
    source = shutil.copy(corpus_file(name), tmp_path)
    for data in corpus.DATA_FILES[name]:
        shutil.copy(corpus_file(name).with_name(data), tmp_path)
    target = tmp_path / "out.onnx"
    opp("passes", "run", "-p", "", source, "-o", target)
    assert_same_tensors(source, target)


@pytest.mark.parametrize("name", list(corpus.DATA_FILES))
def test_external_data_in_another_folder(opp, corpus_file, tmp_path, name):
    target = tmp_path / "out.onnx"
    opp("passes", "run", "-p", "", corpus_file(name), "-o", target)
    assert_same_tensors(corpus_file(name), target)


@pytest.mark.parametrize("source", op_models.data_files(),
                         ids=lambda path: "-".join(path.parts[-2:]))
def test_model_of_the_onnx_package(opp, tmp_path, source):
    assert_same_bytes(opp, source, tmp_path / "out.onnx")


def test_generated_op_models(opp, tmp_path, pytestconfig):
    """Every seventh op test model; all of them with --slow."""
    step = 1 if pytestconfig.getoption("--slow") else 7
    wrong, count = [], 0
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    for name, data in list(op_models.generated_models())[::step]:
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        done = opp("passes", "run", "-p", "", source, "-o", target,
                   expect=None)
        if done.returncode != 0:
            wrong.append(f"{name}: exit {done.returncode} {done.stderr}")
        elif target.read_bytes() != data:
            wrong.append(f"{name}: other bytes")
        count += 1
    assert count > 200
    assert not wrong, "\n".join(wrong)
