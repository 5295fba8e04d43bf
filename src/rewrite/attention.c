/* attention.c: the scale of an attention's scores. */
#include <math.h>

#include "rewrite/constant.h"
#include "rewrite/rule.h"

/* 2^-14 is the smallest normal value of float16. */
enum { SHIFT_MOST = 14 };

/* A factor as 2^-shift and what remains of it, so that the product before the
 * remaining factor is applied is no larger than the result. False when there
 * is nothing to move, or when the scale makes the scores larger. */
static bool
split_scale(double scale, bool is_divisor, int *shift, double *rest)
{
    int exponent;
    const double fraction = frexp(scale, &exponent);

    if (!(scale > 0) || isinf(scale))
        return false;
    *rest = is_divisor && fraction != 0.5 ? fraction : 2 * fraction;
    if (*rest != fraction)
        exponent--;
    *shift = is_divisor ? exponent : -exponent;
    return *shift > 0 && *shift <= SHIFT_MOST;
}

/* Weights could be scaled as well, but that is no attention. */
static bool
is_product_of_two(const struct rewrite *rewrite)
{
    const struct value *const a = rewrite_get(rewrite, "a");
    const struct value *const b = rewrite_get(rewrite, "b");

    return !constant_is(a) && !constant_is(b) && a != b;
}

bool
rewrite_attention_scale(struct rewrite *rewrite)
{
    struct module *const module = rewrite->module;
    const struct match *const match = &rewrite->match;
    const struct value *const times = match_get(match, "times");
    const struct value *const target =
        times != NULL ? times : rewrite_get(rewrite, "over");
    const struct value *const c = rewrite_get(rewrite, "c");
    struct value *const product = rewrite_get(rewrite, "p");
    struct value *const a = rewrite_get(rewrite, "a");
    struct node *const scale = target->def;
    struct value *inputs[2] = {NULL, rewrite_get(rewrite, "b")};
    double number, rest;
    uint32_t rank;
    int shift;

    if (!constant_scalar(module, c, &number, &rank) ||
        !split_scale(number, times == NULL, &shift, &rest) ||
        !is_product_of_two(rewrite) || product->uses != product->last_use ||
        !rewrite_rank_fits(rewrite, product) ||
        !rewrite_open(rewrite, scale->outputs[0]))
        return false;
    inputs[0] = rewrite_scale_by(rewrite, a, -shift, product->def);
    if (rest == 1) {
        rewrite_become(rewrite, scale, op_name(product->def->op), inputs, 2);
        return true;
    }
    edit_set_use(module, &product->def->inputs[0], inputs[0]);
    rewrite_replace(
        rewrite, scale, c,
        constant_new_scalar(module, scale, "scale_rest", (float)rest));
    return true;
}
