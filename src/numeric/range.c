#include "numeric/range.h"

#include <math.h>

void
numeric_range_init(struct numeric_range *range)
{
    *range = (struct numeric_range){
        .min = INFINITY,
        .max = -INFINITY,
        .min_abs = INFINITY,
    };
}

void
numeric_range_merge(struct numeric_range *range,
                    const struct numeric_range *other)
{
    range->count += other->count;
    range->nan += other->nan;
    range->infinite += other->infinite;
    range->overflow += other->overflow;
    range->saturable += other->saturable;
    range->flushed += other->flushed;
    range->subnormal += other->subnormal;
    range->inexact += other->inexact;
    if (other->min < range->min)
        range->min = other->min;
    if (other->max > range->max)
        range->max = other->max;
    if (other->min_abs < range->min_abs)
        range->min_abs = other->min_abs;
    range->sum_sq += other->sum_sq;
    range->sum_err_sq += other->sum_err_sq;
}

float
numeric_range_max_abs(const struct numeric_range *range)
{
    if (range->count == range->nan + range->infinite)
        return 0;
    return fmaxf(fabsf(range->min), fabsf(range->max));
}
