"""docs/model_precision.md, and the table of why models miss what is aimed at."""

import collections
import dataclasses
import json
import pathlib
import time

import onnx

import compare
import corpus
import limited
import model_inputs
import model_rows
import model_stats

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parents[2] / "docs/model_precision.md"
MISSES = HERE.parent / "model_misses.txt"

COSINE = 0.9999
FULL_SHARE = 0.02

HEAD = """\
# Real models, node by node and row by row

*Written by `pytest tests/python/test_model_precision.py --slow --bless`; do not
edit.*

The models of `tools/corpus.tsv`, from small to large, converted with
`onnx-precision-pass convert --fix IN -o OUT` and no other option. Aim: at most
2 % of the float compute nodes in FP32, and a cosine of at least 0.9999 in the
worst row. What misses it stands in a list of its own, with the cause.
"""

NODES = """\
*nodes*: float compute nodes of the output, and those in FP32, counted with the
`onnx` package (`tests/python/support/model_stats.py`). *casts*: Cast and
CastLike nodes before and after. *why FP32*: [reasons](precision.md#the-reasons)
by the tool's own report, with the nodes of their islands; these count nodes
that only move data as well, and a node twice that has operands in two.

| model | nodes | FP32 | share | casts | why FP32 |
| --- | --- | --- | --- | --- | --- |
"""

