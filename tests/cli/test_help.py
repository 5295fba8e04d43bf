"""Help is what golden/ says, fits a screen, and its examples work."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE / "golden"
REFERENCE = HERE.parent.parent / "docs" / "cli.md"
PROGRAM = "onnx-precision-pass"
COMMANDS = ["", "audit", "convert", "explain", "passes", "passes list",
            "passes run", "policy", "policy init", "policy check",
            "policy show", "policy schema", "print", "help", "version"]


def compare(path, text, bless):
    if bless:
        path.write_text(text)
    assert path.exists(), "run with --bless"
    assert text == path.read_text(), "run with --bless and read the difference"


@pytest.mark.parametrize("form", ["short", "full"])
@pytest.mark.parametrize("command", COMMANDS)
def test_golden(opp, bless, command, form):
    flag = "-h" if form == "short" else "--help=full"
    text = opp(*command.split(), flag).stdout
    name = f"{command.replace(' ', '-') or 'main'}-{form}.txt"
    compare(GOLDEN / name, text, bless)


def test_golden_has_no_strangers():
    assert len(list(GOLDEN.iterdir())) == 2 * len(COMMANDS)


def test_reference(opp, bless):
    compare(REFERENCE, opp("help", "-f", "markdown").stdout, bless)


@pytest.mark.parametrize("command", COMMANDS)
def test_fits_the_screen(opp, command):
    short = opp(*command.split(), "-h").stdout.splitlines()
    full = opp(*command.split(), "--help=full").stdout.splitlines()
    assert len(short) <= 45
    assert max(map(len, short + full)) <= 79
    assert "Examples:" in short[:6]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_command_prints_the_full_page(opp, command):
    assert (opp("help", *command.split()).stdout
            == opp(*command.split(), "--help=full").stdout)


def test_help_wins_over_missing_arguments(opp):
    assert (opp("convert", "--help").stdout == opp("convert", "-h").stdout)


def test_commands_in_the_list_have_pages(opp):
    text = opp("-h").stdout.partition("Commands:\n")[2].partition("\n\n")[0]
    names = re.findall(r"^  (\w+)", text, re.M)
    assert names == [c for c in COMMANDS if c and " " not in c]


def examples(opp):
    lines = []
    for command in COMMANDS:
        for line in opp(*command.split(), "-h").stdout.splitlines():
            if line.startswith(f"  {PROGRAM} "):
                lines.append(line.strip().partition(" | ")[0])
    return list(dict.fromkeys(lines))


def test_examples_run(opp, folder):
    """In a shell, with the files that they name and any pattern matched."""
    binaries = folder / "bin"
    binaries.mkdir()
    (binaries / PROGRAM).symlink_to(opp.binary)
    for name in ("model.onnx", "a.onnx"):
        (folder / name).write_bytes((folder / "in.onnx").read_bytes())
    environment = dict(os.environ, PATH=f"{binaries}:{os.environ['PATH']}")
    (folder / "policy.yaml").write_text("schema: 1\n")
    lines = examples(opp)
    assert len(lines) >= 15
    for line in lines:
        done = subprocess.run(["sh", "-c", line], env=environment, text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode in (0, 1), f"{line}\n{done.stderr}"
        assert "error: " not in done.stderr, f"{line}\n{done.stderr}"
        words = shlex.split(line)
        if "-o" in words:
            assert (folder / words[words.index("-o") + 1]).stat().st_size > 0
