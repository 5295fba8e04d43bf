/* flow.h: how values go into functions and bodies and out again: an operand of
 * a call is what the function reads as its input, a result of a body is an
 * output of its node. Nothing is computed on these ways. Lives in the arena
 * that it was made in; valid until the graph is edited. */
#ifndef GRAPH_FLOW_H
#define GRAPH_FLOW_H

#include "graph/graph.h"

struct flow_call;
struct flow {
    const struct module *module;
    struct flow_call **calls; /* by id of the function's graph */
};

void flow_init(struct flow *flow, struct arena *arena,
               const struct module *module);

typedef void (*flow_fn)(void *payload, const struct value *value);

/* Calls `fn` with every value that a use hands its value to: inputs of the
 * function or the body of its user, outputs of the nodes that stand around the
 * graph whose output it is. */
void flow_forward(const struct flow *flow, const struct use *use, flow_fn fn,
                  void *payload);

/* The other way: with every value that `value` is handed from. */
void flow_back(const struct flow *flow, const struct value *value, flow_fn fn,
               void *payload);

#endif
