/* policy.h: the user's lists as options of a pass. */
#ifndef PASS_POLICY_H
#define PASS_POLICY_H

#include "pass/pass.h"
#include "plan/decide.h"

/* Reads the options node-block, node-include, op-block and op-include, which
 * the pass must have. OPP_EUSAGE for a bad pattern. */
enum opp_status policy_parse(struct policy *policy, const struct pass_run *run,
                             struct opp_error *err);

#endif
