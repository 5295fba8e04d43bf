/* borders.h: what a plan costs in casts. A tensor that is made in one type and
 * read in the other gets one Cast for each type, directly behind its maker; a
 * constant gets none, it is converted once. A Cast of the file stays where its
 * two sides differ in the plan; one that widens gives way to a border behind
 * it, and any gives way to one before it, as fold-casts has it. */
#ifndef PLAN_BORDERS_H
#define PLAN_BORDERS_H

#include "facts/shapes.h"
#include "plan/plan.h"

/* A part of what casts cost. */
struct border_cost {
    int64_t casts;
    int64_t bytes;   /* that they read and write in one run */
    int64_t unknown; /* casts of tensors whose size is not known */
};

/* Wide classes that tensors connect, as far as they stay wide. */
struct border_island {
    uint32_t number;         /* from 1, in the order of items */
    uint32_t nodes;          /* casts do not count */
    struct border_cost cost; /* casts of tensors that enter or leave it */
};

struct borders;

/* Lives in the module's arena, and holds for the plan as it is. `shapes` may
 * be NULL: then no size is known. */
struct borders *borders_new(const struct plan *plan, const struct types *types,
                            const struct shapes *shapes);

/* All casts of the plan. */
struct border_cost borders_total(const struct borders *borders);

uint32_t borders_islands(const struct borders *borders);

/* The island of a class; NULL when it is in none: it is converted, or it is an
 * end of the model, or it cannot be converted. */
const struct border_island *borders_island(const struct borders *borders,
                                           uint32_t root);

/* What changes when the classes of all items of a node that have the wide type
 * (`wide` true), or else the low-precision one, get the other one. */
struct border_cost borders_flip(struct borders *borders,
                                const struct node *node, bool wide);

/* For a class that stays wide because of its neighbours: the way to the
 * nearest class that stays wide for a reason of its own. */
struct border_way {
    uint32_t source;      /* that class; ITEM_FIXED when there is none */
    uint32_t classes;     /* between the two */
    uint32_t first, last; /* of those, from the source on */
};

/* `follows` says of each reason whether it is about neighbours. */
void borders_find_ways(struct borders *borders,
                       bool (*follows)(enum reason reason));
struct border_way borders_way(const struct borders *borders, uint32_t root);

#endif
