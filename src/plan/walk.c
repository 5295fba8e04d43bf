#include "plan/walk.h"

#include <math.h>

#include "model/tensor.h"
#include "plan/cause.h"

struct walk_step {
    const struct value *value;
    double magnitude;
    const struct cause *cause;
    struct walk_step *next;
};

void
walk_init(struct walk *walk, struct plan *plan, const struct types *types,
          const struct constants *constants)
{
    const struct module *const module = plan->module;

    *walk = (struct walk){
        .plan = plan, .types = types, .constants = constants};
    flow_init(&walk->flow, module->arena, module);
    walk->format = numeric_format_info(tensor_format(plan->to));
    walk->seen = arena_array(module->arena, module->n_values, bool);
    walk->seen_back = arena_array(module->arena, module->n_values, bool);
}

static void
push(struct walk *walk, bool *seen, const struct value *value,
     double magnitude)
{
    struct walk_step *step;

    if (value == NULL || seen[value->id])
        return;
    seen[value->id] = true;
    step = arena_new(walk->plan->module->arena, struct walk_step);
    *step = (struct walk_step){value, magnitude, walk->cause, walk->steps};
    walk->steps = step;
}

void
walk_visit(struct walk *walk, const struct value *value)
{
    push(walk, walk->seen, value, 0);
}

void
walk_visit_back(struct walk *walk, const struct value *value)
{
    push(walk, walk->seen_back, value, 0);
}

static struct walk_step
pop(struct walk *walk)
{
    const struct walk_step step = *walk->steps;

    walk->steps = step.next;
    walk->cause = step.cause;
    return step;
}

void
walk_because(struct walk *walk, const struct node *node,
             const struct value *value, const char *text)
{
    walk->cause = cause_new(walk->plan->module->arena, walk->cause, node,
                            value, text);
}

const struct value *
walk_next(struct walk *walk)
{
    return walk->steps == NULL ? NULL : pop(walk).value;
}

void
walk_begin(struct walk *walk, enum reason reason, const struct node *node,
           const struct value *value, const char *detail)
{
    walk->reason = reason;
    walk->certainty = reason_info(reason)->certainty;
    walk->detail = detail;
    walk->cause = NULL;
    walk_because(walk, node, value,
                 arena_printf(walk->plan->module->arena, "%s: %s",
                              reason_info(reason)->text, detail));
}

void
walk_keep(const struct walk *walk, uint32_t item, const struct node *node)
{
    struct decision *decision;

    if (!plan_keep(walk->plan, item, walk->reason, node, walk->detail))
        return;
    decision = plan_decision(walk->plan, item);
    decision->cause = walk->cause;
    decision->certainty = (uint8_t)walk->certainty;
}

void
walk_keep_node(const struct walk *walk, const struct node *node)
{
    for (uint32_t i = walk->plan->first_item[node->id];
         i < walk->plan->first_item[node->id + 1]; i++)
        walk_keep(walk, i, node);
}

/* ---- forward ------------------------------------------------------------- */

static void
push_forward(void *payload, const struct value *value)
{
    struct walk *const walk = payload;

    push(walk, walk->seen, value, 0);
}

static void
keep_users(struct walk *walk, const struct value *value, walk_pass_fn passes)
{
    const struct cause *const cause = walk->cause;

    for_each_use (value, use) {
        const struct node *const user = use->user;
        walk->cause = cause;
        if (user != NULL)
            walk_because(walk, user, value, NULL);
        walk_keep(walk, plan_use_item(walk->plan, use), user);
        flow_forward(&walk->flow, use, push_forward, walk);
        if (user == NULL || !passes(walk, use))
            continue;
        for (uint32_t i = 0; i < user->n_outputs; i++)
            push(walk, walk->seen, user->outputs[i], 0);
    }
}

void
walk_users(struct walk *walk, const struct value *value, walk_pass_fn passes)
{
    push(walk, walk->seen, value, 0);
    while (walk->steps != NULL)
        keep_users(walk, pop(walk).value, passes);
}

/* ---- back ---------------------------------------------------------------- */

bool
walk_is_constant(const struct walk *walk, const struct value *value)
{
    return walk->constants->of[value->id] != NULL ||
           value_constant(value) != NULL;
}

static bool
is_decided(const struct walk *walk, const struct value *value)
{
    const struct value_type type = walk->types->of[value->id];

    return type.known && plan_decides(walk->plan, type.elem);
}

const struct value *
walk_only_quantity(const struct walk *walk, const struct node *node)
{
    const struct value *quantity = NULL;

    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value == NULL || value == quantity ||
            !is_decided(walk, value) ||
            walk_is_constant(walk, value))
            continue;
        if (quantity != NULL)
            return NULL;
        quantity = value;
    }
    return quantity;
}

/* Longer chains of movement are not followed; a chain in a graph that is not
 * sorted may also be a cycle. */
enum { LONGEST_CHAIN = 1000 };

const struct node *
walk_maker(const struct value *value)
{
    for (int i = 0; i < LONGEST_CHAIN; i++) {
        const struct node *const def = value == NULL ? NULL : value->def;
        if (def == NULL || !node_only_moves(def))
            return def;
        value = def->n_inputs == 0 ? NULL : def->inputs[0].value;
    }
    return NULL;
}

