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
MOVED_WEIGHTS = ["constants", "computed", "overridable", "inputs",
                 "function_arguments", "function_in_function"]
SAME_WEIGHTS = [name for name in variants.VARIANTS
                if name not in MOVED_WEIGHTS]
LOWEST_SHARE = 0.9  # of that of the case, over all, where weights move
LOWEST_USE = 0.7   # of the cases that can be said that way
FEWEST = 8         # such cases, for each way


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


def judge_all(opp, folder, wanted):
    """{title: {variant: Verdict}} of wanted, {title: {variant: any}}."""
    found = {title: {} for title in wanted}
    rounds = 0
    while wanted:
        rounds += 1
        calls = [(title, opp, folder / f"{rounds}_{number}", CASES[title],
                  list(names))
                 for number, (title, names) in enumerate(wanted.items())]
        wanted = {}
        for call, result in isolated.call_all(graph_judge.judge_case, calls):
            title, names = call[0], call[4]
            if isinstance(result, isolated.Crashed):
                name, verdict = graph_judge.crashed_at(call[2])
                assert name in names, f"{title}: crashes as it is"
                found[title][name] = verdict
                wanted[title] = [each for each in names if each != name]
            elif isinstance(result, BaseException):
                raise result
            else:
                found[title].update(result)
            shutil.rmtree(call[2])
    return found


@pytest.fixture(scope="module")
def verdicts(request, opp, tmp_path_factory):
    return judge_all(opp, tmp_path_factory.mktemp("graphs"),
                     asked(request.session))


def expected_failures(case, name):
    """{check: reason} of the lines `@xfail CHECK VARIANTS reason`, where
    VARIANTS is a regular expression without spaces; with other ends, a
    variant is called `NAME, other ends` there."""
    if case.values("other-ends"):
        name += ", other ends"
    found = {}
    for line in case.values("xfail"):
        check, which, reason = line.split(" ", 2)
        if re.fullmatch(which, name):
            found[check] = reason
    return found


@pytest.mark.parametrize("pair", PAIRS, ids=" / ".join)
def test_variant(pair, verdicts):
    title, name = pair
    verdict = verdicts[title][name]
    if verdict.unused is not None:
        pytest.skip(verdict.unused)
    excused = expected_failures(CASES[title], name)
    excused.pop("share", None)  # see test_share
    wrong = {check: text for check, text in verdict.wrong.items()
             if check not in excused}
    assert not wrong
    passed = [check for check in excused if check not in verdict.wrong]
    assert not passed, "expected to fail"
    if excused:
        pytest.xfail("; ".join(excused.values()))


def used(verdicts, name):
    """{title: Verdict} of the cases that are judged in a variant."""
    return {title: found[name] for title, found in verdicts.items()
            if name in found and found[name].unused is None}


@pytest.mark.parametrize("name", variants.VARIANTS)
def test_variants_are_used(name, verdicts):
    """A way to say a model that nothing accepts would test nothing."""
    sayable = [title for title, found in verdicts.items()
               if name in found and found[name].sayable]
    assert len(sayable) >= FEWEST
    assert len(used(verdicts, name)) >= LOWEST_USE * len(sayable)


def counted(verdicts, name):
    """(title, Verdict of the case, Verdict of the variant) where both have a
    share."""
    for title, verdict in used(verdicts, name).items():
        plain = verdicts[title]["plain"]
        if plain.counted and verdict.counted and (
                "valid" not in plain.wrong.keys() | verdict.wrong.keys()):
            yield title, plain, verdict


@pytest.mark.parametrize("name", MOVED_WEIGHTS)
def test_share_with_moved_weights(name, verdicts):
    """What a weight costs to cast depends on where it comes from; in sum that
    makes a small difference."""
    rows = list(counted(verdicts, name))
    assert sum(row[2].share for row in rows) >= LOWEST_SHARE * sum(
        row[1].share for row in rows)


@pytest.mark.parametrize("name", SAME_WEIGHTS)
def test_share(name, verdicts):
    """Said another way, no smaller share of the float compute nodes is
    FP16."""
    less, expected = {}, set()
    for title, plain, verdict in counted(verdicts, name):
        if verdict.share < plain.share - 1e-9:
            less[title] = f"{verdict.share:.2f} < {plain.share:.2f}"
        if "share" in expected_failures(CASES[title], name):
            expected.add(title)
    assert less.keys() == expected, less
