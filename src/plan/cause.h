/* cause.h: chains of facts (struct cause in plan.h): how they grow, and how
 * people read them. Facts live in the arena that they are made in. */
#ifndef PLAN_CAUSE_H
#define PLAN_CAUSE_H

#include "plan/plan.h"

/* A fact that follows from `because` (NULL: it is a source). `node`, `value`
 * and `text` may each be NULL, see struct cause. */
const struct cause *cause_new(struct arena *arena, const struct cause *because,
                              const struct node *node,
                              const struct value *value, const char *text);

/* A step of a chain: one fact with a text, or a run of facts that are only
 * handed on. */
struct cause_step {
    const struct cause *first, *last; /* of the run; equal for one fact */
    uint32_t facts;                   /* in the run */
};

/* The steps of the chain that ends in `cause`, the source first; *n of them.
 * Takes time by the number of steps, however long the runs are. */
struct cause_step *cause_steps(struct arena *arena, const struct cause *cause,
                               size_t *n);

/* What is known where a chain has no facts: the reason, with the details of
 * the case. */
const char *cause_of_decision(struct arena *arena,
                              const struct decision *decision);

#endif
