/* stamp-model: writes into the model which version of this tool made it, from
 * which file, by which plan and policy, and which constants it clamped. A model
 * that the passes before it in the run left as it was gets no stamp, so that it
 * is still written byte by byte.
 * needs nothing; keeps types. */
#include "model/digest.h"
#include "pass/pass.h"
#include "plan/damage.h"

static bool
is_wanted(const struct pass_run *run)
{
    return pass_option_flag(run, "enabled");
}

static void
begin(struct pass_run *run)
{
    if (is_wanted(run))
        digest_begin(run->module->model);
}

/* NULL when there is no plan: then an old hash says nothing any more. */
static const char *
plan_text(const struct pass_run *run)
{
    char text[HASH128_TEXT];

    if (*run->plan == NULL)
        return NULL;
    plan_hash(*run->plan, text);
    return arena_strdup(run->module->arena, text);
}

/* The constants that were clamped before, and those that were now. */
static const char *
clamped_text(const struct pass_run *run)
{
    const char *const before = edit_get_metadata(run->module, CLAMPED_KEY);
    const char *const now = *run->plan == NULL ? NULL : (*run->plan)->clamped;

    if (before == NULL || now == NULL)
        return before == NULL ? now : before;
    return arena_printf(run->module->arena, "%s %s", before, now);
}

static enum opp_status
stamp_model(struct pass_run *run, struct opp_error *err)
{
    struct module *const module = run->module;
    const char *source;
    enum opp_status status;

    if (!is_wanted(run) || run->changes == 0 || !module->model->changed)
        return OPP_OK;
    status = digest_get(module->model, &source, err);
    if (status != OPP_OK || !change_begin(module, "says how it was made"))
        return status;
    edit_set_metadata(module, "opp.version", OPP_VERSION);
    edit_set_metadata(module, "opp.source", source);
    edit_set_metadata(module, "opp.plan", plan_text(run));
    edit_set_metadata(module, CLAMPED_KEY, clamped_text(run));
    edit_set_metadata(module, "opp.policy",
                      *run->plan == NULL ? NULL : (*run->plan)->policy);
    change_end(module);
    run->counts[0]++;
    return OPP_OK;
}

const struct pass pass_stamp_model = {
    .name = "stamp-model",
    .summary = "write version, source and plan into the model, if it changed",
    .edits = true,
    .keeps = FACT_TYPES,
    .options = {{"enabled", OPTION_FLAG, "true", "false writes no stamp"}},
    .counts = {"stamps"},
    .begin = begin,
    .run = stamp_model,
};
