"""Small graphs that are dangerous in FP16, and harmless twins of them: the
dangerous ones must stay right, the harmless ones must become FP16 altogether.
docs/numeric_suite.md is written from the same figures (--bless).

What fails today is listed in known_failures.txt with its cause. A row whose
graph passes is an error; --bless removes it. Nothing adds a row but people."""

import onnx
import pytest

import numeric_judge
import numeric_page
from numeric_suite import GRAPHS

MODES = ("plain", "ranges")
BARS = numeric_page.BARS


@pytest.fixture(scope="session")
def measured(opp, tmp_path_factory):
    """measured(graph): the graph and {mode: Verdict}, "naive" included. With
    no mode "ranges" where the tool has no such option."""
    folder = tmp_path_factory.mktemp("numeric")
    has_ranges = "--range " in opp("convert", "--help=full").stdout
    found = {}

    def get(graph):
        if graph.id not in found:
            case = numeric_judge.Case(graph)
            options = {"naive": numeric_judge.NAIVE, "plain": ()}
            if has_ranges:
                options["ranges"] = tuple(case.ranges())
            found[graph.id] = case, {
                mode: case.convert(opp, folder, more)
                for mode, more in options.items()}
        return found[graph.id]

    return get


@pytest.fixture(scope="session")
def known():
    return numeric_page.known_failures()


@pytest.fixture(params=GRAPHS, ids=lambda graph: graph.id)
def graph(request):
    return request.param


def test_graph_is_what_it_says(graph, measured):
    """ONNX Runtime and onnx.reference agree in FP32; everything in FP16 is
    wrong if the graph is dangerous, and right if it is harmless."""
    case, verdicts = measured(graph)
    onnx.checker.check_model(onnx.ModelProto.FromString(case.data), True)
    assert case.disagreement() < numeric_judge.AGREEMENT
    assert not case.outside(), "values leave their range"
    naive = verdicts["naive"]
    assert naive.half
    assert naive.safe != graph.dangerous, (
        f"mislabelled: all in FP16 gives {naive.differences}")


@pytest.mark.parametrize("mode", MODES)
def test_converted(graph, mode, measured, known, pytestconfig):
    verdicts = measured(graph)[1]
    if mode not in verdicts:
        pytest.skip("the tool has no option for ranges")
    wrong = numeric_page.fault(graph, verdicts[mode])
    cause = known.get((mode, graph.id))
    if cause and wrong:
        pytest.xfail(cause)
    assert not wrong, f"{wrong}: {verdicts[mode]}"
    if cause and pytestconfig.getoption("--bless"):
        numeric_page.forget_failure(mode, graph.id)
        return
    assert not cause, "passes now: remove its row from known_failures.txt"


def test_names():
    names = [graph.id for graph in GRAPHS]
    assert len(set(names)) == len(names)


def test_known_failures_are_graphs(known):
    unknown = {name for _, name in known} - {graph.id for graph in GRAPHS}
    assert not unknown
    assert not {mode for mode, _ in known} - set(MODES)


@pytest.mark.parametrize("mode, kind", BARS)
def test_bar(mode, kind, measured, known):
    """How many of all; not reached yet where rows are known."""
    results = [(graph, measured(graph)[1]) for graph in GRAPHS
               if graph.dangerous == (kind == "dangerous")]
    if mode not in results[0][1]:
        pytest.skip("the tool has no option for ranges")
    passed = [graph.id for graph, verdicts in results
              if not numeric_page.fault(graph, verdicts[mode])]
    told = f"{len(passed)} of {len(results)}"
    print(told)
    if len(passed) / len(results) < BARS[mode, kind]:
        assert any(key[0] == mode for key in known)
        pytest.xfail(told)


def test_page_is_current(measured, pytestconfig):
    text = numeric_page.page([(graph, measured(graph)[1])
                              for graph in GRAPHS])
    if pytestconfig.getoption("--bless"):
        numeric_page.PAGE.write_text(text)
    print(numeric_page.summary([(graph, measured(graph)[1])
                                for graph in GRAPHS]))
    assert numeric_page.PAGE.exists(), "run with --bless"
    assert text == numeric_page.PAGE.read_text(), (
        "run with --bless and read the difference")
