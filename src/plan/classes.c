/* classes.c: items, and which of them must agree. */
#include "plan/plan.h"

#include <assert.h>
#include <string.h>
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "graph/bodies.h"

static const struct reason_info reasons[] = {
#define REASON(id, name, rule, text) {name, rule, text},
#include "plan/reasons.def"
#undef REASON
};

const struct reason_info *
reason_info(enum reason reason)
{
    return &reasons[reason];
}

bool
plan_covers(const struct node *node)
{
    const struct graph *graph = node->graph;

    while (graph->parent != NULL)
        graph = graph->parent;
    return graph->kind == GRAPH_MAIN;
}

/* ---- items ------------------------------------------------------------ */

static uint32_t
control_outputs(const struct node *node)
{
    uint32_t n = node->n_outputs;

    for (uint32_t i = 0; i < node->n_bodies; i++) {
        const struct op_body *const layout = node_body_layout(node, i);
        const uint32_t outputs = node->bodies[i]->n_outputs;
        if (outputs > layout->body_out && outputs - layout->body_out > n)
            n = outputs - layout->body_out;
    }
    return n;
}

static uint32_t
count_items(const struct node *node)
{
    if (node == NULL || node->op == NULL || !plan_covers(node))
        return 0;
    if (node->n_bodies == 0)
        return (uint32_t)op_vars(node->op);
    if (!node_bodies_known(node))
        return 0;
    return node->n_inputs + control_outputs(node);
}

static bool
has_items(const struct plan *plan, const struct node *node)
{
    return plan->first_item[node->id + 1] > plan->first_item[node->id];
}

static uint32_t
var_item(const struct plan *plan, const struct node *node,
         const struct op_param *param)
{
    if (param == NULL || param->var == OP_NONE || param->mixed)
        return ITEM_FIXED;
    return plan->first_item[node->id] + param->var;
}

static uint32_t
node_input_item(const struct plan *plan, const struct node *node,
                uint32_t slot)
{
    if (!has_items(plan, node))
        return ITEM_FIXED;
    if (node->n_bodies > 0)
        return plan->first_item[node->id] + slot;
    return var_item(plan, node, op_input(node->op, slot));
}

static uint32_t
node_output_item(const struct plan *plan, const struct node *node,
                 uint32_t slot)
{
    if (!has_items(plan, node))
        return ITEM_FIXED;
    if (node->n_bodies > 0)
        return plan->first_out[node->id] + slot;
    return var_item(plan, node, op_output(node->op, slot));
}

static uint32_t
body_output_item(const struct plan *plan, const struct graph *body,
                 uint32_t slot)
{
    const struct op_body *const layout = graph_body_layout(body);

    if (layout == NULL || !has_items(plan, body->owner) ||
        slot < layout->body_out)
        return ITEM_FIXED;
    return plan->first_out[body->owner->id] + slot - layout->body_out;
}

static uint32_t
body_input_item(const struct plan *plan, const struct graph *body,
                uint32_t slot)
{
    const struct op_body *const layout = graph_body_layout(body);
    uint32_t operand;

    if (layout == NULL || !has_items(plan, body->owner) ||
        layout->node_in == OP_NONE || slot < layout->body_in)
        return ITEM_FIXED;
    operand = layout->node_in + slot - layout->body_in;
    return operand < body->owner->n_inputs
               ? plan->first_item[body->owner->id] + operand
               : ITEM_FIXED;
}

uint32_t
plan_use_item(const struct plan *plan, const struct use *use)
{
    if (use->user != NULL)
        return node_input_item(plan, use->user, use->slot);
    switch (use->graph->kind) {
    case GRAPH_MAIN:
        return plan->first_output + use->slot;
    case GRAPH_BODY:
        return body_output_item(plan, use->graph, use->slot);
    case GRAPH_FUNCTION:
        return ITEM_FIXED;
    }
    return ITEM_FIXED;
}

uint32_t
plan_value_item(const struct plan *plan, const struct value *value)
{
    if (value->kind == VALUE_NODE)
        return node_is_constant(value->def)
                   ? ITEM_FIXED
                   : node_output_item(plan, value->def, value->slot);
    if (value->kind == VALUE_INITIALIZER)
        return ITEM_FIXED;
    switch (value->graph->kind) {
    case GRAPH_MAIN:
        return plan->first_input + value->slot;
    case GRAPH_BODY:
        return body_input_item(plan, value->graph, value->slot);
    case GRAPH_FUNCTION:
        return ITEM_FIXED;
    }
    return ITEM_FIXED;
}

