/* squares.c: squares that are summed. They leave the range of float16 long
 * before their roots do, and vanish as early. */
#include "plan/decide.h"

#include <math.h>

#include "plan/evidence.h"
#include "plan/walk.h"

static void
note_difference(struct walk *walk, const struct node *node)
{
    struct walk_node *const note =
        arena_new(walk->plan->module->arena, struct walk_node);

    note->node = node;
    note->next = walk->differences;
    walk->differences = note;
}

/* A sum of squares stays one through what scales it, adds to it or compares it
 * with other powers; a root brings it back into range. */
static bool
passes_square(struct walk *walk, const struct use *use)
{
    const struct node *const node = use->user;

    if (node_only_moves(node) || node_has_trait(node, TRAIT_REDUCE))
        return true;
    if (!node_has_trait(node, TRAIT_PASSES))
        return false;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const other = node->inputs[i].value;
        if (other == NULL || other == use->value ||
            walk_is_constant(walk, other))
            continue;
        if (!walk_made_by(other, TRAIT_POWER))
            return false;
    }
    if (node_has_trait(node, TRAIT_DIFFERENCE))
        note_difference(walk, node);
    return true;
}

/* Nodes between a square and its sum that are looked at. */
enum { SQUARE_REACH = 64 };

/* What a square may pass on its way to a sum: movement and scaling. */
static bool
leads_to_reduction(const struct walk *walk, const struct node *node)
{
    return node_only_moves(node) ||
           (node_has_trait(node, TRAIT_POWER) &&
            !node_has_trait(node, TRAIT_ROOT) &&
            walk_only_quantity(walk, node) != NULL);
}

/* The sum that a square reaches, or NULL. */
static const struct node *
reached_reduction(const struct walk *walk, const struct node *square)
{
    const struct node *queue[SQUARE_REACH] = {square};
    size_t n = 1;

    for (size_t i = 0; i < n; i++) {
        if (queue[i]->n_outputs == 0 || queue[i]->outputs[0] == NULL)
            continue;
        for_each_use (queue[i]->outputs[0], use) {
            if (use->user == NULL)
                continue;
            if (node_has_trait(use->user, TRAIT_REDUCE))
                return use->user;
            if (n < SQUARE_REACH && leads_to_reduction(walk, use->user))
                queue[n++] = use->user;
        }
    }
    return NULL;
}

/* The contraction that a value is, or is scaled from; NULL for another. */
static const struct node *
product_behind(const struct walk *walk, const struct value *value)
{
    const struct node *maker = walk_maker(value);

    if (maker != NULL && node_has_trait(maker, TRAIT_POWER) &&
        walk_only_quantity(walk, maker) != NULL)
        maker = walk_maker(walk_only_quantity(walk, maker));
    return maker != NULL && node_has_trait(maker, TRAIT_HEAVY) ? maker : NULL;
}

/* A variance as the mean of squares less the square of the mean cancels: both
 * sides must be wide. So does a squared distance as a2 + b2 - 2ab: there it is
 * a contraction, and what scales it. */
static void
keep_operands(struct walk *walk, const struct node *difference)
{
    for (uint32_t i = 0; i < difference->n_inputs; i++) {
        const struct value *const value = difference->inputs[i].value;
        const struct node *const product = product_behind(walk, value);
        if (product != NULL)
            walk_keep_node(walk, product);
        if (value != NULL && walk_made_by(value, TRAIT_POWER))
            walk_makers(walk, value, 1);
    }
}

/* Notes the differences that a sum of this square reaches; keeps nothing. */
static void
find_differences(struct walk *walk, const struct node *square)
{
    const struct node *queue[SQUARE_REACH] = {square};
    size_t n = 1;

    for (size_t i = 0; i < n; i++) {
        if (queue[i]->n_outputs == 0 || queue[i]->outputs[0] == NULL)
            continue;
        for_each_use (queue[i]->outputs[0], use)
            if (use->user != NULL && passes_square(walk, use) &&
                n < SQUARE_REACH)
                queue[n++] = use->user;
    }
}

/* An epsilon of this size and more stands in for what vanishes: squares below
 * half of 6e-8 are less than half a percent of it. */
static const double least_epsilon = 0x1p-17;

/* True when an epsilon is added to the sum. */
static bool
has_epsilon(const struct walk *walk, const struct node *sum)
{
    for (int i = 0; i < SQUARE_REACH && sum != NULL; i++) {
        const struct value *const value =
            sum->n_outputs == 0 ? NULL : sum->outputs[0];
        const struct use *const use = value == NULL ? NULL : value->uses;
        if (use == NULL || use->user == NULL || use->next != NULL)
            return false;
        sum = use->user;
        for (uint32_t k = 0; k < sum->n_inputs; k++) {
            const struct value *const other = sum->inputs[k].value;
            const struct numeric_range *const range =
                other == NULL ? NULL : walk->constants->of[other->id];
            if (range != NULL && node_has_trait(sum, TRAIT_PASSES) &&
                !node_has_trait(sum, TRAIT_SELF_SQUARE) &&
                (double)range->min >= least_epsilon)
                return true;
        }
        if (!node_only_moves(sum) && !node_has_trait(sum, TRAIT_POWER))
            return false;
    }
    return false;
}

