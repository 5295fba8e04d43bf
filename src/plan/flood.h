/* flood.h: follows a value that the low-precision type cannot hold through
 * the graph and keeps whoever touches it wide. */
#ifndef PLAN_FLOOD_H
#define PLAN_FLOOD_H

#include "plan/plan.h"

struct constants;
struct flood_step;

/* Why, and how far: the users of the value are kept; through the nodes for
 * which `passes` says yes the same holds for what they make. */
struct flood {
    struct plan *plan;
    bool (*passes)(const struct flood *flood, const struct use *use);
    const struct constants *constants; /* for `passes`; may be NULL */
    bool *seen; /* by value id: values that were followed */
    struct flood_step *steps;
    enum reason reason;
    const char *detail;
};

/* Allocates `seen` and clears the rest. */
void flood_init(struct flood *flood, struct plan *plan,
                bool (*passes)(const struct flood *, const struct use *));

/* Floods from `value` for `reason`; values seen before are done already. */
void flood_from(struct flood *flood, const struct value *value,
                enum reason reason, const char *detail);

#endif
