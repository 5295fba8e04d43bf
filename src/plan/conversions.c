/* conversions.c: casts that are in the file. They have no work of their own
 * that would profit from a low-precision type. */
#include "plan/decide.h"

static bool
is_conversion(const struct node *node)
{
    return node != NULL && node->op != NULL &&
           node->op->class == OP_CONVERT && node->n_inputs > 0 &&
           node->n_outputs > 0;
}

/* A node with two inputs shares the type variable of its output with one of
 * them (CastLike), so it has no choice. */
static bool
chooses_type(const struct node *node)
{
    return is_conversion(node) && node->n_inputs == 1;
}

static bool
will_be_low(const struct plan *plan, uint32_t item)
{
    return item != ITEM_FIXED &&
           (plan_is_free(plan, item) ||
            plan_decision(plan, item)->elem == plan->to);
}

/* What reads it as it is does not count. */
static bool
wants_low(const struct plan *plan, const struct value *value)
{
    bool any = false;

    for_each_use (value, use) {
        const bool is_low = will_be_low(plan, plan_use_item(plan, use));
        if (is_conversion(use->user) && use->slot == 0)
            continue;
        if (!is_low)
            return false;
        any = true;
    }
    return any;
}

void
decide_conversions(struct plan *plan)
{
    const struct module *const module = plan->module;

    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (chooses_type(node) && node->outputs[0] != NULL &&
            !wants_low(plan, node->outputs[0]))
            plan_keep(plan, plan_value_item(plan, node->outputs[0]),
                      REASON_CONVERSION, node, "");
    }
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        const struct value *const read =
            is_conversion(node) ? node->inputs[0].value : NULL;
        if (read != NULL && !will_be_low(plan, plan_value_item(plan, read)))
            plan_keep(plan, plan_use_item(plan, &node->inputs[0]),
                      REASON_CONVERSION, node, "");
    }
}
