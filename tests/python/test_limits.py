"""Time to start, and memory: weights are never held in it."""

import shutil
import subprocess
import sys
import time

import onnx
import pytest

START_SECONDS = 0.010
START_MIB = 10
CONVERT_MIB = 64


@pytest.fixture(scope="module")
def plain(opp):
    """The tool, if it is not slowed and swollen by a sanitizer."""
    if b"__asan_init" in opp.binary.read_bytes():
        pytest.skip("built with AddressSanitizer")
    return opp


def peak_mib(*command):
    """Largest resident set of a command, by GNU time: what Python could ask
    for itself would include this process, from which the command is forked."""
    timer = shutil.which("time")
    if not timer:
        pytest.skip("GNU time is not installed")
    done = subprocess.run([timer, "-q", "-f", "%M", *map(str, command)],
                          capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return int(done.stderr.split()[-1]) / 1024


def best_seconds(*command, runs=30):
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
        best = min(best, time.perf_counter() - start)
        assert done.returncode in (0, 1), done.stderr
    return best


@pytest.fixture(params=["version", "audit"])
def start(request, plain, corpus_file):
    if request.param == "version":
        return plain.binary, "--version"
    model = corpus_file("gradient_boosting_regressor.onnx")  # 19 KB
    return plain.binary, "audit", model


def test_starts_quickly(start):
    assert best_seconds(*start) < START_SECONDS


def test_starts_small(start):
    assert peak_mib(*start) < START_MIB


SIZES = [pytest.param(192, id="192 MiB"),
         pytest.param(1536, id="1.5 GiB", marks=pytest.mark.slow)]


@pytest.mark.parametrize("mib", SIZES)
def test_converts_in_little_memory(plain, tmp_path, request, mib):
    writer = request.config.rootpath.parent / "bench/big_model.py"
    source, target = tmp_path / "big.onnx", tmp_path / "half.onnx"
    each = 256 if mib > 1000 else 64
    subprocess.run([sys.executable, writer, source, "--mib", str(each),
                    "--weights", str(mib // each)], check=True)
    try:
        assert peak_mib(plain.binary, "convert", source, "-o",
                        target) < CONVERT_MIB
        size = target.stat().st_size
        assert abs(size - (mib << 19)) < 1 << 16
        model = onnx.load(target)
        assert {t.data_type for t in model.graph.initializer} == {
            onnx.TensorProto.FLOAT16}
    finally:
        source.unlink()
        target.unlink(missing_ok=True)
