/* numeric.c: values that the low-precision type cannot hold, as far as the
 * file shows them: constants, and integers that become float. */
#include "plan/decide.h"

#include "facts/traits.h"
#include "model/tensor.h"
#include "plan/flood.h"

enum { SHORT_VECTOR = 16 };

bool
constant_is_short(const struct numeric_range *range)
{
    return range->count <= SHORT_VECTOR;
}

static bool
only_moves(const struct node *node)
{
    return node->op != NULL && node->op->class == OP_MOVEMENT;
}

/* ---- constants ---------------------------------------------------------- */

/* What moves elements hands the constant on. An addition, a bound or a factor
 * makes results of its magnitude, but only of the constant itself: what uses
 * those results is kept, and that is where it ends. */
static bool
passes_constant(const struct flood *flood, const struct use *use)
{
    const struct node *const node = use->user;

    (void)flood;
    if (only_moves(node))
        return true;
    return node_has_trait(node, TRAIT_PASSES) &&
           (use->value->def == NULL || node_is_constant(use->value->def) ||
            only_moves(use->value->def));
}

/* The node that computes a value, looking through movement; NULL at an end. */
static const struct node *
maker_behind_movement(const struct value *value)
{
    while (value != NULL && value->def != NULL && only_moves(value->def))
        value = value->def->inputs[0].value;
    return value == NULL ? NULL : value->def;
}

static void
keep_node(struct plan *plan, const struct node *node,
          const struct flood *why)
{
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++)
        plan_keep(plan, i, why->reason, node, why->detail);
}

/* The one operand that an op scales, squares or sums; NULL when it combines
 * two different quantities. */
static const struct value *
only_quantity(const struct flood *flood, const struct node *node)
{
    const struct value *quantity = NULL;

    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value == NULL || value == quantity ||
            flood->constants->of[value->id] != NULL ||
            value_constant(value) != NULL)
            continue;
        if (quantity != NULL)
            return NULL;
        quantity = value;
    }
    return quantity;
}

/* Keeps the makers of a value wide, back through nodes with `trait` and what
 * moves elements between them, as long as each has one quantity to work on. */
static void
keep_makers(const struct flood *why, const struct value *value,
            enum trait trait)
{
    while (value != NULL && !why->seen[value->id]) {
        const struct node *const maker = maker_behind_movement(value);
        if (maker == NULL || !plan_covers(maker) ||
            !node_has_trait(maker, trait))
            return;
        why->seen[value->id] = true;
        for (const struct node *n = value->def; n != maker;
             n = n->inputs[0].value->def)
            keep_node(why->plan, n, why);
        keep_node(why->plan, maker, why);
        value = only_quantity(why, maker);
    }
}

/* An epsilon that the low-precision type has not protects quantities that it
 * has not either: the squares, sums and roots from which the other operand is
 * made stay wide too, up to the contraction that feeds them. */
static void
keep_what_it_protects(const struct flood *flood, const struct value *epsilon)
{
    for_each_use (epsilon, use) {
        if (use->user == NULL || !node_has_trait(use->user, TRAIT_PASSES))
            continue;
        for (uint32_t i = 0; i < use->user->n_inputs; i++)
            if (i != use->slot)
                keep_makers(flood, use->user->inputs[i].value,
                            TRAIT_POWER);
    }
}

void
decide_constants(struct plan *plan, const struct constants *constants)
{
    const struct module *const module = plan->module;
    struct flood flood;

    flood_init(&flood, plan, passes_constant);
    flood.constants = constants;
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct numeric_range *const range = constants->of[i];
        const struct value *const value = module->values[i];
        if (range == NULL)
            continue;
        if (range->overflow > 0)
            flood_from(&flood, value, REASON_CONSTANT_OVERFLOW,
                       constants_describe(module->arena, value, range,
                                          range->overflow));
        if (range->overflow > 0 || !constant_is_short(range) ||
            range->flushed == 0)
            continue;
        flood_from(&flood, value, REASON_CONSTANT_FLUSH,
                   constants_describe(module->arena, value, range,
                                      range->flushed));
        keep_what_it_protects(&flood, value);
    }
}

/* ---- integers in float --------------------------------------------------- */

/* Integers of this type that every value of the low-precision type's exact
 * range covers: 2048 for float16, 256 for bfloat16. */
static bool
is_small_integer(const struct plan *plan, int elem)
{
    return elem_kind(elem) == ELEM_KIND_BOOL ||
           (plan->to == ELEM_FLOAT16 && elem_bits(elem) <= 8);
}

static bool
is_integer(int elem)
{
    return elem_kind(elem) == ELEM_KIND_INT ||
           elem_kind(elem) == ELEM_KIND_UINT;
}

/* True when the constant holds integers only. */
static bool
is_integer_constant(const struct flood *flood, const struct value *value)
{
    const Onnx__TensorProto *const tensor =
        value->tensor != NULL ? value->tensor : value_constant(value);
    double values[SHORT_VECTOR];
    size_t n;

    if (tensor == NULL || !tensor_get_f64(flood->plan->module->model, tensor,
                                          values, SHORT_VECTOR, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (values[i] != (double)(int64_t)values[i])
            return false;
    return n > 0;
}

/* Integers stay integers through movement, and through integer arithmetic with
 * other integers; a fraction ends it. */
static bool
passes_integer(const struct flood *flood, const struct use *use)
{
    const struct node *const node = use->user;

    if (only_moves(node))
        return true;
    if (!node_has_trait(node, TRAIT_INTEGER))
        return false;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const other = node->inputs[i].value;
        if (other != NULL && !flood->seen[other->id] &&
            !is_integer_constant(flood, other))
            return false;
    }
    return true;
}

/* A conversion by a Cast or its like that stands in the main graph or its
 * bodies, and the types on both sides. */
struct conversion {
    const struct node *node;
    int from, to;
};

static bool
find_conversion(const struct types *types, const struct node *node,
                struct conversion *c)
{
    if (node == NULL || !plan_covers(node) || node->op == NULL ||
        node->op->class != OP_CONVERT || node->n_inputs == 0 ||
        node->inputs[0].value == NULL || node->outputs[0] == NULL)
        return false;
    c->node = node;
    c->from = types_of_use(types, &node->inputs[0]).elem;
    c->to = types->of[node->outputs[0]->id].elem;
    return true;
}

static bool
is_wide_integer(const struct plan *plan, int elem)
{
    return is_integer(elem) && !is_small_integer(plan, elem);
}

void
decide_integers(struct plan *plan, const struct types *types,
                const struct constants *constants)
{
    const struct module *const module = plan->module;
    struct flood flood;
    struct conversion c;

    flood_init(&flood, plan, passes_integer);
    flood.constants = constants;
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        if (!find_conversion(types, module->nodes[i], &c))
            continue;
        if (c.to == ELEM_FLOAT && is_wide_integer(plan, c.from)) {
            plan_keep(plan, plan_value_item(plan, c.node->outputs[0]),
                      REASON_INTEGER, c.node, elem_name(c.from));
            flood_from(&flood, c.node->outputs[0], REASON_INTEGER,
                       elem_name(c.from));
        } else if (c.from == ELEM_FLOAT && is_wide_integer(plan, c.to)) {
            flood.reason = REASON_TO_INTEGER;
            flood.detail = elem_name(c.to);
            plan_keep(plan, plan_use_item(plan, &c.node->inputs[0]),
                      REASON_TO_INTEGER, c.node, elem_name(c.to));
            keep_makers(&flood, c.node->inputs[0].value, TRAIT_INTEGER);
        }
    }
}
