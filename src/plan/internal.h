/* internal.h: what plan_new is made of; nobody else includes it. */
#ifndef PLAN_INTERNAL_H
#define PLAN_INTERNAL_H

#include "plan/plan.h"

/* Numbers the items of all nodes and ends, each a class of its own. */
void plan_number_items(struct plan *plan);

/* True when a node has items: its op is known and stands where the plan
 * decides. */
bool plan_has_items(const struct plan *plan, const struct node *node);

#endif
