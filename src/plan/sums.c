/* sums.c: sums over many elements, in whatever type the runtime adds them up.
 * Where that may be the low-precision type (--accum), a sum of values of one
 * sign ends early: float16 has no 2049, so of 5000 ones it counts 2048. */
#include "plan/decide.h"

#include "facts/ranges.h"
#include "plan/evidence.h"
#include "plan/walk.h"

/* The product of the attribute kernel_shape; 0 where there is none. */
static double
kernel_elements(const struct node *node)
{
    const Onnx__AttributeProto *const attr = node_attr(node, "kernel_shape");
    double n = 1;

    if (attr == NULL || attr->n_ints == 0)
        return 0;
    for (size_t i = 0; i < attr->n_ints; i++)
        n *= (double)attr->ints[i];
    return n;
}

/* The product of the known dims, and how many are not known. */
static double
known_elements(const struct shape *shape, unsigned *unknown)
{
    double n = 1;

    *unknown = 0;
    for (uint32_t i = 0; i < shape->rank; i++)
        if (dim_is_certain(shape->dims[i]))
            n *= (double)shape->dims[i].n;
        else
            ++*unknown;
    return n;
}

double
sum_length(const struct plan *plan, const struct node *node)
{
    const struct shape *in, *out;
    unsigned in_unknown, out_unknown;
    double n = kernel_elements(node), m;

    if (n > 0 || node->n_inputs == 0 || node->outputs[0] == NULL)
        return n;
    in = shapes_of(plan->shapes, node->inputs[0].value);
    out = shapes_of(plan->shapes, node->outputs[0]);
    if (!in->known || in->assumed || !out->known || out->assumed)
        return 0;
    n = known_elements(in, &in_unknown);
    m = known_elements(out, &out_unknown);
    return in_unknown == out_unknown && m > 0 ? n / m : 0;
}

static enum known
sum_known(const struct walk *walk, const struct node *node, double length)
{
    const struct value_range *const range =
        ranges_of(walk->plan->ranges, node->inputs[0].value);
    const bool one_sign = range->lo >= 0 || range->hi <= 0;

    if (range_exceeds(range, walk->format->max_finite / length))
        return KNOWN_EXCEEDS;
    if (length <= walk->format->max_integer)
        return KNOWN_FITS;
    return one_sign ? KNOWN_MAY_EXCEED : KNOWN_NOTHING;
}

/* Elements that a contraction adds up for each result: those of its kernel, or
 * the columns of its first operand. */
static double
contraction_length(const struct plan *plan, const struct node *node)
{
    const struct shape *const first =
        shapes_of(plan->shapes, node->inputs[0].value);
    const struct shape *const second =
        shapes_of(plan->shapes, node->inputs[node->n_inputs - 1].value);
    struct dim columns;
    double n = 1;

    if (node_has_trait(node, TRAIT_SLIDES)) {
        for (uint32_t i = 1; second->known && i < second->rank; i++)
            n *=
                dim_is_certain(second->dims[i]) ? (double)second->dims[i].n : 0;
        return n;
    }
    columns = shape_dim(first, -1);
    return dim_is_certain(columns) ? (double)columns.n : 0;
}

/* True when the weights of a contraction have one sign: then it is a sum. */
static bool
only_sums(const struct walk *walk, const struct node *node)
{
    const struct numeric_range *range;

    if (node->n_inputs == 1)
        return true;
    if (node->n_inputs != 2 || node->inputs[1].value == NULL)
        return false;
    range = walk->constants->of[node->inputs[1].value->id];
    return range != NULL && (range->min >= 0 || range->max <= 0);
}

static void
decide_sum(struct walk *walk, const struct node *node)
{
    const double length = node_has_trait(node, TRAIT_HEAVY)
                              ? contraction_length(walk->plan, node)
                              : sum_length(walk->plan, node);
    enum known known;

    if (length < 2 || node->inputs[0].value == NULL)
        return;
    known = sum_known(walk, node, length);
    if (!evidence_keeps(walk->plan, DANGER_LONG_SUM, known))
        return;
    walk_begin(
        walk, REASON_LONG_SUM, node, node->inputs[0].value,
        arena_printf(walk->plan->module->arena, "%.0f elements", length));
    walk_keep_node(walk, node);
}

void
decide_sums(struct plan *plan, const struct types *types,
            const struct constants *constants)
{
    struct walk walk;

    walk_init(&walk, plan, types, constants);
    if (plan->accumulation == ACCUMULATION_FLOAT || walk.format->is_wide)
        return;
    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        if (node == NULL || node->n_inputs == 0)
            continue;
        if (node_has_trait(node, TRAIT_REDUCE) ||
            (node_has_trait(node, TRAIT_HEAVY) && only_sums(&walk, node)))
            decide_sum(&walk, node);
    }
}
