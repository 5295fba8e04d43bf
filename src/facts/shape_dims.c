/* shape_dims.c: arithmetic on dimensions, drafts, and what a rule can ask of
 * its node. */
#include "facts/shape_rules.h"

#include <string.h>

#include "graph/graph.h"

static struct dim
unknown_dim(void)
{
    return (struct dim){0};
}

struct dim
dim_of(int64_t n)
{
    return (struct dim){.kind = DIM_KNOWN, .n = n};
}

bool
dim_is(struct dim dim, int64_t n)
{
    return dim.kind == DIM_KNOWN && dim.n == n;
}

bool
dim_same(struct dim a, struct dim b)
{
    return a.kind != DIM_UNKNOWN && a.kind == b.kind && a.n == b.n;
}

/* `dim` as it follows from `a` and `b`. */
static struct dim
derived(struct dim dim, struct dim a, struct dim b)
{
    if (dim.kind != DIM_UNKNOWN)
        dim.assumed = a.assumed || b.assumed;
    return dim;
}

static bool
both_known(struct dim a, struct dim b)
{
    return a.kind == DIM_KNOWN && b.kind == DIM_KNOWN;
}

struct dim
dim_add(struct dim a, struct dim b)
{
    struct dim sum = {0};

    if (dim_is(a, 0))
        return derived(b, a, b);
    if (dim_is(b, 0))
        return derived(a, a, b);
    if (both_known(a, b) && !__builtin_add_overflow(a.n, b.n, &sum.n))
        sum.kind = DIM_KNOWN;
    return sum.kind == DIM_KNOWN ? derived(sum, a, b) : unknown_dim();
}

struct dim
dim_sub(struct dim a, struct dim b)
{
    struct dim rest = {0};

    if (dim_is(b, 0))
        return derived(a, a, b);
    if (dim_same(a, b))
        return derived(dim_of(0), a, b);
    if (both_known(a, b) && !__builtin_sub_overflow(a.n, b.n, &rest.n))
        rest.kind = DIM_KNOWN;
    return rest.kind == DIM_KNOWN ? derived(rest, a, b) : unknown_dim();
}

struct dim
dim_mul(struct dim a, struct dim b)
{
    struct dim product = {0};

    if (dim_is(a, 0) || dim_is(b, 0))
        return derived(dim_of(0), a, b);
    if (dim_is(a, 1))
        return derived(b, a, b);
    if (dim_is(b, 1))
        return derived(a, a, b);
    if (both_known(a, b) && !__builtin_mul_overflow(a.n, b.n, &product.n))
        product.kind = DIM_KNOWN;
    return product.kind == DIM_KNOWN ? derived(product, a, b) : unknown_dim();
}

struct dim
dim_quotient(struct dim a, struct dim b)
{
    if (dim_is(b, 1))
        return derived(a, a, b);
    if (!both_known(a, b) || a.n < 0 || b.n <= 0)
        return unknown_dim();
    return derived(dim_of(a.n / b.n), a, b);
}

struct dim
dim_div(struct dim a, struct dim b)
{
    if (both_known(a, b) && (b.n <= 0 || a.n % b.n != 0))
        return unknown_dim();
    if (a.kind == DIM_SYMBOL && dim_same(a, b))
        return derived(dim_of(1), a, b);
    return dim_quotient(a, b);
}

struct dim
dim_broadcast(struct dim a, struct dim b)
{
    if (dim_is(a, 1))
        return derived(b, a, b);
    if (dim_is(b, 1) || dim_same(a, b))
        return derived(a, a, b);
    /* What is not 1 says it: the other is the same or 1. */
    if (a.kind == DIM_KNOWN && b.kind != DIM_KNOWN)
        return a;
    if (b.kind == DIM_KNOWN && a.kind != DIM_KNOWN)
        return b;
    return unknown_dim();
}

struct dim
dim_merge(struct dim a, struct dim b)
{
    if (a.kind == DIM_UNKNOWN)
        return b;
    if (b.kind == DIM_UNKNOWN || a.kind == b.kind)
        return a.assumed && dim_same(a, b) ? b : a;
    return a.kind == DIM_KNOWN ? a : b;
}

