/* print.h: a plan as text and as JSON, and the JSON read again. */
#ifndef PLAN_PRINT_H
#define PLAN_PRINT_H

#include "base/writer.h"
#include "plan/plan.h"

enum opp_status plan_write(const struct plan *plan, enum opp_format format,
                           struct writer *writer, struct opp_error *err);

/* Takes over the decisions in the JSON file `path`, made by plan_write for a
 * model of the same structure. OPP_EUSAGE when the file cannot be read, is no
 * plan, is for another structure or contradicts itself. */
enum opp_status plan_read(struct plan *plan, const char *path,
                          struct opp_error *err);

#endif
