/* exponentials.c: exp(x) is infinite in float16 from x = 11.09 on, where what
 * is computed of it may be small again: log(sum(exp x)), exp x / sum(exp x).
 * There it stays wide from the exponential to where it is brought back. Where
 * only a saturating op or a denominator sees the infinity (a sigmoid spelled
 * out, mish) nothing is lost, and where nothing brings it back nothing is known
 * to be. Powers that are divided by what is computed of them are alike. */
#include "plan/decide.h"

#include <math.h>

#include "facts/ranges.h"
#include "model/tensor.h"
#include "plan/absorption.h"
#include "plan/evidence.h"
#include "plan/trail.h"

struct exponentials {
    struct walk walk;
    struct trail trail;
    /* By value id: may be infinite, from an exponential; or is zero where that
     * is, as its reciprocal. */
    bool *large, *zero;
    bool powers; /* of powers, not of exponentials */
};

/* Infinity by infinity is NaN. */
static bool
divides_itself(const struct exponentials *e, const struct use *use)
{
    const struct node *const node = use->user;

    return node_has_trait(node, TRAIT_DIVIDES) && use->slot == 1 &&
           node->inputs[0].value != NULL &&
           (e->large[node->inputs[0].value->id] ||
            node->inputs[0].value == use->value);
}

/* So is infinity times zero. */
static bool
meets_zero(const struct exponentials *e, const struct use *use)
{
    const struct node *const node = use->user;

    if (!node_has_trait(node, TRAIT_SELF_SQUARE))
        return false;
    for (uint32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i].value != NULL && e->zero[node->inputs[i].value->id])
            return true;
    return false;
}

static bool
brings_back(const struct exponentials *e, const struct use *use)
{
    const struct node *const node = use->user;

    if (node_has_trait(node, TRAIT_SHARES) &&
        !node_has_trait(node, TRAIT_SOFTMAX))
        return true;
    if (!e->powers && node_has_trait(node, TRAIT_LOGARITHM))
        return node->n_outputs == 0 || node->outputs[0] == NULL ||
               !overflow_is_absorbed(&e->walk, node->outputs[0]);
    return divides_itself(e, use) || meets_zero(e, use);
}

/* What an infinite operand makes infinite. */
static bool
stays_large(const struct exponentials *e, const struct use *use)
{
    const struct node *const node = use->user;

    if (node_has_trait(node, TRAIT_DIVIDES))
        return use->slot == 0 && node->n_inputs > 1;
    return node_only_moves(node) || node_has_trait(node, TRAIT_PASSES) ||
           node_has_trait(node, TRAIT_REDUCE) ||
           (!e->powers && node_has_trait(node, TRAIT_ROOT)) ||
           node_has_trait(node, TRAIT_INTEGER);
}

struct handing {
    struct exponentials *e;
    const struct value *from;
};

static void
add_edge(struct exponentials *e, const struct value *from,
         const struct node *node, const struct value *to)
{
    trail_add(&e->trail, from, node, to);
    e->large[to->id] = true;
    walk_visit(&e->walk, to);
}

static void
hand_on(void *payload, const struct value *value)
{
    const struct handing *const handing = payload;

    add_edge(handing->e, handing->from, NULL, value);
}

static void
follow(struct exponentials *e, const struct value *value)
{
    struct handing handing = {e, value};

    for_each_use (value, use) {
        const struct node *const user = use->user;
        flow_forward(&e->walk.flow, use, hand_on, &handing);
        if (user == NULL || user->op == NULL || !stays_large(e, use))
            continue;
        for (uint32_t i = 0; i < user->n_outputs; i++)
            if (user->outputs[i] != NULL)
                add_edge(e, value, user, user->outputs[i]);
    }
}

/* The reciprocal of what is large, and what moves it. */
static void
find_zeros(struct exponentials *e, const struct value *value)
{
    for_each_use (value, use) {
        const struct node *const user = use->user;
        const bool divides = node_has_trait(user, TRAIT_DIVIDES) &&
                             use->slot + 1 == user->n_inputs;
        if (divides && user->outputs[0] != NULL) {
            e->zero[user->outputs[0]->id] = true;
            trail_add(&e->trail, value, user, user->outputs[0]);
        }
    }
}

static void
find_sinks(struct exponentials *e, const struct value *value)
{
    for_each_use (value, use)
        if (use->user != NULL && brings_back(e, use))
            trail_add(&e->trail, value, use->user, NULL);
}

/* A product of infinity and zero, as seen from the zero. */
static void
find_products(struct exponentials *e, const struct value *value)
{
    for_each_use (value, use) {
        const struct node *const user = use->user;
        if (!node_has_trait(user, TRAIT_SELF_SQUARE))
            continue;
        for (uint32_t i = 0; i < user->n_inputs; i++)
            if (user->inputs[i].value != NULL &&
                e->large[user->inputs[i].value->id])
                trail_add(&e->trail, value, user, NULL);
    }
}

