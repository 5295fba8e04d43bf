/* region.h: the nodes between two sets of tensors. */
#ifndef PLAN_REGION_H
#define PLAN_REGION_H

#include "graph/graph.h"

/* The nodes on a way from a value of `from` to one of `to` (both by value id),
 * into functions and bodies and out of them: what is computed from the former
 * and needed for the latter. True by node id, in `arena`. */
const bool *region_between(const struct module *module, const bool *from,
                           const bool *to, struct arena *arena);

#endif
