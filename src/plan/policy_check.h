/* policy_check.h: a model held against a policy file, as it stands: by its
 * types, not by a plan. */
#ifndef PLAN_POLICY_CHECK_H
#define PLAN_POLICY_CHECK_H

#include "plan/policy_match.h"
#include "report/report.h"

/* Findings OPP701: nodes that compute in less precision than their rule says,
 * inputs and outputs of another type, limits that are exceeded. `summary` is
 * that of the model; rules that the file forbids are looked up among the
 * findings that the report has so far. */
void report_violations(struct report *report,
                       const struct policy_matches *matches,
                       const struct model_summary *summary);

/* Findings OPP702: rules whose last day lies before `today`, a date; with
 * NULL or "", finding OPP709 when there are rules with dates. */
void report_expired(struct report *report, const struct policy_file *file,
                    const char *today);

#endif
