/* evidence.h: what is done about a danger, by what is known of the numbers that
 * it is about. The table is evidence.def. */
#ifndef PLAN_EVIDENCE_H
#define PLAN_EVIDENCE_H

#include "facts/ranges.h"
#include "plan/plan.h"

enum danger {
#define EVIDENCE(id, name, fits, measured, unknown, may_exceed, assumed,       \
                 exceeds, text)                                                \
    DANGER_##id,
#include "plan/evidence.def"
#undef EVIDENCE
    DANGER_COUNT,
};

/* The columns of evidence.def, in their order. */
enum known {
    KNOWN_FITS,
    KNOWN_MEASURED,
    KNOWN_NOTHING,
    KNOWN_MAY_EXCEED,
    KNOWN_ASSUMED,
    KNOWN_EXCEEDS,
    KNOWN_COUNT,
};

enum action {
    ACTION_LOW,
    ACTION_NOTE,
    ACTION_WIDE,
};

/* What a range says of magnitudes up to `limit`. */
enum known range_known(const struct value_range *range, double limit);

/* The largest magnitude that is known to occur. What is infinite anyway (the
 * logarithm of zero) does not count. */
double range_reached(const struct value_range *range);

/* What is known of a computed value and the largest finite value of
 * plan->to. */
enum known overflow_known(const struct plan *plan, const struct types *types,
                          const struct value *value);

enum action evidence_action(enum danger danger, enum known known);

/* True when the danger keeps a class wide. */
bool evidence_keeps(const struct plan *plan, enum danger danger,
                    enum known known);

/* How sure a decision is that rests on this. */
enum certainty evidence_certainty(enum known known);

#endif
