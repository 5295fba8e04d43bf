/* print.h: a plan as text and as JSON, and the JSON read again. */
#ifndef PLAN_PRINT_H
#define PLAN_PRINT_H

#include "base/writer.h"
#include "plan/plan.h"

/* JSON: each item has its decision and, for people, its certainty and the steps
 * of its chain of facts, the source first. */
enum opp_status plan_write(const struct plan *plan, enum opp_format format,
                           struct writer *writer, struct opp_error *err);

/* Takes over the decisions in the JSON file `path`, made by plan_write for a
 * model of the same structure. OPP_EUSAGE when the file cannot be read, is no
 * plan, is for another structure or contradicts itself. Chains are not read:
 * the decision is the source of what follows from it. */
enum opp_status plan_read(struct plan *plan, const char *path,
                          struct opp_error *err);

/* The element type that the plan in a file converts to; ELEM_UNDEFINED when
 * it says none. OPP_EUSAGE for a file that is no JSON. */
enum opp_status plan_read_to(int *to, const char *path,
                             struct opp_error *err);

#endif
