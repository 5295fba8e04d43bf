/* range_span.c: arithmetic on intervals, and witnesses. */
#include "facts/range_rules.h"

#include <math.h>

/* ---- intervals -------------------------------------------------------- */

struct span
span_of(double lo, double hi)
{
    return (struct span){isnan(lo) ? -INFINITY : lo, isnan(hi) ? INFINITY : hi};
}

struct span
span_all(void)
{
    return (struct span){-INFINITY, INFINITY};
}

struct span
span_none(void)
{
    return (struct span){INFINITY, -INFINITY};
}

bool
span_is_none(struct span a)
{
    return !(a.lo <= a.hi);
}

bool
span_is_point(struct span a)
{
    return a.lo == a.hi && isfinite(a.lo);
}

struct span
span_hull(struct span a, struct span b)
{
    if (span_is_none(a))
        return b;
    if (span_is_none(b))
        return a;
    return (struct span){fmin(a.lo, b.lo), fmax(a.hi, b.hi)};
}

struct span
span_meet(struct span a, struct span b)
{
    return (struct span){fmax(a.lo, b.lo), fmin(a.hi, b.hi)};
}

double
span_max_abs(struct span a)
{
    return fmax(fabs(a.lo), fabs(a.hi));
}

struct span
span_add(struct span a, struct span b)
{
    return span_of(a.lo + b.lo, a.hi + b.hi);
}

struct span
span_sub(struct span a, struct span b)
{
    return span_of(a.lo - b.hi, a.hi - b.lo);
}

/* An end that is infinite stands for numbers without end, so that zero times
 * it is zero. */
static double
times(double a, double b)
{
    return a == 0 || b == 0 ? 0 : a * b;
}

static struct span
of_corners(double a, double b, double c, double d)
{
    return (struct span){fmin(fmin(a, b), fmin(c, d)),
                         fmax(fmax(a, b), fmax(c, d))};
}

struct span
span_mul(struct span a, struct span b)
{
    return of_corners(times(a.lo, b.lo), times(a.lo, b.hi),
                      times(a.hi, b.lo), times(a.hi, b.hi));
}

struct span
span_scale(struct span a, double factor)
{
    return span_mul(a, span_of(factor, factor));
}

/* The quotient of what may be numbers without end. */
static double
over(double a, double b)
{
    if (isinf(b))
        return 0;
    return a == 0 ? 0 : a / b;
}

struct span
span_div(struct span a, struct span b)
{
    if (b.lo > 0 || b.hi < 0)
        return of_corners(over(a.lo, b.lo), over(a.lo, b.hi),
                          over(a.hi, b.lo), over(a.hi, b.hi));
    /* A divisor of 0 or -0 gives either infinity. */
    return span_all();
}

/* ---- drafts ----------------------------------------------------------- */

void
range_draft_init(struct range_draft *draft)
{
    *draft = (struct range_draft){
        .bound = span_all(),
        .limit = span_all(),
        .source = SOURCE_NONE,
        .at = {span_none(), span_none(), span_none()},
    };
}

void
range_limit(struct range_draft *draft, double lo, double hi)
{
    draft->limit = span_meet(draft->limit, span_of(lo, hi));
    draft->bound = span_meet(draft->bound, draft->limit);
}

void
range_copy_witness(struct range_draft *out, const struct range_draft *in)
{
    out->source = in->source;
    out->inputs = in->inputs;
    out->halves = in->halves;
    for (int i = 0; i < WITNESSES; i++)
        out->at[i] = in->at[i];
}

static struct span
whole_reach(const struct range_draft *draft)
{
    struct span reach = span_none();

    for (int i = 0; i < WITNESSES; i++)
        reach = span_hull(reach, draft->at[i]);
    return reach;
}

/* Under one witness. */
static struct span
join_spans(struct span a, struct span b, enum range_union how)
{
    if (span_is_none(a) || span_is_none(b))
        return span_none();
    if (how == UNION_OF_PARTS)
        return span_hull(a, b);
    a = span_meet(a, b);
    return span_is_none(a) ? span_none() : a;
}

/* All that is known of two that have no witness in common. */
static struct span
join_reaches(const struct range_draft *a, const struct range_draft *b,
             enum range_union how)
{
    const struct span x = whole_reach(a);
    const struct span y = whole_reach(b);

    switch (how) {
    case UNION_OF_PARTS:
        return span_is_none(x) || span_is_none(y) ? span_none()
                                                  : span_hull(x, y);
    case UNION_OF_WAYS:
        return span_none();
    case UNION_OF_CALLS:
        return span_hull(x, y);
    }
    return span_none();
}

static void
join_witness(struct range_draft *draft, const struct range_draft *other,
             enum range_union how)
{
    const bool one_source = draft->source == SOURCE_NONE ||
                            other->source == SOURCE_NONE ||
                            draft->source == other->source;
    const struct span reach = join_reaches(draft, other, how);

    draft->halves = draft->halves && other->halves &&
                    draft->at[HALF_EACH].lo == other->at[HALF_EACH].lo &&
                    draft->at[HALF_EACH].hi == other->at[HALF_EACH].hi &&
                    one_source;
    if (one_source && how != UNION_OF_CALLS) {
        for (int i = 0; i < WITNESSES; i++)
            draft->at[i] = join_spans(draft->at[i], other->at[i], how);
        if (draft->source == SOURCE_NONE)
            draft->source = other->source;
    } else {
        for (int i = 0; i < WITNESSES; i++)
            draft->at[i] = span_none();
        draft->at[ALL_LOW] = reach;
        draft->source = SOURCE_NEW;
    }
    draft->inputs |= other->inputs;
}

