/* policy.h: the user's lists and policy file as options of a pass. */
#ifndef PASS_POLICY_H
#define PASS_POLICY_H

#include "pass/pass.h"
#include "plan/decide.h"

/* Reads the options node-block, node-include, op-block and op-include, which
 * the pass must have. OPP_EUSAGE for a bad pattern. */
enum opp_status policy_parse(struct policy *policy, const struct pass_run *run,
                             struct opp_error *err);

/* Reads the file that the option policy names, which the pass must have, and
 * finds what its rules take. The result lives in the scratch arena of the run;
 * `out->file` is NULL when no file is named. OPP_EUSAGE. */
enum opp_status policy_load(struct policy_matches *out,
                            const struct pass_run *run, struct opp_error *err);

#endif
