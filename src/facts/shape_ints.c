/* shape_ints.c: where small integer tensors come from, and arithmetic on
 * them. */
#include "facts/shape_rules.h"

#include <string.h>

#include "model/tensor.h"

/* ---- constants -------------------------------------------------------- */

static bool
is_integer(int elem)
{
    return elem_kind(elem) == ELEM_KIND_INT ||
           elem_kind(elem) == ELEM_KIND_UINT ||
           elem_kind(elem) == ELEM_KIND_BOOL;
}

void
draft_tensor(struct shape_draft *out, struct model *model,
             const Onnx__TensorProto *tensor)
{
    int64_t items[SHAPE_MAX];
    size_t n = 0;

    if (!draft_rank(out, tensor->n_dims))
        return;
    for (uint32_t i = 0; i < out->rank; i++)
        out->dims[i] = dim_length(dim_of(tensor->dims[i]));
    if (!is_integer(tensor->data_type) ||
        !tensor_get_i64(model, tensor, items, SHAPE_MAX, &n))
        return;
    out->has_ints = true;
    for (size_t i = 0; i < n; i++)
        draft_int(out, dim_of(items[i]));
}

static void
one_dim(struct shape_draft *out, uint64_t n)
{
    if (draft_rank(out, 1))
        out->dims[0] = n > INT64_MAX ? out->dims[0] : dim_of((int64_t)n);
}

static void
draft_list(struct shape_draft *out, const int64_t *items, size_t n)
{
    one_dim(out, n);
    out->has_ints = n <= SHAPE_MAX;
    for (size_t i = 0; out->has_ints && i < n; i++)
        draft_int(out, dim_of(items[i]));
}

/* The spellings of a value (ONNX Constant, since 12). */
void
rule_constant(const struct shape_site *site, struct shape_draft *out)
{
    for (size_t i = 0; i < site->node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *const attr =
            site->node->proto->attribute[i];
        if (attr->t != NULL) {
            draft_tensor(out, site->module->model, attr->t);
        } else if (attr->sparse_tensor != NULL) {
            if (draft_rank(out, attr->sparse_tensor->n_dims))
                for (uint32_t k = 0; k < out->rank; k++)
                    out->dims[k] = dim_of(attr->sparse_tensor->dims[k]);
        } else if (strcmp(attr->name, "value_int") == 0) {
            draft_rank(out, 0);
            out->has_ints = true;
            draft_int(out, dim_of(attr->i));
        } else if (strcmp(attr->name, "value_ints") == 0) {
            draft_list(out, attr->ints, attr->n_ints);
        } else if (strcmp(attr->name, "value_floats") == 0) {
            one_dim(out, attr->n_floats);
        } else if (strcmp(attr->name, "value_strings") == 0) {
            one_dim(out, attr->n_strings);
        } else if (strcmp(attr->name, "value_float") == 0 ||
                   strcmp(attr->name, "value_string") == 0) {
            draft_rank(out, 0);
        }
    }
}

/* The integer that ConstantOfShape repeats; false for a float. */
static bool
fill_value(const struct shape_site *site, int64_t *item)
{
    const Onnx__AttributeProto *const attr = node_attr(site->node, "value");
    size_t n = 0;

    return attr != NULL && attr->t != NULL && is_integer(attr->t->data_type) &&
           tensor_get_i64(site->module->model, attr->t, item, 1, &n) && n == 1;
}

void
rule_constant_of_shape(const struct shape_site *site, struct shape_draft *out)
{
    struct shape_list sizes;
    int64_t item;
    uint32_t n;

    site_list(site, NULL, 0, &sizes);
    if (!sizes.known || !draft_rank(out, sizes.n))
        return;
    for (uint32_t i = 0; i < sizes.n; i++)
        out->dims[i] = dim_length(sizes.item[i]);
    if (!fill_value(site, &item) || !draft_elements(out, &n))
        return;
    out->has_ints = true;
    for (uint32_t i = 0; i < n; i++)
        draft_int(out, dim_of(item));
}

/* Elements of Range: ceil((limit - start) / delta), none when negative. */
static struct dim
range_count(struct dim start, struct dim limit, struct dim delta)
{
    const struct dim span =
        delta.n > 0 ? dim_sub(limit, start) : dim_sub(start, limit);
    struct dim count;

    if (delta.kind != DIM_KNOWN || delta.n == 0 || delta.n == INT64_MIN)
        return (struct dim){0};
    if (span.kind == DIM_KNOWN && span.n <= 0)
        return dim_of(0);
    delta.n = delta.n < 0 ? -delta.n : delta.n;
    count = dim_quotient(dim_add(span, dim_of(delta.n - 1)), delta);
    count.assumed = count.assumed || start.assumed || limit.assumed;
    return count;
}

void
rule_range(const struct shape_site *site, struct shape_draft *out)
{
    const struct dim none = {0};
    const struct dim start = site_number(site, NULL, 0, none);
    const struct dim delta = site_number(site, NULL, 2, none);
    struct dim item = start;
    uint32_t n;

    draft_dim(out, range_count(start, site_number(site, NULL, 1, none), delta));
    out->known = true;
    if (start.kind != DIM_KNOWN || !draft_elements(out, &n))
        return;
    out->has_ints = true;
    for (uint32_t i = 0; i < n; i++, item = dim_add(item, delta))
        draft_int(out, item);
}

