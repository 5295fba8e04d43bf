#include "numeric/sweep.h"

void
sweep_begin(struct sweep *sweep)
{
    *sweep = (struct sweep){
        .min_key = sweep_key(NUMERIC_INFINITY),
        .max_key = sweep_key(NUMERIC_MINUS_INFINITY),
        .min_abs = NUMERIC_INFINITY,
    };
    numeric_range_init(&sweep->range);
}

static float
value_of_key(int32_t key)
{
    const float abs = numeric_f32_of_bits((uint32_t)(key < 0 ? -key : key));

    return key < 0 ? -abs : abs;
}

static double
sum(const double lanes[SWEEP_LANES])
{
    double total = 0;

    for (int i = 0; i < SWEEP_LANES; i++)
        total += lanes[i];
    return total;
}

void
sweep_end(struct sweep *sweep, size_t n, struct numeric_range *range)
{
    struct numeric_range *const found = &sweep->range;

    found->count = n;
    found->min = value_of_key(sweep->min_key);
    found->max = value_of_key(sweep->max_key);
    found->min_abs = numeric_f32_of_bits(sweep->min_abs);
    found->sum_sq = sum(sweep->sq);
    found->sum_err_sq = sum(sweep->err_sq);
    numeric_range_merge(range, found);
}
