/* rename-duplicates: gives a node whose name another node of its graph has
 * already a fresh one, because plans, patterns and reports know nodes by their
 * names. The first of them keeps it.
 * needs nothing; keeps types. */
#include "graph/names.h"
#include "pass/pass.h"

static enum opp_status
rename_duplicates(struct pass_run *run, struct opp_error *err)
{
    struct module *const module = run->module;
    struct node *const *const twins = node_twins(module, run->scratch);
    const uint32_t n = module->n_nodes;

    (void)err;
    for (uint32_t i = 0; i < n; i++) {
        struct node *const node = module->nodes[i];
        if (twins[i] == NULL ||
            !change_begin(module, "another node has its name"))
            continue;
        edit_set_node_name(module, node,
                           edit_fresh_name(module, node->proto->name, ""));
        run->counts[0]++;
        change_end(module);
    }
    return OPP_OK;
}

const struct pass pass_rename_duplicates = {
    .name = "rename-duplicates",
    .summary = "give nodes of one name different names",
    .edits = true,
    .keeps = FACT_TYPES,
    .counts = {"renamed"},
    .run = rename_duplicates,
};
