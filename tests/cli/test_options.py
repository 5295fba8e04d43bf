"""Reading the command line: errors, hints, spellings, response files."""

import json
import os
import subprocess

import pytest

# words, first line of the error, a line that follows it (or None)
ERRORS = [
    ("", "no command", "onnx-precision-pass --help lists the commands"),
    ("cnvert", "unknown command `cnvert`", "did you mean `convert`?"),
    ("xyz", "unknown command `xyz`",
     "onnx-precision-pass --help lists the commands"),
    ("passes", "no command",
     "onnx-precision-pass passes --help lists the commands"),
    ("passes lst", "unknown command `passes lst`",
     "did you mean `passes list`?"),
    ("help convrt", "unknown command `convrt`", "did you mean `convert`?"),
    ("--color auto audit in.onnx", "options come after the command", None),
    ("audit", "no input file",
     "usage: onnx-precision-pass audit [options] INPUT..."),
    ("print in.onnx big.onnx", "one argument too many: `big.onnx`",
     "usage: onnx-precision-pass print [options] INPUT"),
    ("audit - -", "standard input is given twice", None),
    ("audit -Z in.onnx", "unknown option `-Z`",
     "onnx-precision-pass audit --help=full lists the options"),
    ("audit --fail-no error in.onnx", "unknown option `--fail-no`",
     "did you mean `--fail-on`?"),
    ("convert --op-blok-list=A in.onnx", "unknown option `--op-blok-list`",
     "did you mean `--op-block-list`?"),
    ("passes run --verify in.onnx", "unknown option `--verify`",
     "did you mean `--verify-each`?"),
    ("audit in.onnx -o", "option `-o` needs an argument", None),
    ("audit in.onnx --output", "option `--output` needs an argument", None),
    ("audit --exit-zero=1 in.onnx", "option `--exit-zero` takes no argument",
     None),
    ("audit --fail-on wraning in.onnx", "`--fail-on` cannot be `wraning`",
     "did you mean `warning`?"),
    ("print -f xml in.onnx", "`--format` cannot be `xml`",
     "--format text|json"),
    ("convert --memory-limit 2X in.onnx",
     "`--memory-limit` needs a size such as 512M or 2G, not `2X`", None),
    ("convert --memory-limit 99999999999G in.onnx",
     "`--memory-limit` needs a size such as 512M or 2G, not `99999999999G`",
     None),
    ("convert -T two in.onnx", "`--threads` needs a number, not `two`", None),
    ("convert -T -1 in.onnx", "`--threads` needs a number, not `-1`", None),
    ("convert -T 1025 in.onnx", "`--threads` is at most 1024", None),
    ("convert --help=fool", "no help called `fool`", "--help or --help=full"),
    ("convert in.onnx", "no output file",
     "add -o FILE, or --dry-run to see the report and write no model"),
    ("convert -o in.onnx in.onnx", "output `in.onnx` is the input",
     "choose another name, an input is never overwritten"),
    ("print -o ./in.onnx in.onnx", "output `./in.onnx` is the input", None),
    ("audit -o big.onnx in.onnx big.onnx", "output `big.onnx` is the input",
     None),
    ("convert -o a --plan-out a in.onnx", "two outputs with the name `a`",
     None),
    ("convert --weights-only --plan p.json in.onnx -o out.onnx",
     "--plan does not go with --weights-only",
     "with --weights-only all nodes stay as they are"),
    ("convert --weights-only --plan-out p.json in.onnx -o out.onnx",
     "--plan-out does not go with --weights-only", None),
    ("convert --weights-only --op-block-list Relu in.onnx -o out.onnx",
     "--op-block-list does not go with --weights-only", None),
    ("convert --weights-only --node-include-list a in.onnx -o out.onnx",
     "--node-include-list does not go with --weights-only", None),
    ("convert --weights-only --no-keep-io-types in.onnx -o out.onnx",
     "--keep-io-types does not go with --weights-only", None),
    ("convert --weights-only --rewrite in.onnx -o out.onnx",
     "--rewrite does not go with --weights-only", None),
    ("convert --rewrite-scale 2 in.onnx -o out.onnx",
     "--rewrite-scale needs --rewrite", None),
    ("convert --rewrite=layer-nrom in.onnx -o out.onnx",
     "there is no rewrite `layer-nrom`", "did you mean `layer-norm`?"),
    ("convert --weights-only --to int8 in.onnx -o out.onnx",
     "cannot store weights as `int8`",
     "float16 (or fp16, half), bfloat16 (or bf16)"),
    ("convert -o - --plan-out - in.onnx", "two outputs with the name `-`",
     None),
    ("passes run in.onnx", "no pipeline",
     "add -p PIPELINE; onnx-precision-pass passes list shows what there is"),
    ("audit @gone", "cannot read response file `gone`: No such file or "
     "directory", "an input whose name begins with @ is `./@NAME`"),
]


