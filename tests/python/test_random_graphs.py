"""What holds for every model, on models drawn at random (random_graphs.py).

A model that fails is made as small as it goes, and the message names the file
where it is kept. The models are the same in every run, but with --slow, where
there are more."""

import contextlib
import json
import shutil

import hypothesis
import onnx
import pytest
from hypothesis import HealthCheck, Phase
from onnx import TensorProto

import compare
import isolated
import random_graphs
import random_judge
import random_noise

CONVERT = "@convert"
TOLERANCE = 0.02
# A model is judged by its numbers where rounding alone moves them less.
STABLE = 0.005
FEW, ALL = random_noise.LEVELS[1::12], random_noise.LEVELS

# One failure at a time: reducing takes minutes.
COMMON = {"report_multiple_bugs": False, "deadline": None, "database": None,
          "print_blob": True,
          "suppress_health_check": list(HealthCheck),
          "phases": [Phase.explicit, Phase.generate, Phase.shrink]}
hypothesis.settings.register_profile("ci", derandomize=True, **COMMON)
hypothesis.settings.register_profile("campaign", **COMMON)
CI = hypothesis.settings.get_profile("ci")
CAMPAIGN = hypothesis.settings.get_profile("campaign")


class Subject:
    """A case in a folder, what the tool makes of it, and what the judges say
    of it. Each run writes to a folder of its own under the same name, because
    data files are called after the model."""

    def __init__(self, opp, case, folder):
        self.opp = opp
        self.case = case
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.source = folder / "in.onnx"
        model = onnx.ModelProto()  # saving takes the weights out
        model.CopyFrom(case.model)
        onnx.save(model, self.source, save_as_external_data=case.external,
                  location="in.data", size_threshold=0,
                  convert_attribute=False)
        self.feeds = [case.feed(seed) for seed in range(2)]
        self._expected = {}

    def tool(self, *words, expect=0):
        return self.opp(*words, cwd=self.folder, expect=expect, timeout=60)

    def path(self, name):
        return self.folder / name / "out.onnx"

    def run(self, name, *words, source="in.onnx", expect=0):
        (self.folder / name).mkdir()
        return self.tool(*words, source, "-o", f"{name}/out.onnx",
                         expect=expect)

    def written(self, name):
        """{file name: bytes} of a run."""
        return {path.name: path.read_bytes()
                for path in (self.folder / name).iterdir()}

    def convert(self, name, *options, source="in.onnx"):
        """Whether there is a model; the only other way is a refusal."""
        done = self.run(name, "convert", "-q", *options, source=source,
                        expect=None)
        assert done.returncode in (0, 4), (done.returncode, done.stderr)
        assert done.returncode == 0 or done.stderr.strip()
        assert self.path(name).exists() == (done.returncode == 0)
        return done.returncode == 0

    def results(self, name, level):
        """As random_judge.run. A crash is the fault of the conversion only if
        the same nodes in FP32, in the same order, do not crash."""
        path = self.source if name is None else self.path(name)
        try:
            return isolated.call(random_judge.run, path, self.feeds, level)
        except isolated.Crashed:
            if name is None or not self.crashes_unconverted(level):
                raise
            hypothesis.event("crashes in FP32 too")
            return self.expected(level), None

    def crashes_unconverted(self, level):
        if not (self.folder / "ordered").exists():
            self.run("ordered", "passes", "run", "-q", "-p", "sort-nodes")
        try:
            isolated.call(random_judge.run_often, self.path("ordered"),
                          self.feeds, level)
        except isolated.Crashed:
            return True
        return False

    def expected(self, level="off"):
        """Results of the input, None where the runtime refuses it."""
        if level not in self._expected:
            try:
                self._expected[level] = self.results(None, level)[0]
            except isolated.Crashed:
                self._expected[level] = None
        return self._expected[level]

    def is_checked(self):
        """Whether onnx.checker takes the input for valid. It takes sparse
        initializers for values of a sparse type, and sees it only where it
        knows the op."""
        return (not self.case.model.graph.sparse_initializer
                and compare.check_error(self.source) is None)

    def noise(self, levels):
        """How far rounding moves the results; inf where that is not known."""
        worst = 0.0
        for feed, expected in zip(self.feeds, self.expected()):
            try:
                got, _ = isolated.call(random_judge.run_noisy, self.source,
                                       self.folder, feed, levels)
            except isolated.Crashed:
                return float("inf")
            if got is None:
                return float("inf")
            worst = max([worst, *(random_judge.difference([expected], [g])
                                  for g in got)])
        return worst


