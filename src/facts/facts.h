/* facts.h: what is known about a model and can always be computed again. Each
 * fact is an array by value id. The runner computes the facts that a pass
 * needs and drops those that an edit made stale; a pass only reads. */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "graph/graph.h"

enum fact {
    FACT_TYPES = 1u << 0,  /* facts/types.h */
    FACT_SHAPES = 1u << 1, /* facts/shapes.h */
};

struct types;
struct shapes;

struct facts {
    struct arena arena; /* emptied when the last fact is dropped */
    struct types *types;   /* NULL when not known */
    struct shapes *shapes; /* NULL when not known */
};

/* Computes those of `which` that are missing. OPP_EINPUT when the model
 * contradicts itself, with the place. */
enum opp_status facts_compute(struct facts *facts, struct module *module,
                              unsigned which, struct opp_error *err);

/* Drops those of `which`. */
void facts_drop(struct facts *facts, unsigned which);

/* The facts that are there. */
unsigned facts_present(const struct facts *facts);

#endif
