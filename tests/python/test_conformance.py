"""The op test cases of the onnx package convert: valid, loading, with the
outputs that are recorded, and in FP16 wherever the schema allows it. All of
them are measured once; docs/conformance.md is written from the same figures
(--bless), and must be current."""

import pathlib

import pytest

import conformance
import conformance_page

PAGE = pathlib.Path(__file__).parents[2] / "docs/conformance.md"
MODES = list(conformance.MODES.values())


@pytest.fixture(scope="module")
def measured(opp, tmp_path_factory):
    return conformance.measure(opp, tmp_path_factory.mktemp("conformance"),
                               conformance.cases(), MODES)


@pytest.fixture(params=MODES, ids=lambda mode: mode.name)
def mode(request):
    return request.param


@pytest.fixture
def results(measured, mode):
    return measured[mode.name]


def told(results, what):
    return "\n".join(f"{result.name}: {what(result)}" for result in results)


def hold(share, bar, what):
    text = f"{share}, {100 * share.share:.2f} %\n"
    assert share.share >= bar, text + told(share.misses, what)


def test_only_refusals(results):
    """What is not converted is refused, with the exit code for that."""
    wrong = [result for result in results if result.refused
             and not result.refused.startswith("exit code 4:")]
    assert not wrong, told(wrong, lambda result: result.refused)


def test_valid_when_the_original_is(results):
    hold(conformance.valid(results), conformance.VALID,
         lambda result: result.valid)


def test_loads_when_the_original_does(mode, results):
    """ONNX Runtime has no way to run some ops in bfloat16; which ones, its
    tables say, and these are not counted."""
    if not mode.weighs:
        pytest.skip("generators are asked for that it makes in float32 only")
    hold(conformance.loading(results), conformance.LOADING,
         lambda result: f"{result.load} lacks {result.missing}")


def test_kernel_tables_say_what_loads(results):
    """A model that loads, without an optimiser that may remove a node, lacks
    no kernel by the tables of ONNX Runtime."""
    wrong = [result for result in results if result.missing
             and result.load and result.load["off"] is None]
    assert not wrong, told(wrong, lambda result: result.missing)


def test_near_the_recorded_outputs(results):
    hold(conformance.within(results), conformance.WITHIN,
         lambda result: f"{result.values} {result.causes}")


def test_every_other_output_has_a_cause(mode, results):
    if not mode.weighs:
        pytest.skip("the reasons against it are overruled")
    wrong = [result for result in results
             if "not explained" in result.causes.values()]
    assert not wrong, told(wrong, lambda result: result.values)


def test_computes_low_where_the_schema_allows_it(mode, results):
    if not mode.computes:
        wrong = [result for result in results
                 if result.low_after > result.low_before]
        assert not wrong, told(wrong, lambda result: result.low_after)
        return
    share = conformance.computing(results)
    if mode.weighs:
        wrong = [result for result in share.misses if not result.reasons]
        assert not wrong, told(wrong, lambda result: result.eligible)
        return
    hold(share, conformance.COMPUTES,
         lambda result: f"{result.eligible} {result.reasons}")


def test_converting_again_changes_nothing(mode, results):
    if not mode.weighs:
        pytest.skip("what is asked for is asked for of the new casts, too")
    share = conformance.stable(results)
    hold(share, 1.0, lambda result: result.again)


def test_page_is_current(measured, pytestconfig):
    text = conformance_page.page(measured)
    if pytestconfig.getoption("--bless"):
        PAGE.write_text(text)
    assert PAGE.exists(), "run with --bless"
    assert text == PAGE.read_text(), "run with --bless and read the difference"
