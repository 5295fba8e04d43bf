/* range_reduce.c: rules for reductions, poolings and running sums. */
#include "facts/range_rules.h"

#include <math.h>

/* An odd number of elements has no half; where there are this many, it does
 * not matter. */
enum { MANY = 64 };

static void
axes_from(uint32_t rank, uint32_t first, struct shape_list *axes)
{
    *axes = (struct shape_list){.present = true, .known = true};
    for (uint32_t i = first; i < rank; i++)
        axes->item[axes->n++] = dim_of(i);
}

static bool
has_halves(const struct range_draft *in, double n)
{
    return in->halves && (n >= MANY || fmod(n, 2) == 0);
}

/* How many elements are reduced to one. */
static bool
reduced_count(const struct range_site *site, double *n)
{
    const struct shape_site from = range_shape_site(site);
    const struct shape *const shape = range_input_shape(site, 0);
    struct shape_list axes;

    if (!shape->known)
        return false;
    site_list(&from, "axes", 1, &axes);
    if (site->arg == POOL_MEAN || site->arg == POOL_MAX)
        axes_from(shape->rank, 2, &axes);
    else if (!axes.present || (axes.known && axes.n == 0)) {
        if (site_int(&from, "noop_with_empty_axes", 0) != 0)
            axes = (struct shape_list){.known = true};
        else
            axes_from(shape->rank, 0, &axes);
    }
    return range_count(shape, &axes, n);
}

/* ---- sums ------------------------------------------------------------- */

/* The sum of n values, or of nobody knows how many. */
static struct span
sum_of(struct span a, bool known, double n)
{
    if (known)
        return span_scale(a, n);
    return (struct span){a.lo >= 0 ? 0 : -INFINITY, a.hi <= 0 ? 0 : INFINITY};
}

static void
sum_witness(const struct range_draft *in, bool known, double n,
            struct range_draft *out)
{
    if (!known || n < 1)
        return;
    out->source = in->source;
    for (int i = 0; i < WITNESSES; i++)
        if (span_is_point(in->at[i]))
            out->at[i] = span_scale(in->at[i], n);
    if (has_halves(in, n)) {
        const struct span at = in->at[HALF_EACH];
        const double sum = n * (at.lo + at.hi) / 2;
        out->at[HALF_EACH] = span_of(sum, sum);
    }
}

/* The draft of the elements once a function has been applied to them. */
static struct range_draft
map_draft(const struct range_draft *in, double (*fn)(double),
          struct span bound)
{
    struct range_draft out = *in;

    out.bound = bound;
    out.usual = (struct usual){0};
    for (int i = 0; i < WITNESSES; i++) {
        const struct span at = in->at[i];
        if (span_is_none(at))
            continue;
        out.at[i] = (struct span){fmin(fn(at.lo), fn(at.hi)),
                                  fmax(fn(at.lo), fn(at.hi))};
    }
    return out;
}

static double
square(double x)
{
    return x * x;
}

static struct span
abs_span(struct span a)
{
    const double least = a.lo > 0 ? a.lo : a.hi < 0 ? -a.hi : 0;

    return (struct span){least, span_max_abs(a)};
}

static void
set_sum(const struct range_draft *in, bool known, double n,
        struct range_draft *out)
{
    out->bound = sum_of(in->bound, known, n);
    if (in->bound.lo >= 0)
        range_limit(out, 0, INFINITY);
    if (known && isfinite(span_max_abs(in->bound)))
        out->summed = n * n * span_max_abs(in->bound);
    sum_witness(in, known, n, out);
    if (known)
        out->usual = usual_total(&in->usual, n);
}

static void
apply(struct range_draft *draft, double (*fn)(double))
{
    draft->bound = (struct span){fn(draft->bound.lo), fn(draft->bound.hi)};
    draft->summed = 0;
    for (int i = 0; i < WITNESSES; i++)
        if (!span_is_none(draft->at[i]))
            draft->at[i] = (struct span){fn(draft->at[i].lo),
                                         fn(draft->at[i].hi)};
}

/* ---- means and extremes ----------------------------------------------- */

/* A number of elements that is not known can be even. */
static void
set_mean(const struct range_draft *in, bool known, double n,
         struct range_draft *out)
{
    out->bound = in->bound;
    out->usual = in->usual;
    out->source = in->source;
    for (int i = 0; i < WITNESSES; i++)
        if (span_is_point(in->at[i]))
            out->at[i] = in->at[i];
    if (in->halves && (!known || has_halves(in, n))) {
        const double mean =
            in->at[HALF_EACH].lo / 2 + in->at[HALF_EACH].hi / 2;
        out->at[HALF_EACH] = span_of(mean, mean);
    }
}

