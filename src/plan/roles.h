/* roles.h: what a constant that the low-precision type cannot hold is there
 * for. A bound, a number to compare with, a mask or a fill stands for infinity:
 * a smaller number does the same, where every way from it ends in an op that
 * gives the same result for both. A factor, a divisor, an addend does not. */
#ifndef PLAN_ROLES_H
#define PLAN_ROLES_H

#include "plan/walk.h"

struct roles;

/* Lives in the model's arena. `walk` is asked for its plan, types, constants
 * and flow only. */
struct roles *roles_new(struct walk *walk);

/* True for a constant with values out of range that may saturate. Then
 * plan->saturates says where, for it and for all that is made of it up to where
 * it is absorbed. */
bool roles_saturate(struct roles *roles, const struct value *constant);

/* True where `value` is a product of a small integer and a large negative or
 * positive number, and matters only as a mask before a Softmax or an op that
 * saturates. */
bool roles_masks(struct roles *roles, const struct value *value);

/* The text of a role, which lives as long as the program; NULL when no role
 * has it. */
const char *roles_text(const char *text);

#endif
