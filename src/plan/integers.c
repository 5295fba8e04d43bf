/* integers.c: integers that are carried in float, and floats that end as
 * integers. */
#include "plan/decide.h"

#include <math.h>

#include "model/tensor.h"
#include "plan/evidence.h"
#include "plan/roles.h"
#include "plan/walk.h"

enum { SHORT_VECTOR = 16 };

/* True for types with values beyond the exact integers of the low-precision
 * type: those of 16 bits and more, for both float16 and bfloat16. */
static bool
is_wide_integer(const struct walk *walk, int elem)
{
    return (elem_kind(elem) == ELEM_KIND_INT ||
            elem_kind(elem) == ELEM_KIND_UINT) &&
           ldexp(1, elem_bits(elem)) > walk->format->max_integer;
}

/* True when the constant holds integers only. */
static bool
is_integer_constant(const struct walk *walk, const struct value *value)
{
    const Onnx__TensorProto *const tensor =
        value->tensor != NULL ? value->tensor : value_constant(value);
    double values[SHORT_VECTOR];
    size_t n;

    if (tensor == NULL || !tensor_get_f64(walk->plan->module->model, tensor,
                                          values, SHORT_VECTOR, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(values[i] >= -0x1p53 && values[i] <= 0x1p53) ||
            values[i] != (double)(int64_t)values[i])
            return false;
    return n > 0;
}

/* True where a Softmax, or a sum before one, is all that reads a value: there
 * large numbers are masks. */
static bool
only_masks(const struct value *value)
{
    for_each_use (value, use)
        if (!node_has_trait(use->user, TRAIT_SOFTMAX))
            return false;
    return value->uses != NULL;
}

/* Multiples of a large constant: they set groups of coordinates apart, and what
 * is added to them keeps its fractions only in a wide type. */
static bool
sets_apart(const struct walk *walk, const struct value *value)
{
    const struct node *const maker = walk_maker(value);

    if (!node_has_trait(maker, TRAIT_SELF_SQUARE))
        return false;
    for (uint32_t i = 0; i < maker->n_inputs; i++) {
        const struct value *const factor = maker->inputs[i].value;
        const struct numeric_range *const range =
            factor == NULL ? NULL : walk->constants->of[factor->id];
        if (range != NULL && (double)numeric_range_max_abs(range) >=
                                 walk->format->max_integer)
            return true;
    }
    return false;
}

/* Integers stay integers through movement, and through integer arithmetic with
 * other integers; a fraction ends it, unless it is added to what sets it
 * apart. */
static bool
passes_integer(struct walk *walk, const struct use *use)
{
    const struct node *const node = use->user;

    if (node_only_moves(node))
        return true;
    if (!node_has_trait(node, TRAIT_INTEGER))
        return false;
    if (node_has_trait(node, TRAIT_ADDS) && sets_apart(walk, use->value) &&
        node->outputs[0] != NULL && !only_masks(node->outputs[0]))
        return true;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const other = node->inputs[i].value;
        if (other != NULL && !walk->seen[other->id] &&
            !is_integer_constant(walk, other))
            return false;
    }
    return true;
}

/* Back from a conversion to an integer through what rounds, scales, adds to or
 * moves one quantity. */
static void
keep_rounded(struct walk *walk, const struct value *value)
{
    while (value != NULL && !walk->seen_back[value->id]) {
        const struct node *const maker = value->def;
        walk->seen_back[value->id] = true;
        if (maker == NULL || maker->op == NULL ||
            (!node_only_moves(maker) &&
             !node_has_trait(maker, TRAIT_INTEGER)))
            return;
        walk_because(walk, maker, value, NULL);
        walk_keep_node(walk, maker);
        value = walk_only_quantity(walk, maker);
    }
}

/* A conversion that stands in the main graph or its bodies. */
struct conversion {
    const struct node *node;
    int from, to;
};

