/* norms.c: layer and RMS normalisations that are spelt out. */
#include <math.h>
#include <string.h>

#include "facts/shapes.h"
#include "facts/traits.h"
#include "rewrite/constant.h"
#include "rewrite/rule.h"

/* Elements of a scale of ones where the norm has none. */
enum { ONES_MOST = 1 << 16 };

/* 2^-14 is the smallest normal value of float16. */
enum { SCALE_MOST = 14 };

/* 2^-22: an epsilon from here on keeps three bits in float16, whose smallest
 * value is 2^-24. */
static const double least_epsilon = 0x1p-22;

/* ---- what is normalised ------------------------------------------------- */

/* The last `n` dimensions. */
struct rows {
    const struct shape *shape;
    uint32_t n;
};

/* The number of last dimensions that a reduction takes together; 0 when it
 * takes others or drops them. */
static uint32_t
trailing_axes(const struct rewrite *rewrite, const struct node *node,
              const struct shape *shape)
{
    int64_t axes[SHAPE_MAX], keepdims;
    bool reduced[SHAPE_MAX] = {false};
    const int64_t rank = shape->rank;
    uint32_t n;

    if (!rewrite_attr_int(node, "keepdims", 1, &keepdims) || keepdims == 0 ||
        !rewrite_axes(rewrite, node, axes, &n))
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank || reduced[axis])
            return 0;
        reduced[axis] = true;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!reduced[rank - 1 - i])
            return 0;
    return n;
}

/* All reductions of the match take the same last dimensions of `x`, whose
 * lengths are known. */
static bool
find_rows(const struct rewrite *rewrite, const struct value *x,
          struct rows *rows)
{
    const struct match *const match = &rewrite->match;

    *rows = (struct rows){.shape = shapes_of(rewrite->facts->shapes, x)};
    if (!rows->shape->known || rows->shape->assumed ||
        !rewrite_rank_fits(rewrite, x))
        return false;
    for (uint32_t i = 0; i < match->n_nodes; i++) {
        uint32_t n;
        if (!node_has_trait(match->nodes[i], TRAIT_REDUCE))
            continue;
        n = trailing_axes(rewrite, match->nodes[i], rows->shape);
        if (n == 0 || (rows->n != 0 && rows->n != n))
            return false;
        rows->n = n;
    }
    for (uint32_t i = 0; i < rows->n; i++) {
        const struct dim dim = shape_dim(rows->shape, -1 - (int64_t)i);
        if (dim.kind != DIM_KNOWN || dim.assumed)
            return false;
    }
    return true;
}

/* A scale or bias must have the very shape of a row: what ONNX lets broadcast,
 * not every runtime does. */
static bool
is_row(const struct rewrite *rewrite, const struct value *value,
       const struct rows *rows)
{
    const struct shape *const shape = rewrite_shape(rewrite, value);

    if (!shape->known || shape->rank != rows->n)
        return false;
    for (uint32_t i = 0; i < rows->n; i++) {
        const struct dim own = shape_dim(shape, i);
        const struct dim row =
            shape_dim(rows->shape, (int64_t)i - (int64_t)rows->n);
        if (own.kind != DIM_KNOWN || own.n != row.n)
            return false;
    }
    return true;
}

static bool
row_ones(const struct rewrite *rewrite, const struct rows *rows,
         struct constant *ones)
{
    *ones = (struct constant){.n = 1, .rank = rows->n};
    for (uint32_t i = 0; i < rows->n; i++) {
        ones->dims[i] = shape_dim(rows->shape, (int64_t)i - (int64_t)rows->n).n;
        if (ones->dims[i] < 1 || ones->dims[i] > ONES_MOST / (int64_t)ones->n)
            return false;
        ones->n *= (size_t)ones->dims[i];
    }
    ones->values = arena_array(rewrite->scratch, ones->n, float);
    for (size_t i = 0; i < ones->n; i++)
        ones->values[i] = 1;
    return true;
}

/* ---- the operator ------------------------------------------------------- */

static void
become_norm(struct rewrite *rewrite, struct value *const *inputs,
            uint32_t n_inputs, const struct rows *rows, float epsilon)
{
    struct module *const module = rewrite->module;
    struct node *const node = rewrite->match.root;

    rewrite_become(rewrite, node, rewrite->rule->target, inputs, n_inputs);
    edit_set_attr_int(module, node, "axis", -(int64_t)rows->n);
    edit_set_attr_float(module, node, "epsilon", epsilon);
    edit_set_attr_int(module, node, "stash_type", ELEM_FLOAT);
}