bool
walk_made_by(const struct value *value, enum trait trait)
{
    const struct node *const maker = walk_maker(value);

    return maker != NULL && node_has_trait(maker, trait);
}

/* What bfloat16 rounds to 2 is that far from it at most. An exponent that is
 * as good as 2 makes a square, before and after it is rounded. */
static const float TWO_ROUNDS = 0x1p-7f;

/* True for one value, and for two that are computed alike: x - mean, and
 * x - mean once more. */
static bool
is_same(const struct value *a, const struct value *b)
{
    const struct node *const left = a == NULL ? NULL : a->def;
    const struct node *const right = b == NULL ? NULL : b->def;

    if (a == b)
        return true;
    if (left == NULL || right == NULL || left->op == NULL ||
        left->op != right->op || left->n_inputs != right->n_inputs ||
        left->proto->n_attribute + right->proto->n_attribute > 0 ||
        left->n_bodies > 0 || node_has_trait(left, TRAIT_GENERATES))
        return false;
    for (uint32_t i = 0; i < left->n_inputs; i++)
        if (left->inputs[i].value != right->inputs[i].value)
            return false;
    return left->n_inputs > 0 && a->slot == b->slot;
}

bool
walk_is_square(const struct walk *walk, const struct node *node)
{
    const struct numeric_range *exponent;

    if (node->n_inputs < 2 || node->inputs[1].value == NULL)
        return false;
    if (node_has_trait(node, TRAIT_SELF_SQUARE))
        return is_same(node->inputs[0].value, node->inputs[1].value);
    exponent = walk->constants->of[node->inputs[1].value->id];
    return node_has_trait(node, TRAIT_EXPONENT) && exponent != NULL &&
           exponent->min >= 2 - TWO_ROUNDS &&
           exponent->max - exponent->min <= 2 * TWO_ROUNDS;
}

static double
magnitude_before(const struct walk *walk, const struct node *node,
                 double magnitude)
{
    if (node_has_trait(node, TRAIT_ROOT))
        return magnitude * magnitude;
    if (node_has_trait(node, TRAIT_SQUARE_SUM) || walk_is_square(walk, node))
        return sqrt(magnitude);
    return magnitude;
}

static void
push_inputs(struct walk *walk, const struct node *node, double magnitude)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value != NULL && is_decided(walk, value) &&
            !walk_is_constant(walk, value))
            push(walk, walk->seen_back, value, magnitude);
    }
}

/* A sum of two powers is a power: the squared length of a complex number. */
static bool
sums_powers(const struct walk *walk, const struct node *node)
{
    if (!node_has_trait(node, TRAIT_PASSES) ||
        node_has_trait(node, TRAIT_DIFFERENCE))
        return false;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value != NULL && !walk_is_constant(walk, value) &&
            !walk_made_by(value, TRAIT_POWER))
            return false;
    }
    return true;
}

static bool
is_power(const struct walk *walk, const struct node *node)
{
    if (node_has_trait(node, TRAIT_POWER))
        return walk_only_quantity(walk, node) != NULL;
    return node_only_moves(node) || sums_powers(walk, node);
}

static void
keep_contraction(struct walk *walk, const struct node *node,
                 double magnitude)
{
    if (!node_has_trait(node, TRAIT_HEAVY) ||
        magnitude >= walk->format->min_normal)
        return;
    walk_because(walk, node, NULL, NULL);
    walk_keep_node(walk, node);
    push_inputs(walk, node, magnitude);
}

/* Where a value comes from that its graph only hands on. */
struct source {
    struct walk *walk;
    double magnitude;
};

static void
push_back(void *payload, const struct value *value)
{
    const struct source *const source = payload;
    struct walk *const walk = source->walk;

    if (!walk_is_constant(walk, value))
        push(walk, walk->seen_back, value, source->magnitude);
}

/* The ends of functions and bodies on the way are kept like nodes. */
static void
leave_graph(struct walk *walk, const struct walk_step *step)
{
    struct source source = {walk, step->magnitude};

    if (step->value->graph->kind == GRAPH_MAIN && step->value->def == NULL)
        return;
    walk_keep(walk, plan_value_item(walk->plan, step->value), NULL);
    flow_back(&walk->flow, step->value, push_back, &source);
}

void
walk_makers(struct walk *walk, const struct value *value, double magnitude)
{
    push(walk, walk->seen_back, value, magnitude);
    while (walk->steps != NULL) {
        const struct walk_step step = pop(walk);
        const struct node *const maker = step.value->def;
        if (maker == NULL || maker->op == NULL || maker->n_bodies > 0) {
            leave_graph(walk, &step);
            continue;
        }
        if (!is_power(walk, maker)) {
            keep_contraction(walk, maker, step.magnitude);
            continue;
        }
        walk_because(walk, maker, step.value, NULL);
        walk_keep_node(walk, maker);
        push_inputs(walk, maker,
                    magnitude_before(walk, maker, step.magnitude));
    }
}
