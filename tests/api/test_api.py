"""The public header and the installed library, as a stranger uses them."""

import pathlib
import re
import shutil
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import compare

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
HEADER = ROOT / "include" / "opp.h"
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
COMPILERS = [("gcc", "c11"), ("clang", "c11"), ("g++", "c++17"),
             ("clang++", "c++17")]
ARCHIVES = ["libprotobuf-c.a", "libxxhash.a", "libjansson.a", "libmd.a",
            "libyaml.a"]
SYSTEM_LIBRARIES = r"linux-vdso|libc\.so|libm\.so|ld-linux|libpthread\.so"


def require(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def run(*command, **kwargs):
    done = subprocess.run(list(map(str, command)), capture_output=True,
                          text=True, check=False, **kwargs)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("compiler,standard", COMPILERS)
def test_header_alone(compiler, standard, tmp_path):
    """It includes what it needs, and twice is as good as once."""
    require(compiler)
    source = tmp_path / ("a.c" if standard == "c11" else "a.cc")
    source.write_text('#include "opp.h"\n#include "opp.h"\n'
                      "int main(void) { return opp_version() == 0; }\n")
    run(compiler, f"-std={standard}", *STRICT, "-fsyntax-only",
        f"-I{HEADER.parent}", source)


def release_build():
    """The folder of a release build, or None."""
    cache = ROOT / "build/release/CMakeCache.txt"
    if cache.exists() and (cache.parent / "libopp.a").exists():
        return cache.parent
    return None


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    build = release_build()
    if build is None:
        pytest.skip("build/release is not built")
    folder = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", build, "--prefix", folder)
    return folder


def pkg_config(prefix, *words):
    require("pkg-config")
    files = list(prefix.glob("**/opp.pc"))
    assert len(files) == 1
    return run("pkg-config", f"--define-variable=prefix={prefix}", *words,
               "opp", env={"PKG_CONFIG_PATH": str(files[0].parent),
                           "PATH": "/usr/bin:/bin"}).split()


def test_what_is_installed(prefix):
    names = {str(path.relative_to(prefix)) for path in prefix.glob("**/*")
             if path.is_file()}
    assert {re.sub(r"^lib\w*/(\w+-linux-\w+/)?", "lib/", name)
            for name in names} == {
        "bin/onnx-precision-pass", "include/opp.h", "lib/libopp.a",
        "lib/pkgconfig/opp.pc"}


def test_version_of_the_package(prefix):
    binary = prefix / "bin/onnx-precision-pass"
    version = pkg_config(prefix, "--modversion")[0]
    assert run(binary, "--version").split()[-1] == version


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A MatMul that can be FP16 and a factor that cannot."""
    rng = np.random.default_rng(7)
    weights = rng.standard_normal((16, 16)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["a"], "first"),
         helper.make_node("Relu", ["a"], ["b"], "act"),
         helper.make_node("MatMul", ["b", "w"], ["c"], "second"),
         helper.make_node("Mul", ["c", "big"], ["y"], "scale")],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 16])],
        [numpy_helper.from_array(weights, "w"),
         numpy_helper.from_array(np.float32(1e6), "big")])
    path = tmp_path_factory.mktemp("model") / "m.onnx"
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9),
        path)
    return path


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_program(prefix, model, compiler, tmp_path):
    """use_opp.c builds with what pkg-config says, and does its work."""
    require(compiler)
    program = tmp_path / "use_opp"
    run(compiler, "-std=c11", *STRICT, HERE / "use_opp.c", "-o", program,
        *pkg_config(prefix, "--cflags", "--libs", "--static"))
    run(program, model, tmp_path)
    assert ((tmp_path / "a.onnx").read_bytes()
            == (tmp_path / "b.onnx").read_bytes())
    assert compare.check_error(tmp_path / "a.onnx") is None
    types = {node.name: node.op_type
             for node in onnx.load(tmp_path / "a.onnx").graph.node}
    assert list(types.values()).count("Cast") >= 2
    feed = [{"x": np.random.default_rng(8).standard_normal(
        (2, 16)).astype(np.float32)}]
    expected = compare.run(model, feed)
    assert compare.largest_difference(
        expected, compare.run(tmp_path / "a.onnx", feed),
        compare.scales(expected)) <= 0.01


def test_library_has_no_globals(prefix):
    """No object of the archive has data that can change."""
    require("objdump")
    archive = next(prefix.glob("**/libopp.a"))
    sections = re.findall(
        r"^ *\d+ (\.(?:data|bss)(?!\.rel\.ro)\S*) +([0-9a-f]+)",
        run("objdump", "-h", archive), re.M)
    assert len(sections) > 50
    assert [name for name, size in sections if int(size, 16) > 0] == []


def test_binary_needs_the_c_library_only(prefix):
    require("ldd")
    missing = [name for name in ARCHIVES if "/" not in run(
        "gcc", f"-print-file-name={name}").strip()]
    if missing:
        pytest.skip(f"no static {missing}")
    lines = run("ldd", prefix / "bin/onnx-precision-pass").splitlines()
    assert [line for line in lines
            if not re.search(SYSTEM_LIBRARIES, line)] == []
