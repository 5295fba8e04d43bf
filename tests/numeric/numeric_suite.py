"""All graphs of the numeric suite."""

import graphs_constants
import graphs_epsilons
import graphs_functions
import graphs_integers
import graphs_masks
import graphs_norms
import graphs_streams
import graphs_sums

GROUPS = [group for module in (
    graphs_masks, graphs_epsilons, graphs_norms, graphs_sums, graphs_functions,
    graphs_constants, graphs_integers, graphs_streams)
    for group in module.GROUPS]
GRAPHS = [graph for group in GROUPS for graph in group.graphs]
