/* numeric.c: constants that the low-precision type cannot hold, and what the
 * file shows of the quantities around them. */
#include "plan/decide.h"

#include <string.h>

#include "model/tensor.h"
#include "plan/walk.h"

enum { SHORT_VECTOR = 16 };

bool
constant_is_short(const struct numeric_range *range)
{
    return range->count <= SHORT_VECTOR;
}

/* ---- constants ----------------------------------------------------------- */

/* What moves elements hands the constant on. An addition, a bound or a factor
 * makes results of its magnitude; what is done to those with further
 * parameters has it too, until something else is computed from them. */
static bool
passes_constant(struct walk *walk, const struct use *use)
{
    const struct value *const value = use->value;

    walk->logarithm |= node_has_trait(use->user, TRAIT_LOGARITHM);
    if (node_only_moves(use->user))
        return true;
    if (!node_has_trait(use->user, TRAIT_PASSES))
        return false;
    return walk_is_constant(walk, value) || node_only_moves(value->def) ||
           walk_only_quantity(walk, use->user) == value;
}

/* What is out of range stays so whatever is added: a mask that is computed
 * still reaches the Softmax. */
static bool
passes_overflow(struct walk *walk, const struct use *use)
{
    return passes_constant(walk, use) ||
           (node_has_trait(use->user, TRAIT_PASSES) &&
            !node_has_trait(use->user, TRAIT_SELF_SQUARE));
}

/* ConstantOfShape makes its value at run time. */
static void
keep_maker(struct walk *walk, const struct value *value)
{
    walk_keep(walk, plan_value_item(walk->plan, value), value->def);
}

static void
decide_overflow(struct walk *walk, const struct value *value,
                const struct numeric_range *range)
{
    walk_begin(walk, REASON_CONSTANT_OVERFLOW, NULL, value,
               constants_describe(walk->plan->module->arena, value, range,
                                  range->overflow));
    keep_maker(walk, value);
    walk_users(walk, value, passes_overflow);
}

/* An epsilon that the low-precision type has not protects quantities that it
 * has not either. Only before a logarithm do they matter down to the epsilon;
 * before a division it is there for the zero. */
static void
decide_flush(struct walk *walk, const struct value *value,
             const struct numeric_range *range)
{
    const struct cause *source;

    walk_begin(walk, REASON_CONSTANT_FLUSH, NULL, value,
               constants_describe(walk->plan->module->arena, value, range,
                                  range->flushed));
    source = walk->cause;
    keep_maker(walk, value);
    walk->logarithm = false;
    walk_users(walk, value, passes_constant);
    walk->reason = REASON_EPSILON;
    for_each_use (value, use) {
        const struct node *const node = use->user;
        if (node == NULL || !node_has_trait(node, TRAIT_PASSES))
            continue;
        walk->cause = source;
        walk_because(walk, node, NULL, NULL);
        for (uint32_t i = 0; i < node->n_inputs; i++)
            if (i != use->slot)
                walk_makers(walk, node->inputs[i].value,
                            walk->logarithm ? (double)range->min_abs : 1);
    }
}

void
decide_constants(struct plan *plan, const struct types *types,
                 const struct constants *constants)
{
    const struct module *const module = plan->module;
    const bool saturates = constants_overflow(plan->to) == NUMERIC_SATURATE;
    struct walk walk;

    if (plan->clamp.max_finite > 0)
        return;
    walk_init(&walk, plan, types, constants);
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct numeric_range *const range = constants->of[i];
        if (range == NULL)
            continue;
        if (range->overflow > 0 && !saturates)
            decide_overflow(&walk, module->values[i], range);
        else if (constant_is_short(range) && range->flushed > 0)
            decide_flush(&walk, module->values[i], range);
    }
}

/* ---- sums of squares ----------------------------------------------------- */

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

/* Whether a square reaches a sum. */
static bool
reaches_reduction(const struct walk *walk, const struct node *square)
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
                return true;
            if (n < SQUARE_REACH && leads_to_reduction(walk, use->user))
                queue[n++] = use->user;
        }
    }
    return false;
}

/* A variance as the mean of squares less the square of the mean cancels: both
 * sides must be wide. */
