"""Where results and messages go, exit codes, and what is left behind."""

import json
import os
import pty
import re
import resource
import stat
import subprocess
import time

import onnx
import pytest

RESULTS = ["-h", "help -f markdown", "--version", "version --json",
           "passes list", "passes list -f json", "print in.onnx",
           "audit in.onnx", "audit -f json in.onnx", "audit --color always "
           "in.onnx", "convert in.onnx -o -", "convert --dry-run in.onnx",
           "passes run -p @audit in.onnx", "explain --list",
           "explain --node re:.* in.onnx", "explain -f json OPP304"]


def open_terminal():
    """Both ends of a pseudo terminal."""
    try:
        return pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo terminals here: {error}")


def run(opp, words, **kwargs):
    done = subprocess.run([opp.binary, *words.split()],
                          stderr=subprocess.PIPE, timeout=60, check=False,
                          **kwargs)
    return done.returncode, done.stderr.decode()


def without_color(text):
    return re.sub(r"\033\[[0-9;]*m", "", text)


@pytest.mark.parametrize("words", RESULTS)
def test_full_device(opp, folder, words):
    with open("/dev/full", "w") as full:
        code, message = run(opp, words, stdout=full)
    assert code == 5
    assert without_color(message).splitlines()[0] == (
        "error: cannot write standard output: No space left on device")


@pytest.mark.parametrize("words", RESULTS)
def test_reader_that_went_away(opp, folder, words):
    reader, writer = os.pipe()
    os.close(reader)
    code, message = run(opp, words, stdout=writer)
    os.close(writer)
    assert code == 5
    assert "error" not in message


@pytest.mark.parametrize("words", RESULTS)
def test_closed_standard_output(opp, folder, words):
    done = subprocess.run(["sh", "-c", f"exec '{opp.binary}' {words} >&-"],
                          stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 5
    assert sorted(os.listdir(folder)) == ["big.onnx", "in.onnx"]


def test_closed_standard_error_is_no_file(opp, folder):
    subprocess.run(["sh", "-c", f"exec '{opp.binary}' convert in.onnx -v "
                                "-o out.onnx 2>&- >&-"],
                   timeout=60, check=False)
    assert b"note:" not in (folder / "out.onnx").read_bytes()
    onnx.checker.check_model(onnx.load("out.onnx"))


INPUTS = {
    "missing.onnx": None,
    "empty.onnx": b"",
    "text.onnx": b"version https://git-lfs.github.com/spec/v1\n" * 9,
    "cut.onnx": -100,
    "zeros.onnx": bytes(1000),
}


@pytest.mark.parametrize("name", [*INPUTS, "."])
def test_unusable_input(opp, folder, model_bytes, name):
    content = INPUTS.get(name)
    if isinstance(content, int):
        content = model_bytes[:content]
    if content is not None:
        (folder / name).write_bytes(content)
    (folder / "out.onnx").write_bytes(b"old")
    before = sorted(os.listdir(folder))
    for words in (["audit"], ["print"], ["convert", "-o", "out.onnx"],
                  ["passes", "run", "-p", "", "-o", "out.onnx"]):
        done = opp(*words, name, expect=3)
        assert done.stdout == ""
        lines = done.stderr.splitlines()
        assert lines[0].startswith("error: ")
        assert all(line.startswith(("  --> ", "   = ")) for line in lines[1:])
        assert name in done.stderr
    assert (folder / "out.onnx").read_bytes() == b"old"
    assert sorted(os.listdir(folder)) == before


WRITERS = ["audit in.onnx -o", "print in.onnx -o", "passes list -o",
           "convert in.onnx --dry-run --plan-out",
           "convert in.onnx --dry-run --output-file", "convert in.onnx -o",
           "passes run -p @convert in.onnx -o"]


@pytest.mark.parametrize("target", ["gone/out", ".", "in.onnx/out"])
@pytest.mark.parametrize("words", WRITERS)
def test_unwritable_target(opp, folder, words, target):
    before = sorted(os.listdir(folder))
    done = opp(*words.split(), target, expect=5)
    assert target.split("/")[0] in done.stderr.splitlines()[0] + done.stderr
    assert sorted(os.listdir(folder)) == before


@pytest.mark.parametrize("words", WRITERS)
def test_limit_on_file_sizes_leaves_the_old_file(opp, folder, words):
    """As a disk that fills up: eight bytes go in, no more."""
    (folder / "out").write_bytes(b"old")
    before = sorted(os.listdir(folder))
    code, message = run(
        opp, f"{words} out", stdout=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                              (8, 8)))
    assert code == 5
    assert message.startswith("error: ")
    assert (folder / "out").read_bytes() == b"old"
    assert sorted(os.listdir(folder)) == before


