/* range_set.c: from what a rule has found to what holds in an element type. */
#include "facts/range_rules.h"

#include <float.h>
#include <math.h>

/* Of a float type: how far an operation of a runtime may be off, relative (16
 * units of rounding: functions like exp are not exact), one such unit, and the
 * greatest and the least positive normal value. */
struct precision {
    int elem;
    double rounding, unit, greatest, least;
};

static const struct precision precisions[] = {
    {ELEM_FLOAT, 0x1p-20, 0x1p-24, FLT_MAX, FLT_MIN},
    {ELEM_FLOAT16, 0x1p-9, 0x1p-11, 65504, 0x1p-14},
    {ELEM_BFLOAT16, 0x1p-6, 0x1p-8, 0x1.fep127, 0x1p-126},
    {ELEM_DOUBLE, 0x1p-48, 0x1p-53, DBL_MAX, DBL_MIN},
};

static const struct precision *
precision_of(int elem)
{
    for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++)
        if (precisions[i].elem == elem)
            return &precisions[i];
    return NULL;
}

static void
round_float(const struct precision *precision, struct range_draft *draft)
{
    struct span *const bound = &draft->bound;

    if (!draft->exact) {
        const double slack = precision->rounding;
        const double off = draft->summed * precision->unit;
        const double tiny = precision->least;
        bound->lo -= off + slack * fabs(bound->lo) +
                     (bound->lo != 0 && fabs(bound->lo) < 1 ? tiny : 0);
        bound->hi += off + slack * fabs(bound->hi) +
                     (bound->hi != 0 && fabs(bound->hi) < 1 ? tiny : 0);
        draft->min_abs *= 1 - slack;
        *bound = span_meet(*bound, draft->limit);
    }
    if (bound->lo < -precision->greatest)
        bound->lo = -INFINITY;
    if (bound->hi > precision->greatest)
        bound->hi = INFINITY;
    if (draft->min_abs < precision->least)
        draft->min_abs = 0;
}

static struct span
integers_of(int elem)
{
    const int bits = elem_bits(elem);

    if (elem_kind(elem) == ELEM_KIND_BOOL)
        return span_of(0, 1);
    return elem_kind(elem) == ELEM_KIND_INT
               ? span_of(-ldexp(1, bits - 1), ldexp(1, bits - 1) - 1)
               : span_of(0, ldexp(1, bits) - 1);
}

/* What a type cannot hold wraps around, or is not defined. What is only bound
 * by 32 bits and more is called unknown. */
static void
hold_integer(int elem, struct range_draft *draft)
{
    const struct span all = integers_of(elem);

    draft->integer = true;
    if (draft->bound.lo < all.lo || draft->bound.hi > all.hi) {
        const bool narrow = elem_bits(elem) < 32;
        draft->bound = narrow ? all : span_all();
        if (!narrow && elem_kind(elem) == ELEM_KIND_UINT)
            draft->bound.lo = 0;
    }
}

/* The elements of small integer tensors, where they are known for sure. */
static void
take_integers(const struct range_sweep *sweep, const struct value *value,
              struct range_draft *draft)
{
    const struct shape *const shape = shapes_of(sweep->shapes, value);
    struct span all = span_none();

    if (!shape->has_ints || shape->n_ints == 0)
        return;
    for (uint32_t i = 0; i < shape->n_ints; i++) {
        const double n = (double)shape->ints[i].n;
        if (shape->ints[i].kind != DIM_KNOWN || shape->ints[i].assumed)
            return;
        all = span_hull(all, (struct span){n, n});
    }
    draft->bound = span_meet(draft->bound, all);
}

static void
round_to_type(const struct range_sweep *sweep, const struct value *value,
              struct range_draft *draft)
{
    const int elem = range_elem(sweep, value);

    switch (elem_kind(elem)) {
    case ELEM_KIND_FLOAT:
        if (precision_of(elem) != NULL)
            round_float(precision_of(elem), draft);
        else
            range_draft_init(draft);
        return;
    case ELEM_KIND_BOOL:
    case ELEM_KIND_INT:
    case ELEM_KIND_UINT:
        hold_integer(elem, draft);
        take_integers(sweep, value, draft);
        return;
    case ELEM_KIND_NONE:
    case ELEM_KIND_STRING:
    case ELEM_KIND_COMPLEX:
        /* A sequence has the range of its elements. */
        return;
    }
}

/* What follows from the bound itself. */
static void
tidy(struct range_draft *draft, const struct value *value)
{
    struct span *const bound = &draft->bound;

    if (span_is_none(*bound)) {
        /* No value can be there: an empty tensor, or NaN only. */
        *bound = span_of(0, 0);
        draft->min_abs = 0;
    }
    if (bound->lo > 0)
        draft->min_abs = fmax(draft->min_abs, bound->lo);
    if (bound->hi < 0)
        draft->min_abs = fmax(draft->min_abs, -bound->hi);
    if (draft->integer)
        draft->min_abs = fmax(draft->min_abs, 1);
    for (int i = 0; i < WITNESSES; i++) {
        struct span *const at = &draft->at[i];
        if (span_is_none(*at)) {
            *at = span_none();
            continue;
        }
        at->lo = fmin(fmax(at->lo, bound->lo), bound->hi);
        at->hi = fmin(fmax(at->hi, bound->lo), bound->hi);
    }
    usual_hold(&draft->usual, bound->lo, bound->hi);
    if (draft->source == SOURCE_NEW)
        draft->source = value->id + 1;
}

void
range_set(struct range_sweep *sweep, const struct value *value,
          struct range_draft *draft)
{
    if (value == NULL)
        return;
    round_to_type(sweep, value, draft);
    tidy(draft, value);
    range_apply_seed(sweep, value, draft);
    sweep->now[value->id] = *draft;
    if (sweep->seen[value->id])
        range_join(&sweep->whole[value->id], draft, UNION_OF_CALLS);
    else
        sweep->whole[value->id] = *draft;
    sweep->seen[value->id] = true;
}
