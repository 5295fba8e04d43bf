/* items.c: which operand belongs to which item, and where that is. */
#include "plan/internal.h"

#include "base/sets.h"
#include "graph/bodies.h"

static uint32_t
control_outputs(const struct node *node)
{
    uint32_t n = node->n_outputs;

    for (uint32_t i = 0; i < node->n_bodies; i++) {
        const struct op_body *const layout = node_body_layout(node, i);
        const uint32_t outputs = node->bodies[i]->n_outputs;
        const uint32_t carried = node_body_carried(node, layout);
        if (outputs > layout->body_out && outputs - layout->body_out > n)
            n = outputs - layout->body_out;
        if (carried > n)
            n = carried;
    }
    return n;
}

static uint32_t
count_items(const struct node *node)
{
    if (node == NULL || node->op == NULL || node->function != NULL)
        return 0;
    if (node->n_bodies == 0)
        return (uint32_t)op_vars(node->op);
    if (!node_bodies_known(node))
        return 0;
    return node->n_inputs + control_outputs(node);
}

bool
plan_has_items(const struct plan *plan, const struct node *node)
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

uint32_t
plan_input_item(const struct plan *plan, const struct graph *graph,
                uint32_t i)
{
    return i < graph->n_inputs ? plan->first_end[graph->id] + i : ITEM_FIXED;
}

uint32_t
plan_output_item(const struct plan *plan, const struct graph *graph,
                 uint32_t i)
{
    return i < graph->n_outputs
               ? plan->first_end[graph->id] + graph->n_inputs + i
               : ITEM_FIXED;
}

static uint32_t
node_input_item(const struct plan *plan, const struct node *node,
                uint32_t slot)
{
    if (node->function != NULL)
        return plan_input_item(plan, node->function, slot);
    if (!plan_has_items(plan, node))
        return ITEM_FIXED;
    if (node->n_bodies > 0)
        return plan->first_item[node->id] + slot;
    return var_item(plan, node, op_input(node->op, slot));
}

static uint32_t
node_output_item(const struct plan *plan, const struct node *node,
                 uint32_t slot)
{
    if (node->function != NULL)
        return plan_output_item(plan, node->function, slot);
    if (!plan_has_items(plan, node))
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

    if (layout == NULL || !plan_has_items(plan, body->owner) ||
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

    if (layout == NULL || !plan_has_items(plan, body->owner) ||
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
    return use->graph->kind == GRAPH_BODY
               ? body_output_item(plan, use->graph, use->slot)
               : plan_output_item(plan, use->graph, use->slot);
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
    return value->graph->kind == GRAPH_BODY
               ? body_input_item(plan, value->graph, value->slot)
               : plan_input_item(plan, value->graph, value->slot);
}

/* The ends of all graphs that have some of their own, from item `n` on. */
static uint32_t
number_ends(struct plan *plan, uint32_t n)
{
    const struct module *const module = plan->module;

    plan->first_end =
        arena_array(module->arena, module->n_graphs, uint32_t);
    for (uint32_t i = 0; i < module->n_graphs; i++) {
        const struct graph *const graph = module->graphs[i];
        plan->first_end[i] = n;
        if (graph->kind != GRAPH_BODY)
            n += graph->n_inputs + graph->n_outputs;
    }
    return n;
}

void
plan_number_items(struct plan *plan)
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
    n = number_ends(plan, n);
    plan->n_items = n;
    plan->parent = arena_array(module->arena, n, uint32_t);
    plan->of = arena_array(module->arena, n, struct decision);
    sets_init(plan->parent, n);
}

/* ---- places -------------------------------------------------------------- */

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

static const char *
output_name(const struct graph *graph, uint32_t i)
{
    return graph->function != NULL ? graph->function->output[i]
                                   : graph->proto->output[i]->name;
}

static void
place_ends(const struct plan *plan, const struct graph *graph,
           struct plan_place *places)
{
    const char *const scope = graph_path(plan->module, graph);

    for (uint32_t i = 0; i < graph->n_inputs + graph->n_outputs; i++) {
        places[i].scope = scope;
        places[i].operand = i < graph->n_inputs
                                ? graph->inputs[i]->name
                                : output_name(graph, i - graph->n_inputs);
    }
}

const struct plan_place *
plan_places(const struct plan *plan)
{
    const struct module *const module = plan->module;
    struct plan_place *const places = arena_array(
        module->arena, plan->n_items, struct plan_place);

    for (uint32_t i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i] != NULL)
            place_node(plan, plan->nodes[i], &places[plan->first_item[i]]);
    for (uint32_t i = 0; i < module->n_graphs; i++)
        if (module->graphs[i]->kind != GRAPH_BODY)
            place_ends(plan, module->graphs[i],
                       &places[plan->first_end[i]]);
    return places;
}
