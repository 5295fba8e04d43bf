/* placement.h: the types of the classes that no evidence decides. Light work
 * (no contraction, no weights) is placed where the casts between it and what is
 * decided cost least; see cut.h. */
#ifndef PLAN_PLACEMENT_H
#define PLAN_PLACEMENT_H

#include "facts/constants.h"
#include "facts/shapes.h"
#include "plan/plan.h"

/* What counts. */
enum island_cost {
    ISLAND_CASTS, /* their number */
    ISLAND_BYTES, /* the bytes that they read and write */
    ISLAND_NONE,  /* nothing: all that is free becomes low */
};

/* The cost that a name stands for ("casts", "bytes", "none"); -1 for none. */
int island_cost_parse(const char *name);
const char *island_cost_name(enum island_cost cost);

/* What placement asks, and what was asked of it. */
struct placement {
    const struct types *types;
    const struct shapes *shapes;
    const struct constants *constants;
    enum island_cost cost;
    uint64_t max_casts; /* UINT64_MAX for as many as it takes */
    uint64_t limit;     /* operations of the cut; see cut_solve */
    struct arena *scratch;
};

/* True for a tensor of the type that is converted that has to be cast where it
 * is read in another type than it is made in. Constants are not: they are
 * converted in the file, or stored in both types. */
bool plan_casts_value(const struct plan *plan, const struct types *types,
                      const struct value *value);

/* The casts that a plan needs; what the file has already does not count. */
struct cast_sum {
    uint64_t casts;
    uint64_t bytes;   /* that those read and write, as far as shapes say it */
    uint64_t unknown; /* casts of tensors whose shape is not known */
};
struct cast_sum plan_casts(const struct plan *plan, const struct types *types,
                           const struct shapes *shapes);

struct placement_result {
    struct cast_sum sum;   /* of the plan */
    struct cast_sum every; /* had all that is free become low */
    uint32_t guessed;      /* parts that the limit left to an estimate */
};

/* Decides all that is free: placement, passages, conversions and the rest (see
 * decide.h). A value that plan.ranges knows to leave the range of the
 * low-precision type is cast to it only where both sides are decided. Of
 * several prices of a cast, the lowest with which max_casts is reached, or else
 * the one with the fewest casts. */
struct placement_result place_free(struct plan *plan,
                                   const struct placement *placement);

#endif
