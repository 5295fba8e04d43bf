/* written.c: a model that holds low-precision arithmetic already. What is wide
 * between it was kept so by somebody, and stays. */
#include "base/sets.h"
#include "plan/cause.h"
#include "plan/decide.h"

struct written {
    struct plan *plan;
    const struct types *types;
    uint32_t *parent; /* union-find over roots of classes: wide tensors */
    const struct node **border; /* by root of those: a node next to it that
                                   computes or uses low-precision values */
};

static void
join(const struct written *w, uint32_t a, uint32_t b)
{
    if (a != ITEM_FIXED && b != ITEM_FIXED)
        sets_unite(w->parent, plan_root(w->plan, a), plan_root(w->plan, b));
}

/* Inputs and outputs of the model connect nothing: what stands behind one of
 * them may have nothing to do with what stands behind another use of it. */
static bool
is_end(const struct plan *plan, uint32_t item)
{
    const struct graph *const main = plan->module->graphs[0];
    const uint32_t first = plan->first_end[main->id];

    return item >= first && item < first + main->n_inputs + main->n_outputs;
}

static bool
is_wide(const struct written *w, const struct value *value)
{
    const struct value_type type = w->types->of[value->id];

    return type.known && plan_converts(w->plan, type.elem);
}

static bool
is_low(const struct written *w, const struct value *value)
{
    const struct value_type type = w->types->of[value->id];

    return type.known &&
           (type.elem == ELEM_FLOAT16 || type.elem == ELEM_BFLOAT16);
}

static void
join_users(const struct written *w, const struct value *value)
{
    const uint32_t made = plan_value_item(w->plan, value);

    if (!is_wide(w, value) || value_is_constant_of(value, ELEM_FLOAT) ||
        is_end(w->plan, made))
        return;
    for_each_use (value, use)
        if (!is_end(w->plan, plan_use_item(w->plan, use)))
            join(w, made, plan_use_item(w->plan, use));
}

static bool
converts(const struct node *node)
{
    return node->op != NULL && node->op->class == OP_CONVERT;
}

/* Operands of one computation are kept together. */
static void
join_operands(const struct written *w, const struct node *node)
{
    const struct plan *const plan = w->plan;
    uint32_t first = ITEM_FIXED;

    if (node->n_bodies > 0 || converts(node))
        return;
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++) {
        if (!plan_converts(plan, plan_decision(plan, i)->from))
            continue;
        join(w, first, i);
        if (first == ITEM_FIXED)
            first = i;
    }
}

/* A weight that is only stored in low precision, and an input or output of the
 * model that has it, are no arithmetic. */
static bool
is_computed(const struct value *value)
{
    return value->def != NULL ? !node_is_constant(value->def) &&
                                    !converts(value->def)
                              : value->kind == VALUE_INPUT &&
                                    value->graph->kind != GRAPH_MAIN;
}

static bool
is_computed_with(const struct value *value)
{
    for_each_use (value, use)
        if (use->user != NULL ? !converts(use->user)
                              : use->graph->kind != GRAPH_MAIN)
            return true;
    return false;
}

/* True when the node reads or makes a low-precision value that matters. Bodies
 * and functions have nodes of their own that do. */
static bool
touches_low(const struct written *w, const struct node *node)
{
    if (node->n_bodies > 0 || node->function != NULL)
        return false;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value != NULL && is_low(w, value) && is_computed(value))
            return true;
    }
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        const struct value *const value = node->outputs[i];
        if (value != NULL && is_low(w, value) && is_computed_with(value))
            return true;
    }
    return false;
}

static void
mark(const struct written *w, uint32_t item, const struct node *node)
{
    const struct node **border;

    if (item == ITEM_FIXED || !plan_is_free(w->plan, item) ||
        plan_is_low(w->plan, item))
        return;
    border = &w->border[sets_root(w->parent, plan_root(w->plan, item))];
    if (*border == NULL)
        *border = node;
}

static void
mark_operands(const struct written *w, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++)
        mark(w, plan_use_item(w->plan, &node->inputs[i]), node);
    for (uint32_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL)
            mark(w, plan_value_item(w->plan, node->outputs[i]), node);
}

/* What is kept, and the arithmetic beside it that shows that somebody chose
 * it. */
static void
keep_written(const struct written *w, uint32_t root)
{
    struct arena *const arena = w->plan->module->arena;
    const struct node *const node = w->border[sets_root(w->parent, root)];

    if (node == NULL || !plan_is_free(w->plan, root))
        return;
    plan_keep_because(
        w->plan, root, REASON_WRITTEN, NULL,
        cause_new(arena, NULL, node, NULL,
                  "low-precision values are computed or read here"));
}

void
decide_written(struct plan *plan, const struct types *types)
{
    const struct module *const module = plan->module;
    struct written w = {.plan = plan, .types = types};

    w.parent = arena_array(module->arena, plan->n_items, uint32_t);
    w.border =
        arena_array(module->arena, plan->n_items, const struct node *);
    sets_init(w.parent, plan->n_items);
    for (uint32_t i = 0; i < module->n_values; i++)
        if (module->values[i] != NULL)
            join_users(&w, module->values[i]);
    for (uint32_t i = 0; i < module->n_nodes; i++)
        if (module->nodes[i] != NULL)
            join_operands(&w, module->nodes[i]);
    for (uint32_t i = 0; i < module->n_nodes; i++)
        if (module->nodes[i] != NULL && touches_low(&w, module->nodes[i]))
            mark_operands(&w, module->nodes[i]);
    for (uint32_t i = 0; i < plan->n_items; i++)
        if (plan_root(plan, i) == i && !is_end(plan, i))
            keep_written(&w, i);
}
