"""Fixtures and options of all Python tests.

The tool under test is $OPP_BIN, else build/release/onnx-precision-pass, else
build/dev/onnx-precision-pass. Models come from tools/corpus.tsv and are
fetched into the cache when a test first needs them."""

import os
import pathlib

import fetch_corpus
import pytest

import tool

ROOT = pathlib.Path(__file__).resolve().parent.parent


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true",
                     help="run the slow campaigns too")
    parser.addoption("--bless", action="store_true",
                     help="write what the tool prints as the expected text")
    parser.addoption("--table", metavar="FILE",
                     help="write the table of converted models to FILE")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow: run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


def find_binary():
    if "OPP_BIN" in os.environ:
        return pathlib.Path(os.environ["OPP_BIN"]).resolve()
    for preset in ("release", "dev"):
        path = ROOT / "build" / preset / "onnx-precision-pass"
        if path.exists():
            return path
    pytest.exit("no binary: set OPP_BIN or build a preset", returncode=2)


@pytest.fixture(scope="session")
def opp():
    return tool.Opp(find_binary())


@pytest.fixture(scope="session")
def cache():
    """Folder for results that are slow to compute and never change."""
    path = fetch_corpus.cache_dir()
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture(scope="session")
def corpus_file():
    """corpus_file(name): path of a model of the corpus, fetched if needed."""
    known = set()

    def get(name):
        if name not in known:
            failed = fetch_corpus.fetch([name], log=lambda text: None)
            assert not failed, f"cannot fetch: {failed}"
            known.add(name)
        return fetch_corpus.corpus_dir() / name

    return get
