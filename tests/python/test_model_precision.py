"""docs/model_precision.md says of each real model what stays FP32, why, and
how near its worst row comes to FP32.

`--slow` judges all models, a quarter of an hour the first time (figures are
kept in the cache, by the bytes of the models); with `--bless` it writes the
page. Without it three small models are held against the page's rows."""

import os
import time

import numpy as np
import pytest

import compare
import limited
import model_page
import model_rows

SMALL_MODELS = ("hey_rhasspy_v0.1.onnx", "swift-f0.onnx",
                "cls.onnx")


def test_cosine_of_the_worst_row():
    good = np.ones((3, 8), np.float32)
    bad = good.copy()
    bad[1, ::2] = -1
    assert model_rows.cosine(good, good) == pytest.approx(1)
    assert model_rows.cosine(good, bad) == pytest.approx(0)
    bad[1, 0] = np.inf
    assert model_rows.cosine(good, bad) == 0


def test_cosine_leaves_out_rows_without_direction():
    expected = np.ones((2, 8), np.float32)
    expected[1] *= 1e-5
    got = expected.copy()
    got[1] = -1e-5
    assert model_rows.cosine(expected, got) == pytest.approx(1)
    assert model_rows.worst([[expected]], [[got]])["error"] > 1e-5


def test_short_rows_are_judged_as_a_whole():
    expected = np.array([[3, 4], [0, 1]], np.float32)
    got = np.array([[3, 4], [1, 0]], np.float32)
    assert model_rows.cosine(expected, got) == pytest.approx(25 / 26)
    assert model_rows.cosine(np.float32(1), np.float32(-1)) is None
    assert model_rows.cosine(np.array([1, 2]), np.array([2, 1])) is None


def test_what_takes_too_long_is_not_judged():
    assert limited.call(60, compare.scales, [[np.ones(2)]]) == (
        [1.0], None)
    assert limited.call(0.1, time.sleep, 5) == (None, limited.OUT_OF_TIME)
    assert limited.call(60, os.abort) == (None, limited.CRASH)
    assert limited.call(60, max, 3, 4) == (4, None)


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_rows_of_the_page_are_current(name, opp, corpus_file, tmp_path,
                                      pytestconfig):
    if pytestconfig.getoption("--bless"):
        pytest.skip("about to be written")
    row = model_page.converted(opp, name, corpus_file(name), tmp_path)
    assert model_page.nodes_line(row) in model_page.PAGE.read_text(
        ).splitlines(), "run with --slow --bless and read the difference"


@pytest.mark.slow
def test_page(opp, cache, corpus_file, tmp_path, pytestconfig):
    rows = []
    for name in model_page.by_size():
        folder = tmp_path / name
        folder.mkdir()
        source = corpus_file(name)
        rows.append(model_page.converted(opp, name, source, folder))
        model_page.judge(rows[-1], opp, cache, source, folder)
        print(model_page.verdict_line(rows[-1]), rows[-1].missed(),
              flush=True)
        if pytestconfig.getoption("--bless"):
            model_page.PAGE.write_text(model_page.page(rows))
    text = model_page.PAGE.read_text().splitlines()
    stale = [row.name for row in rows
             if model_page.nodes_line(row) not in text]
    assert not stale, "run with --bless and read the difference"
    assert {row.name for row in rows if row.missed()} == set(
        model_page.causes())
