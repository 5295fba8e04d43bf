#include "rewrite/rule.h"

#include "graph/edit.h"
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

static bool
is_unused(const struct node *node)
{
    for (uint32_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL && node->outputs[i]->uses != NULL)
            return false;
    return true;
}

/* What `node` reads may lose its last user. */
static void
note_operands(struct rewrite *rewrite, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        struct value *const value = node->inputs[i].value;
        if (value == NULL)
            continue;
        rewrite->operands =
            arena_grow(rewrite->scratch, rewrite->operands, rewrite->n_operands,
                       sizeof *rewrite->operands);
        rewrite->operands[rewrite->n_operands++] = value;
    }
}

bool
rewrite_open(struct rewrite *rewrite, struct value *target)
{
    rewrite->target = target;
    rewrite->place = node_place(rewrite->module, target->def);
    rewrite->before = rewrite_text(rewrite, target);
    rewrite->n_operands = 0;
    for (uint32_t i = 0; i < rewrite->match.n_nodes; i++)
        note_operands(rewrite, rewrite->match.nodes[i]);
    return change_begin(rewrite->module, rewrite->rule->summary);
}

static bool
is_kept(const struct rewrite *rewrite, const struct node *node)
{
    return node == rewrite->match.root || node == rewrite->target->def ||
           node->n_bodies > 0 || !is_unused(node);
}

/* Of the nodes of a match the makers stand before the users. */
static uint32_t
remove_match(struct rewrite *rewrite)
{
    uint32_t removed = 0;

    for (uint32_t i = rewrite->match.n_nodes; i > 0; i--) {
        struct node *const node = rewrite->match.nodes[i - 1];
        if (is_kept(rewrite, node))
            continue;
        edit_take_metadata(rewrite->module, rewrite->target->def, node);
        edit_remove_node(rewrite->module, node);
        removed++;
    }
    return removed;
}

/* What made operands of the match, and nothing else: constants, axes. */
static uint32_t
remove_makers(struct rewrite *rewrite)
{
    struct module *const module = rewrite->module;
    uint32_t removed = 0;

    for (uint32_t i = 0; i < rewrite->n_operands; i++) {
        struct value *const value = rewrite->operands[i];
        if (module->values[value->id] != value || value->uses != NULL)
            continue;
        if (value->kind == VALUE_INITIALIZER && !value->held)
            edit_remove_initializer(module, value);
        if (value->kind != VALUE_NODE || is_kept(rewrite, value->def))
            continue;
        note_operands(rewrite, value->def);
        edit_remove_node(module, value->def);
        removed++;
    }
    return removed;
}

uint32_t
rewrite_close(struct rewrite *rewrite)
{
    struct module *const module = rewrite->module;
    const struct rewrite_rule *const rule = rewrite->rule;
    const uint32_t of_match = remove_match(rewrite);
    const uint32_t removed = of_match + remove_makers(rewrite);
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
