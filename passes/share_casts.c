/* share-casts: one Cast for each value, target type and scope: later ones read
 * the result of the first.
 * needs types; keeps them. */
#include "graph/casts.h"
#include "pass/pass.h"

static void
replace(struct pass_run *run, struct node *cast, struct node *twin)
{
    struct value *const old = cast->outputs[0];

    while (old->uses != NULL)
        edit_set_use(run->module, old->uses, twin->outputs[0]);
    edit_remove_node(run->module, cast);
    run->counts[0]++;
}

static enum opp_status
share_casts(struct pass_run *run, struct opp_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < run->module->n_nodes; i++) {
        struct node *const cast = run->module->nodes[i];
        struct node *const twin =
            cast == NULL || !node_is_cast(cast) ? NULL : cast_twin(cast);
        if (twin == NULL || value_is_output(cast->outputs[0]) ||
            !change_begin(run->module, "the value is cast to this type before"))
            continue;
        replace(run, cast, twin);
        change_end(run->module);
    }
    return OPP_OK;
}

const struct pass pass_share_casts = {
    .name = "share-casts",
    .summary = "let casts of one value to one type share one Cast node",
    .edits = true,
    .needs = FACT_TYPES,
    .keeps = FACT_TYPES,
    .counts = {"removed"},
    .run = share_casts,
};
