/* trail.h: ways that values go, collected first and judged afterwards: what
 * lies between a source and a sink is kept, what only touches one of them is
 * not. Lives in the model's arena. */
#ifndef PLAN_TRAIL_H
#define PLAN_TRAIL_H

#include "plan/walk.h"

struct trail_edge;

struct trail {
    struct walk *walk;
    /* By value id. */
    struct trail_edge **out, **in;
    const struct cause **cause; /* of what is reached from a source */
    bool *needed;               /* leads to a sink */
    struct trail_edge *sinks;
    struct trail_values {
        const struct value **of;
        uint32_t n, room;
    } sources, queue;
};

void trail_init(struct trail *trail, struct walk *walk);

/* The node makes `to` of `from`; without a node, a graph only hands it on. A
 * node without `to` is a sink. */
void trail_add(struct trail *trail, const struct value *from,
               const struct node *node, const struct value *to);

/* `value` is a source, for the walk's cause. */
void trail_source(struct trail *trail, const struct value *value);

/* Adds what a node that only moves elements makes of a value, and visits it. */
void trail_follow_moves(struct trail *trail, const struct use *use);

/* True when each use of the value was added, or some way into another graph. */
bool trail_has_all_uses(const struct trail *trail, const struct value *value);

/* Keeps the nodes and ends between sources and sinks, for the walk's reason and
 * detail; each rests on the chain from its source. */
void trail_keep(struct trail *trail);

#endif
