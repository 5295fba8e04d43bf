"""What goes wrong is one line, has its exit code, and leaves nothing behind.

Exit codes: 2 wrong use, 3 unusable input, 5 could not write."""

import os
import pathlib
import shutil
import stat
import subprocess

import onnx
import pytest
from onnx import TensorProto, helper

WEIGHTS = 1 << 20
ONE = b"\0\0\x80\x3f"  # float32
WRITERS = {
    "convert": ("convert",),
    "run": ("passes", "run", "-p", ""),
}


def writer(command, source, target):
    return [*WRITERS[command], source, "-o", target]


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


def assert_error(done, *words):
    """One line says what; indented ones may add where, why and the way out."""
    lines = done.stderr.splitlines()
    assert lines and lines[0].startswith("error: "), done.stderr
    assert len(lines[0]) > len("error: ") + 8
    assert all(line.startswith("  ") for line in lines[1:]), done.stderr
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr, f"{word} missing: {done.stderr}"


def big_model(path):
    """A valid model whose weights are 4 MiB of ones: x @ w."""
    size = 1024
    weights = helper.make_tensor("w", TensorProto.FLOAT, [size, size],
                                 ONE * WEIGHTS, raw=True)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="product")], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", size])],
        [weights])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


@pytest.fixture
def folders(tmp_path):
    """(source folder with model.onnx, empty target folder)"""
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    target.mkdir()
    big_model(source / "model.onnx")
    return source, target


BAD_INPUTS = ("empty.onnx", "text.onnx", "pointer.onnx", "zeros.onnx",
              "folder", "missing.onnx")


def make_bad_inputs(folder):
    """Inputs that are no model; "missing.onnx" is not there."""
    (folder / "empty.onnx").touch()
    (folder / "text.onnx").write_text("this is not a model\n" * 50)
    (folder / "pointer.onnx").write_text(
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{'0' * 64}\nsize 4745517\n")
    (folder / "zeros.onnx").write_bytes(bytes(4096))
    (folder / "folder").mkdir()


@pytest.mark.parametrize("command", list(WRITERS))
@pytest.mark.parametrize("name", BAD_INPUTS)
def test_input_that_is_no_model(opp, folders, name, command):
    source, target = folders
    make_bad_inputs(source)
    done = opp(*writer(command, source / name, target / "out.onnx"), expect=3)
    assert_error(done, name)
    assert entries(target) == []


@pytest.mark.parametrize("command", ["audit", "print"])
@pytest.mark.parametrize("name", BAD_INPUTS)
def test_reading_command_on_no_model(opp, folders, name, command):
    source, _ = folders
    make_bad_inputs(source)
    done = opp(command, source / name, expect=3)
    assert_error(done, name)


def cut_places(data):
    """Offsets within the header, the nodes, the weights, the last byte."""
    weights = data.index(ONE * 8)
    return sorted({1, 2, 3, 7, weights // 2, weights - 1, weights,
                   weights + WEIGHTS, len(data) // 2, len(data) - 40,
                   len(data) - 1})


@pytest.mark.parametrize("command", list(WRITERS))
def test_cut_file(opp, folders, command):
    source, target = folders
    data = (source / "model.onnx").read_bytes()
    kept = target / "out.onnx"
    kept.write_bytes(b"old")
    for place in cut_places(data):
        (source / "cut.onnx").write_bytes(data[:place])
        done = opp(*writer(command, source / "cut.onnx", kept), expect=None)
        assert done.returncode == 3, f"cut at {place}: {done}"
        assert_error(done, "cut.onnx")
        assert entries(target) == ["out.onnx"]
        assert kept.read_bytes() == b"old"


@pytest.mark.parametrize("command", list(WRITERS))
def test_external_data_missing(opp, tmp_path, command):
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    target.mkdir()
    model = onnx.load(big_model(source / "model.onnx"))
    onnx.save(model, source / "model.onnx", save_as_external_data=True,
              location="weights.bin")
    (source / "weights.bin").unlink()
    done = opp(*writer(command, source / "model.onnx", target / "out.onnx"),
               expect=3)
    assert_error(done, "weights.bin")
    assert entries(target) == []


def assert_refused_target(opp, command, source, target, folder, code):
    before = {path.name: path.read_bytes() for path in folder.iterdir()
              if path.is_file()}
    names = entries(folder)
    done = opp(*writer(command, source, target), expect=code)
    assert_error(done)
    assert entries(folder) == names
    for name, data in before.items():
        assert (folder / name).read_bytes() == data


@pytest.mark.parametrize("command", list(WRITERS))
def test_target_folder_is_missing(opp, folders, command):
    source, target = folders
    assert_refused_target(opp, command, source / "model.onnx",
                          target / "no" / "out.onnx", target, 5)


@pytest.mark.parametrize("command", list(WRITERS))
def test_target_is_a_folder(opp, folders, command):
    source, target = folders
    (target / "out.onnx").mkdir()
    assert_refused_target(opp, command, source / "model.onnx",
                          target / "out.onnx", target, 5)


@pytest.mark.parametrize("command", list(WRITERS))
def test_target_folder_is_read_only(opp, folders, command):
    source, target = folders
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere; "
                    "test_file_system_is_read_only stands in")
    (target / "out.onnx").write_bytes(b"old")
    target.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert_refused_target(opp, command, source / "model.onnx",
                              target / "out.onnx", target, 5)
    finally:
        target.chmod(stat.S_IRWXU)


