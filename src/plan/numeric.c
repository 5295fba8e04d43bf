/* numeric.c: constants that the low-precision type cannot hold, and what the
 * file shows of the quantities around them. */
#include "plan/decide.h"

#include <math.h>
#include <string.h>

#include "model/tensor.h"
#include "plan/evidence.h"
#include "plan/roles.h"
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

/* True where a bound keeps what an epsilon is added to away from zero. */
static enum known
protected_known(const struct walk *walk, const struct value *value)
{
    const struct value_range *const range =
        ranges_of(walk->plan->ranges, value);
    const double least = walk->format->min_normal;

    if (range->lo >= least || range->hi <= -least)
        return range->bound_basis == RANGE_MEASURED ? KNOWN_MEASURED
                                                    : KNOWN_FITS;
    return range_is_bounded(range) ? KNOWN_MAY_EXCEED : KNOWN_NOTHING;
}

/* True when all that a vanishing constant is added to, or bounds, is known not
 * to need it. */
static bool
is_needless(const struct walk *walk, const struct value *value)
{
    for_each_use (value, use) {
        const struct node *const node = use->user;
        if (node == NULL || !node_has_trait(node, TRAIT_PASSES) ||
            node_has_trait(node, TRAIT_SELF_SQUARE))
            return false;
        for (uint32_t i = 0; i < node->n_inputs; i++) {
            const struct value *const other = node->inputs[i].value;
            if (i != use->slot && other != NULL &&
                evidence_keeps(walk->plan, DANGER_EPSILON,
                               protected_known(walk, other)))
                return false;
        }
    }
    return true;
}

/* An epsilon that the low-precision type has not protects quantities that it
 * has not either. Only before a logarithm do they matter down to the epsilon;
 * before a division it is there for the zero. */
static void
decide_flush(struct walk *walk, const struct value *value,
             const struct numeric_range *range)
{
    const struct cause *source;

    if (is_needless(walk, value))
        return;
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

/* The same of a bound that is an attribute, as Clip has it below opset 11. */
static void
decide_attribute(struct walk *walk, const struct node *node)
{
    struct arena *const arena = walk->plan->module->arena;
    const Onnx__AttributeProto *const attr = node_attr(node, "min");
    const struct value *const bounded =
        node->n_inputs == 0 ? NULL : node->inputs[0].value;
    const double least = attr == NULL ? 0 : fabs((double)attr->f);

    if (bounded == NULL || node->n_outputs == 0 || least == 0 ||
        least > walk->format->min_positive / 2 ||
        !evidence_keeps(walk->plan, DANGER_EPSILON,
                        protected_known(walk, bounded)))
        return;
    walk_begin(walk, REASON_CONSTANT_FLUSH, node, NULL,
               arena_printf(arena, "min = %g", (double)attr->f));
    walk->logarithm = false;
    walk_keep_node(walk, node);
    if (node->outputs[0] != NULL)
        walk_users(walk, node->outputs[0], passes_constant);
    walk->reason = REASON_EPSILON;
    walk_makers(walk, bounded, walk->logarithm ? least : 1);
}

void
decide_constants(struct plan *plan, const struct types *types,
                 const struct constants *constants)
{
    const struct module *const module = plan->module;
    const bool saturates = constants_overflow(plan->to) == NUMERIC_SATURATE;
    struct roles *roles;
    struct walk walk;

    if (plan->clamp.max_finite > 0)
        return;
    walk_init(&walk, plan, types, constants);
    roles = roles_new(&walk);
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct numeric_range *const range = constants->of[i];
        if (range == NULL)
            continue;
        if (range->overflow > 0 && !saturates &&
            !roles_saturate(roles, module->values[i]))
            decide_overflow(&walk, module->values[i], range);
        else if (constant_is_short(range) && range->flushed > 0)
            decide_flush(&walk, module->values[i], range);
    }
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        if (node != NULL && node_has_trait(node, TRAIT_BOUNDS))
            decide_attribute(&walk, node);
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

/* A running sum may lose this many of the digits of a type and be right to two
 * percent: in float16 that are the sums of up to 32 elements. */
enum { LEAST_DIGITS = 6 };

/* The longest dimension is no shorter than the one that is summed along. */
static enum known
running_known(const struct plan *plan, const struct node *node)
{
    const struct shape *const shape =
        shapes_of(plan->shapes, node->n_inputs == 0 ? NULL
                                                    : node->inputs[0].value);
    const int digits = numeric_format_info(tensor_format(plan->to))->digits;

    if (!shape->known || shape->assumed)
        return KNOWN_NOTHING;
    for (uint32_t i = 0; i < shape->rank; i++)
        if (!dim_is_certain(shape->dims[i]) ||
            shape->dims[i].n > 1 << (digits - LEAST_DIGITS))
            return KNOWN_NOTHING;
    return KNOWN_FITS;
}

static bool
keeps_running(const struct plan *plan, const struct node *node)
{
    return (node_has_trait(node, TRAIT_ACCUMULATE_IF) && node_reduces(node)) ||
           (node_has_trait(node, TRAIT_ACCUMULATE) &&
            evidence_keeps(plan, DANGER_RUNNING_SUM,
                           running_known(plan, node)));
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
        if (keeps_running(plan, node))
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
    decide_streams(plan, types, constants);
    decide_constants(plan, types, constants);
    decide_squares(plan, types, constants);
    decide_offsets(plan, types, constants);
    decide_ranks(plan, types, constants);
    decide_phases(plan, types, constants);
    decide_exponentials(plan, types, constants);
    decide_sums(plan, types, constants);
    decide_activations(plan, types, constants);
    decide_ops(plan);
    decide_integers(plan, types, constants);
}
