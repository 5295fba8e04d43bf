/* ranks.c: an offset that is added to values of which only the order or the
 * differences matter: the largest one, the shares of a softmax. The result does
 * not depend on the offset, but beside a large one low precision has no digits
 * left for the differences. From the addition to there it stays wide. */
#include "plan/decide.h"

#include <math.h>

#include "facts/ranges.h"
#include "plan/trail.h"

/* From here on, values are a quarter apart: 256 in float16, 32 in bfloat16. */
static double
coarse_from(const struct numeric_format_info *format)
{
    return ldexp(1, format->digits - 3);
}

/* Where some elements have an offset and others have none, it is a mask. */
static bool
is_offset(const struct walk *walk, const struct value *value)
{
    const struct numeric_range *const range =
        value == NULL ? NULL : walk->constants->of[value->id];
    const double limit = coarse_from(walk->format);

    return range != NULL &&
           ((double)range->min >= limit || (double)range->max <= -limit);
}

/* The constant that an addition or subtraction shifts its other operand by, or
 * NULL. Sums of whole numbers are exact, or found by decide_integers. */
static const struct value *
offset_of(const struct walk *walk, const struct node *node)
{
    const struct value *const quantity = walk_only_quantity(walk, node);

    if (!(node_has_trait(node, TRAIT_ADDS) ||
          node_has_trait(node, TRAIT_DIFFERENCE)) ||
        node->n_inputs != 2 || quantity == NULL || node->outputs[0] == NULL ||
        ranges_of(walk->plan->ranges, quantity)->integer)
        return NULL;
    for (uint32_t i = 0; i < 2; i++)
        if (is_offset(walk, node->inputs[i].value))
            return node->inputs[i].value;
    return NULL;
}

/* True for what finds places by comparing values (ArgMax, TopK): it makes
 * indices of them, and neither converts them nor reads their shape. */
static bool
gives_places(const struct walk *walk, const struct node *node)
{
    if (node == NULL || node->op == NULL || node->op->class == OP_CONVERT ||
        node->n_bodies > 0 || node_has_trait(node, TRAIT_INDIFFERENT))
        return false;
    for (uint32_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL &&
            type_is(walk->types->of[node->outputs[i]->id], ELEM_INT64))
            return true;
    return false;
}

static void
follow(struct walk *walk, struct trail *trail, const struct value *value)
{
    for_each_use (value, use) {
        const struct node *const user = use->user;
        if (use->slot == 0 && (gives_places(walk, user) ||
                               node_has_trait(user, TRAIT_SOFTMAX)))
            trail_add(trail, value, user, NULL);
        trail_follow_moves(trail, use);
    }
}

void
decide_ranks(struct plan *plan, const struct types *types,
             const struct constants *constants)
{
    struct walk walk;
    struct trail trail;
    const struct value *value;

    walk_init(&walk, plan, types, constants);
    trail_init(&trail, &walk);
    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        const struct value *const offset =
            node == NULL ? NULL : offset_of(&walk, node);
        if (offset == NULL)
            continue;
        walk_begin(&walk, REASON_OFFSET, node, offset,
                   constants_describe(plan->module->arena, offset,
                                      constants->of[offset->id],
                                      constants->of[offset->id]->count));
        trail_source(&trail, node->outputs[0]);
        walk_visit(&walk, node->outputs[0]);
    }
    while ((value = walk_next(&walk)) != NULL)
        follow(&walk, &trail, value);
    walk.detail = "";
    trail_keep(&trail);
}
