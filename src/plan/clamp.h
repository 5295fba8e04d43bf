/* clamp.h: the behaviour of older converters, for those who ask for it:
 * constants out of range are clamped, and speak for no island. */
#ifndef PLAN_CLAMP_H
#define PLAN_CLAMP_H

#include "facts/constants.h"
#include "plan/plan.h"
#include "report/report.h"

/* Sets plan->clamp. False unless 0 < smallest <= largest, which the type has to
 * hold. */
bool plan_clamp(struct plan *plan, double min_positive, double max_finite);

/* The same from the texts of two numbers; nothing when both are "".
 * OPP_EUSAGE. */
enum opp_status plan_set_clamp(struct plan *plan, const char *min_positive,
                               const char *max_finite, struct opp_error *err);

/* Adds the name of a constant to plan->clamped. */
void clamp_record(struct plan *plan, const char *name);

/* OPP205 for each constant that the plan converts and that the clamp changes,
 * and plan->clamped for the stamp. Reads those constants once more:
 * OPP_EINPUT. */
enum opp_status report_clamped(struct report *report, struct plan *plan,
                               const struct constants *constants,
                               struct opp_error *err);

#endif
