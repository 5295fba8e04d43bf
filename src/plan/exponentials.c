/* exponentials.c: exp(x) is infinite in float16 from x = 11.09 on, where what
 * is computed of it may be small again: log(sum(exp x)), exp x / sum(exp x).
 * There it stays wide from the exponential to where it is brought back. Where
 * only a saturating op or a denominator sees the infinity (a sigmoid spelled
 * out, mish) nothing is lost, and where nothing brings it back nothing is known
 * to be. */
#include "plan/decide.h"

#include <math.h>

#include "facts/ranges.h"
#include "plan/trail.h"

struct exponentials {
    struct walk walk;
    struct trail trail;
    bool *large; /* by value id: may be infinite, from an exponential */
};

/* True where all that is done with a value saturates long before infinity. */
static bool
is_absorbed(const struct value *value)
{
    for_each_use (value, use)
        if (!node_has_trait(use->user, TRAIT_SATURATES))
            return false;
    return value->uses != NULL;
}

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

static bool
brings_back(const struct exponentials *e, const struct use *use)
{
    const struct node *const node = use->user;

    if (node_has_trait(node, TRAIT_LOGARITHM))
        return node->n_outputs == 0 || node->outputs[0] == NULL ||
               !is_absorbed(node->outputs[0]);
    return divides_itself(e, use);
}

/* What an infinite operand makes infinite. */
static bool
stays_large(const struct use *use)
{
    const struct node *const node = use->user;

    if (node_has_trait(node, TRAIT_DIVIDES))
        return use->slot == 0;
    return node_only_moves(node) || node_has_trait(node, TRAIT_PASSES) ||
           node_has_trait(node, TRAIT_REDUCE) ||
           node_has_trait(node, TRAIT_ROOT) ||
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
        if (user == NULL || user->op == NULL || !stays_large(use))
            continue;
        for (uint32_t i = 0; i < user->n_outputs; i++)
            if (user->outputs[i] != NULL)
                add_edge(e, value, user, user->outputs[i]);
    }
}

static void
find_sinks(struct exponentials *e, const struct value *value)
{
    for_each_use (value, use)
        if (use->user != NULL && brings_back(e, use))
            trail_add(&e->trail, value, use->user, NULL);
}

/* The largest exponent whose power the low-precision type holds. */
static bool
may_overflow(const struct exponentials *e, const struct node *node)
{
    const struct value_range *const range =
        ranges_of(e->walk.plan->ranges, node->inputs[0].value);

    return range->hi > log(e->walk.format->max_finite);
}

void
decide_exponentials(struct plan *plan, const struct types *types,
                    const struct constants *constants)
{
    const struct module *const module = plan->module;
    struct exponentials e = {0};
    const struct value *value;

    walk_init(&e.walk, plan, types, constants);
    if (e.walk.format->is_wide)
        return;
    trail_init(&e.trail, &e.walk);
    e.large = arena_array(module->arena, module->n_values, bool);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        if (node == NULL || !node_has_trait(node, TRAIT_EXPONENTIAL) ||
            node->n_inputs == 0 || node->inputs[0].value == NULL ||
            node->outputs[0] == NULL || !may_overflow(&e, node))
            continue;
        walk_begin(&e.walk, REASON_EXPONENTIAL, node, NULL,
                   node_label(module, node));
        trail_source(&e.trail, node->outputs[0]);
        e.large[node->outputs[0]->id] = true;
        walk_visit(&e.walk, node->outputs[0]);
    }
    while ((value = walk_next(&e.walk)) != NULL)
        follow(&e, value);
    for (uint32_t i = 0; i < module->n_values; i++)
        if (e.large[i])
            find_sinks(&e, module->values[i]);
    trail_keep(&e.trail);
}
