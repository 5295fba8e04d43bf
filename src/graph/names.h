/* names.h: names of nodes, by which plans, patterns and reports know them. */
#ifndef GRAPH_NAMES_H
#define GRAPH_NAMES_H

#include "graph/graph.h"

/* By id of a node: the first node of its graph that has its name, NULL where
 * that is the node itself and for a node without a name. One name in two
 * graphs is no trouble, because their paths differ. In `arena`. */
struct node **node_twins(const struct module *module, struct arena *arena);

#endif
