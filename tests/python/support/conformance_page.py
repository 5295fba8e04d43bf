"""docs/conformance.md, from what was measured."""

import re
import textwrap

import onnx
import onnxruntime

import conformance

HEAD = """\
# The op tests of the onnx package, converted

*Written by `pytest tests/python/test_conformance.py --bless`; do not edit.*

`onnx` {onnx} makes test cases of every op: a model, inputs, and the right
outputs. Of these, the {cases} that hold float32 anywhere are converted with
`onnx-precision-pass convert IN -o OUT` and judged by `onnx.checker`, ONNX
Runtime {onnxruntime} (CPU, x86-64) and `onnx.reference`.

* *valid*: `onnx.checker` with full checks accepts the output; of the cases
  whose original it accepts.
* *loading*: ONNX Runtime makes a session, with optimisation off and with its
  defaults; of the cases whose original it runs.
* *within tolerance*: outputs are the recorded ones, by ONNX Runtime with
  optimisation off, with its defaults, and by `onnx.reference`: each element
  within 1 % of itself and of the output's scale, NaN and infinities where they
  were. Integers and booleans are equal, but for ties: indices of values, and
  comparisons of values, that only rounding to FP16 makes equal. Of outputs that another
  seed makes others only shapes and types count. Where the original in ONNX
  Runtime does not give what is recorded, its outputs are held against those of
  the original; `onnx.reference` does not judge these.
* *computes in FP16*: at least one node more than before reads or writes FP16;
  of the cases with a float compute node (`tests/python/support/model_stats.py`)
  that reads float32 where the schema of its opset allows FP16.
* *stable*: converted again, the output is the same to the byte.
"""

TITLES = {"valid": "valid", "loading": "loading",
          "within": "within tolerance", "computing": "computes in {low}",
          "stable": "stable"}

SHORT = {"float16": "FP16", "bfloat16": "BF16"}


def versions():
    return {"onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__}


def totals(mode, results):
    refused = [r for r in results if r.refused]
    lines = ["| | cases | |", "| --- | --- | --- |"]
    for name, title in TITLES.items():
        if (name == "computing" and not mode.computes
                or name == "stable" and not mode.weighs):
            continue
        found = getattr(conformance, name)(results)
        lines.append(f"| {title.format(low=SHORT[mode.low])} | {found} | "
                     f"{100 * found.share:.2f} % |")
    lines.append(f"| refused | {len(refused)} of {len(results)} | |")
    if mode.may_lack_kernels:
        lacking = [r for r in results if any(
            text and "n/a: no kernel" in text for text in r.load.values())]
        lines.append("| not loading for want of a kernel, and so not judged by "
                     f"ONNX Runtime | {len(lacking)} of {len(results)} | |")
    return lines


def tidy(text):
    """A text as a cell of a table."""
    text = re.sub(r"[|\s]+", " ", text)
    return textwrap.shorten(text, 160, placeholder=" ...")


def faults(result):
    """(who says it, what is wrong, cause) of each fault of a result."""
    if conformance.is_fault(result.valid):
        yield "onnx.checker", result.valid, ""
    for level, text in result.load.items():
        if conformance.is_fault(text):
            lacks = ", ".join(dict.fromkeys(result.missing))
            yield judge_name(level), f"does not load: {text}", (
                f"no kernel: {lacks}" if lacks else "not explained")
    for judge, text in result.values.items():
        if conformance.is_fault(text):
            yield judge_name(judge), text, result.causes[judge]
    if result.again:
        yield "convert again", result.again, ""


def judge_name(judge):
    return {"off": "ONNX Runtime", "on": "ONNX Runtime, optimised",
            "reference": "onnx.reference"}[judge]


def outcome(mode, result):
    if result.refused:
        return f"refused: {result.refused}"
    wrong = list(dict.fromkeys(cause or text
                               for _, text, cause in faults(result)))
    if wrong:
        return f"fails: {'; '.join(wrong)}"
    if not mode.computes or result.low_after > result.low_before:
        return "converted"
    if not result.computes:
        return "nothing that computes on float32"
    if not result.eligible:
        return "the schema allows float32 only"
    return f"kept: {', '.join(result.reasons) or 'no reason given'}"


def opset_order(text):
    return [int(part) if part.isdigit() else part
            for part in re.split(r"(\d+)", text)]


def op_table(mode, results):
    groups = {}
    for result in results:
        key = result.op, outcome(mode, result)
        groups.setdefault(key, []).append(result)
    lines = ["| op | opset | cases | |", "| --- | --- | --- | --- |"]
    for (op, text), found in sorted(groups.items()):
        opsets = sorted({result.opset for result in found}, key=opset_order)
        lines.append(f"| {op} | {', '.join(opsets)} | {len(found)} | "
                     f"{tidy(text)} |")
    return lines


def exceptions(results):
    lines = []
    for result in results:
        told = {}
        for who, text, cause in faults(result):
            told.setdefault((text, cause), []).append(who)
        lines += [f"| {result.name} | {', '.join(who)} | {tidy(text)} | "
                  f"{cause} |" for (text, cause), who in told.items()]
    if not lines:
        return ["None."]
    return ["| case | who says it | what | cause |",
            "| --- | --- | --- | --- |", *lines]


def kept(results):
    """Reasons for which nothing of a case became low, with their cases."""
    groups = {}
    for result in conformance.computing(results).misses:
        groups.setdefault(", ".join(result.reasons) or "no reason given",
                          []).append(result)
    lines = ["| reasons in the plan | cases | ops |", "| --- | --- | --- |"]
    for reasons, found in sorted(groups.items(),
                                 key=lambda item: (-len(item[1]), item[0])):
        ops = sorted({result.op for result in found})
        lines.append(f"| {reasons} | {len(found)} | {'; '.join(ops)} |")
    return lines


def section(mode, results):
    lines = [f"## {mode.title}", "", *totals(mode, results), "",
             "Exceptions:", "", *exceptions(results), ""]
    if mode.computes:
        lines += ["Where the schema allows it and nothing is converted:", "",
                  *kept(results), ""]
    return lines


def page(measured):
    """The text, from {mode name: [Result]}."""
    first = next(iter(measured.values()))
    lines = [HEAD.format(cases=f"{len(first):,}", **versions())]
    for name, results in measured.items():
        lines += section(conformance.MODES[name], results)
    name, results = next(iter(measured.items()))
    lines += ["## By op", "",
              "An op with *expanded* is its function, written out.", "",
              *op_table(conformance.MODES[name], results)]
    return "\n".join(lines) + "\n"
