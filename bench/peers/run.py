#!/usr/bin/env python3
"""Runs this project's tool and other FP16 converters over a list of models,
and prints what came out.

    run.py [MODEL...]       names of tools/corpus.tsv, or paths;
                            default: a dozen models of the corpus
    run.py --all            all of the corpus
    run.py --only NAME,...  some of the converters
    run.py --csv FILE       the same as CSV
    run.py --peers PYTHON   interpreter that has the other converters, e.g. of
                            an environment of its own; those that it cannot
                            import are left out

Each conversion and each judgement is a process of its own, so that a crash is
a result. Peak memory is the largest resident set, as GNU time gives it (package
time; without it there is none). Needs the Python environment of the tests
(scripts/deps)."""

import argparse
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import fetch_corpus  # noqa: E402

OURS = "onnx-precision-pass"
TIMEOUT_S = 600
DEFAULT_MODELS = (
    "ch_PP-OCRv4_det_infer.onnx", "ch_PP-OCRv4_rec_infer.onnx",
    "silero_vad.onnx", "magika.onnx", "paraphrase-MiniLM-L3-v2.onnx",
    "320n.onnx", "swift-f0.onnx", "nmp.onnx", "khmersm.onnx",
    "best_v2_carbons.onnx", "melspectrogram.onnx", "minilm-int8.onnx")
COLUMNS = ("model", "converter", "valid", "loads", "error", "casts",
           "nodes_fp16", "nodes_fp32", "share_nodes", "share_weights",
           "seconds", "peak_mib", "bytes", "note")


def binary():
    return pathlib.Path(os.environ.get(
        "OPP_BIN", ROOT / "build/release/onnx-precision-pass")).resolve()


def commands(peers_python, only):
    """{name: function from (input, output) to a command line}"""
    found = {}
    if binary().exists():
        found[OURS] = lambda source, target: [
            str(binary()), "convert", source, "-o", target]
    listed = subprocess.run([peers_python, HERE / "convert.py", "--list"],
                            capture_output=True, text=True, check=True)
    for name in listed.stdout.split():
        found[name] = lambda source, target, name=name: [
            peers_python, HERE / "convert.py", name, source, target]
    return {name: make for name, make in found.items()
            if not only or name in only}


def measured(command, folder):
    """Runs a command in a folder, because some converters leave scratch files
    where they run; (exit code, None if out of time; seconds; peak MiB as text;
    last line of the messages)."""
    timer = shutil.which("time")
    with tempfile.NamedTemporaryFile("r+") as peak, \
            tempfile.TemporaryFile("w+") as messages:
        if timer:
            command = [timer, "-q", "-f", "%M", "-o", peak.name, *command]
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                   stderr=messages, cwd=folder)
        try:
            process.wait(TIMEOUT_S)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        seconds = time.monotonic() - start
        mib = "".join(f"{int(kib) / 1024:.0f}"
                      for kib in peak.read().split()[-1:])
        messages.seek(0)
        note = (messages.read().strip().splitlines() or [""])[-1]
    return code, seconds, mib, note


def judge(source, target):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", HERE / "judge.py", source, target],
        capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode < 0:
        return {"loads": "crash", "note": f"killed by {-done.returncode}"}
    if done.returncode > 0:
        raise SystemExit(f"judge.py {source} {target}: {done.stderr}")
    return json.loads(done.stdout)


def row(model, name, make):
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / "out" / "out.onnx"
        target.parent.mkdir()
        code, seconds, peak, note = measured(
            make(str(model), str(target)), folder)
        found = dict.fromkeys(COLUMNS, "") | {
            "model": model.name, "converter": name,
            "seconds": f"{seconds:.2f}", "peak_mib": peak}
        if code != 0:
            reason = "out of time" if code is None else f"exit {code}"
            return found | {"note": f"{reason}: {note[:80]}"}
        size = sum(path.stat().st_size for path in target.parent.iterdir())
        return found | {"bytes": size} | judge(model, target)


def resolve(name):
    path = pathlib.Path(name).resolve()
    if path.exists():
        return path
    if fetch_corpus.fetch([name], log=lambda text: None):
        raise SystemExit(f"run.py: cannot fetch {name}")
    return fetch_corpus.corpus_dir() / name


def print_row(found):
    print(f"{found['model'][:30]:30} {found['converter'][:24]:24} "
          f"{found['valid']!s:5} {found['loads']!s:7} {found['error']!s:>8} "
          f"{found['casts']!s:>5} {found['share_nodes']!s:>6} "
          f"{found['share_weights']!s:>6} {found['seconds']!s:>7} "
          f"{found['peak_mib']!s:>6}  {found['note']}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--csv")
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    args = parser.parse_args()

    names = args.models or DEFAULT_MODELS
    if args.all:
        names = [r["name"] for r in fetch_corpus.read_list()
                 if r["role"] == "model"]
    converters = commands(args.peers, [n for n in args.only.split(",") if n])
    print_row({"model": "model", "converter": "converter", "valid": "valid",
               "loads": "loads", "error": "error", "casts": "casts",
               "share_nodes": "nodes%", "share_weights": "bytes%",
               "seconds": "s", "peak_mib": "MiB", "note": ""})
    rows = []
    for path in map(resolve, names):
        for converter, make in converters.items():
            rows.append(row(path, converter, make))
            print_row(rows[-1])
    if args.csv:
        with open(args.csv, "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
