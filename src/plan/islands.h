/* islands.h: a plan told to people: which nodes stay wide and why. */
#ifndef PLAN_ISLANDS_H
#define PLAN_ISLANDS_H

#include "facts/constants.h"
#include "plan/placement.h"
#include "plan/plan.h"
#include "report/report.h"

/* One island for each reason and detail, in the order of its first node. */
void report_islands(struct report *report, const struct plan *plan);

/* What placement saves. */
void report_placement(struct report *report, const struct placement *placement,
                      const struct placement_result *result);

/* For an audit: what the file's arithmetic would do in the low-precision type,
 * one finding for each reason and detail that has a rule and is about more than
 * a constant (those are report_constants'). */
void report_hazards(struct report *report, const struct plan *plan);

/* For an audit: OPP201 and OPP202 for constants that `to` cannot hold, OPP203
 * for larger weights of which some values become zero. */
void report_constants(struct report *report, const struct module *module,
                      const struct constants *constants, int to);

/* True for a float value that some use reads in the low-precision type. */
bool plan_narrows(const struct plan *plan, const struct value *value);

/* For a conversion: OPP203 for the weights that the plan converts although
 * some of their values become zero. What it keeps is told by the islands. */
void report_flushed(struct report *report, const struct plan *plan,
                    const struct constants *constants);

/* Counts the constants that the plan narrows, and those that lose nothing. */
void report_narrowed(struct report *report, const struct plan *plan,
                     const struct constants *constants);

/* OPP209 for the constants that the plan converts with saturation; those of
 * plan->saturates go into plan->clamped for the stamp. */
void report_saturated(struct report *report, struct plan *plan,
                      const struct constants *constants);

/* For a weight that is stored as `to`, or kept because it has values out of
 * range: OPP209 or OPP201 for those, else OPP203 for values that become zero.
 */
void report_weight_faults(struct report *report, const struct module *module,
                          const struct value *value,
                          const struct numeric_range *range, int to);

#endif
