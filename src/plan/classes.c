/* classes.c: which items must agree, and what type they have now. */
#include "plan/internal.h"

#include <string.h>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "base/sets.h"
#include "facts/traits.h"
#include "graph/bodies.h"

static void
unite(const struct plan *plan, uint32_t a, uint32_t b)
{
    if (a != ITEM_FIXED && b != ITEM_FIXED)
        sets_unite(plan->parent, a, b);
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

/* True where the output has the type of an operand that gives it its default:
 * then no attribute has to say it. (ONNX Runtime 1.32 does not load a
 * DequantizeLinear of which `output_dtype` says float16.) */
static bool
has_default_type(const struct types *types, const struct node *node,
                 const struct op_rule *rule)
{
    const struct value_type given =
        types_of_use(types, &node->inputs[rule->other]);

    if (rule->kind == OP_RULE_SAME)
        return true;
    return rule->kind == OP_RULE_DTYPE && given.known &&
           node->n_outputs > 0 && node->outputs[0] != NULL &&
           type_is(types->of[node->outputs[0]->id], given.elem);
}

/* A sequence and its elements change type together, and so do variables that
 * no attribute tells apart. */
static void
unite_variables(const struct plan *plan, const struct types *types,
                const struct node *node)
{
    for (size_t i = 0; i < node->op->n_rules; i++) {
        const struct op_rule *const rule = op_rule(node->op, i);
        const uint32_t item = plan->first_item[node->id] + rule->var;
        if (op_rule_joins(rule))
            unite(plan, item, plan->first_item[node->id] + rule->other);
        else if (rule->var != OP_NONE && rule->other < node->n_inputs &&
                 has_default_type(types, node, rule))
            unite(plan, item, plan_use_item(plan, &node->inputs[rule->other]));
    }
}

static void
unite_with(const struct plan *plan, struct value_type type, uint32_t item,
           struct value_type *first_type, uint32_t *first)
{
    if (item == ITEM_FIXED || !type.known || !plan_decides(plan, type.elem))
        return;
    if (*first == ITEM_FIXED) {
        *first = item;
        *first_type = type;
    } else if (first_type->elem == type.elem) {
        unite(plan, item, *first);
    }
}

/* Where ONNX gives an op a body, the body may add what the schema lets differ:
 * operands of one type stay so. */
static void
unite_uniform(const struct plan *plan, const struct types *types,
              const struct node *node)
{
    uint32_t first = ITEM_FIXED;
    struct value_type type = {0};

    if ((node->op->flags & (OP_FUNCTION | OP_CONTEXT_FUNCTION)) == 0 &&
        !node_has_trait(node, TRAIT_UNIFORM))
        return;
    for (uint32_t i = 0; i < node->n_inputs; i++)
        unite_with(plan, types_of_use(types, &node->inputs[i]),
                   plan_use_item(plan, &node->inputs[i]), &type, &first);
}

/* One value can be several outputs of the model or of a function, or an input
 * too; its name is public, so there is no place for a cast between them. */
static void
unite_ends(const struct plan *plan, const struct value *value)
{
    uint32_t end = value->kind == VALUE_INPUT ? plan_value_item(plan, value)
                                              : ITEM_FIXED;

    for_each_use (value, use) {
        if (use->user != NULL || use->graph->kind == GRAPH_BODY)
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
        if (node == NULL || !plan_has_items(plan, node))
            continue;
        if (node->n_bodies > 0) {
            unite_carried(plan, node);
            continue;
        }
        unite_variables(plan, types, node);
        unite_uniform(plan, types, node);
    }
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        if (value == NULL)
            continue;
        unite_uncastable(plan, types, value);
        if (value->graph->kind != GRAPH_BODY)
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
        plan->of[i].reason = plan_decides(plan, plan->of[i].from)
                                 ? REASON_DEFAULT
                                 : REASON_OTHER_TYPE;
        plan->of[i].certainty =
            (uint8_t)reason_info(plan->of[i].reason)->certainty;
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
    plan->from = to == ELEM_FLOAT
                     ? ELEM_BIT(ELEM_FLOAT16) | ELEM_BIT(ELEM_BFLOAT16)
                     : ELEM_BIT(ELEM_FLOAT);
    plan->low = to == ELEM_FLOAT ? 0 : elem_bit(to);
    plan->n_nodes = module->n_nodes;
    plan->nodes = arena_array(module->arena, module->n_nodes, struct node *);
    if (module->n_nodes > 0)
        memcpy(plan->nodes, module->nodes,
               module->n_nodes * sizeof *module->nodes);
    plan_number_items(plan);
    unite_all(plan, types);
    type_classes(plan, types);
    plan->structure = hash_structure(module);
    return plan;
}
