/* legality.c: schemas decide first, and what else cannot be changed. */
#include "plan/decide.h"

/* Kinds of rules whose type cannot be changed by editing an attribute. */
static bool
is_pinned(const struct op_rule *rule)
{
    switch ((enum op_rule_kind)rule->kind) {
    case OP_RULE_BITS:
    case OP_RULE_NAME:
    case OP_RULE_SPARSE_TENSOR:
    case OP_RULE_TYPE_PROTO:
    case OP_RULE_VALUE:
    case OP_RULE_PRESENT:
    case OP_RULE_STASH:
    case OP_RULE_STASH_WIDER:
    case OP_RULE_OTHER:
    case OP_RULE_MAP_OF:
        return true;
    case OP_RULE_DTYPE:
    case OP_RULE_TENSOR:
    case OP_RULE_SAME:
    case OP_RULE_SEQUENCE_OF:
    case OP_RULE_OPTIONAL_OF:
    case OP_RULE_GRAPH:
        return false;
    }
    return true;
}

/* True where the attribute that decides the type cannot be edited: it is a
 * tensor that the caller of a function gives. */
static bool
is_given_tensor(const struct node *node, const struct op_rule *rule)
{
    const Onnx__AttributeProto *const attr =
        rule->kind == OP_RULE_TENSOR ? node_attr(node, op_rule_attr(rule))
                                     : NULL;

    return attr != NULL && attr_is_reference(attr);
}

/* True for a rule that says nothing without its attribute. */
static bool
is_silent(const struct node *node, const struct op_rule *rule)
{
    return rule->kind == OP_RULE_TYPE_PROTO &&
           node_attr(node, op_rule_attr(rule)) == NULL;
}

static bool
reads_bits(const struct op_schema *op)
{
    for (size_t i = 0; i < op->n_rules; i++)
        if (op_rule(op, i)->kind == OP_RULE_BITS)
            return true;
    return false;
}

/* The name of a float tensor in the attributes of an op that computes with it:
 * thresholds and leaves of a TreeEnsemble, which are compared as they are. */
static const char *
tensor_parameter(const struct node *node)
{
    if (node->op->class == OP_CONSTANT)
        return NULL;
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *const attr = node->proto->attribute[i];
        if (attr->t != NULL && elem_is_float(attr->t->data_type) &&
            attr->name != NULL)
            return attr->name;
    }
    return NULL;
}

/* A sparse tensor is stored as it is. */
static void
keep_sparse_defaults(struct plan *plan)
{
    const struct graph *const graph = plan->module->graphs[0];

    for (uint32_t i = 0; i < graph->n_inputs; i++)
        if (graph->inputs[i]->sparse != NULL)
            plan_keep(plan, plan_input_item(plan, graph, i),
                      REASON_FIXED_ATTRIBUTE, NULL, "sparse default");
}

static void
keep_pinned(struct plan *plan, const struct node *node)
{
    const uint32_t first = plan->first_item[node->id];
    const char *const tensor = tensor_parameter(node);

    for (size_t i = 0; i < node->op->n_rules; i++) {
        const struct op_rule *const rule = op_rule(node->op, i);
        if (rule->var != OP_NONE && !is_silent(node, rule) &&
            (is_pinned(rule) || is_given_tensor(node, rule)))
            plan_keep(plan, first + rule->var, REASON_FIXED_ATTRIBUTE, node,
                      op_rule_attr(rule));
    }
    if (reads_bits(node->op))
        plan_keep_node(plan, node, REASON_FIXED_ATTRIBUTE,
                       "the op reads bits");
    if (tensor != NULL)
        plan_keep_node(plan, node, REASON_FIXED_ATTRIBUTE, tensor);
}

static void
check_slot(struct plan *plan, const struct node *node, uint32_t item,
           const struct op_param *param, struct value_type type)
{
    if (item == ITEM_FIXED || param == NULL || !type.known)
        return;
    if (!op_param_allows(node->op, param, (enum op_container)type.container,
                         plan_other(plan, type.elem)))
        plan_keep(plan, item, REASON_SCHEMA, node,
                  op_param_name(node->op, param));
}

