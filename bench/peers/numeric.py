#!/usr/bin/env python3
"""Runs this project's tool and other FP16 converters over the graphs of
tests/numeric, and prints for each class how many dangerous graphs each of them
keeps safe, how many harmless ones it makes FP16 altogether, and beside both the
share of float compute nodes in FP16.

    numeric.py                  all graphs
    numeric.py --each           and what each of them gives
    numeric.py --peers PYTHON   interpreter that has the other converters

A graph that a converter refuses or breaks is not safe, and counts no nodes.
Nodes that a converter leaves out of order are put in order first.
Needs the Python environment of the tests (scripts/deps)."""

import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path += [str(ROOT / folder) for folder in (
    "tests/numeric", "tests/python/support", "tools")]
import onnx  # noqa: E402

import in_order  # noqa: E402
import numeric_judge  # noqa: E402
import numeric_page  # noqa: E402
import run  # noqa: E402
import tool  # noqa: E402
from numeric_suite import GRAPHS  # noqa: E402

AT_ONCE = 100  # models that one process of a peer converts


def ours(files, ranges):
    opp = tool.Opp(run.binary())
    for (source, target), more in zip(files, ranges):
        opp("convert", source, "-o", target, "-q", *more, expect=None)


def peer(python, name, files):
    for at in range(0, len(files), AT_ONCE):
        subprocess.run([python, HERE / "convert.py", name, *(
            path for pair in files[at:at + AT_ONCE] for path in pair)],
            capture_output=True, cwd=files[0][0].parent, check=False)


def converters(python):
    """{name: function of files and ranges}"""
    found = {run.OURS: lambda files, ranges: ours(files, [()] * len(files))}
    if "--range " in tool.Opp(run.binary())("convert", "--help=full").stdout:
        found[f"{run.OURS} --range"] = ours
    listed = subprocess.run([python, HERE / "convert.py", "--list"],
                            capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        found[name] = lambda files, ranges, name=name: peer(python, name,
                                                            files)
    return found


def read(target):
    model = onnx.load(target)
    in_order.sort(model.graph)
    return model.SerializeToString()


def verdict(case, target):
    if not target.exists():
        return numeric_judge.Verdict({"converter": "no output"}, 0, 0)
    try:
        return case.judge(read(target))
    except Exception as error:  # a model that inference refuses
        return numeric_judge.Verdict({"converter": str(error)}, 0, 0)


def judged(cases, convert):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = [(folder / f"{at}.onnx", folder / f"{at}.out.onnx")
                 for at in range(len(cases))]
        for case, (source, _) in zip(cases, files):
            source.write_bytes(case.data)
        convert(files, [tuple(case.ranges()) for case in cases])
        return [verdict(case, target)
                for case, (_, target) in zip(cases, files)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    args = parser.parse_args()
    cases = [numeric_judge.Case(graph) for graph in GRAPHS]
    for name, convert in converters(args.peers).items():
        results = [(case.graph, {"plain": result}) for case, result in
                   zip(cases, judged(cases, convert))]
        print(f"# {name}\n{numeric_page.summary(results)}")
        for graph, verdicts in results if args.each else ():
            print(f"{graph.id}: " + (
                numeric_page.fault(graph, verdicts["plain"]) or "passes"))


if __name__ == "__main__":
    main()