/* Bounds of this size and more are those of values that leave a sum of squares
 * which the type holds. */
static const double least_bound = 0x1p-4;

/* True when the squares of what is known to be bounded cannot all vanish. */
static bool
is_not_tiny(const struct walk *walk, const struct value_range *range)
{
    return range->min_abs * range->min_abs >= walk->format->min_normal ||
           fmax(fabs(range->lo), fabs(range->hi)) >= least_bound;
}

/* A sum of unknown length is taken for one of so many: then values up to 1.41
 * are known to fit, so all that a Tanh gives. */
static const double unknown_length = 32768;

/* What is known of `length` squares of a value that are summed; a length of 0
 * is not known. */
static enum known
squares_known(const struct walk *walk, const struct value *value,
              double length, bool has_floor)
{
    const struct value_range *const range =
        ranges_of(walk->plan->ranges, value);
    const double most = length > 0 ? length : unknown_length;
    const enum known known =
        range_known(range, sqrt(walk->format->max_finite / most));

    if (known != KNOWN_FITS && known != KNOWN_MEASURED)
        return known;
    return has_floor || is_not_tiny(walk, range) ? known : KNOWN_MAY_EXCEED;
}

/* Where squares fit, only what is left of two of them after a subtraction is
 * too coarse. */
static void
decide_square(struct walk *walk, const struct node *square,
              const struct node *sum)
{
    const bool fits = walk->format->is_wide;
    const enum known known =
        squares_known(walk, square->inputs[0].value,
                      sum_length(walk->plan, sum), has_epsilon(walk, sum));

    walk_begin(walk, fits ? REASON_CANCELLATION : REASON_SQUARE, square,
               NULL, node_label(walk->plan->module, square));
    walk->differences = NULL;
    find_differences(walk, square);
    if (walk->differences == NULL &&
        (fits || !evidence_keeps(walk->plan, DANGER_SQUARE, known)))
        return;
    if (!fits) {
        walk_keep_node(walk, square);
        walk_users(walk, square->outputs[0], passes_square);
    }
    for (const struct walk_node *d = walk->differences; d != NULL;
         d = d->next) {
        walk_keep_node(walk, d->node);
        keep_operands(walk, d->node);
    }
}

/* Elements that an op of the kind of a normalisation sums at most: all of one
 * entry of the batch. 0: not known. */
static double
normed_length(const struct plan *plan, const struct node *node)
{
    const struct shape *const shape =
        shapes_of(plan->shapes, node->inputs[0].value);
    double n = 1;

    if (!shape->known || shape->assumed)
        return 0;
    for (uint32_t i = 1; i < shape->rank; i++) {
        if (!dim_is_certain(shape->dims[i]))
            return 0;
        n *= (double)shape->dims[i].n;
    }
    return n;
}

/* True for an op that computes in float32 inside (the attribute `stash_type`,
 * whose default says so). A reference may stand for anything. */
static bool
is_stashed(const struct node *node)
{
    const Onnx__AttributeProto *const attr = node_attr(node, "stash_type");

    return op_rule_for(node->op, "stash_type") != NULL &&
           (attr == NULL || !attr_is_reference(attr)) &&
           node_attr_int(node, "stash_type", ELEM_FLOAT) == ELEM_FLOAT;
}

/* An op that squares and sums inside. */
static void
decide_square_sum(struct walk *walk, const struct node *node)
{
    const bool fits = walk->format->is_wide;
    const bool has_floor = has_epsilon(walk, node);
    const double length = sum_length(walk->plan, node);
    enum known known;

    if (is_stashed(node) || (fits && !node_has_trait(node, TRAIT_DIFFERENCE)))
        return;
    known = squares_known(walk, node->inputs[0].value,
                          length > 1 ? length
                                     : normed_length(walk->plan, node),
                          has_floor);
    if (!fits && !evidence_keeps(walk->plan, DANGER_SQUARE, known))
        return;
    walk_begin(walk, fits ? REASON_CANCELLATION : REASON_SQUARE, node, NULL,
               node_label(walk->plan->module, node));
    walk_keep_node(walk, node);
}

void
decide_squares(struct plan *plan, const struct types *types,
               const struct constants *constants)
{
    const struct module *const module = plan->module;
    struct walk walk;

    walk_init(&walk, plan, types, constants);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        const struct node *sum;
        if (node == NULL || node->n_inputs == 0)
            continue;
        if (node_has_trait(node, TRAIT_SQUARE_SUM)) {
            decide_square_sum(&walk, node);
        } else if (walk_is_square(&walk, node)) {
            sum = reached_reduction(&walk, node);
            if (sum != NULL)
                decide_square(&walk, node, sum);
        }
    }
}

