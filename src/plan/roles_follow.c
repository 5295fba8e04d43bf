/* roles_follow.c: from a value with stand-ins for infinity over a use of it. */
#include "facts/ranges.h"
#include "plan/roles_internal.h"

static bool
is_decided(const struct roles *roles, const struct value *value)
{
    const struct value_type type = roles->walk->types->of[value->id];

    return type.known && plan_decides(roles->walk->plan, type.elem);
}

/* On to what the user makes; what is no float any more has lost the sight of
 * a stand-in. */
static bool
go_on(struct roles *roles, const struct node *node, struct standin next)
{
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        next.value = node->outputs[i];
        if (next.value == NULL)
            continue;
        if (!is_decided(roles, next.value))
            return false;
        roles_add(roles, &next);
    }
    return true;
}

static void
hand_on(void *payload, const struct value *value)
{
    struct roles *const roles = payload;
    struct standin next = *roles->from;

    next.value = value;
    roles_add(roles, &next);
}

/* In and out of bodies and functions; nothing follows an output of the
 * model. */
static bool
leave(struct roles *roles, const struct use *use)
{
    const uint32_t before = roles->n;
    struct flow *const flow = &roles->walk->flow;

    flow_forward(flow, use, hand_on, roles);
    return use->user == NULL ? use->graph->kind != GRAPH_MAIN
                             : roles->n > before ||
                                   use->user->n_bodies > 0 ||
                                   use->user->function != NULL;
}

/* ---- what an op makes of a stand-in -------------------------------------- */

static uint8_t
flipped(uint8_t signs)
{
    return (uint8_t)((signs & NEGATIVE ? POSITIVE : 0) |
                     (signs & POSITIVE ? NEGATIVE : 0));
}

static const struct value_range *
range_of(const struct roles *roles, const struct value *value)
{
    return ranges_of(roles->walk->plan->ranges, value);
}

/* Values of which one is chosen: the largest of something negative and of
 * padding is never that; elsewhere a row may have nothing else. */
static bool
choose(struct roles *roles, const struct node *node)
{
    const struct standin *const from = roles->from;
    const uint8_t loses =
        role_effect(node) == LARGEST ? NEGATIVE : POSITIVE;
    struct standin next = *from;

    if (from->signs != loses)
        return false;
    next.alone = next.padding = false;
    for (uint32_t i = 0; !from->padding && i < node->n_outputs; i++) {
        next.value = node->outputs[i];
        if (next.value != NULL && is_decided(roles, next.value))
            roles_add(roles, &next);
    }
    return true;
}

/* A product with a whole number, of a mask that is 0 or 1, or with a fraction
 * that leaves a stand-in large. */
static bool
multiply(struct roles *roles, const struct use *use)
{
    const struct node *const node = use->user;
    struct standin next = *roles->from;
    const struct value_range *by;

    if (node->n_inputs != 2 || node->inputs[0].value == NULL ||
        node->inputs[1].value == NULL ||
        roles_standin_of(roles, node->inputs[1 - use->slot].value) != NULL)
        return false;
    by = range_of(roles, node->inputs[1 - use->slot].value);
    if (!(by->integer && !range_exceeds(by, SHARE)) &&
        !(by->lo >= 1.0 / SMALL && by->hi <= 1) &&
        !(by->lo >= -1 && by->hi <= -1.0 / SMALL))
        return false;
    if (by->hi <= 0)
        next.signs = flipped(next.signs);
    else if (by->lo < 0)
        next.signs = EITHER;
    next.alone = next.padding = false;
    roles->added = true;
    return go_on(roles, node, next);
}

static bool
divide(struct roles *roles, const struct use *use)
{
    const struct node *const node = use->user;
    struct standin next = *roles->from;
    const struct value_range *by;

    if (use->slot != 0 || node->n_inputs != 2)
        return false;
    by = range_of(roles, node->inputs[1].value);
    next.alone = next.padding = false;
    roles->added = true;
    return by->lo >= 1 && by->hi <= SMALL && go_on(roles, node, next);
}

/* True for x - max(x), which is not positive. */
static bool
is_below_largest(const struct node *node)
{
    const struct node *const maker =
        node->n_inputs == 2 ? walk_maker(node->inputs[1].value) : NULL;

    return maker != NULL && role_effect(maker) == LARGEST &&
           maker->n_inputs > 0 &&
           maker->inputs[0].value == node->inputs[0].value;
}

