#include "plan/absorption.h"

#include <math.h>

#include "plan/evidence.h"

/* Values that are looked at. */
enum { REACH = 64 };

enum fate {
    ABSORBED,
    GOES_ON,
    HARMFUL, /* gives NaN, or infinity instead of something moderate */
};

struct absorption {
    const struct walk *walk;
    const struct value *seen[REACH];
    size_t n;
};

static bool
is_seen(const struct absorption *a, const struct value *value)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->seen[i] == value)
            return true;
    return false;
}

static bool
may_be_infinite(const struct absorption *a, const struct value *value)
{
    return is_seen(a, value) ||
           range_exceeds(ranges_of(a->walk->plan->ranges, value),
                         a->walk->format->max_finite);
}

/* Infinity in one operand of a product, sum or bound. */
static enum fate
fate_of_operand(const struct absorption *a, const struct use *use)
{
    const struct node *const node = use->user;

    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const other = node->inputs[i].value;
        const struct numeric_range *range;
        if (i == use->slot || other == NULL || other == use->value)
            continue;
        range = a->walk->constants->of[other->id];
        if (range != NULL && range->min * range->max > 0)
            continue;
        if (node_has_trait(node, TRAIT_SELF_SQUARE))
            return HARMFUL;
        if (range == NULL && (node_has_trait(node, TRAIT_DIFFERENCE) ||
                              may_be_infinite(a, other)))
            return HARMFUL;
    }
    return GOES_ON;
}

/* A share of which the divisor is large is near zero. Where it always is, its
 * dividend may be as large. */
static enum fate
fate_of_divisor(const struct absorption *a, const struct use *use)
{
    const struct value_range *const divisor =
        ranges_of(a->walk->plan->ranges, use->value);
    const double limit = a->walk->format->max_finite;

    if (range_has_reach(divisor) &&
        (divisor->reach_lo > limit || divisor->reach_hi < -limit))
        return HARMFUL;
    return use->user->n_inputs > 1 &&
                   may_be_infinite(a, use->user->inputs[0].value)
               ? HARMFUL
               : ABSORBED;
}

static enum fate
fate_of(const struct absorption *a, const struct use *use)
{
    const struct node *const node = use->user;
    const struct walk *const walk = a->walk;

    if (node == NULL || node->op == NULL || node->n_bodies > 0 ||
        node->n_outputs == 0 || node->outputs[0] == NULL)
        return HARMFUL;
    if (node_has_trait(node, TRAIT_SATURATES) ||
        (node_has_trait(node, TRAIT_BOUNDS) &&
         range_fits(ranges_of(walk->plan->ranges, node->outputs[0]),
                    walk->format->max_finite)))
        return ABSORBED;
    if (node_has_trait(node, TRAIT_DIVIDES) &&
        use->slot + 1 == node->n_inputs)
        return fate_of_divisor(a, use);
    if (node_has_trait(node, TRAIT_EXPONENTIAL))
        return ranges_of(walk->plan->ranges, use->value)->hi <=
                       log(walk->format->max_finite)
                   ? ABSORBED
                   : GOES_ON;
    if (node_only_moves(node) || node_has_trait(node, TRAIT_LOGARITHM) ||
        node_has_trait(node, TRAIT_EXPONENT))
        return GOES_ON;
    if (node_has_trait(node, TRAIT_PASSES) ||
        node_has_trait(node, TRAIT_INTEGER) ||
        node_has_trait(node, TRAIT_POWER))
        return fate_of_operand(a, use);
    return HARMFUL;
}

bool
overflow_is_absorbed(const struct walk *walk, const struct value *value)
{
    struct absorption a = {.walk = walk, .seen = {value}, .n = 1};

    for (size_t i = 0; i < a.n; i++) {
        if (a.seen[i]->uses == NULL)
            return false;
        for_each_use (a.seen[i], use) {
            const enum fate fate = fate_of(&a, use);
            if (fate == HARMFUL)
                return false;
            if (fate == ABSORBED || is_seen(&a, use->user->outputs[0]))
                continue;
            if (a.n == REACH)
                return false;
            a.seen[a.n++] = use->user->outputs[0];
        }
    }
    return true;
}