static void
number_items(struct plan *plan)
{
    const struct module *const module = plan->module;
    uint32_t n = 0;

    plan->first_item =
        arena_array(module->arena, module->n_nodes + (size_t)1, uint32_t);
    plan->first_out = arena_array(module->arena, module->n_nodes, uint32_t);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        plan->first_item[i] = n;
        if (module->nodes[i] != NULL)
            plan->first_out[i] = n + module->nodes[i]->n_inputs;
        n += count_items(module->nodes[i]);
    }
    plan->first_item[module->n_nodes] = n;
    plan->first_input = n;
    n += module->graphs[0]->n_inputs;
    plan->first_output = n;
    n += module->graphs[0]->n_outputs;
    plan->n_items = n;
    plan->parent = arena_array(module->arena, n, uint32_t);
    plan->of = arena_array(module->arena, n, struct decision);
    for (uint32_t i = 0; i < n; i++)
        plan->parent[i] = i;
}

/* ---- classes ---------------------------------------------------------- */

uint32_t
plan_root(const struct plan *plan, uint32_t item)
{
    uint32_t *const parent = plan->parent;

    while (parent[item] != item) {
        parent[item] = parent[parent[item]];
        item = parent[item];
    }
    return item;
}

struct decision *
plan_decision(const struct plan *plan, uint32_t item)
{
    return &plan->of[plan_root(plan, item)];
}

/* The smaller index wins, so that the root does not depend on the order. */
static void
unite(const struct plan *plan, uint32_t a, uint32_t b)
{
    if (a == ITEM_FIXED || b == ITEM_FIXED)
        return;
    a = plan_root(plan, a);
    b = plan_root(plan, b);
    if (a < b)
        plan->parent[b] = a;
    else
        plan->parent[a] = b;
}

static void
unite_carried(const struct plan *plan, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_bodies; i++) {
        const struct op_body *const layout = node_body_layout(node, i);
        const uint32_t n = node_body_carried(node, layout);
        for (uint32_t k = 0; k < n; k++)
            unite(plan, plan->first_item[node->id] + layout->node_in + k,
                  plan->first_out[node->id] + k);
    }
}

/* A sequence and its elements change type together, and so do variables that
 * no attribute can tell apart. */
static void
unite_variables(const struct plan *plan, const struct node *node)
{
    for (size_t i = 0; i < node->op->n_rules; i++) {
        const struct op_rule *const rule = op_rule(node->op, i);
        const uint32_t item = plan->first_item[node->id] + rule->var;
        if (op_rule_joins(rule))
            unite(plan, item, plan->first_item[node->id] + rule->other);
        else if (rule->kind == OP_RULE_SAME && rule->other < node->n_inputs)
            unite(plan, item, node_input_item(plan, node, rule->other));
    }
}

/* One value can be several outputs of the model, or an input too; its name is
 * public, so there is no place for a cast between them. */
static void
unite_ends(const struct plan *plan, const struct value *value)
{
    uint32_t end = value->kind == VALUE_INPUT ? plan_value_item(plan, value)
                                              : ITEM_FIXED;

    for_each_use (value, use) {
        if (use->user != NULL || use->graph->kind != GRAPH_MAIN)
            continue;
        unite(plan, end, plan_use_item(plan, use));
        end = plan_use_item(plan, use);
    }
}

/* A sequence or an optional cannot be cast, so its maker and its users are of
 * one class; where one of them is fixed, the class is. */
static void
unite_uncastable(struct plan *plan, const struct types *types,
                 const struct value *value)
{
    const struct value_type type = types->of[value->id];
    const uint32_t made = plan_value_item(plan, value);

    if (type.known && type.container == OP_TENSOR)
        return;
    for_each_use (value, use)
        unite(plan, made, plan_use_item(plan, use));
}

static void
unite_all(struct plan *plan, const struct types *types)
{
    const struct module *const module = plan->module;

    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (node == NULL || !has_items(plan, node))
            continue;
        if (node->n_bodies > 0)
            unite_carried(plan, node);
        else
            unite_variables(plan, node);
    }
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        if (value == NULL)
            continue;
        unite_uncastable(plan, types, value);
        if (value->graph->kind == GRAPH_MAIN)
            unite_ends(plan, value);
    }
}

/* ---- types now -------------------------------------------------------- */

static void
meet_type(struct plan *plan, uint32_t item, struct value_type type,
          bool *touched)
{
    uint32_t root;
    struct decision *decision;

    if (item == ITEM_FIXED)
        return;
    root = plan_root(plan, item);
    decision = &plan->of[root];
    if (!touched[root])
        decision->from = type.known ? type.elem : ELEM_UNDEFINED;
    else if (!type.known || decision->from != type.elem)
        decision->from = ELEM_UNDEFINED;
    touched[root] = true;
}

