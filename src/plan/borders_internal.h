/* borders_internal.h: what the files about borders share; nobody else includes
 * it. */
#ifndef PLAN_BORDERS_INTERNAL_H
#define PLAN_BORDERS_INTERNAL_H

#include "plan/borders.h"

/* A value, or a Cast of the file between two float types, and what the plan
 * makes of its ends. A Cast of the file reads its input as it is made: a Cast
 * that the plan put before it would be folded into it. */
struct border_thing {
    const struct value *value; /* of a Cast of the file its output; NULL:
                                  nothing that can be cast */
    uint8_t elem; /* type now; of a Cast of the file, that of its input in the
                     plan */
    uint8_t out;  /* of a Cast of the file: that of its output in the plan */
    bool is_conversion;
    bool made_low;
    uint32_t read_low, read_wide; /* by so many uses */
    uint32_t converted;           /* by so many Casts of the file */
};

/* A class meets a thing: as its maker, or as a reader. */
struct border_end {
    uint32_t thing;
    bool made;
};

/* What borders_flip changes, for as long as it works. */
struct border_change {
    bool touched;
    bool maker;
    uint8_t out;     /* of a Cast of the file: its type then */
    int32_t readers; /* more of them low */
    uint32_t next;   /* index of another touched thing and 1, or 0 */
};

struct borders {
    const struct plan *plan;
    const struct types *types;
    const struct shapes *shapes;
    struct border_thing *things; /* by value id, then by node id */
    struct border_change *change;
    uint32_t n_things;
    uint32_t touched;  /* index of the first of them and 1, or 0 */
    uint32_t standing; /* conversions other than Cast: they are never folded */
    uint32_t *first;   /* by root: first of its ends; n_items + 1 of them */
    uint32_t *next;    /* while `ends` is filled */
    struct border_end *ends;
    uint32_t *part;                /* union-find over roots: islands */
    struct border_island **island; /* by part */
    uint32_t *charged; /* by island: the last thing that it paid for, and 1 */
    uint32_t n_islands;
    struct border_way *ways; /* by root; NULL until they are looked for */
};

/* The class of an item; ITEM_FIXED where there is none. */
uint32_t borders_root(const struct borders *b, uint32_t item);

/* What is cast at thing `i`, with the changes that borders_flip looks at. */
struct border_cost borders_cost(const struct borders *b, uint32_t i);

/* Adds `sign` times a cost. */
void borders_add(struct border_cost *sum, struct border_cost cost, int sign);

void borders_find_islands(struct borders *b);

static inline struct border_thing *
borders_thing_of(const struct borders *b, const struct node *node)
{
    return &b->things[b->plan->module->n_values + node->id];
}

#endif
