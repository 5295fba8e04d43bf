/* conversions.c: casts that are in the file, and ops that read a shape. They
 * have no work of their own that would profit from a low-precision type. */
#include "plan/decide.h"

#include "facts/traits.h"

static bool
is_conversion(const struct node *node)
{
    return node != NULL && node->op != NULL && node->op->class == OP_CONVERT &&
           node->n_inputs > 0 && node->n_outputs > 0;
}

/* True where an operand may have any type, for all that the node does. */
static bool
reads_any_type(const struct node *node)
{
    return is_conversion(node) ||
           (node != NULL && node->n_outputs > 0 &&
            node_has_trait(node, TRAIT_INDIFFERENT));
}

/* True when an operand and what the node makes of it are of one class. */
static bool
goes_with_output(const struct plan *plan, const struct use *use)
{
    const struct value *const output = use->user->outputs[0];
    const uint32_t read = plan_use_item(plan, use);
    const uint32_t made =
        output == NULL ? ITEM_FIXED : plan_value_item(plan, output);

    return read != ITEM_FIXED && made != ITEM_FIXED &&
           plan_root(plan, read) == plan_root(plan, made);
}

/* What reads the value as it is does not count. */
static bool
wants_low(const struct plan *plan, const struct value *value)
{
    const uint32_t made = plan_value_item(plan, value);
    bool any = false;

    for_each_use (value, use) {
        const bool is_low =
            plan_will_be_low(plan, plan_use_item(plan, use), made);
        if (reads_any_type(use->user) && !goes_with_output(plan, use))
            continue;
        if (!is_low)
            return false;
        any = true;
    }
    return any;
}

/* True when the type of the output is none of the value that is converted. */
static bool
chooses_type(const struct plan *plan, const struct node *node)
{
    return node->outputs[0] != NULL &&
           !goes_with_output(plan, &node->inputs[0]);
}

static void
keep_output(struct plan *plan, const struct node *node)
{
    if (is_conversion(node) && chooses_type(plan, node) &&
        !wants_low(plan, node->outputs[0]))
        plan_keep(plan, plan_value_item(plan, node->outputs[0]),
                  REASON_CONVERSION, node, "");
}

/* Keeps the operands that are made wide. */
static void
keep_inputs(struct plan *plan, const struct node *node)
{
    if (!reads_any_type(node))
        return;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct use *const use = &node->inputs[i];
        if (use->value != NULL && !goes_with_output(plan, use) &&
            !plan_will_be_low(plan, plan_value_item(plan, use->value),
                              plan_use_item(plan, use)))
            plan_keep(plan, plan_use_item(plan, use), REASON_CONVERSION, node,
                      "");
    }
}

void
decide_conversions(struct plan *plan)
{
    const struct module *const module = plan->module;

    /* What reads a conversion may be one. */
    for (uint32_t i = module->n_nodes; i-- > 0;)
        if (module->nodes[i] != NULL)
            keep_output(plan, module->nodes[i]);
    for (uint32_t i = 0; i < module->n_nodes; i++)
        if (module->nodes[i] != NULL)
            keep_inputs(plan, module->nodes[i]);
}
