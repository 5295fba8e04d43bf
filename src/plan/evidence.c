#include "plan/evidence.h"

#include <math.h>

#include "model/tensor.h"

#define LOW  ACTION_LOW
#define NOTE ACTION_NOTE
#define WIDE ACTION_WIDE
static const enum action actions[][KNOWN_COUNT] = {
#define EVIDENCE(id, name, fits, measured, unknown, may_exceed, assumed,       \
                 exceeds, text)                                                \
    [DANGER_##id] = {fits, measured, unknown, may_exceed, assumed, exceeds},
#include "plan/evidence.def"
#undef EVIDENCE
};

enum known
range_known(const struct value_range *range, double limit)
{
    if (range_fits(range, limit))
        return range->bound_basis == RANGE_MEASURED ? KNOWN_MEASURED
                                                    : KNOWN_FITS;
    if (range_exceeds(range, limit))
        return KNOWN_EXCEEDS;
    if (range_usually_exceeds(range, limit))
        return KNOWN_ASSUMED;
    return isfinite(range->lo) || isfinite(range->hi) ? KNOWN_MAY_EXCEED
                                                      : KNOWN_NOTHING;
}

double
range_reached(const struct value_range *range)
{
    const double lo = fabs(range->reach_lo), hi = fabs(range->reach_hi);

    return fmax(isinf(lo) ? 0 : lo, isinf(hi) ? 0 : hi);
}

/* What is assumed of a converted model differs by the rounding of its weights.
 * Low-precision values that are that near to the limit are left alone, so that
 * they stay so. */
static const double ROUNDED_NEAR = 1.05;

enum known
overflow_known(const struct plan *plan, const struct types *types,
               const struct value *value)
{
    const struct value_range *const range = ranges_of(plan->ranges, value);
    const double limit =
        numeric_format_info(tensor_format(plan->to))->max_finite;
    const enum known known = range_known(range, limit);

    if (known == KNOWN_ASSUMED && range->usual <= ROUNDED_NEAR * limit &&
        type_is(types->of[value->id], plan->to))
        return KNOWN_MAY_EXCEED;
    return known == KNOWN_EXCEEDS && range_reached(range) <= limit
               ? KNOWN_MAY_EXCEED
               : known;
}

enum action
evidence_action(enum danger danger, enum known known)
{
    return actions[danger][known];
}

bool
evidence_keeps(const struct plan *plan, enum danger danger, enum known known)
{
    const enum action action = actions[danger][known];

    return action == ACTION_WIDE || (action == ACTION_NOTE && plan->strict);
}

enum certainty
evidence_certainty(enum known known)
{
    switch (known) {
    case KNOWN_FITS:
        return CERTAINTY_PROVEN;
    case KNOWN_MEASURED:
        return CERTAINTY_MEASURED;
    case KNOWN_NOTHING:
    case KNOWN_EXCEEDS:
        return CERTAINTY_EVIDENCED;
    case KNOWN_MAY_EXCEED:
        return CERTAINTY_POSSIBLE;
    case KNOWN_ASSUMED:
    case KNOWN_COUNT:
        break;
    }
    return CERTAINTY_ASSUMED;
}
