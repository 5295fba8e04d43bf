/* damage.h: constants that an earlier converter has damaged. A value out of
 * range is gone once it is clamped; what is left is that several values lie
 * just where a converter puts them. */
#ifndef PLAN_DAMAGE_H
#define PLAN_DAMAGE_H

#include "facts/constants.h"
#include "report/report.h"

/* The metadata entry of a model with the constants that this tool has clamped
 * in it: the names' hashes, as damage_hash writes them, apart by spaces. */
#define CLAMPED_KEY "opp.clamped"

enum { DAMAGE_HASH = 9 };
void damage_hash(const char *name, char text[DAMAGE_HASH]);

/* OPP205 for each constant that looks clamped, also in a float model, which may
 * have been one of float16 before. Silent where the model says that this tool
 * did it. Reads constants that have such a value as an extreme once more:
 * OPP_EINPUT. */
enum opp_status report_damage(struct report *report, struct module *module,
                              const struct types *types,
                              const struct constants *constants,
                              struct opp_error *err);

#endif
