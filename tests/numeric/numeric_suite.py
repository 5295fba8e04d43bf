"""All graphs of the numeric suite."""

import graphs_epsilons
import graphs_masks
import graphs_norms
import graphs_sums

GROUPS = [group for module in (
    graphs_masks, graphs_epsilons, graphs_norms, graphs_sums)
    for group in module.GROUPS]
GRAPHS = [graph for group in GROUPS for graph in group.graphs]