static bool
find_conversion(const struct types *types, const struct node *node,
                struct conversion *c)
{
    if (node == NULL || node->op->class != OP_CONVERT || node->n_inputs == 0 ||
        node->n_outputs == 0 || node->inputs[0].value == NULL ||
        node->outputs[0] == NULL)
        return false;
    c->node = node;
    c->from = types_of_use(types, &node->inputs[0]).elem;
    c->to = types->of[node->outputs[0]->id].elem;
    return true;
}

/* True where integers in float may be beyond those that are exact. */
static bool
integers_keep(const struct walk *walk, const struct value *value)
{
    return evidence_keeps(walk->plan, DANGER_INTEGER,
                          range_known(ranges_of(walk->plan->ranges, value),
                                      walk->format->max_integer));
}

/* Positions that fit may be scaled to coordinates that do not. */
static bool
scales_position(const struct walk *walk, const struct node *node)
{
    return node_only_moves(node) ||
           ((node_has_trait(node, TRAIT_INTEGER) ||
             node_has_trait(node, TRAIT_POWER)) &&
            walk_only_quantity(walk, node) != NULL);
}

static bool
passes_position(struct walk *walk, const struct use *use)
{
    return passes_integer(walk, use) || scales_position(walk, use->user);
}

/* Steps from a position to a coordinate that are looked at. */
enum { SCALE_REACH = 16 };

/* True where arithmetic with constants makes more of integers than the type
 * resolves. */
static bool
outgrows(const struct walk *walk, const struct value *value)
{
    const struct value *queue[SCALE_REACH] = {value};
    size_t n = 1;

    for (size_t i = 0; i < n; i++)
        for_each_use (queue[i], use) {
            const struct node *const user = use->user;
            const struct value *made;
            if (user == NULL || user->op == NULL || user->n_outputs == 0 ||
                user->outputs[0] == NULL || !scales_position(walk, user))
                continue;
            made = user->outputs[0];
            if (plan_decides(walk->plan, walk->types->of[made->id].elem) &&
                range_exceeds(ranges_of(walk->plan->ranges, made),
                              walk->format->max_integer))
                return true;
            if (n < SCALE_REACH)
                queue[n++] = made;
        }
    return false;
}

/* ---- masks --------------------------------------------------------------- */

/* Steps from a mask to where it is multiplied, and the smallest factor that
 * closes a place. */
enum { MASK_REACH = 16, CLOSES = 1000 };

/* True for the product of a mask and a number that closes what it is added
 * to. */
static bool
is_mask_product(const struct walk *walk, struct roles *roles,
                const struct node *node)
{
    bool closes = false;

    if (!node_has_trait(node, TRAIT_SELF_SQUARE) || node->outputs[0] == NULL)
        return false;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const by = node->inputs[i].value;
        const struct numeric_range *const range =
            by == NULL ? NULL : walk->constants->of[by->id];
        closes |= range != NULL &&
                  (range->max <= -CLOSES || range->min >= CLOSES);
    }
    return closes && roles_masks(roles, node->outputs[0]);
}

/* True where integers of unknown size matter only as a mask, which is 0 or 1,
 * or -1: any other factor would open places that a Softmax then sees nothing
 * beside, and up to four times that is the same in the low-precision type. */
static bool
are_masks(const struct walk *walk, struct roles *roles,
          const struct value *value)
{
    const struct value *queue[MASK_REACH] = {value};
    size_t n = 1;

    if (plan_saturation(walk->plan, value) > 0 ||
        is_mask_product(walk, roles, value->def))
        return true;
    for (size_t i = 0; i < n; i++)
        for_each_use (queue[i], use) {
            const struct node *const user = use->user;
            if (user == NULL || user->op == NULL || user->n_outputs == 0 ||
                user->outputs[0] == NULL)
                return false;
            if (node_has_trait(user, TRAIT_SELF_SQUARE)) {
                if (!is_mask_product(walk, roles, user))
                    return false;
                continue;
            }
            if (n == MASK_REACH ||
                !(node_only_moves(user) ||
                  (node_has_trait(user, TRAIT_PASSES) &&
                   !node_has_trait(user, TRAIT_BOUNDS))) ||
                walk_only_quantity(walk, user) != queue[i])
                return false;
            queue[n++] = user->outputs[0];
        }
    return value->uses != NULL;
}

