"""Every real model converts: valid, loads, near FP32, mostly FP16.

Judged by the onnx package and ONNX Runtime alone; the tool's own report is not
read. `--table FILE` writes what was measured, one line a model."""

import dataclasses
import json
import pathlib
import shutil
import time

import onnx
import pytest

import compare
import corpus
import fetch_corpus
import isolated
import model_inputs
import model_stats
import reference

ORT_LIMIT = 0.01
REFERENCE_LIMIT = 0.02
REFERENCE_MAX_BYTES = 10_000_000
SHARE = 0.90


@dataclasses.dataclass
class Row:
    """One line of the table."""
    name: str
    before: model_stats.Stats
    after: model_stats.Stats
    size_before: int
    size_after: int
    seconds: float
    ort: float | None = None
    reference: float | str | None = None

    def line(self):
        def figure(value):
            if isinstance(value, float):
                return f"{value:.1e}"
            return value or "-"
        return "\t".join(map(str, (
            self.name, self.after.half_nodes, self.after.full_nodes,
            self.before.casts, self.after.casts, self.size_before,
            self.size_after, f"{100 * share(self.after, 'bytes'):.1f}",
            figure(self.ort), figure(self.reference), f"{self.seconds:.3f}",
            " ".join(f"{op}:{count}" for op, count
                     in self.after.full_ops.most_common(6)) or "-")))


HEADER = "\t".join((
    "model", "nodes FP16", "nodes FP32", "casts before", "casts after",
    "bytes before", "bytes after", "weights FP16 %", "error ORT",
    "error reference", "seconds", "FP32 ops"))


def share(stats, what):
    half = getattr(stats, f"half_{what}")
    full = getattr(stats, f"full_{what}")
    return half / (half + full) if half + full else 1.0


def data_bytes(name):
    return sum(row["bytes"] for row in fetch_corpus.read_list()
               if fetch_corpus.owner(row) == name)


def folder_bytes(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


class Model:
    """A model of the corpus, its conversion, and FP32 results."""

    def __init__(self, name, source, folder):
        self.name = name
        self.source = source
        self.folder = folder
        self.target = folder / "converted.onnx"
        self.done = None
        self.feeds = model_inputs.cases(name)
        self.expected = compare.run(source, self.feeds)
        self.scale = compare.scales(self.expected)
        self.measures = model_inputs.measures(name)

    def audit(self, opp):
        """A model with nodes of one name is refused without --fix."""
        report, = json.loads(opp("audit", "--exit-zero", "-f", "json",
                                 self.source).stdout)
        twins = [found for found in report["findings"]
                 if found["code"] == "OPP410"]
        self.fix = ["--fix"] if twins else []

    def convert(self, opp):
        start = time.monotonic()
        self.done = opp("convert", *self.fix, self.source, "-o", self.target,
                        expect=None)
        self.seconds = time.monotonic() - start

    def error(self, got):
        return compare.largest_difference(self.expected, got, self.scale,
                                          self.measures)

    def require(self):
        if self.done.returncode != 0:
            pytest.fail("not converted, see test_converts", pytrace=False)


@pytest.fixture(scope="module")
def rows(pytestconfig):
    found = {}
    yield found
    if pytestconfig.getoption("--table"):
        lines = [HEADER, *(row.line() for row in found.values())]
        pathlib.Path(pytestconfig.getoption("--table")).write_text(
            "\n".join(lines) + "\n")


@pytest.fixture(scope="module", params=corpus.NAMES)
def model(request, opp, corpus_file, tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("convert")
    found = Model(request.param, corpus_file(request.param), folder)
    found.audit(opp)
    found.convert(opp)
    if found.done.returncode == 0:
        rows[found.name] = Row(
            found.name, stats(found.source), stats(found.target),
            data_bytes(found.name), folder_bytes(folder), found.seconds)
    yield found
    shutil.rmtree(folder)


def stats(path):
    return model_stats.model_stats(onnx.load(path, load_external_data=False))


def test_converts(model):
    assert model.done.returncode == 0, model.done.stderr


def test_valid_when_the_original_is(model):
    model.require()
    if compare.check_error(model.source):
        pytest.skip("onnx.checker refuses the original")
    assert isolated.call(compare.check_error, model.target) is None


@pytest.mark.parametrize("level", list(compare.LEVELS))
def test_loads_in_onnx_runtime(model, level):
    model.require()
    if compare.load_error(model.source, level):
        pytest.skip("ONNX Runtime refuses the original")
    assert isolated.call(compare.load_error, model.target, level) is None


def interface(path):
    graph = onnx.load(path, load_external_data=False).graph
    return [(value.name, value.type.SerializeToString(deterministic=True))
            for value in [*graph.input, *graph.output]]


def test_keeps_inputs_and_outputs(model):
    model.require()
    assert interface(model.target) == interface(model.source)


def test_near_fp32_in_onnx_runtime(model, rows):
    model.require()
    error = max(model.error(isolated.call(
        compare.run, model.target, model.feeds, level))
        for level in compare.LEVELS)
    rows[model.name].ort = error
    assert error <= ORT_LIMIT


def test_near_fp32_in_onnx_reference(model, rows, cache):
    model.require()
    if data_bytes(model.name) > REFERENCE_MAX_BYTES:
        pytest.skip(f"over {REFERENCE_MAX_BYTES / 1e6:.0f} MB")
    verdict = reference.cached_judgement(
        cache, model.source, model.feeds, model.expected, model.scale)
    if verdict["reason"]:
        rows[model.name].reference = "no judge"
        pytest.skip(f"onnx.reference: {verdict['reason']}")
    error = model.error(reference.run(model.target, model.feeds))
    rows[model.name].reference = error
    assert error <= REFERENCE_LIMIT


def test_share_over_the_fp32_models(rows, pytestconfig, capsys):
    """In sum over the models that are FP32: at least nine tenths of the float
    compute nodes and of the weight bytes are FP16 (see model_stats)."""
    fp32 = [row for row in rows.values() if row.before.is_fp32]
    if len(rows) < len(corpus.NAMES):
        pytest.skip("needs all models of the corpus")
    total = model_stats.Stats()
    for row in fp32:
        for field in ("half_nodes", "full_nodes", "half_bytes", "full_bytes"):
            setattr(total, field, getattr(total, field)
                    + getattr(row.after, field))
    below = {row.name: dict(row.after.full_ops.most_common(8)) for row in fp32
             if min(share(row.after, "nodes"), share(row.after, "bytes"))
             < SHARE}
    with capsys.disabled():
        print(f"\n{len(fp32)} FP32 models: FP16 are "
              f"{100 * share(total, 'nodes'):.1f} % of "
              f"{total.half_nodes + total.full_nodes} float compute nodes, "
              f"{100 * share(total, 'bytes'):.1f} % of "
              f"{(total.half_bytes + total.full_bytes) / 1e6:.0f} MB weights")
        for name, ops in below.items():
            print(f"  below: {name}: FP32 {json.dumps(ops)}")
    assert share(total, "nodes") >= SHARE
    assert share(total, "bytes") >= SHARE
