#!/usr/bin/env python3
"""Runs this project's tool and other FP16 converters over the models of the
corpus, from small to large, and says who is valid, how many casts each adds,
what share of the float compute nodes is FP16, and how far the results are from
FP32 under ONNX Runtime and under onnx.reference.

    corpus.py FILE                 measures what FILE, a table of JSON lines,
                                   lacks, and adds it
    corpus.py FILE --page PAGE     and writes the summary and the table
    corpus.py FILE --peers PYTHON  interpreter that has the other converters
    corpus.py FILE MODEL...        only these

Inputs and outputs keep their types everywhere. Casts are counted: those of the
output less those of the input. Nodes that a converter leaves out of order are
put in order before onnx.reference runs them. A model that this project's tool
converts to other bytes than before is measured again.
Needs the Python environment of the tests (scripts/deps)."""

import argparse
import hashlib
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path += [str(ROOT / folder) for folder in (
    "tests/numeric", "tests/python/support", "tools")]
import onnx  # noqa: E402

import compare  # noqa: E402
import corpus_page  # noqa: E402
import fetch_corpus  # noqa: E402
import in_order  # noqa: E402
import limited  # noqa: E402
import model_inputs  # noqa: E402
import model_rows  # noqa: E402
import model_stats  # noqa: E402
import numeric_judge  # noqa: E402
import run  # noqa: E402

PEERS = ("onnxruntime", "onnxconverter-common")


def stats(path):
    return model_stats.model_stats(onnx.load(path, load_external_data=False))


def by_ort(path, feeds, level):
    return compare.run(path, feeds, level)


def by_reference(path, feeds):
    model = onnx.load(path)
    in_order.sort(model.graph)
    return numeric_judge.by_reference(model.SerializeToString(), feeds)


class Model:
    """A model of the corpus, and what it gives in FP32."""

    def __init__(self, name):
        self.name = name
        self.path = run.resolve(name)
        self.feeds = model_inputs.cases(name)
        self.measures = model_inputs.measures(name)
        self.expected = compare.run(self.path, self.feeds, "off")
        self.scale = compare.scales(self.expected)
        self.before = stats(self.path)
        self.distrust = model_rows.trust(
            fetch_corpus.cache_dir(), self.path, self.feeds, self.expected)

    def error(self, function, *args):
        """A difference, or why there is none."""
        got, fault = limited.call(model_rows.SECONDS, function, *args)
        return fault[:200] if fault else compare.largest_difference(
            self.expected, got, self.scale, self.measures)

    def judge(self, target):
        fault, crash = limited.call(
            model_rows.SECONDS, compare.check_error, target)
        after, broken = limited.call(model_rows.SECONDS, stats, target)
        found = {"valid": not fault and not crash, "fault": fault or crash,
                 "fp32": self.before.is_fp32}
        if broken:
            return found | {"failed": broken[:200]}
        for level in compare.LEVELS:
            found[f"ort_{level}"] = self.error(by_ort, target, self.feeds,
                                               level)
        found["reference"] = ("no judge" if self.distrust else
                              self.error(by_reference, target, self.feeds))
        return found | {
            "casts": after.casts - self.before.casts,
            "half": after.half_nodes, "full": after.full_nodes}

    def row(self, converter, make):
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder, "out", "out.onnx")
            target.parent.mkdir()
            code, seconds, _, note = run.measured(
                make(str(self.path), str(target)), folder)
            found = {"model": self.name, "converter": converter,
                     "seconds": round(seconds, 2)}
            if code != 0:
                reason = "out of time" if code is None else f"exit {code}"
                return found | {"fp32": self.before.is_fp32,
                                "failed": f"{reason}: {note[:160]}"}
            digest = hashlib.sha256(target.read_bytes()).hexdigest()[:16]
            return found | {"digest": digest} | self.judge(target)


def converters(python):
    found = run.commands(python, [run.OURS, *PEERS])
    if run.OURS in found:
        found[run.OURS] = lambda source, target: [
            str(run.binary()), "convert", "--fix", "-q", source, "-o", target]
    return found


def ours_digest(path):
    """Of what this project's tool writes now."""
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder, "out.onnx")
        run.measured([str(run.binary()), "convert", "--fix", "-q", str(path),
                      "-o", str(target)], folder)
        return hashlib.sha256(target.read_bytes()).hexdigest()[:16]


def read_rows(file):
    rows = map(json.loads, file.read_text().splitlines() if file.exists()
               else ())
    return {(row["model"], row["converter"]): row for row in rows}


def write_rows(file, rows):
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows.values()))


def by_size():
    rows = [row for row in fetch_corpus.read_list() if row["role"] == "model"]
    return [row["name"] for row in sorted(
        rows, key=lambda row: (row["bytes"], row["name"]))]


def ends(name):
    """How many inputs and outputs of a model are FP32."""
    graph = onnx.load(run.resolve(name), load_external_data=False).graph
    constant = {tensor.name for tensor in graph.initializer}
    return sum(model_stats.element_type(value.type) == onnx.TensorProto.FLOAT
               for value in [*graph.input, *graph.output]
               if value.name not in constant)


def measure(name, file, found):
    """Adds what the table lacks of a model."""
    rows = read_rows(file)
    old = rows.get((name, run.OURS))
    if old and old.get("digest") != ours_digest(run.resolve(name)):
        del rows[name, run.OURS]
    missing = [other for other in found if (name, other) not in rows]
    model = Model(name) if missing else None
    for converter in missing:
        row = model.row(converter, found[converter])
        rows[name, converter] = row
        write_rows(file, rows)
        print(json.dumps(row), flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--page", type=pathlib.Path)
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    args = parser.parse_intermixed_args()
    found = converters(args.peers)
    for name in args.models or by_size():
        measure(name, args.file, found)
    if args.page:
        args.page.write_text(corpus_page.page(
            read_rows(args.file), by_size(),
            {name: ends(name) for name in by_size()}))


if __name__ == "__main__":
    main()