/* What is known of an exponent: only large ones overflow. */
static enum known
exponent_known(const struct exponentials *e, const struct node *node)
{
    const struct value_range *const range =
        ranges_of(e->walk.plan->ranges, node->inputs[0].value);
    const double most = log(e->walk.format->max_finite);

    if (range->hi <= most)
        return range->bound_basis == RANGE_MEASURED ? KNOWN_MEASURED
                                                    : KNOWN_FITS;
    if (range_has_reach(range) && range->reach_hi > most)
        return KNOWN_EXCEEDS;
    return isfinite(range->hi) ? KNOWN_MAY_EXCEED : KNOWN_NOTHING;
}

/* ---- logarithms of shares ------------------------------------------------ */

/* A share below 6e-8 is zero, and its logarithm -inf instead of -17 and less:
 * from the shares to the logarithm all stays wide, where nothing else keeps
 * them from zero. */
static void
follow_share(struct trail *trail, const struct value *value)
{
    for_each_use (value, use) {
        const struct node *const user = use->user;
        if (node_has_trait(user, TRAIT_LOGARITHM))
            trail_add(trail, value, user, NULL);
        trail_follow_moves(trail, use);
    }
}

static void
decide_shares(struct plan *plan, const struct types *types,
              const struct constants *constants)
{
    struct walk walk;
    struct trail trail;
    const struct value *value;

    walk_init(&walk, plan, types, constants);
    trail_init(&trail, &walk);
    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        if (node == NULL || !node_has_trait(node, TRAIT_SHARES) ||
            node->outputs[0] == NULL ||
            ranges_of(plan->ranges, node->outputs[0])->lo >=
                walk.format->min_normal)
            continue;
        walk_begin(&walk, REASON_SHARE, node, NULL,
                   node_label(plan->module, node));
        trail_source(&trail, node->outputs[0]);
        walk_visit(&walk, node->outputs[0]);
    }
    while ((value = walk_next(&walk)) != NULL)
        follow_share(&trail, value);
    walk.detail = "";
    trail_keep(&trail);
}

/* What is known of a power: of values within the root of the range it fits. */
static enum known
power_known(const struct exponentials *e, const struct node *node)
{
    return range_known(ranges_of(e->walk.plan->ranges, node->inputs[0].value),
                       sqrt(e->walk.format->max_finite));
}

static bool
is_source(const struct exponentials *e, const struct node *node)
{
    const struct plan *const plan = e->walk.plan;

    if (node->n_inputs == 0 || node->inputs[0].value == NULL ||
        node->n_outputs == 0 || node->outputs[0] == NULL)
        return false;
    if (e->powers)
        return walk_is_square(&e->walk, node) &&
               evidence_keeps(plan, DANGER_SQUARE, power_known(e, node));
    return node_has_trait(node, TRAIT_EXPONENTIAL) &&
           evidence_keeps(plan, DANGER_EXPONENTIAL, exponent_known(e, node));
}

static void
find_sources(struct exponentials *e)
{
    const struct module *const module = e->walk.plan->module;

    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = plan_node(e->walk.plan, i);
        if (node == NULL || !is_source(e, node))
            continue;
        walk_begin(&e->walk,
                   e->powers ? REASON_POWER_SHARE : REASON_EXPONENTIAL, node,
                   NULL, node_label(module, node));
        trail_source(&e->trail, node->outputs[0]);
        e->large[node->outputs[0]->id] = true;
        walk_visit(&e->walk, node->outputs[0]);
    }
}

static void
decide_large(struct plan *plan, const struct types *types,
             const struct constants *constants, bool powers)
{
    const struct module *const module = plan->module;
    struct exponentials e = {.powers = powers};
    const struct value *value;

    walk_init(&e.walk, plan, types, constants);
    trail_init(&e.trail, &e.walk);
    e.large = arena_array(module->arena, module->n_values, bool);
    e.zero = arena_array(module->arena, module->n_values, bool);
    find_sources(&e);
    while ((value = walk_next(&e.walk)) != NULL)
        follow(&e, value);
    for (uint32_t i = 0; i < module->n_values; i++)
        if (e.large[i])
            find_zeros(&e, module->values[i]);
    for (uint32_t i = 0; i < module->n_values; i++) {
        if (e.large[i])
            find_sinks(&e, module->values[i]);
        if (e.zero[i])
            find_products(&e, module->values[i]);
    }
    e.walk.detail = "";
    trail_keep(&e.trail);
}

void
decide_exponentials(struct plan *plan, const struct types *types,
                    const struct constants *constants)
{
    if (numeric_format_info(tensor_format(plan->to))->is_wide)
        return;
    decide_large(plan, types, constants, false);
    decide_large(plan, types, constants, true);
    decide_shares(plan, types, constants);
}
