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

/* In the order of the nodes, so that the twin stands before the Cast. */
static void
share_in(struct pass_run *run, struct cast_index *index, struct graph *graph)
{
    struct node *next;

    for (struct node *cast = graph->first; cast != NULL; cast = next) {
        struct node *const twin =
            node_is_cast(cast) ? cast_index_twin(index, cast) : NULL;
        next = cast->next;
        if (twin == NULL || value_is_output(cast->outputs[0]) ||
            !value_can_replace(cast->outputs[0], twin->outputs[0]) ||
            !change_begin(run->module, "the value is cast to this type before"))
            continue;
        replace(run, cast, twin);
        change_end(run->module);
    }
}

static enum opp_status
share_casts(struct pass_run *run, struct opp_error *err)
{
    struct cast_index index;

    (void)err;
    cast_index_init(&index, run->scratch, run->module);
    for (uint32_t i = 0; i < run->module->n_graphs; i++)
        share_in(run, &index, run->module->graphs[i]);
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
