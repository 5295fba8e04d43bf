"""Runs the cases of tests/passes/*.txt; see docs/testing.md for the format and
for what is checked of each of them."""

import json
import pathlib

import numpy as np
import onnx
import pytest
import xxhash

import case_file
import compare

HERE = pathlib.Path(__file__).parent
FILES = [case_file.CaseFile(path) for path in sorted(HERE.glob("*.txt"))]
CASES = [(file, case) for file in FILES for case in file.cases]
TOLERANCE = 0.01
SEED = 7


def makes_plan(item):
    return item.split(":")[0] == "plan-precision"


class Run:
    """A case in its folder: in.onnx, and first/out.onnx if all went well.
    Further runs write to folders of their own, because data files are called
    after the model."""

    def __init__(self, opp, case, folder):
        self.opp = opp
        self.case = case
        self.folder = folder
        self.header = case_file.header_of(case.text)
        self.options = " ".join(case.values("option")).split()
        self.source = folder / "in.onnx"
        self.target = folder / "first" / "out.onnx"
        case_file.save(case_file.make_model(case), self.source, case)
        for line in case.values("file"):
            name, _, content = line.partition(" ")
            (folder / name).write_text(content.replace("\\n", "\n"))
        self.done = self.run(case.pipeline, "first")
        self.code = self.done.returncode

    def run(self, pipeline, name, *options, source="in.onnx"):
        (self.folder / name).mkdir()
        return self.opp(
            "passes", "run", "-f", "json", "--verify-each", *self.options,
            *options, "-p", pipeline, source, "-o", f"{name}/out.onnx", cwd=self.folder,
            expect=None)

    def written(self, name):
        """{file name: bytes} of a run."""
        return {path.name: path.read_bytes()
                for path in (self.folder / name).iterdir()}

    def report(self):
        return json.loads(self.done.stdout)

    def require(self):
        if self.code != 0:
            pytest.skip("ends with an error")

    def output_text(self):
        if self.target.read_bytes() == self.source.read_bytes():
            return "unchanged"
        return case_file.graph_text(onnx.load(self.target))

    def error_text(self):
        return f"{self.code} {self.done.stderr.rstrip()}"

    def section(self, name):
        return "\n".join(getattr(self, name)())

    def findings(self):
        for found in self.report()["findings"]:
            yield (f"{found['code']} {found['severity']} "
                   f"{found['place'] or '-'}: {found['message']}")

    def stats(self):
        for row in self.report()["passes"]:
            counts = ", ".join(f"{k} {v}" for k, v in row["counts"].items())
            yield f"{row['name']}: changes {row['changes']}, {counts}"

    def metadata(self):
        """Of the model that comes out. A stamp that is right is said to be."""
        right = {"opp.version": self.opp("version").stdout.split()[-1],
                 "opp.source": "xxh3-128:" + xxhash.xxh3_128_hexdigest(
                     self.source.read_bytes())}
        for entry in onnx.load(self.target).metadata_props:
            value = ("right" if entry.value == right.get(entry.key)
                     else entry.value)
            yield f"{entry.key}: {value}"

    def passes(self):
        """The pipeline, its presets written out."""
        presets = {"@" + preset["name"]: preset["pipeline"] for preset in
                   json.loads(self.opp("passes", "list", "-f", "json").stdout)[
                       "presets"]}
        items = self.case.pipeline.split(",")
        return ",".join(presets.get(item, item) for item in items).split(",")

    def write_plan(self):
        """The plan of the case's own pipeline."""
        self.opp("passes", "run", "-q", "--plan-out", "plan.json",
                 *self.options, "-p",
                 self.case.pipeline, "in.onnx", cwd=self.folder)
        return json.loads((self.folder / "plan.json").read_text())

    def plan(self):
        for item in self.write_plan()["items"]:
            place = item.get("scope", "") + (
                f"{item['node']} " if "node" in item else "")
            why = " ".join(filter(None, (item["reason"], item.get("detail"))))
            yield f"{item['type']:8} {place}{item['operand']}: {why}"

    def actual(self):
        """What the run gives for each thing that the case expects."""
        case = self.case
        if self.code != 0:
            return {"error": self.error_text()}
        found = {name: self.section(name) for name in case.sections}
        if case.output is not None or not found:
            found["output"] = self.output_text()
        return found


def parameters():
    return [pytest.param((file, case), id=f"{file.path.stem}: {case.title}")
            for file, case in CASES]


@pytest.fixture(scope="module", params=parameters())
def run(request, opp, tmp_path_factory):
    file, case = request.param
    found = Run(opp, case, tmp_path_factory.mktemp("case"))
    found.file = file
    return found


@pytest.fixture(autouse=True)
def exceptions(request):
    """`@skip CHECK reason` and `@xfail CHECK reason` of the case."""
    if "run" not in request.fixturenames:
        return
    check = request.node.originalname.removeprefix("test_")
    case = request.getfixturevalue("run").case
    if case.reason("skip", check) is not None:
        pytest.skip(case.reason("skip", check))
    if case.reason("xfail", check) is not None:
        request.applymarker(pytest.mark.xfail(
            reason=case.reason("xfail", check), strict=True))


def bless(run):
    case = run.case
    actual = run.actual()
    case.error = actual.pop("error", None)
    case.output = actual.pop("output", None)
    case.sections = {name: actual[name] for name in case.sections
                     if name in actual}
    run.file.write()


