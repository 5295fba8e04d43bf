/* folding.c: arithmetic on constants. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "rewrite/constant.h"
#include "rewrite/rule.h"

/* ---- arithmetic --------------------------------------------------------- */

static float
sum_of(float a, float b)
{
    return a + b;
}

static float
difference_of(float a, float b)
{
    return a - b;
}

static float
product_of(float a, float b)
{
    return a * b;
}

static float
quotient_of(float a, float b)
{
    return a / b;
}

typedef float (*operation_fn)(float a, float b);

static const struct {
    const char *op;
    operation_fn compute;
} operations[] = {
    {"Add", sum_of},
    {"Sub", difference_of},
    {"Mul", product_of},
    {"Div", quotient_of},
};

static operation_fn
operation_of(const struct node *node)
{
    size_t i = 0;

    while (strcmp(operations[i].op, op_name(node->op)) != 0)
        i++;
    return operations[i].compute;
}

/* The shape of the result, as ONNX broadcasts. */
static bool
broadcast(const struct constant *a, const struct constant *b,
          struct constant *out)
{
    out->rank = a->rank > b->rank ? a->rank : b->rank;
    out->n = 1;
    for (uint32_t i = 1; i <= out->rank; i++) {
        const int64_t of_a = i <= a->rank ? a->dims[a->rank - i] : 1;
        const int64_t of_b = i <= b->rank ? b->dims[b->rank - i] : 1;
        if (of_a != of_b && of_a != 1 && of_b != 1)
            return false;
        out->dims[out->rank - i] = of_a == 1 ? of_b : of_a;
        out->n *= (size_t)out->dims[out->rank - i];
    }
    return out->n <= TERM_CONSTANT_MOST;
}

/* Where element `i` of the result finds its operand. */
static size_t
operand_at(const struct constant *operand, const struct constant *result,
           size_t i)
{
    size_t at = 0;
    size_t stride = 1;

    for (uint32_t k = 1; k <= result->rank; k++) {
        const size_t length = (size_t)result->dims[result->rank - k];
        const size_t own =
            k <= operand->rank ? (size_t)operand->dims[operand->rank - k] : 1;
        if (own != 1)
            at += i % length * stride;
        stride *= own;
        i /= length;
    }
    return at;
}

static bool
compute(struct arena *arena, operation_fn operation, const struct constant *a,
        const struct constant *b, struct constant *out)
{
    if (!broadcast(a, b, out))
        return false;
    out->values = arena_array(arena, out->n, float);
    for (size_t i = 0; i < out->n; i++) {
        out->values[i] = operation(a->values[operand_at(a, out, i)],
                                   b->values[operand_at(b, out, i)]);
        if (!isfinite(out->values[i]))
            return false;
    }
    return true;
}

static bool
read_operands(const struct rewrite *rewrite, struct constant *a,
              struct constant *b)
{
    return constant_read(rewrite->module, rewrite_get(rewrite, "a"),
                         TERM_CONSTANT_MOST, rewrite->scratch, a) &&
           constant_read(rewrite->module, rewrite_get(rewrite, "b"),
                         TERM_CONSTANT_MOST, rewrite->scratch, b);
}

/* ---- two constants ------------------------------------------------------ */

bool
rewrite_constants(struct rewrite *rewrite)
{
    struct node *const root = rewrite->match.root;
    struct constant a, b, result;

    if (!read_operands(rewrite, &a, &b) ||
        !compute(rewrite->scratch, operation_of(root), &a, &b, &result) ||
        !rewrite_open(rewrite, root->outputs[0]))
        return false;
    rewrite_become(rewrite, root, rewrite->rule->target, NULL, 0);
    edit_set_attr_tensor(rewrite->module, root, "value",
                         constant_tensor_new(rewrite->module, &result));
    return true;
}

/* ---- two factors -------------------------------------------------------- */

/* x o a i b, where o and i are products or quotients, is x, joined by `outer`,
 * to the result of `join` on the two constants, in reverse order or not. */
static const struct {
    const char *inner, *outer, *result;
    operation_fn join;
    bool is_reversed;
} joins[] = {
    {"Mul", "Mul", "Mul", product_of, false},
    {"Mul", "Div", "Mul", quotient_of, false},
    {"Div", "Mul", "Mul", quotient_of, true},
    {"Div", "Div", "Div", product_of, false},
};

static size_t
join_of(const struct node *inner, const struct node *outer)
{
    size_t i = 0;

    while (strcmp(joins[i].inner, op_name(inner->op)) != 0 ||
           strcmp(joins[i].outer, op_name(outer->op)) != 0)
        i++;
    return i;
}

/* Within the normal range of float16. */
static bool
is_normal(float value)
{
    return fabsf(value) >= 0x1p-14F && fabsf(value) <= 65504;
}

static bool
all_normal(const struct constant *constant)
{
    size_t i = 0;

    while (i < constant->n && is_normal(constant->values[i]))
        i++;
    return i == constant->n;
}

/* One factor must be no worse to convert than the two were. */
static bool
is_worth_joining(const struct constant *a, const struct constant *b,
                 const struct constant *joined)
{
    for (size_t i = 0; i < joined->n; i++)
        if (fabsf(joined->values[i]) < FLT_MIN)
            return false;
    return all_normal(joined) || !all_normal(a) || !all_normal(b);
}

/* A power of two that is applied to a value with several users is there to
 * bring it into range, and would be put there again. */
static bool
is_range_scale(const struct value *root, const struct constant *outer)
{
    int exponent;

    return outer->n == 1 && frexpf(outer->values[0], &exponent) == 0.5F &&
           root->uses != root->last_use;
}

bool
rewrite_factors(struct rewrite *rewrite)
{
    struct node *const root = rewrite->match.root;
    struct value *const inner = rewrite_get(rewrite, "i");
    struct value *inputs[2] = {rewrite_get(rewrite, "x"), NULL};
    struct constant a, b, joined;
    size_t join;
    bool reversed;

    if (!match_owns(&rewrite->match, inner) || constant_is(inputs[0]) ||
        !read_operands(rewrite, &a, &b) || is_range_scale(root->outputs[0], &b))
        return false;
    join = join_of(inner->def, root);
    reversed = joins[join].is_reversed;
    if (!compute(rewrite->scratch, joins[join].join, reversed ? &b : &a,
                 reversed ? &a : &b, &joined) ||
        !is_worth_joining(&a, &b, &joined) ||
        !rewrite_open(rewrite, root->outputs[0]))
        return false;
    inputs[1] = constant_new(rewrite->module, root, "factor", &joined);
    rewrite_become(rewrite, root, joins[join].result, inputs, 2);
    return true;
}
