"""All graphs of the numeric suite: those that the groups list, and of each
class one of each kind with Constant nodes, in a body, and in a function."""

import dataclasses

import graphs_blocks
import graphs_constants
import graphs_epsilons
import graphs_functions
import graphs_integers
import graphs_masks
import graphs_norms
import graphs_ordinary
import graphs_streams
import graphs_sums

GROUPS = [group for module in (
    graphs_masks, graphs_epsilons, graphs_norms, graphs_sums, graphs_functions,
    graphs_constants, graphs_integers, graphs_streams,
    graphs_blocks, graphs_ordinary)
    for group in module.GROUPS]


WAYS = (("constants", {"constants"}), ("if", {"if", "loop"}),
        ("function_arguments", {"function", "function_arguments"}))


def elsewhere(graphs):
    """The first of some graphs that has weights once more, in each way in
    which none of them is said."""
    said = {graph.says for graph in graphs}
    first = next(graph for graph in graphs if graph.has_weights())
    for says, others in WAYS:
        if not said & others:
            yield dataclasses.replace(
                first, says=says,
                name=f"{first.name}, {says.replace('_', ' ')}")


for group in GROUPS:
    for dangerous in (True, False):
        group.graphs += elsewhere([graph for graph in group.graphs
                                   if graph.dangerous == dangerous])

GRAPHS = [graph for group in GROUPS for graph in group.graphs]