struct dim
dim_join(struct dim a, struct dim b)
{
    return dim_same(a, b) ? derived(a, a, b) : unknown_dim();
}

struct dim
dim_length(struct dim dim)
{
    return dim.kind == DIM_KNOWN && dim.n < 0 ? unknown_dim() : dim;
}

struct dim
dims_product(const struct dim *dims, uint32_t from, uint32_t to)
{
    struct dim product = dim_of(1);

    for (uint32_t i = from; i < to; i++)
        product = dim_mul(product, dims[i]);
    return product;
}

bool
axis_of(int64_t axis, uint32_t rank, uint32_t *index)
{
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return false;
    *index = (uint32_t)(axis < 0 ? axis + (int64_t)rank : axis);
    return true;
}

/* ---- shapes ----------------------------------------------------------- */

struct dim
shape_dim(const struct shape *shape, int64_t axis)
{
    uint32_t index;

    if (!shape->known || !axis_of(axis, shape->rank, &index))
        return unknown_dim();
    return shape->dims[index];
}

bool
shape_elements(const struct shape *shape, uint64_t *n)
{
    const struct dim product = dims_product(shape->dims, 0, shape->rank);

    if (!shape->known || product.kind != DIM_KNOWN || product.n < 0)
        return false;
    *n = (uint64_t)product.n;
    return true;
}

bool
shape_bytes(const struct shape *shape, int elem, uint64_t *bytes)
{
    const uint64_t bits = (uint64_t)elem_bits(elem);
    uint64_t n;

    if (bits == 0 || !shape_elements(shape, &n) || n > (UINT64_MAX - 7) / bits)
        return false;
    *bytes = (n * bits + 7) / 8;
    return true;
}

bool
shape_is_assumed(const struct shape *shape)
{
    for (uint32_t i = 0; i < shape->rank; i++)
        if (shape->dims[i].assumed)
            return true;
    return shape->assumed;
}

/* ---- drafts ----------------------------------------------------------- */

bool
draft_rank(struct shape_draft *out, uint64_t rank)
{
    out->known = rank <= SHAPE_MAX;
    out->rank = out->known ? (uint32_t)rank : 0;
    memset(out->dims, 0, sizeof out->dims);
    return out->known;
}

void
draft_dim(struct shape_draft *out, struct dim dim)
{
    if (out->rank == SHAPE_MAX) {
        out->known = false;
        return;
    }
    out->dims[out->rank++] = dim_length(dim);
}

void
draft_int(struct shape_draft *out, struct dim item)
{
    if (out->n_ints == SHAPE_MAX) {
        out->has_ints = false;
        return;
    }
    out->ints[out->n_ints++] = item;
}

void
draft_shape(struct shape_draft *out, const struct shape *shape)
{
    if (!shape->known || !draft_rank(out, shape->rank))
        return;
    out->assumed = shape->assumed;
    for (uint32_t i = 0; i < shape->rank; i++)
        out->dims[i] = shape->dims[i];
}

void
draft_ints(struct shape_draft *out, const struct shape *shape)
{
    out->has_ints = shape->has_ints;
    out->n_ints = shape->n_ints;
    for (uint32_t i = 0; i < shape->n_ints; i++)
        out->ints[i] = shape->ints[i];
}

void
draft_join(struct shape_draft *out, const struct shape *shape)
{
    if (!out->known || !shape->known || out->rank != shape->rank) {
        *out = (struct shape_draft){0};
        return;
    }
    out->assumed = out->assumed || shape->assumed;
    for (uint32_t i = 0; i < out->rank; i++)
        out->dims[i] = dim_join(out->dims[i], shape->dims[i]);
    out->has_ints =
        out->has_ints && shape->has_ints && out->n_ints == shape->n_ints;
    for (uint32_t i = 0; out->has_ints && i < out->n_ints; i++)
        out->ints[i] = dim_join(out->ints[i], shape->ints[i]);
}

