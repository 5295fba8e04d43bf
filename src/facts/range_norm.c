/* range_norm.c: rules for normalisations. A value that is normalised with N
 * others deviates by no more than sqrt(N - 1) deviations from the mean, and is
 * no more than sqrt(N) times the root of the mean of the squares. */
#include "facts/range_rules.h"

#include <math.h>

/* Where `axis` is in an input, from there on. */
static bool
count_from(const struct shape *shape, int64_t axis, double *n)
{
    uint32_t first;

    *n = 1;
    if (!shape->known || !axis_of(axis, shape->rank, &first))
        return false;
    for (uint32_t i = first; i < shape->rank; i++) {
        double length;
        if (!range_dim(shape, i, &length))
            return false;
        *n *= length;
    }
    return true;
}

/* What MeanVarianceNormalization normalises when nothing is said. */
static void
default_axes(struct shape_list *axes)
{
    *axes = (struct shape_list){.present = true, .known = true, .n = 3};
    axes->item[0] = dim_of(0);
    axes->item[1] = dim_of(2);
    axes->item[2] = dim_of(3);
}

static bool
group_count(const struct range_site *site, double *n)
{
    const struct shape_site from = range_shape_site(site);
    const double groups = (double)site_int(&from, "num_groups", 0);

    if (groups < 1 || !count_from(range_input_shape(site, 0), 1, n))
        return false;
    *n /= groups;
    return true;
}

static bool
norm_count(const struct range_site *site, double *n)
{
    const struct shape_site from = range_shape_site(site);
    const struct shape *const shape = range_input_shape(site, 0);
    struct shape_list axes;

    switch ((enum range_norm)site->arg) {
    case NORM_LAYER:
    case NORM_RMS:
        return count_from(shape, site_int(&from, "axis", -1), n);
    case NORM_SKIP:
    case NORM_SKIP_RMS:
        return count_from(shape, -1, n);
    case NORM_INSTANCE:
        return count_from(shape, 2, n);
    case NORM_GROUP:
        return group_count(site, n);
    case NORM_AXES:
        site_list(&from, "axes", NO_SLOT, &axes);
        if (!axes.present)
            default_axes(&axes);
        return range_count(shape, &axes, n);
    }
    return false;
}

static struct span
scale_of(const struct range_site *site, uint32_t slot)
{
    return range_has_input(site, slot) ? range_input(site, slot)->bound
                                       : span_of(1, 1);
}

static struct span
bias_of(const struct range_site *site, uint32_t slot)
{
    return range_has_input(site, slot) ? range_input(site, slot)->bound
                                       : span_of(0, 0);
}

/* Slots of the scale and the bias; 0: there is none. */
static const struct {
    uint32_t scale, bias;
} parameters[] = {
    [NORM_LAYER] = {1, 2}, [NORM_INSTANCE] = {1, 2}, [NORM_GROUP] = {1, 2},
    [NORM_SKIP] = {2, 3},  [NORM_SKIP_RMS] = {2, 0}, [NORM_RMS] = {1, 0},
    [NORM_AXES] = {0, 0},
};

/* Deviations of 1, times the scale. */
static struct usual
normed(const struct range_site *site, uint32_t scale, uint32_t bias)
{
    struct usual out = usual_of(0, 1);

    if (scale > 0 && range_has_input(site, scale))
        out = usual_product(&out, &range_input(site, scale)->usual);
    /* One channel of a large scale is not what is usual. */
    out.peak = usual_reach(out.mean, out.dev);
    if (bias > 0 && range_has_input(site, bias))
        out = usual_sum(&out, &range_input(site, bias)->usual);
    return out;
}

void
bound_norm(const struct range_site *site, struct range_draft *out)
{
    struct span unit;
    double n;

    out->usual = normed(site, parameters[site->arg].scale,
                        parameters[site->arg].bias);
    if (!norm_count(site, &n) || n < 1)
        return;
    unit = span_of(-sqrt(n - 1), sqrt(n - 1));
    switch ((enum range_norm)site->arg) {
    case NORM_LAYER:
    case NORM_INSTANCE:
    case NORM_GROUP:
        out->bound = span_add(span_mul(unit, scale_of(site, 1)),
                              bias_of(site, 2));
        return;
    case NORM_SKIP:
        out->bound = span_add(span_mul(unit, scale_of(site, 2)),
                              bias_of(site, 3));
        return;
    case NORM_RMS:
        out->bound = span_mul(span_of(-sqrt(n), sqrt(n)), scale_of(site, 1));
        return;
    case NORM_SKIP_RMS:
        out->bound = span_mul(span_of(-sqrt(n), sqrt(n)), scale_of(site, 2));
        return;
    case NORM_AXES:
        out->bound = unit;
        return;
    }
}

/* 1 / sqrt(variance + epsilon). */
void
bound_inverse_deviation(const struct range_site *site, struct range_draft *out)
{
    const double epsilon = range_attr(site, "epsilon", 1e-5);

    range_limit(out, 0, epsilon > 0 ? 1.001 / sqrt(epsilon) : INFINITY);
}

/* With the statistics of the file; those of the batch are not known. */
void
bound_batch_norm(const struct range_site *site, struct range_draft *out)
{
    const double epsilon = range_attr(site, "epsilon", 1e-5);
    const struct span variance = range_input(site, 4)->bound;
    const struct span mean = range_input(site, 3)->bound;
    struct span centred;

    if (range_attr(site, "training_mode", 0) != 0 || site->node->n_outputs > 1)
        return;
    out->usual = normed(site, 1, 2);
    centred = span_sub(range_input(site, 0)->bound, mean);
    out->bound = span_add(
        span_div(span_mul(centred, range_input(site, 1)->bound),
                 (struct span){sqrt(fmax(variance.lo, 0) + epsilon),
                               sqrt(fmax(variance.hi, 0) + epsilon)}),
        range_input(site, 2)->bound);
}

/* x / (bias + alpha / size * sum of squares) ^ beta. */
void
bound_lrn(const struct range_site *site, struct range_draft *out)
{
    if (range_attr(site, "bias", 1) < 1 ||
        range_attr(site, "alpha", 1e-4) < 0 ||
        range_attr(site, "beta", 0.75) < 0)
        return;
    out->bound = span_hull(range_input(site, 0)->bound, span_of(0, 0));
}
