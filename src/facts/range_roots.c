/* range_roots.c: normalisations that are spelled out. In
 * x / sqrt(mean(x * x) + c) over N elements, the mean is at least x * x / N for
 * each of them, so that the quotient is at most sqrt(N). */
#include "facts/range_rules.h"

#include <math.h>

/* The range of an operand of some node, and how it was made. */
static const struct range_draft *
range_at(const struct range_site *site, const struct node *node, uint32_t slot)
{
    const struct range_site there = {
        .sweep = site->sweep, .node = node, .output = 0, .arg = 0};

    return range_input(&there, slot);
}

static bool
made_by(const struct range_site *site, const struct node *node, uint32_t slot,
        struct range_maker *maker)
{
    const struct range_site there = {
        .sweep = site->sweep, .node = node, .output = 0, .arg = 0};

    return range_made_by(&there, slot, maker);
}

static bool
is_root(const struct range_site *site, const struct range_maker *maker)
{
    const struct span half = {0.5, 0.5};
    struct span power;

    if (maker->rule == bound_curve)
        return maker->arg == CURVE_SQRT;
    if (maker->rule != bound_pow)
        return false;
    power = range_at(site, maker->node, 1)->bound;
    return power.lo == half.lo && power.hi == half.hi;
}

static bool
is_square_of(const struct range_site *site, const struct range_maker *maker,
             const struct value *x)
{
    const struct node *const node = maker->node;
    struct span power;

    if (range_operand(node, 0) != x)
        return false;
    if (maker->rule == bound_mul)
        return range_operand(node, 1) == x;
    if (maker->rule != bound_pow)
        return false;
    power = range_at(site, node, 1)->bound;
    return power.lo == 2 && power.hi == 2;
}

/* The number of elements in the mean. */
static bool
count_of(const struct range_site *site, const struct range_maker *maker,
         double *n)
{
    const struct range_site there = {
        .sweep = site->sweep, .node = maker->node, .output = 0};
    const struct shape_site from = range_shape_site(&there);
    struct shape_list axes;

    site_list(&from, "axes", 1, &axes);
    return axes.present && site_int(&from, "keepdims", 1) != 0 &&
           range_count(range_input_shape(&there, 0), &axes, n);
}

/* Steps from a sum to the operand that is no constant which only adds. */
static bool
skip_epsilon(const struct range_site *site, struct range_maker *maker)
{
    const struct node *const node = maker->node;

    if (maker->rule != bound_add)
        return true;
    for (uint32_t i = 0; i < 2; i++)
        if (range_at(site, node, 1 - i)->source == SOURCE_NONE &&
            range_at(site, node, 1 - i)->bound.lo >= 0)
            return made_by(site, node, i, maker);
    return false;
}

void
range_limit_by_root(const struct range_site *site, struct range_draft *out)
{
    const struct value *const x = range_operand(site->node, 0);
    struct range_maker maker, squares;
    double n;

    if (x == NULL || !range_made_by(site, 1, &maker) ||
        !is_root(site, &maker) ||
        !made_by(site, maker.node, 0, &maker) ||
        !skip_epsilon(site, &maker) || maker.rule != bound_reduce ||
        maker.arg != REDUCE_MEAN || !count_of(site, &maker, &n) ||
        !made_by(site, maker.node, 0, &squares) ||
        !is_square_of(site, &squares, x))
        return;
    /* Runtimes round the mean. */
    range_limit(out, -1.001 * sqrt(n), 1.001 * sqrt(n));
    out->usual = usual_of(0, 1);
}
