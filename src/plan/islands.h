/* islands.h: a plan told to people: which nodes stay wide and why. */
#ifndef PLAN_ISLANDS_H
#define PLAN_ISLANDS_H

#include "facts/constants.h"
#include "plan/plan.h"
#include "report/report.h"

/* One island for each reason and detail, in the order of its first node. */
void report_islands(struct report *report, const struct plan *plan);

/* Findings OPP201 and OPP202 for constants that keep their users wide, OPP203
 * for larger weights of which some values become zero or subnormal. */
void report_constants(struct report *report, const struct module *module,
                      const struct constants *constants, int to);

#endif
