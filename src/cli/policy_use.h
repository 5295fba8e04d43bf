/* policy_use.h: which policy file a command obeys, and as of which day. */
#ifndef CLI_POLICY_USE_H
#define CLI_POLICY_USE_H

#include "cli/call.h"

/* The policy file for the model `input`: that of --policy, else, where the
 * command looks for one, the nearest that there is. *path is NULL when there is
 * none; otherwise it lives as long as `*found`, which the caller frees.
 * OPP_EUSAGE, OPP_ENOMEM. */
enum opp_status policy_use_find(struct call *call, const char *input,
                                struct text *found, const char **path,
                                struct opp_error *err);

/* Makes the passes of the pipeline obey the file. OPP_EUSAGE when no pass of it
 * would. */
enum opp_status policy_use_set(struct call *call, struct opp_pipeline *pipeline,
                               const char *path, struct opp_error *err);

/* "2027-03-31", of --today or SOURCE_DATE_EPOCH, in `text`; "" for neither.
 * OPP_EUSAGE when the variable is no number of seconds. */
enum { POLICY_DATE_TEXT = 16 };
enum opp_status policy_use_today(const struct call *call,
                                 char text[POLICY_DATE_TEXT],
                                 struct opp_error *err);

/* Exit code of a run that went well: 1 where the policy is violated. */
int policy_use_code(const struct opp_report *report);

#endif