void
range_join(struct range_draft *draft, const struct range_draft *other,
           enum range_union how)
{
    draft->bound = span_hull(draft->bound, other->bound);
    draft->limit = span_all();
    draft->min_abs = fmin(draft->min_abs, other->min_abs);
    draft->integer = draft->integer && other->integer;
    draft->exact = draft->exact && other->exact;
    if (draft->bound_basis < other->bound_basis)
        draft->bound_basis = other->bound_basis;
    if (draft->reach_basis < other->reach_basis)
        draft->reach_basis = other->reach_basis;
    draft->usual = how == UNION_OF_WAYS
                       ? usual_lesser(&draft->usual, &other->usual)
                       : usual_greater(&draft->usual, &other->usual);
    join_witness(draft, other, how);
}

void
range_pick_witness(struct range_draft *draft)
{
    for (int i = 0; i < WITNESSES; i++)
        if (!span_is_point(draft->at[i]) &&
            !(i == HALF_EACH && draft->halves))
            draft->at[i] = span_none();
}

/* ---- witnesses -------------------------------------------------------- */

static struct span
pair(double a, double b)
{
    return isnan(a) || isnan(b) ? span_none()
                                : (struct span){fmin(a, b), fmax(a, b)};
}

/* The end of one operand meets some element of the other, nobody knows which.
 * So each of the four ends gives an interval of which one value occurs, and
 * the result reaches from the least upper to the greatest lower end. */
static struct span
met(struct span a, struct span b, range_fn2 *fn)
{
    struct span met[4];
    struct span reach = {INFINITY, -INFINITY};

    if (span_is_none(a) || span_is_none(b))
        return span_none();
    met[0] = pair(fn(a.lo, b.lo), fn(a.lo, b.hi));
    met[1] = pair(fn(a.hi, b.lo), fn(a.hi, b.hi));
    met[2] = pair(fn(a.lo, b.lo), fn(a.hi, b.lo));
    met[3] = pair(fn(a.lo, b.hi), fn(a.hi, b.hi));
    for (int i = 0; i < 4; i++) {
        if (span_is_none(met[i]))
            return span_none();
        reach.lo = fmin(reach.lo, met[i].hi);
        reach.hi = fmax(reach.hi, met[i].lo);
    }
    return reach.lo <= reach.hi ? reach : span_none();
}

static bool
two_values(const struct range_draft *a)
{
    return a->halves || span_is_point(a->at[HALF_EACH]);
}

/* Operands with one source, or of which one is a constant. */
static void
with_one_source(struct range_draft *out, const struct range_draft *a,
                const struct range_draft *b, range_fn2 *fn)
{
    for (int i = 0; i < WITNESSES; i++)
        out->at[i] = met(a->at[i], b->at[i], fn);
    out->halves = two_values(a) && two_values(b) &&
                  (a->halves || b->halves) && !(a->halves && b->halves);
    /* Both are made element by element of one input, so that elements at its
     * lower end meet such, and those at its upper end too. */
    if (a->halves && b->halves && span_is_point(out->at[ALL_LOW]) &&
        span_is_point(out->at[ALL_HIGH])) {
        out->at[HALF_EACH] =
            span_hull(out->at[ALL_LOW], out->at[ALL_HIGH]);
        out->halves = true;
    }
}

/* Different inputs can be at any of their ends together; of what has some input
 * in common nobody knows. */
static void
with_two_sources(struct range_draft *out, const struct range_draft *a,
                 const struct range_draft *b, range_fn2 *fn)
{
    struct span low = span_none();
    struct span high = span_none();

    if ((a->inputs & b->inputs) != 0) {
        out->source = SOURCE_NEW;
        return;
    }
    for (int i = ALL_LOW; i <= ALL_HIGH; i++)
        for (int k = ALL_LOW; k <= ALL_HIGH; k++) {
            const struct span reach = met(a->at[i], b->at[k], fn);
            if (span_is_none(reach))
                continue;
            if (span_is_none(low) || reach.lo < low.lo)
                low = reach;
            if (span_is_none(high) || reach.hi > high.hi)
                high = reach;
        }
    out->source = SOURCE_NEW;
    out->at[ALL_LOW] = low;
    out->at[ALL_HIGH] = high;
    out->halves = span_is_point(low) && span_is_point(high) && a->halves &&
                  b->halves;
    out->at[HALF_EACH] = out->halves ? span_hull(low, high) : span_none();
}

void
range_witness(struct range_draft *out, const struct range_draft *a,
              const struct range_draft *b, range_fn2 *fn, bool same)
{
    if (same) {
        out->source = a->source;
        out->halves = a->halves;
        for (int i = 0; i < WITNESSES; i++)
            out->at[i] = span_is_none(a->at[i])
                             ? span_none()
                             : pair(fn(a->at[i].lo, a->at[i].lo),
                                    fn(a->at[i].hi, a->at[i].hi));
        return;
    }
    out->source = a->source == SOURCE_NONE ? b->source : a->source;
    if (a->source == SOURCE_NONE || b->source == SOURCE_NONE ||
        a->source == b->source)
        with_one_source(out, a, b, fn);
    else
        with_two_sources(out, a, b, fn);
}