# ---- what holds -------------------------------------------------------------

def check_valid(subject, name):
    """onnx.checker accepts it if it accepts the input."""
    if subject.is_checked():
        assert compare.check_error(subject.path(name)) is None


def check_runs(subject, name):
    """ONNX Runtime runs it if it runs the input."""
    for level in random_judge.LEVELS:
        if subject.expected(level) is None:
            continue
        got, error = subject.results(name, level)
        if error and random_judge.is_missing_kernel(error):
            hypothesis.event("no kernel")
            continue
        assert got is not None, f"optimisation {level}: {error}"


def check_numbers(subject, name):
    """The results are near those of FP32, where FP16 can be near at all."""
    if subject.expected() is None or subject.noise(FEW) > STABLE:
        hypothesis.event("not judged by its numbers")
        return
    hypothesis.event("judged by its numbers")
    got, _ = subject.results(name, "off")
    if got is None:
        return
    error = random_judge.difference(subject.expected(), got)
    if error > TOLERANCE and subject.noise(ALL) <= STABLE:
        raise AssertionError(f"differs by {error} of the scale")


def check_again(subject, name, *options):
    """What is converted stays as it is."""
    subject.convert(f"{name}-again", *options, source=f"{name}/out.onnx")
    assert subject.written(f"{name}-again") == subject.written(name)


def check_kept(subject, name, keeps_types):
    """Inputs and outputs, and what a model says of itself."""
    source, target = subject.source, subject.path(name)
    assert random_judge.marks(target) == random_judge.marks(source)
    assert random_judge.names(target) == random_judge.names(source)
    if keeps_types:
        assert (random_judge.interface(target)
                == random_judge.interface(source))


def check_threads(subject):
    """The number of threads changes no byte."""
    for count in (1, 4):
        assert subject.convert(f"threads{count}", "-T", str(count))
        assert subject.written(f"threads{count}") == subject.written("keep")


def check_replay(subject):
    """The plan, written and read again, gives the same model."""
    assert subject.convert("planned", "--plan-out", "plan.json")
    assert subject.written("planned") == subject.written("keep")
    assert subject.convert("replayed", "--plan", "plan.json")
    assert subject.written("replayed") == subject.written("keep")


