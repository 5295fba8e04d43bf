"""Converters leave nodes where no reader of the file can run them: here they are
put in order, so that the numbers of such a model can be judged all the same."""

import onnx

import variants


def sort(scope):
    """Puts the nodes of a graph, of its bodies too, behind what they read."""
    made = {name for node in scope.node for name in node.output}
    done, waiting = [], list(scope.node)
    while waiting:
        ready = [node for node in waiting
                 if not (variants.reads(node) & made)] or waiting
        done += ready
        for node in ready:
            made -= set(node.output)
        waiting = [node for node in waiting if node not in ready]
    rest = [onnx.NodeProto.FromString(node.SerializeToString())
            for node in done]
    del scope.node[:]
    scope.node.extend(rest)
    for node in scope.node:
        for body in variants.bodies(node):
            sort(body)
