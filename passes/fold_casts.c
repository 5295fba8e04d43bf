/* fold-casts: removes casts that change no value: to the type that the value
 * has, and back from a type that holds every value of it. A pair through a
 * narrower type rounds, so it stays.
 * needs types; keeps them. */
#include "graph/casts.h"
#include "pass/pass.h"

/* Float formats by what they hold: every value of an earlier one of a row is a
 * value of the later ones (IEEE 754-2019 table 3.5; bfloat16: 8 exponent and
 * 7 fraction bits). */
static bool
holds(int wide, int narrow)
{
    if (wide == ELEM_DOUBLE)
        return narrow == ELEM_FLOAT || narrow == ELEM_FLOAT16 ||
               narrow == ELEM_BFLOAT16;
    return wide == ELEM_FLOAT &&
           (narrow == ELEM_FLOAT16 || narrow == ELEM_BFLOAT16);
}

/* A type that only value_info says may be another one. */
static bool
is_surely(struct value_type type, int elem)
{
    return type_is(type, elem) && !type.assumed;
}

/* The value that equals the output of `cast`, or NULL. */
static struct value *
equal_value(const struct pass_run *run, const struct node *cast)
{
    const struct types *const types = run->facts->types;
    struct value *const input = cast->inputs[0].value;
    const struct node *const before = cast_before(cast);
    struct value_type origin;

    if (is_surely(types->of[input->id], cast_to(cast)))
        return input;
    if (before == NULL)
        return NULL;
    origin = types->of[before->inputs[0].value->id];
    return is_surely(origin, cast_to(cast)) &&
                   holds(cast_to(before), origin.elem)
               ? before->inputs[0].value
               : NULL;
}

static bool
has_public_name(const struct value *value)
{
    return value->graph->kind != GRAPH_BODY && value_is_output(value);
}

/* A Cast to the type that the value has, at an output of the model or of a
 * function: its maker can make the output itself. */
static bool
can_return_output(const struct node *cast, const struct value *equal)
{
    return equal == cast->inputs[0].value && equal->def != NULL &&
           equal->def->graph == cast->graph && !value_is_output(equal) &&
           value_can_replace(equal, cast->outputs[0]);
}

static void
return_output(struct pass_run *run, struct node *cast)
{
    if (!change_begin(run->module, "the cast changes no value"))
        return;
    edit_return_output(run->module, cast);
    run->counts[0]++;
    change_end(run->module);
}

static void
fold(struct pass_run *run, struct node *cast, struct value *equal)
{
    struct value *const output = cast->outputs[0];

    if (!change_begin(run->module, "the cast changes no value"))
        return;
    while (output->uses != NULL)
        edit_set_use(run->module, output->uses, equal);
    edit_remove_node(run->module, cast);
    run->counts[0]++;
    change_end(run->module);
}

/* The inner cast of a folded pair may have lost its last user. */
static void
remove_unused(struct pass_run *run, struct node *cast)
{
    if (cast == NULL || cast->outputs[0]->uses != NULL ||
        !change_begin(run->module, "nobody reads the cast any more"))
        return;
    edit_remove_node(run->module, cast);
    run->counts[0]++;
    change_end(run->module);
}

static enum opp_status
fold_casts(struct pass_run *run, struct opp_error *err)
{
    (void)err;
    for (uint32_t i = 0; i < run->module->n_nodes; i++) {
        struct node *const cast = run->module->nodes[i];
        struct node *before;
        struct value *equal;
        if (cast == NULL || !node_is_cast(cast))
            continue;
        equal = equal_value(run, cast);
        if (equal == NULL)
            continue;
        if (has_public_name(cast->outputs[0])) {
            if (can_return_output(cast, equal))
                return_output(run, cast);
            continue;
        }
        if (!value_can_replace(cast->outputs[0], equal))
            continue;
        before = cast_before(cast);
        fold(run, cast, equal);
        remove_unused(run, before);
    }
    return OPP_OK;
}

const struct pass pass_fold_casts = {
    .name = "fold-casts",
    .summary = "remove casts that change no value",
    .edits = true,
    .needs = FACT_TYPES,
    .keeps = FACT_TYPES,
    .counts = {"removed"},
    .run = fold_casts,
};