@pytest.mark.parametrize("words", WRITERS)
def test_file_keeps_mode(opp, folder, words):
    (folder / "real").write_bytes(b"old")
    (folder / "real").chmod(0o640)
    opp(*words.split(), "real")
    assert (folder / "real").read_bytes() != b"old"
    assert stat.S_IMODE((folder / "real").stat().st_mode) == 0o640


@pytest.mark.parametrize("words", WRITERS)
def test_link_is_followed(opp, folder, words):
    (folder / "real").write_bytes(b"old")
    (folder / "link").symlink_to("real")
    opp(*words.split(), "link")
    assert (folder / "link").is_symlink()
    assert (folder / "real").read_bytes() != b"old"


@pytest.mark.parametrize("words", WRITERS)
def test_pipe(opp, folder, words):
    os.mkfifo("pipe")
    opp(*words.split(), "file")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:
        opp(*words.split(), "pipe")
        assert reader.stdout.read() == (folder / "file").read_bytes()


@pytest.mark.parametrize("words", WRITERS)
def test_new_file_obeys_umask(opp, folder, words):
    run(opp, f"{words} new", stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.umask(0o027))
    assert stat.S_IMODE((folder / "new").stat().st_mode) == 0o640


@pytest.mark.parametrize("words", WRITERS)
def test_device_stays_a_device(opp, folder, words):
    opp(*words.split(), "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


class TestConvert:
    def test_writes_a_model(self, opp, folder):
        done = opp("convert", "in.onnx", "-o", "out.onnx")
        onnx.checker.check_model(onnx.load("out.onnx"), full_check=True)
        assert done.stdout and done.stderr == ""
        assert sorted(os.listdir(folder)) == ["big.onnx", "in.onnx",
                                              "out.onnx"]

    def test_to_standard_output(self, opp, folder):
        opp("convert", "-q", "in.onnx", "-o", "out.onnx")
        done = subprocess.run([opp.binary, "convert", "in.onnx", "-o", "-"],
                              capture_output=True, check=True, timeout=60)
        assert done.stdout == (folder / "out.onnx").read_bytes()
        assert b"before" in done.stderr

    def test_from_standard_input(self, opp, folder):
        opp("convert", "-q", "in.onnx", "-o", "out.onnx")
        with open("in.onnx") as source:
            opp("convert", "-q", "-", "-o", "piped.onnx", stdin=source)
        assert ((folder / "piped.onnx").read_bytes()
                == (folder / "out.onnx").read_bytes())

    def test_dry_run_writes_no_model(self, opp, folder):
        done = opp("convert", "in.onnx", "--dry-run", "-o", "out.onnx")
        assert done.stdout
        assert not (folder / "out.onnx").exists()

    def test_plan_replays(self, opp, folder):
        opp("convert", "big.onnx", "--dry-run", "--plan-out", "plan.json",
            "--op-block-list", "MatMul")
        json.loads((folder / "plan.json").read_text())
        opp("convert", "big.onnx", "-o", "a.onnx", "--plan", "plan.json")
        opp("convert", "big.onnx", "-o", "b.onnx", "--op-block-list",
            "MatMul")
        opp("convert", "big.onnx", "-o", "c.onnx")
        a, b, c = ((folder / f"{n}.onnx").read_bytes() for n in "abc")
        assert a == b != c

    def test_report_file(self, opp, folder):
        done = opp("convert", "in.onnx", "-o", "out.onnx", "-f", "json",
                   "--output-file", "report.json")
        assert done.stdout == ""
        json.loads((folder / "report.json").read_text())

    def test_quiet(self, opp, folder):
        done = opp("convert", "-q", "in.onnx", "-o", "out.onnx")
        assert done.stdout == done.stderr == ""

    def test_verbose(self, opp, folder):
        one = opp("convert", "-v", "in.onnx", "-o", "out.onnx").stderr
        two = opp("convert", "-vv", "in.onnx", "-o", "out.onnx").stderr
        assert [line.split()[:2] for line in one.splitlines()] == [
            ["note:", "loaded"], ["note:", "ran"], ["note:", "wrote"]]
        assert "apply-plan" in two and "apply-plan" not in one

    def test_threads_do_not_change_the_output(self, opp, folder):
        for n in "124":
            opp("convert", "-q", "-T", n, "in.onnx", "-o", f"{n}.onnx")
        assert len({(folder / f"{n}.onnx").read_bytes() for n in "124"}) == 1

    def test_external_data(self, opp, folder):
        opp("convert", "in.onnx", "-o", "out.onnx",
            "--save-external-data=w.bin", "--external-data-size-threshold",
            "1K")
        assert (folder / "w.bin").stat().st_size >= 2 * 64 * 64
        onnx.checker.check_model("out.onnx", full_check=True)

    def test_external_data_threshold(self, opp, folder):
        opp("convert", "in.onnx", "-o", "out.onnx",
            "--save-external-data=w.bin", "--external-data-size-threshold",
            "1M")
        assert not (folder / "w.bin").exists()
        opp("convert", "in.onnx", "-o", "out.onnx",
            "--save-external-data=w.bin", "--external-data-size-threshold",
            "0")
        model = onnx.load("out.onnx", load_external_data=False)
        assert {t.data_location for t in model.graph.initializer} == {
            onnx.TensorProto.EXTERNAL}

    def test_no_model_on_a_terminal(self, opp, folder):
        leader, follower = open_terminal()
        code, message = run(opp, "convert in.onnx -o -", stdout=follower)
        os.close(leader)
        os.close(follower)
        assert code == 2
        assert message.startswith(
            "error: will not write a model to a terminal\n")


class TestAudit:
    def test_levels(self, opp, folder):
        opp("audit", "in.onnx")
        opp("audit", "big.onnx", expect=1)
        opp("audit", "--fail-on", "never", "big.onnx")
        opp("audit", "--exit-zero", "big.onnx")

    def test_several_inputs(self, opp, folder):
        done = opp("audit", "in.onnx", "big.onnx", expect=1)
        assert done.stdout.startswith("==> in.onnx <==\n")
        assert "\n\n==> big.onnx <==\n" in done.stdout

    def test_json_is_an_array(self, opp, folder):
        one = json.loads(opp("audit", "-f", "json", "in.onnx").stdout)
        two = json.loads(opp("audit", "-f", "json", "in.onnx", "big.onnx",
                             expect=1).stdout)
        assert len(one) == 1 and len(two) == 2 and two[0] == one[0]

    def test_one_bad_input_does_not_stop_the_others(self, opp, folder):
        done = opp("audit", "-f", "json", "big.onnx", "gone.onnx", "in.onnx",
                   expect=3)
        assert len(json.loads(done.stdout)) == 2
        assert "gone.onnx" in done.stderr
        assert opp("audit", "-f", "json", "gone.onnx",
                   expect=3).stdout == "[]\n"

    def test_quiet(self, opp, folder):
        done = opp("audit", "-q", "-f", "json", "big.onnx", expect=1)
        assert done.stdout == done.stderr == ""

    @pytest.mark.parametrize("option", ["-o", "--output", "--output-file"])
    def test_report_file(self, opp, folder, option):
        expected = opp("audit", "big.onnx", expect=1).stdout
        done = opp("audit", "-q", "big.onnx", option, "a.txt", expect=1)
        assert done.stdout == ""
        assert (folder / "a.txt").read_text() == expected


class TestPasses:
    def test_list(self, opp):
        listed = json.dumps(json.loads(
            opp("passes", "list", "-f", "json").stdout))
        text = opp("passes", "list").stdout
        for name in ("find-casts", "plan-precision", "apply-plan", "convert"):
            assert name in listed and name in text

    def test_presets_are_the_commands(self, opp, folder):
        opp("passes", "run", "-p", "@convert", "--verify-each", "big.onnx",
            "-o", "a.onnx")
        opp("convert", "big.onnx", "-o", "b.onnx")
        assert ((folder / "a.onnx").read_bytes()
                == (folder / "b.onnx").read_bytes())

    def test_unknown_pass(self, opp, folder):
        done = opp("passes", "run", "-p", "aply-plan", "in.onnx", expect=2)
        assert "`apply-plan`" in done.stderr

    def test_nothing_is_written_without_an_output(self, opp, folder):
        opp("passes", "run", "-p", "@convert", "in.onnx")
        assert sorted(os.listdir(folder)) == ["big.onnx", "in.onnx"]

    def test_print_after(self, opp, folder):
        done = opp("passes", "run", "-q", "-p", "@convert", "--print-after",
                   "apply-plan", "in.onnx")
        assert "MatMul" in done.stderr and done.stdout == ""
        quiet = opp("passes", "run", "-q", "-p", "@convert", "in.onnx")
        assert quiet.stderr == ""

    @pytest.mark.parametrize("words", ["--change-limit 0",
                                       "--stop-after plan-precision"])
    def test_stopping_early_changes_nothing(self, opp, folder, words):
        opp("passes", "run", "-p", "@convert", *words.split(), "in.onnx",
            "-o", "out.onnx")
        assert ((folder / "out.onnx").read_bytes()
                == (folder / "in.onnx").read_bytes())

    @pytest.mark.parametrize("option", ["--stats", "--time"])
    def test_stats(self, opp, folder, option):
        words = ["passes", "run", "-p", "@convert", option, "in.onnx"]
        table = opp(*words).stdout
        data = opp(*words, "-f", "json").stdout
        json.loads(data)
        for name in ("plan-precision", "apply-plan", "share-casts"):
            assert name in table and name in data


class TestColor:
    @staticmethod
    def error(opp, *words, **variables):
        done = opp("audit", *words, "gone.onnx", expect=3,
                   env={**os.environ, **variables})
        return done.stderr

    def test_messages(self, opp, folder):
        assert "\033" not in self.error(opp)
        assert self.error(opp, "--color=always").startswith(
            "\033[1;31merror:\033[0m ")
        assert "\033" not in self.error(opp, "--color=never",
                                        CLICOLOR_FORCE="1")

    def test_variables(self, opp, folder):
        assert "\033" in self.error(opp, CLICOLOR_FORCE="1")
        assert "\033" not in self.error(opp, CLICOLOR_FORCE="0")
        assert "\033" not in self.error(opp, CLICOLOR_FORCE="1", NO_COLOR="1")
        assert "\033" in self.error(opp, CLICOLOR_FORCE="1", NO_COLOR="")

    def test_report(self, opp, folder):
        plain = opp("audit", "big.onnx", expect=1).stdout
        color = opp("audit", "--color=always", "big.onnx", expect=1).stdout
        assert "\033[1;31merror\033[0m[OPP201]" in color
        assert without_color(color) == plain

    def test_files_and_json_stay_plain(self, opp, folder):
        opp("audit", "--color=always", "big.onnx", "-o", "a.txt", expect=1)
        assert "\033" not in (folder / "a.txt").read_text()
        json.loads(opp("audit", "--color=always", "-f", "json", "big.onnx",
                       expect=1).stdout)

    @pytest.mark.parametrize("terminal", ["xterm", "dumb"])
    def test_terminal(self, opp, folder, terminal):
        leader, follower = open_terminal()
        subprocess.run([opp.binary, "audit", "gone.onnx"], stderr=follower,
                       env={**os.environ, "TERM": terminal}, timeout=60,
                       check=False)
        os.close(follower)
        message = os.read(leader, 4096)
        os.close(leader)
        assert (b"\033[1;31m" in message) == (terminal == "xterm")


def test_progress(opp, folder):
    """Forced, it draws at once; the line is erased before what follows."""
    def messages(words):
        code, text = run(opp, f"convert in.onnx -o a.onnx {words}",
                         stdout=subprocess.DEVNULL)
        assert code == 0
        return text
    assert messages("") == messages("--no-progress") == ""
    assert messages("-q") == ""
    forced = messages("--progress")
    assert " %" in forced and forced.endswith("\r\033[K")


def test_start_takes_no_time(opp, folder):
    """The best of twenty runs, so that other load does not count."""
    with open(opp.binary, "rb") as binary:
        if b"__asan_init" in binary.read():
            pytest.skip("a build with AddressSanitizer starts slowly")
    for words in (["--version"], ["audit", "in.onnx"]):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            subprocess.run([opp.binary, *words], check=True,
                           stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        assert min(times) < 0.010
