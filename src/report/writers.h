/* writers.h: what the writers of the report share; nobody else includes it. */
#ifndef REPORT_WRITERS_H
#define REPORT_WRITERS_H

#include "base/json_tree.h"
#include "report/report.h"

/* "note", "warning", "error". */
const char *severity_name(enum opp_severity severity);

/* Adds the array "passes" to `object`; with times only where asked, because
 * they differ from run to run. */
void passes_to_json(const struct report *report, struct json_tree *tree,
                    json_t *object, bool times);

#endif
