/* range.h: what a narrower floating-point format would do to the values of a
 * tensor, gathered in one sweep. Pure data: no allocation, nothing to release,
 * copy it freely. Everything but the two sums is a whole number or a value of
 * the input, and the same for every kernel, block order and merge order. */
#ifndef NUMERIC_RANGE_H
#define NUMERIC_RANGE_H

#include <stddef.h>
#include <stdint.h>

#include "numeric/format.h"

/* The classes nan to subnormal exclude each other; `inexact` counts all
 * finite values that rounding changes, so those of overflow, saturable and
 * flushed, and some of subnormal. */
struct numeric_range {
    uint64_t count;
    uint64_t nan;
    uint64_t infinite;
    uint64_t overflow;  /* finite, but rounds to an infinity */
    uint64_t saturable; /* beyond the largest finite value, but rounds to it:
                           for F16 above 65504 and below 65520 */
    uint64_t flushed;   /* not zero, but rounds to zero */
    uint64_t subnormal; /* rounds to a subnormal of the format */
    uint64_t inexact;   /* 0: the format holds all the finite values */

    /* Over the finite values, with -0 taken as +0; +INFINITY and -INFINITY
     * while there is none. */
    float min;
    float max;
    float min_abs; /* smallest finite magnitude but zero; or +INFINITY */

    /* Sums of squares of the values and of their rounding errors, over the
     * values whose rounded value is finite. For reports only, never for a
     * decision: they depend on how a tensor was cut into calls and in which
     * order ranges were merged (not on the kernel), in their last bits. */
    double sum_sq;
    double sum_err_sq;
};

/* The range of no values. */
void numeric_range_init(struct numeric_range *range);

/* Adds what `other`, gathered for the same format, has counted. */
void numeric_range_merge(struct numeric_range *range,
                         const struct numeric_range *other);

/* Adds `n` single precision values at `in`. Overflow counts as such, whether
 * or not it is to be saturated. */
void numeric_range_f32(struct numeric_range *range, const void *in, size_t n,
                       enum numeric_format format);

/* The largest finite magnitude; 0 if there is no finite value. */
float numeric_range_max_abs(const struct numeric_range *range);

#endif
