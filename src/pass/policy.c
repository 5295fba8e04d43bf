#include "pass/policy.h"

enum opp_status
policy_parse(struct policy *policy, const struct pass_run *run,
             struct opp_error *err)
{
    const struct {
        const char *option;
        struct pattern_list *list;
    } lists[] = {
        {"node-block", &policy->node_block},
        {"node-include", &policy->node_include},
        {"op-block", &policy->op_block},
        {"op-include", &policy->op_include},
    };
    enum opp_status status = OPP_OK;

    for (size_t i = 0; status == OPP_OK && i < sizeof lists / sizeof *lists;
         i++)
        status = pattern_list_parse(lists[i].list, run->module->arena,
                                    pass_option(run, lists[i].option), err);
    return status;
}

enum opp_status
policy_load(struct policy_matches *out, const struct pass_run *run,
            struct opp_error *err)
{
    const char *const path = pass_option(run, "policy");
    struct policy_file *file;
    enum opp_status status;

    *out = (struct policy_matches){0};
    if (path[0] == '\0')
        return OPP_OK;
    file = arena_new(run->scratch, struct policy_file);
    status = policy_file_read(file, path, run->scratch, err);
    if (status != OPP_OK)
        return status;
    policy_match(out, file, run->module, run->facts->types, run->scratch);
    report_policy(run->report, file->path, file->hash);
    return OPP_OK;
}
