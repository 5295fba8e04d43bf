/* check-policy: holds the model, as it is where the pass stands in the
 * pipeline, against a policy file: rules about float32, types of inputs and
 * outputs, limits, and dates.
 * needs types; edits nothing. */
#include "pass/policy.h"
#include "pass/summary.h"
#include "plan/policy_check.h"

static enum opp_status
check_today(const char *today, struct opp_error *err)
{
    if (today[0] == '\0' || policy_is_date(today))
        return OPP_OK;
    return error_set(err, OPP_EUSAGE, "`%s` is no date such as 2027-03-31",
                     today);
}

static enum opp_status
check_policy(struct pass_run *run, struct opp_error *err)
{
    const char *const today = pass_option(run, "today");
    struct policy_matches matches;
    struct model_summary summary;
    enum opp_status status = check_today(today, err);

    if (status == OPP_OK)
        status = policy_load(&matches, run, err);
    if (status != OPP_OK || matches.file == NULL)
        return status;
    summary_make(&summary, run->module, run->facts->types);
    report_violations(run->report, &matches, &summary);
    report_expired(run->report, matches.file, today);
    for (const struct finding *f = run->report->findings; f != NULL;
         f = f->next)
        run->counts[0] += f->rule == OPP701;
    return OPP_OK;
}

const struct pass pass_check_policy = {
    .name = "check-policy",
    .summary = "hold the model against a policy file",
    .needs = FACT_TYPES,
    .keeps = FACT_TYPES,
    .options =
        {
            {"policy", OPTION_TEXT, "", "file with rules about precision"},
            {"today", OPTION_TEXT, "",
             "date that rules expire before, such as 2027-03-31"},
        },
    .counts = {"violations"},
    .run = check_policy,
};
