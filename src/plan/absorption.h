/* absorption.h: whether it matters that a value beyond the range becomes an
 * infinity. */
#ifndef PLAN_ABSORPTION_H
#define PLAN_ABSORPTION_H

#include "plan/walk.h"

/* True when every way that an infinity in `value` goes ends where it gives what
 * the value itself would have given: in an op that saturates, a bound, a
 * divisor, the exponential of a large negative number. */
bool overflow_is_absorbed(const struct walk *walk, const struct value *value);

#endif