def check_limit(subject):
    """Wherever --change-limit cuts the run, the model is valid."""
    words = ("passes", "run", "-f", "json", "-p", CONVERT)
    changes = json.loads(subject.run("uncut", *words).stdout)["changes"]
    assert subject.written("uncut") == subject.written("keep")
    cuts = {0, 1, changes // 3, changes // 2, changes - 1}
    for cut in sorted(cut for cut in cuts if 0 <= cut < changes):
        name = f"cut{cut}"
        subject.run(name, *words, "--verify-each", "--change-limit",
                    str(cut))
        check_valid(subject, name)
        if subject.expected() is not None:
            got, error = subject.results(name, "off")
            assert got is not None or random_judge.is_missing_kernel(
                error), f"--change-limit {cut}: {error}"


def check_options(subject):
    """What options keep or force is valid too."""
    graph = subject.case.model.graph
    blocked = sorted({node.op_type for node in graph.node})[::2]
    plain = [value.name for value in graph.input if value.name.isalnum()]
    runs = {"blocked": ("--op-block-list", ",".join(blocked))}
    if plain:
        runs["kept"] = (f"--keep-io-types={plain[0]}",)
    for name, options in runs.items():
        if subject.convert(name, *options):
            check_valid(subject, name)
            check_runs(subject, name)
    if any(node.name for node in graph.node) and subject.convert(
            "forced", "--node-include-list", "*", "--no-keep-io-types"):
        check_valid(subject, "forced")


def check_hints(subject):
    """value_info decides nothing where all ops are known."""
    for name, elem in (("bare", None), ("half", TensorProto.FLOAT16),
                       ("integer", TensorProto.INT32)):
        model = onnx.load(subject.source, load_external_data=False)
        random_graphs.rewrite_hints(model, elem)
        (subject.folder / f"{name}.onnx").write_bytes(
            model.SerializeToString())
        assert subject.convert(f"hints-{name}", source=f"{name}.onnx")
        found, expected = (
            random_graphs.rewrite_hints(
                onnx.load(subject.path(path), load_external_data=False), None)
            for path in (f"hints-{name}", "keep"))
        assert found.graph == expected.graph, name


def check_copy(subject):
    """A pipeline of no passes writes the input's bytes."""
    subject.run("copy", "passes", "run", "-q", "-p", "")
    assert (subject.path("copy").read_bytes()
            == subject.source.read_bytes())


def check_reports(subject, source):
    """audit and print read whatever convert reads and writes."""
    done = subject.tool("audit", "-f", "json", source, expect=None)
    assert done.returncode in (0, 1), done.stderr
    json.loads(done.stdout)
    json.loads(subject.tool("print", "-f", "json", source).stdout)
    assert subject.tool("print", source).stdout


KEEP, CHANGE = ("keep",), ("change", "--no-keep-io-types")


def checks(subject):
    """Pairs of a name and a check, in order; later ones are about models that
    earlier ones found good."""
    yield "converts", lambda: subject.convert(*KEEP)
    yield "copy", lambda: check_copy(subject)
    yield "reports", lambda: check_reports(subject, "in.onnx")
    if not subject.path("keep").exists():
        hypothesis.event("refused")
        return
    yield "valid", lambda: check_valid(subject, "keep")
    yield "runs", lambda: check_runs(subject, "keep")
    yield "kept", lambda: check_kept(subject, "keep", True)
    yield "numbers", lambda: check_numbers(subject, "keep")
    yield "again", lambda: check_again(subject, *KEEP)
    yield "threads", lambda: check_threads(subject)
    yield "replay", lambda: check_replay(subject)
    yield "limit", lambda: check_limit(subject)
    yield "options", lambda: check_options(subject)
    if not subject.case.foreign:
        yield "hints", lambda: check_hints(subject)
    yield "reports-after", lambda: check_reports(subject, "keep/out.onnx")
    yield "change-converts", lambda: subject.convert(*CHANGE)
    if subject.path("change").exists():
        yield "change-valid", lambda: check_valid(subject, "change")
        yield "change-runs", lambda: check_runs(subject, "change")
        yield "change-kept", lambda: check_kept(subject, "change", False)
        yield "change-numbers", lambda: check_numbers(subject, "change")
        yield "change-again", lambda: check_again(subject, *CHANGE)


@contextlib.contextmanager
def kept_if_it_fails(subject, name, folder):
    """Copies the folder of a subject that fails to where it stays."""
    try:
        yield
    except Exception as error:
        kept = folder / f"failed-{name}"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(subject.folder, kept)
        raise AssertionError(
            f"{name}: {error}\nThe model: {kept}/in.onnx") from error


def check_all(opp, case, folder):
    subject = Subject(opp, case, folder / "case")
    for name, check in checks(subject):
        with kept_if_it_fails(subject, name, folder):
            check()
    return subject


def check_unsorted(opp, pair, folder):
    sorted_case, case = pair
    reference = Subject(opp, sorted_case, folder / "sorted")
    subject = Subject(opp, case, folder / "case")
    with kept_if_it_fails(subject, "unsorted", folder):
        if not reference.convert(*KEEP):
            return reference
        assert subject.convert(*KEEP)
        if reference.is_checked():
            assert compare.check_error(subject.path("keep")) is None
        if reference.expected() is not None:
            got, error = subject.results("keep", "off")
            same, _ = reference.results("keep", "off")
            assert got is not None or same is None, error
            if got and same and reference.noise(FEW) <= STABLE:
                assert random_judge.difference(same, got) <= TOLERANCE
        check_again(subject, *KEEP)
    return reference


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("random")


def examples(opp, folder, settings, count, strategy, check=check_all):
    """Checks `count` models of a strategy; how many ran and were judged."""
    ran = []

    @hypothesis.settings(settings, max_examples=count)
    @hypothesis.given(strategy)
    def each(case):
        ran.append(check(opp, case, folder).expected() is not None)

    each()
    return sum(ran) / len(ran)


# ---- the tests --------------------------------------------------------------

def test_random_models(opp, folder):
    assert examples(opp, folder, CI, 350, random_graphs.cases()) > 0.8


@pytest.mark.slow
def test_many_random_models(opp, folder):
    assert examples(opp, folder, CAMPAIGN, 5000, random_graphs.cases()) > 0.8


def test_unsorted_models(opp, folder):
    """Nodes in any order come out sorted, and compute the same."""
    examples(opp, folder, CI, 120, random_graphs.unsorted_cases(),
             check_unsorted)


def test_models_with_foreign_nodes(opp, folder):
    """No runtime runs them; the checker judges them."""
    examples(opp, folder, CI, 60, random_graphs.cases(foreign=True))