@pytest.mark.parametrize(
    "words,what,more", ERRORS, ids=[row[0] or "nothing" for row in ERRORS])
def test_wrong_use(opp, folder, words, what, more):
    before = sorted(os.listdir(folder))
    done = opp(*words.split(), expect=2)
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == f"error: {what}"
    if more is not None:
        assert done.stderr.splitlines()[1:] == [f"   = help: {more}"]
    assert sorted(os.listdir(folder)) == before


def test_control_characters_do_not_reach_the_terminal(opp, folder):
    done = opp("audit", "--\033[31mx\n", "in.onnx", expect=2)
    assert done.stderr.splitlines()[0] == "error: unknown option `--?[31mx?`"


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_link_to_the_input_is_the_input(opp, folder, link):
    link("in.onnx", "other.onnx")
    opp("convert", "in.onnx", "-o", "other.onnx", expect=2)


@pytest.mark.parametrize("plain,other", [
    ("--op-block-list Softmax", "--op-types-to-exclude Softmax"),
    ("--op-block-list Softmax", "--op_block_list=Softmax"),
    ("--op-block-list Softmax,Mul", "--op-block-list Mul "
     "--op-types-to-exclude=Softmax"),
    ("--node-block-list /enc/*", "--nodes-to-exclude /enc/*"),
    ("--op-include-list Mul", "--op_types_to_include Mul"),
    ("--node-include-list /enc/Mul", "--nodes-to-include /enc/Mul"),
    ("--to float16", "--low_precision_type fp16"),
    ("--to float16", "--to=half"),
    ("--no-keep-io-types", "--no_keep_io_types"),
    ("--no-keep-io-types", "--keep-io-types --no-keep-io-types"),
    ("--keep-io-types", ""),
])
def test_spellings(opp, folder, plain, other):
    plans = [opp("convert", "--dry-run", "-q", "--plan-out", "-",
                 *words.split(), "big.onnx").stdout
             for words in (plain, other)]
    assert plans[0] == plans[1]
    assert plans[0].startswith("{")


def test_options_change_the_plan(opp, folder):
    """Each of them reaches the library: no two plans are alike."""
    def plan(*words):
        return opp("convert", "--dry-run", "-q", "--plan-out", "-", *words,
                   "big.onnx").stdout
    plans = [plan(), plan("--op-block-list", "Softmax"),
             plan("--op-block-list", "MatMul"),
             plan("--node-block-list", "/*"),
             plan("--op-include-list", "Mul"),
             plan("--no-keep-io-types")]
    assert len(set(plans)) == len(plans)


def test_options_and_inputs_in_any_order(opp, folder, monkeypatch):
    monkeypatch.setenv("POSIXLY_CORRECT", "1")
    opp("print", "in.onnx", "-o", "out.txt")
    assert (folder / "out.txt").exists()


def test_words_after_two_dashes_are_inputs(opp, folder):
    (folder / "in.onnx").rename(folder / "--json")
    opp("print", "-f", "json", "--", "--json")
    assert opp("print", "--", "@x", expect=3).stderr.count("@x") > 0


def test_option_argument_with_underscore_is_kept(opp, folder):
    opp("print", "in.onnx", "--output", "--a_b")
    assert (folder / "--a_b").exists()


class TestResponseFile:
    def test_words_and_quotes(self, opp, folder):
        (folder / "args").write_text(
            "convert 'in.onnx'\n\t-o \"out put.onnx\"\r\n"
            "--op-block-list Soft\\max\n")
        opp("@args")
        assert (folder / "out put.onnx").exists()

    def test_empty_word(self, opp, folder):
        (folder / "args").write_text("-p ''")
        opp("passes", "run", "@args", "in.onnx", "-o", "out.onnx")
        assert ((folder / "out.onnx").read_bytes()
                == (folder / "in.onnx").read_bytes())

    def test_empty_file(self, opp, folder):
        (folder / "args").write_text("  \n")
        opp("@args", "print", "in.onnx")

    @pytest.mark.parametrize("option", ["-p", "--pipeline", "-qp"])
    def test_preset_is_no_response_file(self, opp, folder, option):
        (folder / "audit").write_text("--nonsense")
        opp("passes", "run", option, "@audit", "in.onnx")

    def test_is_not_read_twice(self, opp, folder):
        (folder / "args").write_text("@args")
        done = opp("@args", expect=2)
        assert done.stderr.startswith("error: unknown command `@args`")

    @pytest.mark.parametrize("content", ["'open", '"open', "a\0b"])
    def test_broken(self, opp, folder, content):
        (folder / "args").write_text(content)
        done = opp("audit", "@args", expect=2)
        assert done.stderr.startswith("error: response file `args` ")

    def test_folder(self, opp, folder):
        assert "Is a directory" in opp("audit", "@.", expect=2).stderr


