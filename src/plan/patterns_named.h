/* patterns_named.h: groups of nodes that people have names for, found by the
 * structure of the graph: a norm spelt out, the scores of attention, a residual
 * addition. Casts are looked through, so a pattern is found again in the model
 * that was converted. Movement between the nodes of a pattern belongs to it. */
#ifndef PLAN_PATTERNS_NAMED_H
#define PLAN_PATTERNS_NAMED_H

#include "facts/types.h"

struct pattern_search;

struct named_pattern {
    const char *name;    /* "decomposed-norm" */
    const char *summary; /* one line, lower case, no full stop */
    void (*find)(struct pattern_search *search);
};

/* Pattern `i`, NULL behind the last; and the one with this name, or NULL. */
const struct named_pattern *named_pattern_at(size_t i);
const struct named_pattern *named_pattern_find(const char *name);

/* The nodes that belong to the pattern somewhere: true by node id. In `arena`.
 * Time is linear in the graph but for residual-add, which looks back over a
 * bounded number of values for each addition. */
const bool *named_pattern_nodes(const struct named_pattern *pattern,
                                const struct module *module,
                                const struct types *types, struct arena *arena);

#endif
