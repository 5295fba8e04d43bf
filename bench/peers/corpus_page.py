"""The page that corpus.py writes, docs/peers.md: bars, who misses them, and
the table."""

import run

ORT = "onnxruntime"
COMMON = "onnxconverter-common"
ORDER = (run.OURS, ORT, COMMON)
CASTS = SHARE = 0.90

HEAD = f"""\
# Beside other converters

*Written by `bench/peers/corpus.py`; do not edit.*

The models of `tools/corpus.tsv`, each converted by `onnx-precision-pass convert
--fix`, by ONNX Runtime's `onnxruntime.transformers.float16` ({ORT}
1.32.0), and by {COMMON} 1.16.0; all keep the types of inputs and outputs.
Some models are not plain FP32 (most of their weight bytes are int8 or FP16);
the sums of nodes are over the others.

* *valid*: `onnx.checker` with full checks accepts the output.
* *casts*: Cast nodes of the output less those of the input. Below zero, casts of
  the original became superfluous.
* *FP16*: share of the float compute nodes, as
  `tests/python/support/model_stats.py` counts them.
* *ORT*, *reference*: the largest difference from FP32 over the output's scale,
  in ONNX Runtime (optimisation off and on, the worse) and in `onnx.reference`,
  which rounds the result of each node; a few in root mean square
  (`tests/python/support/model_inputs.py`). `fails`: it does not load or run, or
  crashes; `inf`: NaN or infinities where FP32 has none, or other shapes;
  `no judge`: `onnx.reference` cannot run the original, or disagrees with ONNX
  Runtime on it; `time`: not within 40 seconds on two busy cores.

Measure it again, with the converters in an environment of their own:

    python3 -m venv build/peers
    build/peers/bin/pip install onnx==1.23.2 onnxruntime==1.32.0 \\
        onnxconverter-common==1.16.0
    ~/.cache/onnx-precision-pass/venv/bin/python bench/peers/corpus.py \\
        build/peers.jsonl --peers build/peers/bin/python --page docs/peers.md
"""


def line(cells):
    return f"| {' | '.join(map(str, cells))} |"


def share(rows):
    half = sum(row["half"] for row in rows)
    total = half + sum(row["full"] for row in rows)
    return half / total if total else 1.0


def number(row, key):
    """The error of a row; infinite where it does not run, None where nobody
    may judge it."""
    value = row.get(key, "failed")
    if value in ("no judge", "time"):
        return None
    return value if isinstance(value, float) else float("inf")


def text(row, key):
    value = row.get(key, "failed")
    if isinstance(value, float):
        return f"{value:.1e}"
    return value if value in ("no judge", "time") else "fails"


def runtime(row):
    return text(row, max(("ort_off", "ort_on"),
                         key=lambda key: number(row, key) or 0.0))


def cells(row):
    if row is None:
        return ["not run", *[""] * 4]
    if "half" not in row:
        return ["no output", *[""] * 4]
    return ["yes" if row["valid"] else "no", row["casts"],
            f"{100 * share([row]):.1f}", runtime(row), text(row, "reference")]


def table(rows, names):
    lines = [line(["model", "converter", "valid", "casts", "FP16 %", "ORT",
                   "reference"]), line(["---"] * 7)]
    for name in names:
        for converter in ORDER:
            lines.append(line([name, converter,
                               *cells(rows.get((name, converter)))]))
    return "\n".join(lines)


def counted(rows, converter):
    return [row for (_, name), row in rows.items() if name == converter]


def overview(rows):
    lines = [line(["converter", "models", "outputs", "valid", "run in ORT",
                   "casts", "FP16 % of the nodes",
                   "error above 0.01 in ORT",
                   "error above 0.02 in onnx.reference"]), line(["---"] * 9)]
    for name in ORDER:
        own = counted(rows, name)
        made = [row for row in own if "half" in row]
        runs = [row for row in made
                if "fails" not in (text(row, "ort_off"), text(row, "ort_on"))]
        plain = [row for row in made if row["fp32"]]
        ort = sum(max(number(row, "ort_off") or 0, number(row, "ort_on") or 0)
                  > 0.01 for row in own)
        reference = [number(row, "reference") for row in made]
        lines.append(line([
            name, len(own), len(made), sum(row["valid"] for row in made),
            len(runs), sum(row["casts"] for row in made),
            f"{100 * share(plain):.1f}", ort,
            sum(value is not None and value > 0.02 for value in reference)]))
    return "\n".join(lines)