static void
set_extreme(const struct range_draft *in, bool greatest,
            struct range_draft *out)
{
    out->bound = in->bound;
    out->usual = in->usual;
    out->min_abs = in->min_abs;
    out->integer = in->integer;
    out->exact = true;
    out->source = in->source;
    for (int i = 0; i < WITNESSES; i++)
        if (span_is_point(in->at[i]))
            out->at[i] = in->at[i];
    if (in->halves) {
        const struct span at = in->at[HALF_EACH];
        const double end = greatest ? at.hi : at.lo;
        out->at[HALF_EACH] = span_of(end, end);
    }
}

static void
set_product(const struct range_draft *in, bool known, double n,
            struct range_draft *out)
{
    const double most = pow(span_max_abs(in->bound), n);

    out->integer = in->integer;
    if (in->bound.lo >= 0)
        range_limit(out, 0, INFINITY);
    if (known && n >= 1)
        out->bound = span_meet(out->bound, span_of(-most, most));
}

void
bound_reduce(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const in = range_input(site, 0);
    const struct span magnitude = abs_span(in->bound);
    struct range_draft each = *in;
    double n = 0;
    const bool known = reduced_count(site, &n);

    switch ((enum range_reduction)site->arg) {
    case REDUCE_SUM:
        set_sum(in, known, n, out);
        out->integer = in->integer;
        return;
    case REDUCE_MEAN:
    case POOL_MEAN:
        set_mean(in, known, n, out);
        return;
    case REDUCE_MAX:
    case POOL_MAX:
        set_extreme(in, true, out);
        return;
    case REDUCE_MIN:
        set_extreme(in, false, out);
        return;
    case REDUCE_L1:
        each = map_draft(in, fabs, magnitude);
        set_sum(&each, known, n, out);
        return;
    case REDUCE_L2:
        each = map_draft(in, square, span_mul(magnitude, magnitude));
        set_sum(&each, known, n, out);
        apply(out, sqrt);
        out->usual = (struct usual){0};
        range_limit(out, 0, INFINITY);
        return;
    case REDUCE_SUM_SQUARE:
        each = map_draft(in, square, span_mul(magnitude, magnitude));
        set_sum(&each, known, n, out);
        return;
    case REDUCE_PRODUCT:
        set_product(in, known, n, out);
        return;
    case REDUCE_LOG_SUM:
        if (in->bound.lo < 0)
            return;
        set_sum(in, known, n, out);
        apply(out, log);
        out->usual = (struct usual){0};
        out->limit = span_all();
        return;
    case REDUCE_LOG_SUM_EXP:
        if (known && n >= 1)
            out->bound = (struct span){in->bound.lo, in->bound.hi + log(n)};
        return;
    }
}

/* ---- others ----------------------------------------------------------- */

void
bound_cumsum(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const in = range_input(site, 0);
    const struct shape_site from = range_shape_site(site);
    const struct dim axis =
        site_number(&from, NULL, 1, (struct dim){0});
    double n = 0;
    const bool known = axis.kind == DIM_KNOWN && !axis.assumed &&
                       range_dim(range_input_shape(site, 0), axis.n, &n);
    const struct span all = sum_of(in->bound, known, n);

    /* The sum of all, of one element, and, if it is exclusive, of none. */
    out->bound = span_hull(span_hull(all, in->bound), span_of(0, 0));
    out->integer = in->integer;
    if (known && isfinite(span_max_abs(in->bound)))
        out->summed = n * n * span_max_abs(in->bound);
    if (in->bound.lo >= 0)
        range_limit(out, 0, INFINITY);
    if (!known || n < 1)
        return;
    out->source = in->source;
    for (int i = 0; i < WITNESSES; i++)
        if (span_is_point(in->at[i])) {
            const double last = n * in->at[i].lo;
            out->at[i] = span_hull(in->at[i], span_of(last, last));
        }
}

/* Zeros may be put in: by padding, or in the place of something. */
void
bound_or_zero(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const in =
        range_input(site, (uint32_t)site->arg);

    out->bound = span_hull(in->bound, span_of(0, 0));
    out->usual = in->usual;
    if (elem_kind(range_output_elem(site)) != ELEM_KIND_FLOAT)
        out->integer = in->integer;
}

/* A place along an axis. */
void
bound_index(const struct range_site *site, struct range_draft *out)
{
    const struct shape_site from = range_shape_site(site);
    const int64_t axis = site_int(&from, "axis", site->arg);
    double n;

    out->integer = true;
    range_limit(out, 0, INFINITY);
    if (range_dim(range_input_shape(site, 0), axis, &n) && n >= 1)
        range_limit(out, 0, n - 1);
}
