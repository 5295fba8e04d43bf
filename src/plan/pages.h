/* pages.h: what each reason means (reason_pages.def), and the pages of rules
 * and reasons by name. All of it is constant. */
#ifndef PLAN_PAGES_H
#define PLAN_PAGES_H

#include "plan/plan.h"
#include "report/page.h"

struct reason_page {
    bool follows;        /* it is about the neighbours of a class */
    bool considered;     /* steps look for it, so its absence says something */
    const char *what;    /* what it says of a class */
    const char *rests;   /* what it rests on */
    const char *needs;   /* what would have to be known for the low type */
    const char *options; /* by which the user decides otherwise */
};

/* Never NULL; a reason without a row has empty texts. */
const struct reason_page *reason_page(enum reason reason);

/* Writes the pages of all rules and reasons called `name` (a code such as
 * OPP304, a name, of either case); those of rules first. NULL lists all, one a
 * line; as JSON with their sections. OPP_EUSAGE, with the nearest name, when
 * there is none. JSON: one object, schema 1. */
enum opp_status pages_write(const char *name, enum opp_format format,
                            struct writer *writer, struct opp_error *err);

#endif