/* Whether something that the op sees says what a variable is: an input that is
 * there, or a rule. */
static bool
is_decided(const struct types *types, const struct node *node, uint8_t var)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct op_param *const param = op_input(node->op, i);
        if (param != NULL && param->var == var &&
            types_of_use(types, &node->inputs[i]).known)
            return true;
    }
    for (size_t i = 0; i < node->op->n_rules; i++)
        if (op_rule(node->op, i)->var == var)
            return true;
    return false;
}

/* Where only value_info says what an output is, no change would reach the op:
 * the operands that could tell it are left out. */
static void
check_output(struct plan *plan, const struct types *types,
             const struct value *value, uint32_t item)
{
    const struct node *const node = value->def;
    const struct op_param *const param = op_output(node->op, value->slot);

    check_slot(plan, node, item, param, types->of[value->id]);
    if (item != ITEM_FIXED && param != NULL && node->n_bodies == 0 &&
        types->of[value->id].assumed && !is_decided(types, node, param->var))
        plan_keep(plan, item, REASON_SCHEMA, node, "no input has its type");
}

static void
check_value(struct plan *plan, const struct types *types,
            const struct value *value)
{
    const struct value_type type = types->of[value->id];
    const uint32_t made = plan_value_item(plan, value);
    bool fixed = made == ITEM_FIXED;

    if (value->def != NULL && value->def->op != NULL)
        check_output(plan, types, value, made);
    for_each_use (value, use) {
        const uint32_t item = plan_use_item(plan, use);
        fixed = fixed || item == ITEM_FIXED;
        if (use->user != NULL && use->user->op != NULL)
            check_slot(plan, use->user, item,
                       op_input(use->user->op, use->slot), type);
    }
    if (!fixed || (type.known && type.container == OP_TENSOR))
        return;
    plan_keep(plan, made, REASON_SCHEMA, value->def, value->name);
    for_each_use (value, use)
        plan_keep(plan, plan_use_item(plan, use), REASON_SCHEMA, use->user,
                  value->name);
}

/* The name of an end of the model cannot go to a copy. */
static void
keep_held(struct plan *plan, const struct value *value)
{
    if (value->kind == VALUE_INPUT)
        plan_keep(plan, plan_value_item(plan, value), REASON_HELD, NULL,
                  value->name);
    for_each_use (value, use)
        if (use->user == NULL && use->graph->kind == GRAPH_MAIN)
            plan_keep(plan, plan_use_item(plan, use), REASON_HELD, NULL,
                      value->name);
}

/* Where no Cast to the type exists, none can stand at a border. */
static bool
has_cast(const struct plan *plan, const struct graph *graph)
{
    const struct op_schema *const cast =
        ops_find("", "Cast", graph_new_opset(plan->module, graph));

    return cast != NULL &&
           op_param_allows(cast, op_output(cast, 0), OP_TENSOR, plan->to);
}

static void
keep_without_cast(struct plan *plan)
{
    const struct module *const module = plan->module;

    for (uint32_t i = 0; i < module->n_nodes; i++)
        if (module->nodes[i] != NULL &&
            !has_cast(plan, module->nodes[i]->graph))
            plan_keep_node(plan, module->nodes[i], REASON_SCHEMA, "Cast");
    for (uint32_t i = 0; i < module->n_graphs; i++) {
        const struct graph *const graph = module->graphs[i];
        const uint32_t n = graph->kind == GRAPH_BODY
                               ? 0
                               : graph->n_inputs + graph->n_outputs;
        for (uint32_t k = 0; k < n && !has_cast(plan, graph); k++)
            plan_keep(plan, plan->first_end[i] + k, REASON_SCHEMA, NULL,
                      "Cast");
    }
}

void
decide_legality(struct plan *plan, const struct types *types)
{
    const struct module *const module = plan->module;

    keep_without_cast(plan);
    keep_sparse_defaults(plan);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (node != NULL && node->n_bodies == 0 &&
            plan->first_item[i + 1] > plan->first_item[i])
            keep_pinned(plan, node);
    }
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        if (value != NULL)
            check_value(plan, types, value);
        if (value != NULL && value->held)
            keep_held(plan, value);
    }
}
