"""Converts the graphs of the suite, and judges what comes out by three kinds
of arithmetic.

A conversion is safe when every output is within 5 % of the scale of what the
FP32 model gives, with NaN and infinities in the same places, under all three.
"""

import dataclasses

import numpy as np
import onnx
import onnx.inliner
import onnxruntime
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnx.reference.ops import op_loop

import compare
import half_sums
import model_stats
import reference

TOLERANCE = 0.05
AGREEMENT = 1e-3  # of onnx.reference and ONNX Runtime in FP32

# Everything in FP16 that a schema allows, which shows the danger.
NAIVE = ("--node-include-list", "*", "--no-keep-islands")


def by_ort(data, feeds):
    """x86 has no FP16 arithmetic: what is FP16 is computed in FP32."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = compare.LEVELS["off"]
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        data, options, providers=["CPUExecutionProvider"])
    return [session.run(None, feed) for feed in feeds]


class Loop(op_loop.Loop):
    """The package's own joins what the runs of the body give along its first
    axis, and adds none (onnx 1.23.2)."""
    op_domain = ""

    def __init__(self, onnx_node, run_params):
        super().__init__(onnx_node, run_params)
        self._run_body = self.with_axis(self._run_body)

    def with_axis(self, run):
        def run_with_axis(*args, **kwargs):
            outputs = list(run(*args, **kwargs))
            stacked = outputs[len(outputs) - self.K:]
            outputs[len(outputs) - self.K:] = [
                np.asarray(value)[None] for value in stacked]
            return outputs
        return run_with_axis


class LogSoftmax(OpRun):
    """The package's own takes the log of shares that round to zero in FP16
    (onnx 1.23.2)."""
    op_domain = ""

    def _run(self, x, axis=-1):
        rest = x - x.max(axis=axis, keepdims=True)
        shares = np.exp(rest).sum(axis=axis, keepdims=True)
        return ((rest - np.log(shares)).astype(x.dtype),)


CORRECTED = [*reference.CORRECTED, Loop, LogSoftmax]


def evaluate(data, feeds, ops):
    # Functions are inlined, so that the ops in them are replaced as well.
    model = onnx.inliner.inline_local_functions(
        onnx.ModelProto.FromString(data))
    evaluator = ReferenceEvaluator(model, new_ops=ops)
    with np.errstate(all="ignore"):
        return [evaluator.run(None, feed) for feed in feeds]


def by_reference(data, feeds):
    """The result of each node is rounded. (The package's RMSNormalization
    does not look at stash_type, onnx 1.23.2.)"""
    return evaluate(data, feeds, [*CORRECTED, half_sums.RMSNormalization])


def by_half_sums(data, feeds):
    """And each step of a sum."""
    replaced = {op.__name__ for op in half_sums.OPS}
    return evaluate(data, feeds, half_sums.OPS + [
        op for op in CORRECTED if op.__name__ not in replaced])


JUDGES = {"ORT": by_ort, "reference": by_reference, "FP16 sums": by_half_sums}


@dataclasses.dataclass
class Verdict:
    """Of one conversion: {judge: difference over the scale}, or why there is
    none; float compute nodes in FP16 and in FP32, functions inlined."""
    differences: dict
    half: int
    full: int

    @property
    def safe(self):
        return all(isinstance(value, float) and value <= TOLERANCE
                   for value in self.differences.values())

    @property
    def share(self):
        return self.half / max(self.half + self.full, 1)


class Case:
    """A graph with what it gives in FP32."""

    def __init__(self, graph):
        self.graph = graph
        self.data = graph.model().SerializeToString()
        self.feeds = graph.feeds()
        self.expected = by_reference(self.data, self.feeds)
        self.scales = compare.scales(self.expected)
        self.known = {}  # conversions to the same bytes are judged once

    def disagreement(self):
        """Of ONNX Runtime with what is expected."""
        return compare.largest_difference(
            self.expected, by_ort(self.data, self.feeds), self.scales)

    def outside(self):
        """Names of inputs whose values leave their range."""
        return [name for name, value in self.graph.inputs().items()
                for feed in self.feeds
                if feed[name].size and not (
                    value.low - 1e-6 * abs(value.low) <= feed[name].min()
                    and feed[name].max()
                    <= value.high + 1e-6 * abs(value.high))]

    def ranges(self):
        """The ranges of the inputs as options of the tool."""
        for name, value in self.graph.inputs().items():
            yield from ("--range", f"{name}={value.low:.9g}:{value.high:.9g}")

    def convert(self, opp, folder, options):
        source, target = folder / "in.onnx", folder / "out.onnx"
        source.write_bytes(self.data)
        opp("convert", source, "-o", target, "-q", *options)
        return self.judge(target.read_bytes())

    def judge(self, data):
        if data not in self.known:
            self.known[data] = self.verdict(data)
        return self.known[data]

    def verdict(self, data):
        differences = {}
        for name, run in JUDGES.items():
            try:
                got = run(data, self.feeds)
            except Exception as error:  # runtimes raise many unrelated types
                differences[name] = " ".join(str(error).split())[:300]
                continue
            differences[name] = compare.largest_difference(
                self.expected, got, self.scales)
        stats = model_stats.model_stats(onnx.inliner.inline_local_functions(
            onnx.ModelProto.FromString(data)))
        return Verdict(differences, stats.half_nodes, stats.full_nodes)
