/* range_binary.c: rules for arithmetic on several operands. */
#include "facts/range_rules.h"

#include <math.h>

static double
plus(double a, double b)
{
    return a + b;
}

static double
minus(double a, double b)
{
    return a - b;
}

static double
product(double a, double b)
{
    return a * b;
}

static double
quotient(double a, double b)
{
    return b == 0 ? NAN : a / b;
}

static double
truncated(double a, double b)
{
    return b == 0 ? NAN : trunc(a / b);
}

/* Both operands are one value. */
static bool
is_square(const struct range_site *site)
{
    const struct value *const x = range_operand(site->node, 0);

    return x != NULL && x == range_operand(site->node, 1);
}

static bool
is_float(const struct range_site *site)
{
    return elem_kind(range_output_elem(site)) == ELEM_KIND_FLOAT;
}

void
bound_add(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const a = range_input(site, 0);
    const struct range_draft *const b = range_input(site, 1);

    out->bound = span_add(a->bound, b->bound);
    out->integer = a->integer && b->integer;
    range_witness(out, a, b, plus, is_square(site));
    out->usual = usual_sum(&a->usual, is_square(site) ? NULL : &b->usual);
}

/* Input `slot` was made from input `from` of the same node, by this rule, and
 * its elements stand beside those that they were made from. */
static bool
is_made_from(const struct range_site *site, uint32_t slot, uint32_t from,
             range_rule *rule, int arg)
{
    struct range_maker maker;

    return range_has_input(site, from) && range_made_by(site, slot, &maker) &&
           maker.rule == rule && maker.arg == arg &&
           node_attr_int(maker.node, "keepdims", 1) != 0 &&
           range_operand(maker.node, 0) == range_operand(site->node, from);
}

void
bound_sub(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const a = range_input(site, 0);
    const struct range_draft *const b = range_input(site, 1);

    out->bound = is_square(site) ? span_of(0, 0) : span_sub(a->bound, b->bound);
    out->integer = a->integer && b->integer;
    range_witness(out, a, b, minus, is_square(site));
    out->usual = usual_difference(&a->usual,
                                  is_square(site) ? NULL : &b->usual);
    if (is_made_from(site, 1, 0, bound_reduce, REDUCE_MAX))
        range_limit(out, -INFINITY, 0);
    else if (is_made_from(site, 1, 0, bound_reduce, REDUCE_MIN))
        range_limit(out, 0, INFINITY);
}

void
bound_mul(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const a = range_input(site, 0);
    const struct range_draft *const b = range_input(site, 1);

    if (is_made_from(site, 1, 0, bound_curve, CURVE_SIGMOID)) {
        range_silu(a, out);
        return;
    }
    if (is_made_from(site, 0, 1, bound_curve, CURVE_SIGMOID)) {
        range_silu(b, out);
        return;
    }
    out->bound = span_mul(a->bound, b->bound);
    out->min_abs = a->min_abs * b->min_abs;
    out->integer = a->integer && b->integer;
    if (is_square(site))
        range_limit(out, 0, INFINITY);
    range_witness(out, a, b, product, is_square(site));
    out->usual = usual_product(&a->usual, is_square(site) ? NULL : &b->usual);
}

static struct span
truncate_span(struct span a)
{
    return (struct span){trunc(a.lo), trunc(a.hi)};
}

void
bound_div(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const a = range_input(site, 0);
    const struct range_draft *const b = range_input(site, 1);

    if (is_square(site)) {
        range_limit(out, 1, 1);
        return;
    }
    out->bound = span_div(a->bound, b->bound);
    if (!is_float(site)) {
        /* What a division of integers by zero gives is not defined. */
        out->bound = truncate_span(out->bound);
        out->integer = true;
        range_witness(out, a, b, truncated, false);
        return;
    }
    if (a->min_abs > 0 && isfinite(span_max_abs(b->bound)) &&
        span_max_abs(b->bound) > 0)
        out->min_abs = a->min_abs / span_max_abs(b->bound);
    range_witness(out, a, b, quotient, false);
    if (b->source == SOURCE_NONE)
        out->usual = usual_quotient(&a->usual, &b->usual);
    /* A part of a sum of what is not negative. */
    if (a->bound.lo >= 0 &&
        is_made_from(site, 1, 0, bound_reduce, REDUCE_SUM))
        range_limit(out, 0, 1.0001);
    range_limit_by_root(site, out);
}

/* ---- Pow -------------------------------------------------------------- */

/* x to the power of a whole number. */
static struct span
whole_power(struct span x, double n)
{
    const double lo = pow(x.lo, n);
    const double hi = pow(x.hi, n);
    struct span out = {fmin(lo, hi), fmax(lo, hi)};

    if (n < 0 && x.lo <= 0 && x.hi >= 0)
        return fmod(n, 2) == 0 ? span_of(0, INFINITY) : span_all();
    if (fmod(n, 2) == 0 && x.lo <= 0 && x.hi >= 0)
        out.lo = 0;
    return out;
}

static struct span
power(struct span x, struct span n)
{
    double corner[4];
    struct span out;

    if (span_is_point(n) && n.lo == 0)
        return span_of(1, 1);
    if (span_is_point(n) && n.lo == rint(n.lo))
        return whole_power(x, n.lo);
    /* A negative base gives NaN, unless the exponent is whole. */
    if (span_is_point(n))
        x = span_meet(x, span_of(0, INFINITY));
    if (span_is_none(x) || x.lo < 0)
        return span_all();
    if (x.lo == 0 && n.lo < 0)
        return span_of(0, INFINITY);
    corner[0] = pow(x.lo, n.lo);
    corner[1] = pow(x.lo, n.hi);
    corner[2] = pow(x.hi, n.lo);
    corner[3] = pow(x.hi, n.hi);
    out = span_of(corner[0], corner[0]);
    for (int i = 1; i < 4; i++)
        out = span_hull(out, span_of(corner[i], corner[i]));
    return out;
}