static void
keep_operands(struct walk *walk, const struct node *difference)
{
    for (uint32_t i = 0; i < difference->n_inputs; i++) {
        const struct value *const value = difference->inputs[i].value;
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

/* Where squares fit, only what is left of two of them after a subtraction is
 * too coarse. */
static void
decide_square(struct walk *walk, const struct node *square)
{
    const bool fits = walk->format->is_wide;

    walk_begin(walk, fits ? REASON_CANCELLATION : REASON_SQUARE, square,
               NULL, node_label(walk->plan->module, square));
    walk->differences = NULL;
    if (fits) {
        find_differences(walk, square);
    } else {
        walk_keep_node(walk, square);
        walk_users(walk, square->outputs[0], passes_square);
    }
    for (const struct walk_node *d = walk->differences; d != NULL;
         d = d->next) {
        walk_keep_node(walk, d->node);
        keep_operands(walk, d->node);
    }
}

/* An op that squares and sums inside. */
static void
decide_square_sum(struct walk *walk, const struct node *node)
{
    const bool fits = walk->format->is_wide;

    if (fits && !node_has_trait(node, TRAIT_DIFFERENCE))
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
        if (node == NULL)
            continue;
        if (node_has_trait(node, TRAIT_SQUARE_SUM))
            decide_square_sum(&walk, node);
        else if (walk_is_square(&walk, node) &&
                 reaches_reduction(&walk, node))
            decide_square(&walk, node);
    }
}

/* ---- offsets ------------------------------------------------------------- */

/* Results are of a magnitude near 1. Beside an offset of 2 and more they lose a
 * bit of the 11 that float16 has. bfloat16 has none to lose: there the scaled
 * value may not be coarser than the result, which it is from 1 on. */
static const float coarse_offsets[] = {[NUMERIC_F16] = 2, [NUMERIC_BF16] = 1};

/* The operand of a node that is a constant of several elements, or NULL. */
static const struct value *
vector_operand(const struct walk *walk, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        const struct numeric_range *const range =
            value == NULL ? NULL : walk->constants->of[value->id];
        if (range != NULL && range->count > 1)
            return value;
    }
    return NULL;
}

/* What is low already may have been rounded up to the limit. */
static bool
is_coarse(const struct walk *walk, const struct value *offset)
{
    const float limit = coarse_offsets[tensor_format(walk->plan->to)];
    const float max = numeric_range_max_abs(walk->constants->of[offset->id]);

    return type_is(walk->types->of[offset->id], walk->plan->to) ? max > limit
                                                                : max >= limit;
}

/* A scale and an offset for each channel: a normalisation with fixed
 * statistics. Its results are of the magnitude of its scale, so a large offset
 * is there to cancel. */
static void
decide_offset(struct walk *walk, const struct node *node)
{
    const struct value *const offset = vector_operand(walk, node);
    const struct value *const scaled = walk_only_quantity(walk, node);
    const struct node *const scale = scaled == NULL ? NULL : scaled->def;

    if (offset == NULL || scale == NULL ||
        !node_has_trait(scale, TRAIT_SELF_SQUARE) ||
        vector_operand(walk, scale) == NULL || !is_coarse(walk, offset))
        return;
    walk_begin(walk, REASON_OFFSET, node, offset,
               constants_describe(walk->plan->module->arena, offset,
                                  walk->constants->of[offset->id],
                                  walk->constants->of[offset->id]->count));
    walk_keep_node(walk, scale);
    walk_keep_node(walk, node);
}

void
decide_offsets(struct plan *plan, const struct types *types,
               const struct constants *constants)
{
    struct walk walk;

    walk_init(&walk, plan, types, constants);
    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        if (node != NULL && node_has_trait(node, TRAIT_PASSES) &&
            !node_has_trait(node, TRAIT_SELF_SQUARE))
            decide_offset(&walk, node);
    }
}

/* ---- single ops ---------------------------------------------------------- */

static bool
accumulates(const struct node *node)
{
    return node_has_trait(node, TRAIT_ACCUMULATE) ||
           (node_has_trait(node, TRAIT_ACCUMULATE_IF) && node_reduces(node));
}

/* What is quantised at run time, back to the node that computes it. */
static void
keep_quantized(struct plan *plan, const struct value *value)
{
    const struct node *const maker = walk_maker(value);

    if (maker == NULL || maker->op == NULL)
        return;
    if (maker->op->class == OP_CONVERT)
        plan_keep(plan, plan_value_item(plan, maker->outputs[0]),
                  REASON_QUANTIZE, maker, "");
    else
        plan_keep_node(plan, maker, REASON_QUANTIZE, "");
    for (const struct node *node = value->def; node != maker;
         node = node->inputs[0].value->def)
        plan_keep_node(plan, node, REASON_QUANTIZE, "");
}

void
decide_ops(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        if (node == NULL)
            continue;
        if (accumulates(node))
            plan_keep_node(plan, node, REASON_ACCUMULATE, "");
        else if (node_has_trait(node, TRAIT_GENERATES))
            plan_keep_node(plan, node, REASON_GENERATE, "");
        else if (node_has_trait(node, TRAIT_QUANTIZES) && node->n_inputs > 0)
            keep_quantized(plan, node->inputs[0].value);
    }
}

void
decide_numeric(struct plan *plan, const struct types *types,
               const struct constants *constants)
{
    decide_constants(plan, types, constants);
    decide_squares(plan, types, constants);
    decide_offsets(plan, types, constants);
    decide_ops(plan);
    decide_integers(plan, types, constants);
}