static void
decide_conversion(struct walk *walk, struct roles *roles,
                  const struct conversion *c)
{
    struct plan *const plan = walk->plan;
    const struct value *const made = c->node->outputs[0];

    if (plan_decides(plan, c->to) && is_wide_integer(walk, c->from) &&
        (integers_keep(walk, made) || outgrows(walk, made)) &&
        !are_masks(walk, roles, made)) {
        const bool fits = !integers_keep(walk, made);
        walk_begin(walk, REASON_INTEGER, c->node, NULL,
                   elem_name(c->from));
        walk_keep(walk, plan_value_item(plan, made), c->node);
        walk_users(walk, made, fits ? passes_position : passes_integer);
    } else if (plan_decides(plan, c->from) && is_wide_integer(walk, c->to) &&
               integers_keep(walk, c->node->inputs[0].value)) {
        walk_begin(walk, REASON_TO_INTEGER, c->node, NULL,
                   elem_name(c->to));
        if (plan_converts(plan, c->from))
            walk_keep(walk, plan_use_item(plan, &c->node->inputs[0]),
                      c->node);
        keep_rounded(walk, c->node->inputs[0].value);
    }
}

/* True where integers are computed of integers: what is small before may be
 * large now. Of what somebody has rounded nothing is known without bounds. */
static bool
computes_integers(const struct walk *walk, const struct value *value)
{
    const struct node *const node = value->def;

    if (node_has_trait(node, TRAIT_COUNTS))
        return true;
    if (!node_has_trait(node, TRAIT_ACCUMULATE) &&
        (!node_has_trait(node, TRAIT_INTEGER) ||
         !range_is_bounded(ranges_of(walk->plan->ranges, value))))
        return false;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const other = node->inputs[i].value;
        if (other != NULL && !walk_is_constant(walk, other) &&
            !ranges_of(walk->plan->ranges, other)->integer)
            return false;
    }
    return true;
}

/* A table of numbers is one of positions when they are all integers. */
enum { SHORTEST_TABLE = 17 };

static bool
is_table(const struct walk *walk, const struct value *value)
{
    const struct numeric_range *const range =
        walk->constants->of[value->id];

    return range != NULL && range->count >= SHORTEST_TABLE &&
           range->inexact > 0;
}

/* Integers that no conversion has made: positions, running sums of masks,
 * integer arithmetic, tables. */
static void
decide_integer_values(struct walk *walk, struct roles *roles)
{
    struct plan *const plan = walk->plan;

    for (uint32_t i = 0; i < plan->module->n_values; i++) {
        const struct value *const value = plan->module->values[i];
        if (value == NULL || !plan_decides(plan, walk->types->of[i].elem) ||
            !ranges_of(plan->ranges, value)->integer ||
            !(is_table(walk, value) ||
              (value->def != NULL && computes_integers(walk, value))) ||
            !integers_keep(walk, value) || are_masks(walk, roles, value))
            continue;
        walk_begin(walk, REASON_INTEGER, value->def, value, value->name);
        walk_keep(walk, plan_value_item(plan, value), value->def);
        walk_users(walk, value, passes_integer);
    }
}

void
decide_integers(struct plan *plan, const struct types *types,
                const struct constants *constants)
{
    struct roles *roles;
    struct walk walk;
    struct conversion c;

    walk_init(&walk, plan, types, constants);
    roles = roles_new(&walk);
    for (uint32_t i = 0; i < plan->module->n_nodes; i++)
        if (find_conversion(types, plan_node(plan, i), &c))
            decide_conversion(&walk, roles, &c);
    if (plan->ranges != NULL)
        decide_integer_values(&walk, roles);
}
