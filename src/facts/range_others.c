/* range_others.c: rules that serve one op each. */
#include "facts/range_rules.h"

#include <math.h>

/* (q - zero point) * scale. */
void
bound_dequantize(const struct range_site *site, struct range_draft *out)
{
    struct span centred = range_input(site, 0)->bound;

    if (range_has_input(site, 2))
        centred = span_sub(centred, range_input(site, 2)->bound);
    out->bound = span_mul(centred, range_input(site, 1)->bound);
}

/* Out of training it does nothing. */
void
bound_dropout(const struct range_site *site, struct range_draft *out)
{
    if (range_has_input(site, 2))
        return;
    bound_same(site, out);
}

void
bound_pad(const struct range_site *site, struct range_draft *out)
{
    const struct shape_site from = range_shape_site(site);
    const double value = range_attr(site, "value", 0);
    const struct node *const node = site->node;
    struct range_draft filled;

    *out = *range_input(site, 0);
    out->limit = span_all();
    out->exact = true;
    if (node_attr(node, "mode") != NULL &&
        !site_text_is(&from, "mode", "constant"))
        return;
    if (range_has_input(site, 2))
        filled = *range_input(site, 2);
    else {
        range_draft_init(&filled);
        filled.bound = span_of(value, value);
        filled.min_abs = fabs(value);
        filled.integer = value == rint(value);
    }
    if (value == 0 && !range_has_input(site, 2))
        filled.min_abs = INFINITY;
    out->bound = span_hull(out->bound, filled.bound);
    out->min_abs = fmin(out->min_abs, filled.min_abs);
    out->integer = out->integer && filled.integer;
    /* What was there stays; all elements are no longer equal. */
    for (int i = 0; i < WITNESSES; i++)
        if (span_is_point(out->at[i]))
            out->at[i] = span_none();
    out->halves = false;
}

void
bound_prelu(const struct range_site *site, struct range_draft *out)
{
    const struct span x = range_input(site, 0)->bound;
    const struct span above = {fmax(x.lo, 0), fmax(x.hi, 0)};
    const struct span below = {fmin(x.lo, 0), fmin(x.hi, 0)};

    out->bound =
        span_hull(above, span_mul(below, range_input(site, 1)->bound));
}

/* From start to below limit; an output without elements has no bound. */
void
bound_range(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const start = range_input(site, 0);
    const struct range_draft *const limit = range_input(site, 1);
    const struct range_draft *const delta = range_input(site, 2);
    const double first = start->bound.lo;
    const double step = delta->bound.lo;
    double count, last;

    out->bound = span_hull(start->bound, limit->bound);
    out->integer = start->integer && delta->integer;
    if (!span_is_point(start->bound) || !span_is_point(limit->bound) ||
        !span_is_point(delta->bound) || step == 0 ||
        start->bound_basis != RANGE_PROVEN ||
        limit->bound_basis != RANGE_PROVEN)
        return;
    count = ceil((limit->bound.lo - first) / step);
    if (count < 1)
        return;
    last = first + (count - 1) * step;
    out->bound = span_hull(span_of(first, first), span_of(last, last));
    out->source = SOURCE_NONE;
    for (int i = 0; i < WITNESSES; i++)
        out->at[i] = out->bound;
}

static double
inverse(double one, double x)
{
    return x == 0 ? NAN : one / x;
}

void
bound_reciprocal(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const in = range_input(site, 0);
    struct range_draft one;

    range_draft_init(&one);
    one.bound = span_of(1, 1);
    for (int i = 0; i < WITNESSES; i++)
        one.at[i] = one.bound;
    out->bound = span_div(one.bound, in->bound);
    if (isfinite(span_max_abs(in->bound)) && span_max_abs(in->bound) > 0)
        out->min_abs = 1 / span_max_abs(in->bound);
    range_witness(out, &one, in, inverse, false);
}

/* Weights of cubic interpolation sum up to 1; between two points, the negative
 * ones sum up to |a| / 4 along each axis (at the middle). */
static double
cubic_excess(const struct range_site *site, const struct shape *shape)
{
    const double a = fabs(range_attr(site, "cubic_coeff_a", -0.75));

    return (pow(1 + a / 2, shape->rank) - 1) / 2;
}

void
bound_resize(const struct range_site *site, struct range_draft *out)
{
    const struct shape_site from = range_shape_site(site);
    const struct shape *const shape = range_input_shape(site, 0);
    const struct range_draft *const in = range_input(site, 0);
    const double extra = range_attr(site, "extrapolation_value", 0);
    double excess = 0;

    if (site_text_is(&from, "mode", "cubic")) {
        if (!shape->known || site_int(&from, "exclude_outside", 0) != 0)
            return;
        excess = cubic_excess(site, shape) * (in->bound.hi - in->bound.lo);
    } else {
        *out = *in;
        out->limit = span_all();
        out->min_abs = 0;
        out->halves = out->halves && site_text_is(&from, "mode", "nearest");
        range_pick_witness(out);
    }
    out->exact = false;
    out->bound =
        span_of(in->bound.lo - excess, in->bound.hi + excess);
    if (site_text_is(&from, "coordinate_transformation_mode",
                     "tf_crop_and_resize"))
        out->bound = span_hull(out->bound, span_of(extra, extra));
    if (!site_text_is(&from, "mode", "nearest") &&
        node_attr(site->node, "mode") != NULL)
        out->integer = false;
}