static void
type_classes(struct plan *plan, const struct types *types)
{
    const struct module *const module = plan->module;
    bool *const touched = arena_array(module->arena, plan->n_items, bool);

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        if (value == NULL)
            continue;
        meet_type(plan, plan_value_item(plan, value), types->of[i], touched);
        for_each_use (value, use)
            meet_type(plan, plan_use_item(plan, use), types->of[i], touched);
    }
    for (uint32_t i = 0; i < plan->n_items; i++) {
        plan->of[i].elem = plan->of[i].from;
        plan->of[i].detail = "";
        plan->of[i].reason = plan->of[i].from == ELEM_FLOAT
                                 ? REASON_DEFAULT
                                 : REASON_OTHER_TYPE;
    }
}

/* ---- structure -------------------------------------------------------- */

static void
hash_text(XXH3_state_t *state, const char *text)
{
    XXH3_64bits_update(state, text, strlen(text) + 1);
}

static uint64_t
hash_structure(const struct module *module)
{
    XXH3_state_t state;

    XXH3_64bits_reset(&state);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (node == NULL)
            continue;
        hash_text(&state, node_label(module, node));
        hash_text(&state, node->proto->op_type);
        for (uint32_t k = 0; k < node->n_inputs; k++)
            hash_text(&state, node->inputs[k].value == NULL
                                  ? ""
                                  : node->inputs[k].value->name);
        for (uint32_t k = 0; k < node->n_outputs; k++)
            hash_text(&state, node->outputs[k] == NULL
                                  ? ""
                                  : node->outputs[k]->name);
    }
    return XXH3_64bits_digest(&state);
}

struct plan *
plan_new(struct module *module, const struct types *types, int to)
{
    struct plan *const plan = arena_new(module->arena, struct plan);

    plan->module = module;
    plan->changes = module->changes;
    plan->to = to;
    plan->n_nodes = module->n_nodes;
    plan->nodes = arena_array(module->arena, module->n_nodes, struct node *);
    if (module->n_nodes > 0)
        memcpy(plan->nodes, module->nodes,
               module->n_nodes * sizeof *module->nodes);
    number_items(plan);
    unite_all(plan, types);
    type_classes(plan, types);
    plan->structure = hash_structure(module);
    return plan;
}

/* ---- decisions -------------------------------------------------------- */

bool
plan_is_free(const struct plan *plan, uint32_t item)
{
    return item != ITEM_FIXED &&
           plan_decision(plan, item)->reason == REASON_DEFAULT;
}

bool
plan_keep(struct plan *plan, uint32_t item, enum reason reason,
          const struct node *where, const char *detail)
{
    struct decision *decision;

    if (!plan_is_free(plan, item))
        return false;
    decision = plan_decision(plan, item);
    decision->elem = decision->from;
    decision->reason = reason;
    decision->where = where;
    decision->detail = detail;
    return true;
}

static int
planned_elem(const struct plan *plan, uint32_t item, struct value_type now)
{
    const struct decision *decision;

    if (item == ITEM_FIXED || !now.known)
        return now.elem;
    decision = plan_decision(plan, item);
    return decision->from == now.elem ? decision->elem : now.elem;
}

int
plan_elem_of_use(const struct plan *plan, const struct types *types,
                 const struct use *use)
{
    return planned_elem(plan, plan_use_item(plan, use),
                        types_of_use(types, use));
}

int
plan_elem_of_value(const struct plan *plan, const struct types *types,
                   const struct value *value)
{
    return planned_elem(plan, plan_value_item(plan, value),
                        types->of[value->id]);
}

/* ---- places --------------------------------------------------------------- */

static const char *
operand_name(const struct plan *plan, const struct node *node, uint32_t i)
{
    struct arena *const arena = plan->module->arena;

    if (node->n_bodies == 0)
        return op_var_name(node->op, i);
    if (i < node->n_inputs)
        return arena_printf(arena, "input %u", i);
    return arena_printf(arena, "output %u", i - node->n_inputs);
}

static void
place_node(const struct plan *plan, const struct node *node,
           struct plan_place *places)
{
    const struct module *const module = plan->module;
    const uint32_t n = plan->first_item[node->id + 1] -
                       plan->first_item[node->id];
    const struct plan_place place = {
        .node = node,
        .scope = n == 0 ? "" : graph_path(module, node->graph),
        .label = n == 0 ? "" : node_label(module, node),
    };

    for (uint32_t i = 0; i < n; i++) {
        places[i] = place;
        places[i].operand = operand_name(plan, node, i);
    }
}

const struct plan_place *
plan_places(const struct plan *plan)
{
    const struct graph *const graph = plan->module->graphs[0];
    struct plan_place *const places = arena_array(
        plan->module->arena, plan->n_items, struct plan_place);

    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i] != NULL)
            place_node(plan, plan->nodes[i], &places[plan->first_item[i]]);
    for (uint32_t i = 0; i < graph->n_inputs; i++)
        places[plan->first_input + i].operand = graph->inputs[i]->name;
    for (uint32_t i = 0; i < graph->n_outputs; i++)
        places[plan->first_output + i].operand =
            graph->proto->output[i]->name;
    return places;
}