@pytest.mark.parametrize("words", [["--version", "--json"], ["-V", "--json"],
                                   ["version", "--json"]])
def test_version_as_json(opp, words):
    version = json.loads(opp(*words).stdout)
    assert version["name"] == "onnx-precision-pass"
    assert opp("--version").stdout == f"{version['name']} {version['version']}\n"


def test_version_of_the_project(opp, request):
    cmake = (request.config.rootpath.parent / "CMakeLists.txt").read_text()
    version = json.loads(opp("version", "--json").stdout)["version"]
    assert f"VERSION {version} " in cmake


READERS = ["audit -q", "print", "convert --dry-run",
           "passes run -p @convert"]

# what stands in s.yaml (None: nothing is there), first line of the error, a
# line that follows it
SIGNATURES = [
    (None, "cannot open `s.yaml`: No such file or directory", None),
    ("", "`s.yaml` is empty", None),
    ("schema: 1\nops: [\n", "broken YAML: did not find expected node content",
     "--> s.yaml:3:1"),
    ("schema: 1\nop: []\n", "a file of signatures has no key `op`",
     "--> s.yaml:2:1"),
    ("schema: 1\nops: {domain: '', op: Relu, inputs: [], outputs: bool}\n",
     "`Relu` of domain `ai.onnx` is known already", "--> s.yaml:2:23"),
    ("x" * (1 << 20) + "y", "`s.yaml` is larger than 1 MiB", None),
]


class TestOpSignature:
    @pytest.mark.parametrize("command", READERS)
    @pytest.mark.parametrize("content,what,more", SIGNATURES)
    def test_wrong_file(self, opp, folder, command, content, what, more):
        if content is not None:
            (folder / "s.yaml").write_text(content)
        done = opp(*command.split(), "--op-signature", "s.yaml", "in.onnx",
                   expect=2)
        lines = [line.strip() for line in done.stderr.splitlines()]
        assert lines[0] == f"error: {what}"
        assert more is None or more in lines
        assert done.stdout == ""

    def test_folder(self, opp, folder):
        done = opp("print", "--op-signature", ".", "in.onnx", expect=2)
        assert "cannot read `.`: Is a directory" in done.stderr

    @pytest.mark.parametrize("command", READERS)
    def test_all_that_are_given_are_read(self, opp, folder, command):
        for i in range(33):
            (folder / f"{i}.yaml").write_text(
                "{schema: 1, ops: {domain: d, op: "
                f"O{i}, inputs: [], outputs: bool}}}}")
        words = [f"--op-signature={i}.yaml" for i in range(33)]
        opp(*command.split(), *words[:32], "in.onnx")
        done = opp(*command.split(), *words, "in.onnx", expect=2)
        assert "`--op-signature` is given more than 32 times" in done.stderr
        done = opp(*command.split(), words[3], words[3], "in.onnx", expect=2)
        assert "version 1 of `O3` is declared twice" in done.stderr

    def test_example_of_the_page(self, opp, folder, request):
        page = (request.config.rootpath.parent / "docs/op_signatures.md"
                ).read_text()
        (folder / "s.yaml").write_text(
            page.split("```yaml\n")[1].split("```")[0])
        opp("print", "--op-signature", "s.yaml", "in.onnx")

    def test_is_not_overwritten(self, opp, folder):
        (folder / "s.yaml").write_text(
            "{schema: 1, ops: {domain: d, op: o, inputs: [], outputs: bool}}")
        done = opp("convert", "in.onnx", "--op-signature", "s.yaml", "-o",
                   "./s.yaml", expect=2)
        assert "is read by --op-signature" in done.stderr

    def test_may_be_a_pipe(self, opp, folder):
        with subprocess.Popen(["echo", "schema: 2"],
                              stdout=subprocess.PIPE) as source:
            done = opp("print", "--op-signature", "/dev/stdin", "in.onnx",
                       stdin=source.stdout, expect=2)
        assert "`schema` must be 1, not `2`" in done.stderr


def test_sizes(opp, folder):
    """A limit below what any model needs, in each unit."""
    for limit in ("1", "1B", "0x1"):
        opp("print", "--memory-limit", limit, "in.onnx",
            expect=5 if limit == "1" else 2)
    for limit in ("64M", "64m", "64MB", "64MiB", "1G", "1T", "0"):
        opp("print", "--memory-limit", limit, "in.onnx")


def test_no_heap_no_crash(opp, folder):
    """Ten thousand words and a list of a megabyte."""
    done = subprocess.run(
        [opp.binary, "audit", *["in.onnx"] * 10000, "-q"], check=False,
        capture_output=True, timeout=120)
    assert done.returncode in (0, 1)
    (folder / "args").write_text(",".join(["Softmax"] * 150000))
    words = (folder / "args").read_text()
    (folder / "args").write_text(f"--op-block-list {words}")
    opp("convert", "--dry-run", "in.onnx", "@args")
