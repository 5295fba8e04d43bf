/* node_lists.h: the nodes that the user's lists mean. A node has its label,
 * and its label behind the path of its scope. A node in a copy of a function
 * (graph/edit.h) is meant by the names of its original too. */
#ifndef PLAN_NODE_LISTS_H
#define PLAN_NODE_LISTS_H

#include "graph/graph.h"
#include "plan/pattern.h"

/* Tells the list the names of all nodes (pattern_list_know). */
void node_list_know(struct pattern_list *list, const struct module *module);

/* The first pattern that matches the node, respectively its op, or NULL. */
const struct pattern *node_list_match(struct pattern_list *list,
                                      const struct module *module,
                                      const struct node *node);
const struct pattern *op_list_match(struct pattern_list *list,
                                    const struct module *module,
                                    const struct node *node);

/* OPP_EUSAGE, with the nearest name, when a pattern has matched nothing. Ops
 * that only convert (Cast) are excused: they may have been folded away. */
enum opp_status node_list_fail_unused(const struct pattern_list *list,
                                      const struct module *module,
                                      struct opp_error *err);
enum opp_status op_list_fail_unused(const struct pattern_list *list,
                                    const struct module *module,
                                    struct opp_error *err);

#endif
