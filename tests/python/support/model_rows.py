"""How near a converted model comes to FP32 in its worst row, under three kinds
of arithmetic, within a time for each.

A *row* is a vector along the last axis of an output; where that axis is shorter
than ROW, the whole output of one input is one row. *Cosine* is that of the
angle between the FP32 row and the converted one, the least over all rows, and
0 where the converted row is not finite. A row whose norm is below SMALL of the
largest norm of its output has no direction to speak of and is left to the
*error*: the largest difference of any element, over the scale of the output
(compare.py)."""

import hashlib
import inspect
import json
import pathlib

import numpy as np
import onnx

import compare
import limited
import model_inputs
import numeric_judge
import reference

ROW = 8
SMALL = 1e-3
SECONDS = 40  # for one model and one judge


def rows_of(value):
    """A two-dimensional view in float64."""
    value = np.asarray(value, np.float64)
    if value.ndim and value.shape[-1] >= ROW:
        return value.reshape(-1, value.shape[-1])
    return value.reshape(1, -1)


def cosine(expected, got):
    """Of the worst row of one output; None where there is none to judge: not a
    float, or a single number."""
    expected, got = np.asarray(expected), np.asarray(got)
    if (not np.issubdtype(expected.dtype, np.floating) or expected.size < 2
            or not np.isfinite(expected).all()):
        return None
    if expected.shape != got.shape:
        return 0.0
    a, b = rows_of(expected), rows_of(got)
    norms = np.linalg.norm(a, axis=1)
    chosen = norms > SMALL * norms.max()
    if not chosen.any():
        return None
    a, b, norms = a[chosen], b[chosen], norms[chosen]
    with np.errstate(all="ignore"):
        found = (a * b).sum(axis=1) / (norms * np.linalg.norm(b, axis=1))
    return float(np.nan_to_num(found, nan=0.0).min())


def worst(expected, got):
    """{cosine, error} over all inputs and outputs."""
    scales = compare.scales(expected)
    found = [cosine(e, g) for one, other in zip(expected, got)
             for e, g in zip(one, other)]
    return {"cosine": min((c for c in found if c is not None), default=None),
            "error": compare.largest_difference(expected, got, scales)}


def outputs(judge, path, feeds):
    if judge == "ORT":
        return compare.run(path, feeds, "off")
    return numeric_judge.JUDGES[judge](
        onnx.load(path).SerializeToString(), feeds)


def digest(source, target, judge):
    """Of all that a figure depends on."""
    key = hashlib.sha256(f"{judge} {ROW} {SMALL}".encode())
    for module in (compare, reference, model_inputs, numeric_judge,
                   numeric_judge.half_sums):
        key.update(pathlib.Path(module.__file__).read_bytes())
    key.update(inspect.getsource(cosine).encode())
    for path in (source, *sorted(target.parent.glob(target.name + "*"))):
        key.update(path.read_bytes())
    return key.hexdigest()[:32]


def trust(cache, source, feeds, expected):
    """Why onnx.reference may not judge a model, or None."""
    found, fault = limited.call(
        SECONDS, reference.cached_judgement, cache, source, feeds, expected,
        compare.scales(expected))
    return fault or found["reason"]


def judged(cache, source, target, feeds, expected, judges):
    """{judge: {cosine, error} or why there is none}; kept in the cache, as
    equal files give equal results. Of judges that are ordered by what they
    take, those behind one that is out of time are not asked."""
    found, fault = {}, None
    for judge in judges:
        file = (cache / "model_rows"
                / f"{source.name}.{digest(source, target, judge)}.json")
        if not file.exists():
            if judge != "ORT":
                fault = fault or trust(cache, source, feeds, expected)
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(fault or one(
                judge, target, feeds, expected)))
        found[judge] = json.loads(file.read_text())
        if isinstance(found[judge], str):
            fault = found[judge]
    return found


def one(judge, target, feeds, expected):
    got, fault = limited.call(SECONDS, outputs, judge, target, feeds)
    return fault or worst(expected, got)