/* True for an operand that leaves the sum with a stand-in one. */
static bool
is_small(const struct roles *roles, const struct value *value)
{
    const double limit = roles->walk->format->max_finite;
    const struct numeric_range *const range =
        roles->walk->constants->of[value->id];

    if (range == NULL)
        return !range_exceeds(range_of(roles, value), limit / SHARE);
    return (double)range->max <= limit / SMALL &&
           (range->overflow > 0 || (double)range->min >= -limit / SMALL);
}

/* A constant that is a stand-in throughout is no mask but an addend, unless it
 * meets what is made of it: m * big - big. */
static bool
sum(struct roles *roles, const struct use *use)
{
    const struct node *const node = use->user;
    const bool below = is_below_largest(node);
    struct standin next = *roles->from;

    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const other = node->inputs[i].value;
        const struct standin *const met = roles_standin_of(roles, other);
        if (i == use->slot || other == NULL)
            continue;
        if (met != NULL && !below)
            next.parts = (uint8_t)(next.parts + met->parts);
        else if (met == NULL && !is_small(roles, other))
            return false;
    }
    if (roles->from->alone && roles->whole) {
        if (roles->n_sums == MEETINGS)
            return false;
        roles->sums[roles->n_sums++] = node;
    }
    if (use->slot > 0 && node_has_trait(node, TRAIT_DIFFERENCE))
        next.signs = below ? NEGATIVE : flipped(next.signs);
    next.alone = next.padding = false;
    roles->added = true;
    return next.parts <= PARTS && go_on(roles, node, next);
}

/* Bounds whose result is no stand-in, and others, which hand it on. */
static bool
bound(struct roles *roles, const struct node *node)
{
    struct standin next = *roles->from;

    if (node->n_outputs > 0 &&
        range_fits(range_of(roles, node->outputs[0]),
                   roles->walk->format->max_finite / SMALL))
        return true;
    next.alone = next.padding = false;
    return go_on(roles, node, next);
}

static bool
move(struct roles *roles, const struct use *use, enum role_id role)
{
    const struct node *const node = use->user;
    struct standin next = *roles->from;

    for (uint32_t i = 0; i < node->n_inputs; i++)
        next.alone &= i == use->slot || node->inputs[i].value == NULL ||
                      !is_decided(roles, node->inputs[i].value);
    next.padding |= role == ROLE_PADDING;
    return go_on(roles, node, next);
}

static bool
compute(struct roles *roles, const struct use *use)
{
    const struct node *const node = use->user;
    const uint8_t signs = roles->from->signs;
    const enum effect effect = role_effect(node);

    if (node_has_trait(node, TRAIT_INDIFFERENT) ||
        node_has_trait(node, TRAIT_SATURATES))
        return true;
    if (node_has_trait(node, TRAIT_SHARES))
        return signs != POSITIVE;
    if (effect == FLOORS)
        return signs == NEGATIVE;
    if (effect != NONE)
        return choose(roles, node);
    if (node_has_trait(node, TRAIT_SELF_SQUARE))
        return multiply(roles, use);
    if (node_has_trait(node, TRAIT_DIVIDES))
        return divide(roles, use);
    if (node_has_trait(node, TRAIT_BOUNDS))
        return bound(roles, node);
    return node_has_trait(node, TRAIT_PASSES) && sum(roles, use);
}

bool
roles_follow(struct roles *roles, const struct use *use)
{
    const struct node *const user = use->user;
    enum role_id role;

    if (user == NULL || user->op == NULL || user->n_bodies > 0)
        return leave(roles, use);
    role = role_of_place(use);
    if (roles->role == ROLE_COUNT)
        roles->role = role;
    if (role != ROLE_COUNT && role_info(role)->treatment == AT_LIMIT &&
        roles->from->alone) {
        roles->compared = true;
        return (roles->from->signs & ~(unsigned)role_info(role)->signs) == 0;
    }
    if (user->op->class == OP_CONVERT || node_only_moves(user))
        return move(roles, use, role);
    if (role == ROLE_MASK && node_has_trait(user, TRAIT_HEAVY)) {
        roles->added = true;
        return roles->from->signs == NEGATIVE;
    }
    return compute(roles, use);
}