void
bound_pow(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const x = range_input(site, 0);
    const struct range_draft *const n = range_input(site, 1);

    out->bound = power(x->bound, n->bound);
    if (span_is_point(n->bound) && n->bound.lo > 0)
        out->min_abs = pow(x->min_abs, n->bound.lo);
    out->integer = x->integer && n->integer && n->bound.lo >= 0;
    range_witness(out, x, n, pow, is_square(site));
}

/* ---- others ----------------------------------------------------------- */

void
bound_mod(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const a = range_input(site, 0);
    const struct range_draft *const b = range_input(site, 1);
    const double most = span_max_abs(b->bound);

    /* The sign is that of the divisor, or with fmod that of the dividend. */
    out->integer = a->integer && b->integer;
    out->exact = true;
    range_limit(out, a->bound.lo >= 0 && b->bound.lo >= 0 ? 0 : -most, most);
}

void
bound_sum(const struct range_site *site, struct range_draft *out)
{
    *out = *range_input(site, 0);
    out->limit = span_all();
    out->exact = true;
    for (uint32_t i = 1; i < site->node->n_inputs; i++) {
        const struct range_draft left = *out;
        const struct range_draft *const right = range_input(site, i);
        out->bound = span_add(left.bound, right->bound);
        out->integer = left.integer && right->integer;
        out->min_abs = 0;
        out->exact = false;
        range_witness(out, &left, right, plus, false);
        out->usual = usual_sum(&left.usual, &right->usual);
    }
}

void
bound_mean(const struct range_site *site, struct range_draft *out)
{
    const uint32_t n = site->node->n_inputs;
    struct span hull = span_none();

    if (n == 0)
        return;
    out->bound = span_of(0, 0);
    for (uint32_t i = 0; i < n; i++) {
        out->bound = span_add(out->bound, range_input(site, i)->bound);
        hull = span_hull(hull, range_input(site, i)->bound);
    }
    out->bound = span_meet(span_scale(out->bound, 1.0 / n), hull);
}

void
bound_extreme(const struct range_site *site, struct range_draft *out)
{
    range_fn2 *const fn = site->arg < 0 ? fmin : fmax;

    *out = *range_input(site, 0);
    out->limit = span_all();
    out->exact = true;
    for (uint32_t i = 1; i < site->node->n_inputs; i++) {
        const struct range_draft left = *out;
        const struct range_draft *const right = range_input(site, i);
        out->bound = span_of(fn(left.bound.lo, right->bound.lo),
                             fn(left.bound.hi, right->bound.hi));
        out->min_abs = fmin(left.min_abs, right->min_abs);
        out->integer = left.integer && right->integer;
        range_witness(out, &left, right, fn, false);
        /* A constant bounds the other operand; tidying sees to that. */
        if (left.usual.fixed)
            out->usual = right->usual;
        else if (!right->usual.fixed)
            out->usual = usual_greater(&left.usual, &right->usual);
    }
}

/* Bounds are inputs since version 11; before they are attributes. */
static struct range_draft
clip_end(const struct range_site *site, uint32_t slot, const char *attr,
         double missing)
{
    struct range_draft end;

    if (range_has_input(site, slot))
        return *range_input(site, slot);
    range_draft_init(&end);
    missing = range_attr(site, attr, missing);
    end.bound = (struct span){missing, missing};
    end.min_abs = fabs(missing);
    end.integer = isinf(missing) || missing == rint(missing);
    for (int i = 0; i < WITNESSES; i++)
        end.at[i] = end.bound;
    return end;
}

/* min(max(x, least), most). The end of an operand that is not known is not
 * infinite: NaN as a bound is passed over. */
void
bound_clip(const struct range_site *site, struct range_draft *out)
{
    const struct range_draft *const x = range_input(site, 0);
    const struct range_draft least = clip_end(site, 1, "min", -INFINITY);
    const struct range_draft most = clip_end(site, 2, "max", INFINITY);
    struct range_draft raised;

    range_draft_init(&raised);
    raised.bound = span_of(fmax(x->bound.lo, least.bound.lo),
                           fmax(x->bound.hi, least.bound.hi));
    range_witness(&raised, x, &least, fmax, false);
    out->bound = span_of(fmin(raised.bound.lo, most.bound.lo),
                         fmin(raised.bound.hi, most.bound.hi));
    range_limit(out, fmin(least.bound.lo, most.bound.lo), most.bound.hi);
    out->min_abs = fmin(x->min_abs, fmin(least.min_abs, most.min_abs));
    out->integer = x->integer && least.integer && most.integer;
    out->exact = true;
    range_witness(out, &raised, &most, fmin, false);
    out->usual = x->usual;
}

/* Which of the two is selected nobody knows, unless a caller does it. What a
 * constant is put in for is the exception. */
void
bound_where(const struct range_site *site, struct range_draft *out)
{
    const struct value *const condition = range_operand(site->node, 0);
    const struct range_draft *const yes = range_input(site, 1);
    const struct range_draft *const no = range_input(site, 2);

    *out = *yes;
    range_join(out, no, UNION_OF_WAYS);
    range_copy_witness(out, range_nothing());
    out->exact = true;
    if (condition == NULL || condition->def != NULL)
        return;
    if (no->source == SOURCE_NONE)
        range_copy_witness(out, yes);
    else if (yes->source == SOURCE_NONE)
        range_copy_witness(out, no);
}
