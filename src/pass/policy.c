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