bool
rewrite_norm(struct rewrite *rewrite)
{
    const struct match *const match = &rewrite->match;
    struct value *inputs[] = {rewrite_get(rewrite, "x"), match_get(match, "g"),
                              match_get(match, "b")};
    struct constant ones;
    struct rows rows;
    double epsilon;
    uint32_t rank;

    if (!constant_scalar(rewrite->module, rewrite_get(rewrite, "eps"), &epsilon,
                         &rank) ||
        !(epsilon > 0) || isinf(epsilon) ||
        !find_rows(rewrite, inputs[0], &rows))
        return false;
    for (uint32_t i = 1; i < 3; i++)
        if (inputs[i] != NULL && !is_row(rewrite, inputs[i], &rows))
            return false;
    if ((inputs[1] == NULL && !row_ones(rewrite, &rows, &ones)) ||
        !rewrite_open(rewrite, match->root->outputs[0]))
        return false;
    if (inputs[1] == NULL)
        inputs[1] =
            constant_new(rewrite->module, match->root, "norm_scale", &ones);
    become_norm(rewrite, inputs, inputs[2] == NULL ? 2 : 3, &rows,
                (float)epsilon);
    return true;
}

/* ---- powers of two ------------------------------------------------------ */

/* A second power of two would follow the first in every further run. */
static bool
is_scaled(struct module *module, const struct value *value)
{
    const struct node *const node = value->def;
    double number;
    uint32_t rank;
    int exponent;

    if (node == NULL || node->op == NULL || node->n_inputs != 2 ||
        !node_has_trait(node, TRAIT_SELF_SQUARE) ||
        node->inputs[1].value == NULL ||
        !constant_scalar(module, node->inputs[1].value, &number, &rank))
        return false;
    return number < 1 && frexp(number, &exponent) == 0.5;
}

/* A gain that is the norm's own input, or made of it on the way, would be
 * scaled too. */
static bool
is_part(const struct match *match, const struct value *gain)
{
    return gain != NULL && (gain == match_get(match, "x") ||
                            (gain->def != NULL && match_has(match, gain->def)));
}

/* How many operands of the match the value is. */
static uint32_t
count_reads(const struct match *match, const struct value *value)
{
    uint32_t n = 0;

    for_each_use (value, use)
        n += use->user != NULL && match_has(match, use->user);
    return n;
}

/* Values between the norm's input and its output have other users. */
static bool
is_seen_outside(const struct match *match)
{
    for (uint32_t i = 0; i < match->n_nodes; i++)
        for (uint32_t k = 0; k < match->nodes[i]->n_outputs; k++)
            if (match->nodes[i] != match->root &&
                match->nodes[i]->outputs[k] != NULL &&
                !match_owns(match, match->nodes[i]->outputs[k]))
                return true;
    return false;
}

bool
rewrite_scale_norm(struct rewrite *rewrite)
{
    struct match *const match = &rewrite->match;
    const struct value *const eps = rewrite_get(rewrite, "eps");
    struct value *const x = rewrite_get(rewrite, "x");
    const int k = rewrite->scale > SCALE_MOST ? 0 : (int)rewrite->scale;
    struct value *scaled, *eps_scaled;
    double epsilon;
    uint32_t rank;

    if (k == 0 || constant_is(x) || is_scaled(rewrite->module, x) ||
        is_seen_outside(match) || count_reads(match, eps) != 1 ||
        is_part(match, match_get(match, "g")) ||
        !constant_scalar(rewrite->module, eps, &epsilon, &rank) ||
        !(ldexp(epsilon, -2 * k) >= least_epsilon) || rank != 0 ||
        !rewrite_open(rewrite, match->root->outputs[0]))
        return false;
    scaled = rewrite_scale_by(rewrite, x, -k, match->nodes[0]);
    eps_scaled =
        constant_new_scalar(rewrite->module, match->nodes[0], "epsilon_scaled",
                            (float)ldexp(epsilon, -2 * k));
    for (uint32_t i = 0; i < match->n_nodes; i++) {
        rewrite_replace(rewrite, match->nodes[i], x, scaled);
        rewrite_replace(rewrite, match->nodes[i], eps, eps_scaled);
    }
    return true;
}
