"""Small graphs of every odd but legal structure (tests/graphs), each said in
many ways (support/variants.py), are converted: valid, loading, computing the
same, kept in everything else, and done after one run."""

import pathlib
import re
import shutil

import pytest

import case_file
import graph_judge
import isolated
import variants

GRAPHS = pathlib.Path(__file__).resolve().parent.parent / "graphs"
CASES = {f"{path.stem}: {case.title}": case
         for path in sorted(GRAPHS.glob("*.txt"))
         for case in case_file.CaseFile(path).cases}
CASES |= {f"{title}, other ends": case_file.Case(
    case.title, [*case.directives, ("other-ends", "")],
    f"{case.pipeline} --no-keep-io-types", case.text, case.output, case.error)
    for title, case in CASES.items() if case.error is None}
OTHER_ENDS = ("plain", "inputs", "overridable", "clashing", "if", "function")
LOWEST_USE = 0.6   # of the cases that a variant can say


def names_for(title):
    return OTHER_ENDS if CASES[title].values("other-ends") else tuple(
        variants.VARIANTS)


PAIRS = [(title, name) for title in CASES for name in names_for(title)]


def asked(session):
    """The pairs of the tests that will run, by case."""
    found = {}
    for item in session.items:
        if getattr(item, "originalname", "") in ("test_variant", "test_share",
                                                 "test_variants_are_used"):
            pairs = ([item.callspec.params["pair"]]
                     if item.originalname == "test_variant" else PAIRS)
            for title, name in pairs:
                found.setdefault(title, {"plain": None})[name] = None
    return found


@pytest.fixture(scope="module")
def verdicts(request, opp, tmp_path_factory):
    """{title: {variant: Verdict}}, or the exception in place of the inner."""
    folder = tmp_path_factory.mktemp("graphs")
    found = {}
    calls = [(title, opp, folder / str(number), CASES[title], list(names))
             for number, (title, names)
             in enumerate(asked(request.session).items())]
    for call, result in isolated.call_all(graph_judge.judge_case, calls):
        found[call[0]] = result
        if not isinstance(result, BaseException):
            shutil.rmtree(call[2])
    return found


def expected_failures(case, name):
    """{check: reason} of the lines `@xfail CHECK VARIANTS reason`, where
    VARIANTS is a regular expression."""
    found = {}
    for line in case.values("xfail"):
        check, which, reason = line.split(" ", 2)
        if re.fullmatch(which, name):
            found[check] = reason
    return found


@pytest.mark.parametrize("pair", PAIRS, ids=" / ".join)
def test_variant(pair, verdicts):
    title, name = pair
    result = verdicts[title]
    if isinstance(result, BaseException):
        pytest.fail(f"{type(result).__name__}: {result}", pytrace=False)
    verdict = result[name]
    if verdict.unused is not None:
        pytest.skip(verdict.unused)
    excused = expected_failures(CASES[title], name)
    wrong = {check: text for check, text in verdict.wrong.items()
             if check not in excused}
    assert not wrong
    passed = [check for check in excused if check not in verdict.wrong]
    assert not passed, "expected to fail"
    if excused:
        pytest.xfail("; ".join(excused.values()))