ROWS = f"""\
*cosine*: the least between a row of the FP32 model's output and the same row of
the converted one's; a row is a vector along the last axis, or the whole output
where that axis is shorter than {model_rows.ROW}. Rows whose norm is below {model_rows.SMALL} of
the output's largest have no direction to speak of. `-`: all outputs are
integers or single numbers. *error*: the largest difference of any element over
the output's scale; for integers the share that differs. Judges: ONNX Runtime
with optimisation off, which on x86 computes FP16 nodes in FP32;
`onnx.reference`, which rounds the result of each node; and `onnx.reference`
with every partial sum rounded to FP16 (`tests/numeric/half_sums.py`).
*weights only*: what `convert --weights-only` gives in ONNX Runtime, that is,
rounding the weights alone with all arithmetic in FP32. *time*: not judged,
because it takes more than {model_rows.SECONDS} seconds; *no judge*: onnx.reference cannot run the
original, or disagrees with ONNX Runtime on it. *seconds*: of the conversion, on
two busy cores.

| model | weights only: cosine | error | ORT: cosine | error | reference: cosine | error | FP16 sums: cosine | error | seconds |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


@dataclasses.dataclass
class Row:
    name: str
    before: model_stats.Stats
    after: model_stats.Stats
    reasons: collections.Counter
    seconds: float
    verdicts: dict = dataclasses.field(default_factory=dict)

    @property
    def nodes(self):
        return self.after.half_nodes + self.after.full_nodes

    @property
    def full_share(self):
        return self.after.full_nodes / max(self.nodes, 1)

    def cosines(self):
        """{judge: cosine} where there is one."""
        return {judge: verdict["cosine"]
                for judge, verdict in self.verdicts.items()
                if isinstance(verdict, dict)
                and verdict["cosine"] is not None}

    def missed(self):
        """Which aims are missed, as words of model_misses.txt."""
        found = ["nodes"] if self.full_share > FULL_SHARE else []
        return found + [judge.replace(" ", "-") for judge, value
                        in self.cosines().items()
                        if judge != WEIGHTS and value < COSINE]


WEIGHTS = "weights only"
JUDGES = ("ORT", "reference", "FP16 sums")


def stats(path):
    return model_stats.model_stats(onnx.load(path, load_external_data=False))


def converted(opp, name, source, folder):
    """The Row of a model but for its verdicts, which is the same each time."""
    start = time.monotonic()
    done = opp("convert", "--fix", source, "-o", folder / "out.onnx",
               "-f", "json")
    seconds = time.monotonic() - start
    reasons = collections.Counter()
    for island in json.loads(done.stdout)["islands"]:
        reasons[island["name"]] += island["nodes"]
    return Row(name, stats(source), stats(folder / "out.onnx"), reasons,
               seconds)


def judge(row, opp, cache, source, folder):
    feeds = model_inputs.cases(row.name)
    expected = compare.run(source, feeds, "off")
    opp("convert", "--fix", "--weights-only", source, "-o",
        folder / "weights.onnx", "-q")
    narrow = model_rows.judged(cache, source, folder / "weights.onnx", feeds,
                               expected, ("ORT",))
    row.verdicts = {WEIGHTS: narrow["ORT"], **model_rows.judged(
        cache, source, folder / "out.onnx", feeds, expected, JUDGES)}


def by_size():
    return sorted(corpus.NAMES,
                  key=lambda name: (corpus.ROWS[name]["bytes"], name))


def line(cells):
    return f"| {' | '.join(map(str, cells))} |"


def why(row):
    return ", ".join(f"{name} {count}" for name, count in sorted(
        row.reasons.items(), key=lambda item: (-item[1], item[0]))
        if count) or "-"


def nodes_line(row):
    return line([row.name, row.nodes, row.after.full_nodes,
                 f"{100 * row.full_share:.1f} %",
                 f"{row.before.casts} to {row.after.casts}", why(row)])


def cells(verdict):
    if not isinstance(verdict, dict):
        return ["time" if verdict == limited.OUT_OF_TIME
                else "no judge", ""]
    # Cut, not rounded: 0.99989 is not 0.9999.
    value = verdict["cosine"]
    return ["-" if value is None else
            f"{int(value * 1e6 + 1e-3) / 1e6:.6f}", f"{verdict['error']:.1e}"]


def verdict_line(row):
    return line([row.name, *(
        cell for judge in (WEIGHTS, *JUDGES)
        for cell in cells(row.verdicts[judge])), f"{row.seconds:.2f}"])


def causes():
    """{model: cause}. A row is: model | cause."""
    found = {}
    for text in MISSES.read_text().splitlines():
        if text and not text.startswith("#"):
            name, cause = (word.strip() for word in text.split("|"))
            found[name] = cause
    return found


def misses(rows):
    known = causes()
    lines = ["| model | misses | cause |", "| --- | --- | --- |"]
    for row in rows:
        if row.missed():
            lines.append(line([row.name, ", ".join(row.missed()),
                               known.get(row.name, "?")]))
    return "\n".join(lines) + "\n"


def summary(rows):
    half = sum(row.after.half_nodes for row in rows if row.before.is_fp32)
    full = sum(row.after.full_nodes for row in rows if row.before.is_fp32)
    count = sum(row.before.is_fp32 for row in rows)
    lines = ["| | models |", "| --- | --- |", line([
        "at most 2 % of the nodes in FP32",
        f"{sum(row.full_share <= FULL_SHARE for row in rows)} of "
        f"{len(rows)}"])]
    for judge in JUDGES:
        cosines = [row.cosines()[judge] for row in rows
                   if judge in row.cosines()]
        good = sum(value >= COSINE for value in cosines)
        lines.append(line([f"cosine at least {COSINE}, {judge}",
                           f"{good} of {len(cosines)} judged"]))
    lines.append(line(["both, under all that judge it",
                       f"{sum(not row.missed() for row in rows)} of "
                       f"{len(rows)}"]))
    return "\n".join(lines) + (
        f"\n\nOver the {count} models that are FP32, "
        f"{100 * half / (half + full):.1f} % of the {half + full} nodes are "
        "FP16.\n")


def page(rows):
    return "\n".join([
        HEAD, summary(rows),
        "## What stays FP32\n", NODES + "\n".join(map(nodes_line, rows)), "",
        "## What comes out\n", ROWS + "\n".join(map(verdict_line, rows)), "",
        "## What misses the aim\n",
        "*nodes*: more than 2 % are FP32; else the judges whose cosine is "
        "below 0.9999.\n", misses(rows)])