/* ---- questions about shapes ------------------------------------------- */

/* An end of the slice that Shape takes: counted from the end when negative,
 * then clamped. */
static uint32_t
clamp_axis(int64_t axis, uint32_t rank)
{
    if (axis < 0)
        axis += (int64_t)rank;
    if (axis < 0)
        return 0;
    return axis > (int64_t)rank ? rank : (uint32_t)axis;
}

void
rule_shape(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    const uint32_t from = clamp_axis(site_int(site, "start", 0), input->rank);
    const uint32_t to =
        clamp_axis(site_int(site, "end", input->rank), input->rank);

    draft_rank(out, 1);
    if (!input->known)
        return;
    out->dims[0] = dim_of(to < from ? 0 : to - from);
    out->has_ints = true;
    for (uint32_t i = from; i < to; i++)
        draft_int(out, input->dims[i]);
}

void
rule_size(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);

    draft_rank(out, 0);
    if (!input->known)
        return;
    out->has_ints = true;
    draft_int(out, dims_product(input->dims, 0, input->rank));
}

/* ---- arithmetic ------------------------------------------------------- */

/* A symbol is a length, so it is no negative number. */
static bool
must_differ(struct dim a, struct dim b)
{
    if (a.kind == DIM_SYMBOL && b.kind == DIM_KNOWN)
        return b.n < 0;
    if (a.kind == DIM_KNOWN && b.kind == DIM_SYMBOL)
        return a.n < 0;
    return a.kind == DIM_KNOWN && b.kind == DIM_KNOWN && a.n != b.n;
}

static struct dim
compare(struct dim a, struct dim b)
{
    struct dim equal = {0};

    if (!dim_same(a, b) && !must_differ(a, b))
        return equal;
    equal = dim_of(dim_same(a, b));
    equal.assumed = a.assumed || b.assumed;
    return equal;
}

/* The lesser of two numbers, or the greater. */
static struct dim
select_extreme(struct dim a, struct dim b, bool least)
{
    struct dim result = dim_join(a, b);

    if (a.kind != DIM_KNOWN || b.kind != DIM_KNOWN)
        return result;
    result = (a.n < b.n) == least ? a : b;
    result.assumed = a.assumed || b.assumed;
    return result;
}

static struct dim
choose(struct dim condition, struct dim a, struct dim b)
{
    struct dim result = dim_join(a, b);

    if (condition.kind != DIM_KNOWN)
        return result;
    result = condition.n != 0 ? a : b;
    result.assumed = result.assumed || condition.assumed;
    return result;
}

static struct dim
remainder_of(struct dim a, struct dim b)
{
    const struct dim whole = dim_mul(dim_quotient(a, b), b);

    return a.kind == DIM_KNOWN ? dim_sub(a, whole) : (struct dim){0};
}

static struct dim
calculate(enum shape_calc op, const struct dim item[3])
{
    switch (op) {
    case CALC_ADD:
        return dim_add(item[0], item[1]);
    case CALC_SUB:
        return dim_sub(item[0], item[1]);
    case CALC_MUL:
        return dim_mul(item[0], item[1]);
    case CALC_DIV:
        return dim_quotient(item[0], item[1]);
    case CALC_MOD:
        return remainder_of(item[0], item[1]);
    case CALC_MIN:
        return select_extreme(item[0], item[1], true);
    case CALC_MAX:
        return select_extreme(item[0], item[1], false);
    case CALC_NEG:
        return dim_sub(dim_of(0), item[0]);
    case CALC_EQUAL:
        return compare(item[0], item[1]);
    case CALC_WHERE:
        return choose(item[0], item[1], item[2]);
    }
    return (struct dim){0};
}

static uint32_t
operands_of(enum shape_calc op)
{
    switch (op) {
    case CALC_NEG:
        return 1;
    case CALC_ADD:
    case CALC_SUB:
    case CALC_MUL:
    case CALC_DIV:
    case CALC_MOD:
    case CALC_MIN:
    case CALC_MAX:
    case CALC_EQUAL:
        return 2;
    case CALC_WHERE:
        return 3;
    }
    return 0;
}

/* Operands that have one element, or all that the result has. */
static bool
fit_elements(const struct shape_site *site, uint32_t n)
{
    if (site->node->n_inputs != operands_of((enum shape_calc)site->arg))
        return false;
    for (uint32_t i = 0; i < site->node->n_inputs; i++) {
        const struct shape *const input = site_input(site, i);
        if (!input->has_ints || (input->n_ints != n && input->n_ints != 1))
            return false;
    }
    return true;
}

void
rule_arithmetic(const struct shape_site *site, struct shape_draft *out)
{
    uint32_t n;

    site_broadcast(site, 0, out);
    if (!draft_elements(out, &n) || !fit_elements(site, n))
        return;
    out->has_ints = true;
    for (uint32_t i = 0; i < n; i++) {
        struct dim item[3] = {{0}};
        for (uint32_t k = 0; k < site->node->n_inputs; k++) {
            const struct shape *const input = site_input(site, k);
            item[k] = input->ints[input->n_ints == 1 ? 0 : i];
        }
        draft_int(out, calculate((enum shape_calc)site->arg, item));
    }
}
