/* traits.h: arithmetic properties of ops, from traits.def. */
#ifndef FACTS_TRAITS_H
#define FACTS_TRAITS_H

#include "graph/graph.h"

enum trait {
    TRAIT_INTEGER = 1 << 0,
    TRAIT_PASSES = 1 << 1,
    TRAIT_POWER = 1 << 2,
    TRAIT_HEAVY = 1 << 3,
};

/* True when the op of a node has the trait. Ops of other domains, unknown ops
 * and calls of functions have none. */
bool node_has_trait(const struct node *node, enum trait trait);

#endif
