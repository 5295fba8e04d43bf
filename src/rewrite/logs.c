/* logs.c: means, and functions of exponentials, that are spelt out. */
#include <string.h>

#include "rewrite/constant.h"
#include "rewrite/rule.h"

/* ---- reductions --------------------------------------------------------- */

/* What the new reduction gets from the old one. */
struct reduction {
    const struct node *from;
    struct value *axes; /* as an input; NULL for none */
    int64_t list[SHAPE_MAX];
    uint32_t n; /* as an attribute */
    int64_t keepdims;
};

/* An op that is older than the input `axes` gets the attribute. */
static bool
find_reduction(const struct rewrite *rewrite, const struct node *from,
               struct reduction *out)
{
    const struct op_schema *const target =
        ops_find("", rewrite->rule->target,
                 graph_new_opset(rewrite->module, from->graph));
    const bool takes_input = target != NULL && op_input(target, 1) != NULL;
    struct value *const axes =
        from->n_inputs > 1 ? from->inputs[1].value : NULL;
    int64_t noop;

    *out = (struct reduction){.from = from};
    if (!rewrite_attr_int(from, "keepdims", 1, &out->keepdims) ||
        !rewrite_attr_int(from, "noop_with_empty_axes", 0, &noop) || noop != 0)
        return false;
    if (takes_input)
        out->axes = axes;
    return (takes_input && axes != NULL) ||
           (rewrite_axes(rewrite, from, out->list, &out->n) &&
            (!takes_input || out->n == 0));
}

static void
become_reduction(struct rewrite *rewrite, const struct reduction *reduction,
                 struct value *x)
{
    struct module *const module = rewrite->module;
    struct node *const node = rewrite->match.root;
    struct value *const inputs[] = {x, reduction->axes};

    rewrite_become(rewrite, node, rewrite->rule->target, inputs,
                   reduction->axes == NULL ? 1 : 2);
    edit_set_attr_int(module, node, "keepdims", reduction->keepdims);
    if (reduction->n > 0)
        edit_set_attr_ints(module, node, "axes", reduction->list, reduction->n);
}

/* The number of elements that a reduction takes together; 0 when it is not
 * known. */
static double
reduced_length(const struct rewrite *rewrite, const struct node *node,
               const struct value *x)
{
    const struct shape *const shape = shapes_of(rewrite->facts->shapes, x);
    int64_t axes[SHAPE_MAX];
    double length = 1;
    uint32_t n;

    if (!shape->known || shape->assumed ||
        !rewrite_axes(rewrite, node, axes, &n))
        return 0;
    for (uint32_t i = 0; i < (n == 0 ? shape->rank : n); i++) {
        const struct dim dim = shape_dim(shape, n == 0 ? i : axes[i]);
        if (dim.kind != DIM_KNOWN || dim.assumed)
            return 0;
        length *= (double)dim.n;
    }
    return length;
}

bool
rewrite_mean(struct rewrite *rewrite)
{
    struct value *const x = rewrite_get(rewrite, "x");
    struct value *const sum = rewrite_get(rewrite, "s");
    const bool is_divisor = match_get(&rewrite->match, "over") != NULL;
    const double length = reduced_length(rewrite, sum->def, x);
    struct reduction reduction;
    double number;
    uint32_t rank;

    if (!constant_scalar(rewrite->module, rewrite_get(rewrite, "c"), &number,
                         &rank) ||
        length < 1 || !rewrite_rank_fits(rewrite, sum) ||
        number != (is_divisor ? length : (double)(float)(1 / length)) ||
        !find_reduction(rewrite, sum->def, &reduction) ||
        !rewrite_open(rewrite, rewrite->match.root->outputs[0]))
        return false;
    become_reduction(rewrite, &reduction, x);
    return true;
}

/* ---- logarithms --------------------------------------------------------- */

bool
rewrite_log_sum_exp(struct rewrite *rewrite)
{
    const struct value *const sum = rewrite_get(rewrite, "s");
    struct reduction reduction;

    if (!find_reduction(rewrite, sum->def, &reduction) ||
        !rewrite_open(rewrite, rewrite->match.root->outputs[0]))
        return false;
    become_reduction(rewrite, &reduction, rewrite_get(rewrite, "x"));
    return true;
}

bool
rewrite_log_softmax(struct rewrite *rewrite)
{
    const struct node *const softmax = rewrite_get(rewrite, "s")->def;
    struct value *const x = rewrite_get(rewrite, "x");
    struct node *const root = rewrite->match.root;
    const bool has_axis = node_attr(softmax, "axis") != NULL;
    int64_t axis;

    if (!rewrite_attr_int(softmax, "axis", 0, &axis) ||
        !rewrite_open(rewrite, root->outputs[0]))
        return false;
    rewrite_become(rewrite, root, rewrite->rule->target, &x, 1);
    if (has_axis)
        edit_set_attr_int(rewrite->module, root, "axis", axis);
    return true;
}

bool
rewrite_softplus(struct rewrite *rewrite)
{
    struct value *const x = rewrite_get(rewrite, "x");
    struct node *const root = rewrite->match.root;

    if (!rewrite_rank_fits(rewrite, x) ||
        !rewrite_open(rewrite, root->outputs[0]))
        return false;
    rewrite_become(rewrite, root, rewrite->rule->target, &x, 1);
    return true;
}