def test_expected(run, pytestconfig):
    """The output, findings, plan, counts or error that the case says."""
    case = run.case
    if pytestconfig.getoption("--bless"):
        bless(run)
    if case.error is not None:
        assert run.error_text() == case.error
        assert not run.target.exists()
        return
    assert run.code == 0, run.done.stderr
    assert case.output is not None or case.sections, "expects nothing"
    for name, text in case.sections.items():
        assert run.section(name) == text
    if case.output is None or case.output == "unchanged":
        assert run.output_text() == "unchanged"
    else:
        assert run.output_text() == case_file.canonical(case.output,
                                                        run.header)


def test_copy(run):
    """A run that edits nothing writes the input's bytes."""
    done = run.run("", "copy")
    if done.returncode == run.code == 3:
        pytest.skip("the model is refused")
    assert run.written("copy")["out.onnx"] == run.source.read_bytes()


def test_threads(run):
    """The number of threads changes no byte."""
    run.require()
    for count in (1, 4):
        run.run(run.case.pipeline, f"t{count}", "-T", count)
        assert run.written(f"t{count}") == run.written("first")


def test_again(run):
    """What is done is done: the second run changes nothing."""
    run.require()
    done = run.run(run.case.pipeline, "again", source="first/out.onnx")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["changes"] == 0
    assert run.written("again")["out.onnx"] == run.target.read_bytes()


def test_replay(run):
    """The plan, written and read again, gives the same model."""
    run.require()
    passes = run.passes()
    if "plan=" in run.case.pipeline or not any(map(makes_plan, passes)):
        pytest.skip("no plan of its own")
    run.write_plan()
    pipeline = ",".join("plan-precision:plan=plan.json" if makes_plan(item)
                        else item for item in passes)
    done = run.run(pipeline, "replayed")
    assert done.returncode == 0, done.stderr
    assert run.written("replayed") == run.written("first")


def test_limit(run):
    """Wherever --change-limit cuts a run, the model is valid."""
    run.require()
    changes = run.report()["changes"]
    for limit in sorted({0, 1, changes // 2, max(changes - 1, 0)}):
        done = run.run(run.case.pipeline, f"limit{limit}", "--change-limit",
                       limit)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["changes"] == min(limit, changes)
        if compare.check_error(run.source) is None:
            assert compare.check_error(
                run.folder / f"limit{limit}" / "out.onnx") is None
    assert (run.written("limit0")["out.onnx"] == run.source.read_bytes())


def test_valid(run):
    """Accepted by onnx.checker and ONNX Runtime wherever the input is."""
    run.require()
    if compare.check_error(run.source) is None:
        assert compare.check_error(run.target) is None
    for level in ("off", "on"):
        if compare.load_error(run.source, level) is None:
            assert compare.load_error(run.target, level) is None


def test_kept(run):
    """No node is lost but a Cast and what a certificate counts, nor anything
    that the text hides."""
    run.require()
    before, after = onnx.load(run.source), onnx.load(run.target)
    assert case_file.marks(after) == case_file.marks(before)
    functions = case_file.function_marks(before)
    copies = case_file.function_marks(after)[len(functions):]
    assert case_file.function_marks(after)[:len(functions)] == functions
    assert {outside for _, outside in copies} <= {
        outside for _, outside in functions}
    assert case_file.opsets(before) <= case_file.opsets(after)
    assert ([value.name for value in after.graph.input]
            == [value.name for value in before.graph.input])
    assert ([value.name for value in after.graph.output]
            == [value.name for value in before.graph.output])
    numbers = [prop.value for node in case_file.all_nodes(after)
               for prop in node.metadata_props if prop.key == "number"]
    assert len(set(numbers)) == len(numbers)
    lost = [node for node in case_file.all_nodes(before)
            if node.metadata_props[0].value not in numbers
            and node.op_type != "Cast"]
    assert len(lost) <= sum(
        entry["removed"] for entry in run.report().get("rewrites", []))


def feed_for(session):
    """Random values for the inputs of a session; None for sequences."""
    rng = np.random.default_rng(SEED)
    feed = {}
    for value in session.get_inputs():
        if not value.type.startswith("tensor("):
            return None
        shape = [size if isinstance(size, int) else 2 for size in value.shape]
        name = value.type[len("tensor("):-1]
        if name in ("float", "double", "float16"):
            values = rng.uniform(0.25, 1.75, shape)
        else:
            values = rng.integers(0, 2, shape)
        feed[value.name] = values.astype(
            {"float": "float32"}.get(name, name))
    return feed


def as_tensors(values):
    """Sequences as their elements, FP16 as FP32."""
    flat = []
    for value in values:
        flat += value if isinstance(value, list) else [value]
    arrays = map(np.asarray, flat)
    return [array.astype(np.float32) if array.dtype == np.float16 else array
            for array in arrays]


def test_numbers(run):
    """ONNX Runtime computes the same, within FP16's rounding."""
    run.require()
    if compare.load_error(run.source, "off") is not None:
        pytest.skip("the runtime does not load the input")
    before, after = (compare.session(path, "off")
                     for path in (run.source, run.target))
    feed, low_feed = feed_for(before), feed_for(after)
    if feed is None:
        pytest.skip("has inputs that are no tensors")
    try:
        expected = [as_tensors(before.run(None, feed))]
    except Exception as error:  # the runtime raises many unrelated types
        pytest.skip(f"the runtime does not run the input: {error}")
    got = [as_tensors(after.run(None, low_feed))]
    assert compare.largest_difference(
        expected, got, compare.scales(expected)) <= TOLERANCE