class Mount:
    """A tmpfs over a folder; skips the test where it cannot be mounted."""

    def __init__(self, folder, options):
        self.folder = folder
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
            capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"cannot mount a tmpfs: {done.stderr.strip()}")

    def remount(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}",
                        str(self.folder)], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        subprocess.run(["umount", str(self.folder)], check=True)


@pytest.mark.parametrize("command", list(WRITERS))
def test_file_system_is_read_only(opp, folders, command):
    source, target = folders
    with Mount(target, "size=16m") as mount:
        (target / "out.onnx").write_bytes(b"old")
        mount.remount("ro")
        assert_refused_target(opp, command, source / "model.onnx",
                              target / "out.onnx", target, 5)


@pytest.mark.parametrize("command", list(WRITERS))
@pytest.mark.parametrize("room", ["4k", "64k", "1m"])
def test_disk_is_full(opp, folders, command, room):
    source, target = folders
    with Mount(target, f"size={room}"):
        (target / "out.onnx").write_bytes(b"old")
        assert_refused_target(opp, command, source / "model.onnx",
                              target / "out.onnx", target, 5)


@pytest.mark.parametrize("command", list(WRITERS))
def test_file_size_limit(opp, folders, command):
    """As a full disk, for users who may not mount: `ulimit -f`."""
    source, target = folders
    (target / "out.onnx").write_bytes(b"old")
    line = " ".join(f"'{part}'" for part in map(str, [
        opp.binary, *writer(command, source / "model.onnx",
                            target / "out.onnx")]))
    done = subprocess.run(["sh", "-c", f"ulimit -f 256; {line}"], text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 5, done
    assert_error(done)
    assert entries(target) == ["out.onnx"]
    assert (target / "out.onnx").read_bytes() == b"old"


SAME = {
    "itself": lambda source: source / "model.onnx",
    "dotted": lambda source: source / "." / ".." / source.name / "model.onnx",
    "symbolic link": lambda source: link(source, os.symlink),
    "hard link": lambda source: link(source, os.link),
}


def link(source, make):
    make(source / "model.onnx", source / "other.onnx")
    return source / "other.onnx"


@pytest.mark.parametrize("command", list(WRITERS))
@pytest.mark.parametrize("way", list(SAME))
def test_output_is_the_input(opp, folders, command, way):
    source, _ = folders
    target = SAME[way](source)
    names = entries(source)
    before = (source / "model.onnx").read_bytes()
    done = opp(*WRITERS[command], source / "model.onnx", "-o",
               os.fspath(target), expect=2)
    assert_error(done)
    assert entries(source) == names
    assert (source / "model.onnx").read_bytes() == before


WRONG_USE = {
    "no command": [],
    "unknown command": ["convrt", "IN"],
    "unknown option": ["convert", "--no-such-option", "IN", "-o", "OUT"],
    "no input": ["convert", "-o", "OUT"],
    "no output": ["convert", "IN"],
    "two inputs": ["convert", "IN", "IN", "-o", "OUT"],
    "unknown type": ["convert", "--to", "float15", "IN", "-o", "OUT"],
    "value missing": ["convert", "IN", "-o"],
    "bad number": ["convert", "--external-data-size-threshold", "many", "IN",
                   "-o", "OUT"],
    "unknown pass": ["passes", "run", "-p", "no-such-pass", "IN", "-o", "OUT"],
    "bad pipeline": ["passes", "run", "-p", "find-casts,,", "IN", "-o",
                     "OUT"],
    "node that is not there": ["convert", "--node-block-list", "prodct", "IN",
                               "-o", "OUT"],
    "op that is not there": ["convert", "--op-block-list", "MatMull", "IN",
                             "-o", "OUT"],
}


@pytest.mark.parametrize("case", list(WRONG_USE))
def test_wrong_use(opp, folders, case):
    source, target = folders
    paths = {"IN": source / "model.onnx", "OUT": target / "out.onnx"}
    args = [paths.get(arg, arg) for arg in WRONG_USE[case]]
    done = opp(*args, expect=2)
    assert_error(done)
    assert entries(target) == []


def test_near_name_is_hinted(opp, folders):
    source, target = folders
    done = opp("convert", "--node-block-list", "prodct", source / "model.onnx",
               "-o", target / "out.onnx", expect=2)
    assert_error(done, "prodct", "product")


def test_nothing_but_the_output_is_left(opp, folders):
    source, target = folders
    (target / "notes.txt").write_text("mine")
    for _ in range(2):
        opp("convert", source / "model.onnx", "-o", target / "out.onnx")
        assert entries(target) == ["notes.txt", "out.onnx"]


def test_output_keeps_its_permissions(opp, folders):
    source, target = folders
    mask = os.umask(0o022)
    try:
        opp("convert", source / "model.onnx", "-o", target / "out.onnx")
        mode = stat.S_IMODE((target / "out.onnx").stat().st_mode)
        assert mode == 0o644
    finally:
        os.umask(mask)


def test_input_is_never_written(opp, folders):
    source, target = folders
    path = source / "model.onnx"
    path.chmod(stat.S_IRUSR)
    copy = shutil.copy(path, source / "copy.onnx")
    before = path.stat().st_mtime_ns
    opp("convert", path, "-o", target / "out.onnx")
    assert path.read_bytes() == pathlib.Path(copy).read_bytes()
    assert path.stat().st_mtime_ns == before
