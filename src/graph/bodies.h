/* bodies.h: how the operands of a node with bodies (If, Loop, Scan,
 * SequenceMap) are tied to the inputs and outputs of the bodies, as the op
 * table says it. */
#ifndef GRAPH_BODIES_H
#define GRAPH_BODIES_H

#include "graph/graph.h"

/* Layout of body `i`; NULL when nobody knows it. */
const struct op_body *node_body_layout(const struct node *node, uint32_t i);
const struct op_body *graph_body_layout(const struct graph *body);

/* True when the layout of every body is known. */
bool node_bodies_known(const struct node *node);

/* Number of operands, from layout->node_in on, that are carried: their body
 * input, body output and node output are one state. */
uint32_t node_body_carried(const struct node *node,
                           const struct op_body *layout);

/* True for a rule that ties a container to its elements. */
bool op_rule_joins(const struct op_rule *rule);

#endif