def pairs(rows, peer):
    """(model, our row, theirs), where the peer has an output."""
    for (name, converter), row in rows.items():
        other = rows.get((name, peer))
        if converter == run.OURS and other and "half" in other:
            yield name, row, other


def fewer_casts(rows, peer):
    all_pairs = [*pairs(rows, peer)]
    missed = {name: (ours["casts"], theirs["casts"])
              for name, ours, theirs in all_pairs
              if ours["casts"] >= theirs["casts"]}
    more = [name for name, (ours, theirs) in missed.items() if ours > theirs]
    return all_pairs, missed, more


def worse_errors(rows, peer):
    judged = [(name, number(ours, "reference"), number(theirs, "reference"),
               share([ours]), share([theirs]))
              for name, ours, theirs in pairs(rows, peer)]
    judged = [found for found in judged if None not in found[1:3]]
    return judged, [found for found in judged if found[1] > found[2]]


def bars(rows, ends):
    """ends: {model: FP32 inputs and outputs}."""
    lines = []
    for peer in (ORT, COMMON):
        every, missed, more = fewer_casts(rows, peer)
        judged, worse = worse_errors(rows, peer)
        least = [found for found in worse if found[1] > 2 * found[2]]
        floor = [name for name in missed
                 if name not in more and missed[name][0] <= ends[name]]
        lines += [
            f"* Fewer casts than {peer}: on {len(every) - len(missed)} of "
            f"{len(every)} models that it converts; as many on "
            f"{len(missed) - len(more)}, {len(floor)} of them one or less for "
            f"each FP32 input and output, which is what it takes to keep "
            f"their types; more on {len(more)}.",
            f"* Error under `onnx.reference` no worse than {peer}'s: on "
            f"{len(judged) - len(worse)} of {len(judged)}; more than twice "
            f"it on {len(least)}."]
    ours = [row for row in counted(rows, run.OURS)
            if row["fp32"] and "half" in row]
    lines.append(f"* FP16 share of the float compute nodes, FP32 models: "
                 f"{100 * share(ours):.1f} %.")
    return "\n".join(lines)


def beside(ours, theirs):
    return [ours["full"], theirs["full"], text(ours, "reference"),
            text(theirs, "reference"), "yes" if theirs["valid"] else "no"]


def misses(rows, names):
    lines = []
    for peer in (ORT, COMMON):
        _, missed, _ = fewer_casts(rows, peer)
        _, worse = worse_errors(rows, peer)
        lines += [f"Not fewer casts than {peer}:", "",
                  line(["model", "ours", "theirs", "our FP32 nodes", "theirs",
                        "our error", "theirs", "theirs valid"]),
                  line(["---"] * 8)]
        lines += [line([name, *missed[name], *beside(
            rows[name, run.OURS], rows[name, peer])])
            for name in names if name in missed]
        lines += ["", f"Error under `onnx.reference` above {peer}'s:", "",
                  line(["model", "ours", "theirs", "times", "our FP16 %",
                        "their FP16 %"]), line(["---"] * 6)]
        lines += [line([name, f"{a:.1e}", f"{b:.1e}",
                        f"{a / b:.2f}" if b else "",
                        f"{100 * our:.1f}", f"{100 * their:.1f}"])
                  for name, a, b, our, their in sorted(
                      worse, key=lambda found: names.index(found[0]))]
        lines.append("")
    return "\n".join(lines)


def page(rows, names, ends):
    return "\n".join([HEAD, "## In sum\n", overview(rows), "",
                      bars(rows, ends), "", "## Who misses what\n",
                      misses(rows, names), "## Each model\n",
                      table(rows, names), ""])