/* A hidden state is a product with a tanh, or between such and the state
 * before. */
void
bound_rnn(const struct range_site *site, struct range_draft *out)
{
    struct span initial = span_of(0, 0);

    if (node_attr(site->node, "activations") != NULL)
        return;
    if (range_has_input(site, (uint32_t)site->arg))
        initial = range_input(site, (uint32_t)site->arg)->bound;
    range_limit(out, fmin(initial.lo, -1 - RANGE_SLACK),
                fmax(initial.hi, 1 + RANGE_SLACK));
    out->usual = usual_within(-1, 1);
}

void
bound_scatter(const struct range_site *site, struct range_draft *out)
{
    const struct shape_site from = range_shape_site(site);

    if (site_text_is(&from, "reduction", "add") ||
        site_text_is(&from, "reduction", "mul"))
        return;
    *out = *range_input(site, 0);
    range_join(out, range_input(site, (uint32_t)site->arg), UNION_OF_WAYS);
    range_copy_witness(out, range_nothing());
    out->exact = true;
}

/* 0 in the middle, and nearer to 0 by the bias outside. */
void
bound_shrink(const struct range_site *site, struct range_draft *out)
{
    const struct span x = range_input(site, 0)->bound;
    const double bias = fabs(range_attr(site, "bias", 0));

    out->bound = span_hull(span_of(x.lo - bias, x.hi + bias), span_of(0, 0));
}

static double
silu(double x)
{
    return isinf(x) ? fmax(x, 0) : x / (1 + exp(-x));
}

static struct span
silu_of(struct span x)
{
    /* Where the derivative is zero. */
    static const double turn = -1.2784645427610738;
    struct span out = span_hull(span_of(silu(x.lo), silu(x.lo)),
                                span_of(silu(x.hi), silu(x.hi)));

    if (x.lo <= turn && turn <= x.hi)
        out = span_hull(out, span_of(silu(turn), silu(turn)));
    return out;
}

/* x * sigmoid(alpha * x), which is silu(alpha * x) / alpha. */
static void
swish(const struct range_draft *in, double alpha, struct range_draft *out)
{
    if (alpha == 0)
        return;
    out->bound = span_scale(silu_of(span_scale(in->bound, alpha)), 1 / alpha);
    range_limit(out, alpha > 0 ? -0.2785 / alpha : -INFINITY,
                alpha > 0 ? INFINITY : -0.2785 / alpha);
    out->source = in->source;
    out->halves = in->halves;
    for (int i = 0; i < WITNESSES; i++)
        if (!span_is_none(in->at[i]))
            out->at[i] = span_hull(
                span_of(silu(alpha * in->at[i].lo) / alpha,
                        silu(alpha * in->at[i].lo) / alpha),
                span_of(silu(alpha * in->at[i].hi) / alpha,
                        silu(alpha * in->at[i].hi) / alpha));
}

/* `arg` is the default of alpha in thousandths. */
void
bound_swish(const struct range_site *site, struct range_draft *out)
{
    swish(range_input(site, 0), range_attr(site, "alpha", site->arg / 1000.0),
          out);
}

void
range_silu(const struct range_draft *in, struct range_draft *out)
{
    swish(in, 1, out);
}

void
bound_uniform(const struct range_site *site, struct range_draft *out)
{
    range_limit(out, range_attr(site, "low", 0), range_attr(site, "high", 1));
}

/* What is attended to: the values, and those of earlier calls. */
static bool
attended(const struct range_site *site, double *n, struct span *values)
{
    static const uint32_t slots[] = {2, 5}; /* V and past_value */

    *n = 0;
    *values = span_none();
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        double length;
        if (!range_has_input(site, slots[i]))
            continue;
        if (!range_dim(range_input_shape(site, slots[i]), -2, &length))
            return false;
        *n += length;
        *values = span_hull(*values, range_input(site, slots[i])->bound);
    }
    return *n >= 1;
}

/* Means of the values, whose weights are from Softmax; none at all where all is
 * masked. */
void
bound_attention(const struct range_site *site, struct range_draft *out)
{
    struct span values;
    double n;

    if (!attended(site, &n, &values))
        return;
    out->bound = span_hull(span_scale(values, 1 + RANGE_SLACK),
                           span_of(0, 0));
    if (isfinite(span_max_abs(values)))
        out->summed = n * span_max_abs(values);
}