static bool
equal_dims(const struct dim *a, const struct dim *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (a[i].kind != b[i].kind || a[i].n != b[i].n ||
            a[i].assumed != b[i].assumed)
            return false;
    return true;
}

bool
shape_equals(const struct shape *a, const struct shape *b)
{
    return a->known == b->known && a->assumed == b->assumed &&
           a->rank == b->rank && equal_dims(a->dims, b->dims, a->rank) &&
           a->has_ints == b->has_ints && a->n_ints == b->n_ints &&
           equal_dims(a->ints, b->ints, a->n_ints);
}

bool
draft_elements(const struct shape_draft *out, uint32_t *n)
{
    const struct dim count = dims_product(out->dims, 0, out->rank);

    if (!out->known || count.kind != DIM_KNOWN || count.n < 0 ||
        count.n > SHAPE_MAX)
        return false;
    *n = (uint32_t)count.n;
    return true;
}

/* ---- what a rule sees ------------------------------------------------- */

bool
site_has_input(const struct shape_site *site, uint32_t slot)
{
    return slot < site->node->n_inputs &&
           site->node->inputs[slot].value != NULL;
}

const struct shape *
site_input(const struct shape_site *site, uint32_t slot)
{
    return shapes_of(site->shapes, site_has_input(site, slot)
                                       ? site->node->inputs[slot].value
                                       : NULL);
}

static void
list_of_attr(const Onnx__AttributeProto *attr, struct shape_list *list)
{
    const bool one = attr->n_ints == 0 && attr->has_i;

    list->present = true;
    list->known = attr->n_ints <= SHAPE_MAX;
    if (!list->known)
        return;
    list->n = one ? 1 : (uint32_t)attr->n_ints;
    for (uint32_t i = 0; i < list->n; i++)
        list->item[i] = dim_of(one ? attr->i : attr->ints[i]);
}

static void
list_of_input(const struct shape *input, struct shape_list *list)
{
    uint64_t n;

    list->present = true;
    if (input->has_ints) {
        list->known = true;
        list->n = input->n_ints;
        for (uint32_t i = 0; i < list->n; i++)
            list->item[i] = input->ints[i];
    } else if (shape_elements(input, &n) && n <= SHAPE_MAX) {
        list->known = true;
        list->n = (uint32_t)n;
    }
}

void
site_list(const struct shape_site *site, const char *attr, uint32_t slot,
          struct shape_list *list)
{
    const Onnx__AttributeProto *const found =
        attr == NULL ? NULL : node_attr(site->node, attr);

    *list = (struct shape_list){0};
    if (found != NULL)
        list_of_attr(found, list);
    else if (slot != NO_SLOT && site_has_input(site, slot))
        list_of_input(site_input(site, slot), list);
}

struct dim
site_number(const struct shape_site *site, const char *attr, uint32_t slot,
            struct dim missing)
{
    struct shape_list list;

    site_list(site, attr, slot, &list);
    if (!list.present)
        return missing;
    return list.known && list.n == 1 ? list.item[0] : unknown_dim();
}

int64_t
site_int(const struct shape_site *site, const char *attr, int64_t missing)
{
    return node_attr_int(site->node, attr, missing);
}

bool
site_text_is(const struct shape_site *site, const char *attr, const char *text)
{
    const Onnx__AttributeProto *const found = node_attr(site->node, attr);

    return found != NULL && found->has_s && found->s.len == strlen(text) &&
           memcmp(found->s.data, text, found->s.len) == 0;
}

bool
list_axes(const struct shape_list *list, uint32_t rank, bool set[SHAPE_MAX])
{
    memset(set, 0, SHAPE_MAX * sizeof *set);
    for (uint32_t i = 0; i < list->n; i++) {
        uint32_t axis;
        if (list->item[i].kind != DIM_KNOWN || list->item[i].assumed ||
            !axis_of(list->item[i].n, rank, &axis))
            return false;
        set[axis] = true;
    }
    return list->known;
}
