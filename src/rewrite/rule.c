#include "rewrite/rule.h"

#include "rewrite/constant.h"
#include "rewrite/text.h"

const struct rewrite_rule rewrite_rules[] = {
#define REWRITE(name, exact, sweep, target, apply, summary, condition, source, \
                ...)                                                           \
    {name,   summary, exact,                                                   \
     sweep,  target,  condition,                                               \
     source, apply,   {__VA_ARGS__, NULL}},
#include "rewrite/rules.def"
#undef REWRITE
    {.name = NULL},
};

/* A constant that nobody reads any more. */
static uint32_t
drop_constant(struct module *module, struct value *value)
{
    if (module->values[value->id] != value || value->uses != NULL)
        return 0;
    if (value->def != NULL && node_is_constant(value->def)) {
        edit_remove_node(module, value->def);
        return 1;
    }
    if (value->kind == VALUE_INITIALIZER && !value->held)
        edit_remove_initializer(module, value);
    return 0;
}

static bool
is_unused(const struct node *node)
{
    for (uint32_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL && node->outputs[i]->uses != NULL)
            return false;
    return true;
}

/* Constants that the match reads: they may lose their last user. */
static void
note_constants(struct rewrite *rewrite)
{
    const struct match *const match = &rewrite->match;

    rewrite->n_constants = 0;
    for (uint32_t i = 0; i < match->n_nodes; i++) {
        const struct node *const node = match->nodes[i];
        for (uint32_t k = 0; k < node->n_inputs && k < TERM_OPERANDS_MOST; k++)
            if (node->inputs[k].value != NULL &&
                constant_is(node->inputs[k].value))
                rewrite->constants[rewrite->n_constants++] =
                    node->inputs[k].value;
    }
}

bool
rewrite_open(struct rewrite *rewrite, struct value *target)
{
    rewrite->target = target;
    rewrite->place = node_place(rewrite->module, target->def);
    rewrite->before = rewrite_text(rewrite, target);
    note_constants(rewrite);
    return change_begin(rewrite->module, rewrite->rule->summary);
}

/* Of the nodes of a match the makers stand before the users. */
static uint32_t
remove_unused(struct rewrite *rewrite)
{
    struct module *const module = rewrite->module;
    struct match *const match = &rewrite->match;
    struct node *const heir = rewrite->target->def;
    uint32_t removed = 0;

    for (uint32_t i = match->n_nodes; i > 0; i--) {
        struct node *const node = match->nodes[i - 1];
        if (node == match->root || node == heir || !is_unused(node))
            continue;
        edit_take_metadata(module, heir, node);
        edit_remove_node(module, node);
        removed++;
    }
    for (uint32_t i = 0; i < rewrite->n_constants; i++)
        removed += drop_constant(module, rewrite->constants[i]);
    return removed;
}

uint32_t
rewrite_close(struct rewrite *rewrite)
{
    struct module *const module = rewrite->module;
    const struct rewrite_rule *const rule = rewrite->rule;
    const uint32_t removed = remove_unused(rewrite);
    const struct rewritten entry = {
        .rule = rule->name,
        .place = rewrite->place,
        .before = rewrite->before,
        .after = rewrite_text(rewrite, rewrite->target),
        .is_exact = rule->exact,
        .condition =
            rewrite->condition != NULL ? rewrite->condition : rule->condition,
        .removed = removed,
    };

    report_rewritten(rewrite->report, &entry);
    change_end(module);
    return removed;
}
