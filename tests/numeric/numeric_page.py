"""docs/numeric_suite.md, and the table of known failures."""

import pathlib

import numeric_judge

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parents[1] / "docs/numeric_suite.md"
KNOWN = HERE / "known_failures.txt"

# Shares of the graphs that shall pass.
BARS = {("plain", "dangerous"): 0.95, ("ranges", "dangerous"): 1.0,
        ("plain", "harmless"): 1.0, ("ranges", "harmless"): 1.0}

HEAD = """\
# Graphs that are dangerous in FP16, and their harmless twins

*Written by `pytest tests/numeric --bless`; do not edit.*

Each graph is a few nodes with inputs of its own. A *dangerous* one, made FP16
wherever a schema allows it, gives wrong results; it passes when the converted
model is safe. A *harmless* one stays right when it is FP16 altogether; it
passes when it is safe and every float compute node is FP16, since whoever keeps
everything in FP32 is always safe. Both are checked of every graph.

*Safe*: every output is within 5 % of the scale of what the FP32 model gives,
with NaN and infinities where they were, under three judges: ONNX Runtime with
optimisation off (on x86 it computes FP16 nodes in FP32), `onnx.reference`
(rounds the result of each node), and `onnx.reference` with sums of which every
step is rounded to FP16 (`tests/numeric/half_sums.py`).

*plain* is `convert` without options; *ranges* tells the tool the range of each
input as well (`--range`). Nodes of functions are counted at their calls.
"""

SUMMARY = ["| class | dangerous | safe{0} | FP16 nodes | harmless |"
           " all FP16{0} | FP16 nodes |",
           "| --- | --- | --- | --- | --- | --- | --- |"]


def known_failures():
    """{(mode, graph): cause}. A row is: graph | modes | cause."""
    rows = {}
    for line in KNOWN.read_text().splitlines():
        if line and not line.startswith("#"):
            name, modes, cause = (word.strip() for word in line.split("|"))
            rows.update({(mode, name): cause for mode in modes.split()})
    return rows


def forget_failure(mode, name):
    lines = []
    for line in KNOWN.read_text().splitlines(keepends=True):
        words = line.split("|")
        if not line.startswith("#") and words[0].strip() == name:
            modes = [word for word in words[1].split() if word != mode]
            if not modes:
                continue
            line = "|".join([words[0], f" {' '.join(modes)} ", words[2]])
        lines.append(line)
    KNOWN.write_text("".join(lines))


def fault(graph, verdict):
    """Why a conversion does not pass, or None."""
    if not verdict.safe:
        return f"not safe by {', '.join(failing(verdict))}"
    if not graph.dangerous and verdict.full:
        return f"{verdict.full} nodes in FP32"
    return None


def failing(verdict):
    return [name for name, value in verdict.differences.items()
            if not (isinstance(value, float)
                    and value <= numeric_judge.TOLERANCE)]


def share(verdicts):
    half = sum(verdict.half for verdict in verdicts)
    total = half + sum(verdict.full for verdict in verdicts)
    return f"{100 * half / total:.0f} % of {total}" if total else ""


def count(results, mode, dangerous):
    """[graphs, of which pass, share of FP16] of a kind."""
    chosen = [(graph, verdicts[mode]) for graph, verdicts in results
              if graph.dangerous == dangerous]
    passed = [graph for graph, verdict in chosen if not fault(graph, verdict)]
    return [str(len(chosen)), str(len(passed)),
            share([verdict for _, verdict in chosen])]


def row(cells):
    return f"| {' | '.join(cells)} |"


def modes_of(results):
    return [mode for mode in ("plain", "ranges") if mode in results[0][1]]


def summary(results):
    """Per class and mode: how many pass, and what it costs."""
    lines = []
    for mode in modes_of(results):
        lines += ["", f"With {mode}:" if mode != "plain" else "Plain:", ""]
        lines += [line.format("") for line in SUMMARY]
        groups = dict.fromkeys(graph.group for graph, _ in results)
        for group in groups:
            own = [item for item in results if item[0].group == group]
            lines.append(row([group, *count(own, mode, True),
                              *count(own, mode, False)]))
        lines.append(row(["*all*", *count(results, mode, True),
                          *count(results, mode, False)]))
    return "\n".join(lines) + "\n"


def cell(graph, verdict):
    return [fault(graph, verdict) or "passes",
            f"{verdict.half} of {verdict.half + verdict.full}"]


def details(results):
    modes = modes_of(results)
    lines = [row(["graph", "kind", "why", *(
        text for mode in modes for text in (mode, "FP16"))]),
        row(["---"] * (3 + 2 * len(modes)))]
    for graph, verdicts in results:
        lines.append(row([
            graph.id, "dangerous" if graph.dangerous else "harmless",
            graph.why, *(text for mode in modes
                         for text in cell(graph, verdicts[mode]))]))
    return "\n".join(lines) + "\n"


def failures(results):
    """What is known to fail, with its cause."""
    lines = [row(["graph", "modes", "cause"]), row(["---"] * 3)]
    known = known_failures()
    for graph, _ in results:
        causes = {}
        for mode in ("plain", "ranges"):
            if (mode, graph.id) in known:
                causes.setdefault(known[mode, graph.id], []).append(mode)
        for cause, modes in causes.items():
            lines.append(row([graph.id, ", ".join(modes), cause]))
    return "\n".join(lines) + "\n"


def page(results):
    return "\n".join([
        HEAD, "## How many pass", summary(results),
        "## Each graph", "", details(results),
        "## What is known to fail", "", failures(results)])
