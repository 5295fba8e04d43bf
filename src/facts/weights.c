#include "facts/weights.h"

#include <string.h>

#include "facts/call_attrs.h"
#include "facts/traits.h"
#include "model/tensor.h"

enum layout {
    COLUMNS,      /* [..., K, N]: summed along K */
    ROWS,         /* [..., M, K] */
    GEMM_LEFT,    /* ROWS, or COLUMNS with transA */
    GEMM_RIGHT,   /* COLUMNS, or ROWS with transB */
    WINDOWS,      /* [M, C / group, ...]: summed along all but M */
    WINDOWS_BACK, /* [C, M / group, ...] */
};

static const struct {
    const char *domain, *op;
    uint32_t slot;
    enum layout layout;
} rows[] = {
#define WEIGHT(domain, op, slot, layout) {domain, op, slot, layout},
#include "facts/weights.def"
#undef WEIGHT
};

/* More channels are not worth their memory. */
static const uint64_t MOST_CHANNELS = 1 << 22;

static struct weight_layout
columns(uint64_t sum, uint64_t n)
{
    return (struct weight_layout){1, n, sum};
}

static struct weight_layout
lines(uint64_t sum, uint64_t n)
{
    return (struct weight_layout){sum, n, 1};
}

static struct weight_layout
windows_back(const struct node *node, const Onnx__TensorProto *tensor)
{
    const int64_t group = node_attr_int(node, "group", 1);
    const uint64_t in = (uint64_t)tensor->dims[0];
    const uint64_t out = (uint64_t)tensor->dims[1];

    if (group < 1 || in % (uint64_t)group != 0)
        return (struct weight_layout){0};
    return (struct weight_layout){tensor_count(tensor) / in / out, out,
                                  in / (uint64_t)group};
}

static struct weight_layout
layout_by(enum layout layout, const struct node *node,
          const Onnx__TensorProto *tensor)
{
    const size_t rank = tensor->n_dims;
    const uint64_t count = tensor_count(tensor);
    const uint64_t last = (uint64_t)tensor->dims[rank - 1];
    const uint64_t above = rank < 2 ? 1 : (uint64_t)tensor->dims[rank - 2];

    /* A vector is summed up as a whole. */
    if (rank == 1)
        return lines(count, 1);
    switch (layout) {
    case COLUMNS:
        return columns(above, last);
    case ROWS:
        return lines(last, count / last);
    case GEMM_LEFT:
        return node_attr_int(node, "transA", 0) != 0
                   ? columns(above, last)
                   : lines(last, count / last);
    case GEMM_RIGHT:
        return node_attr_int(node, "transB", 0) != 0
                   ? lines(last, count / last)
                   : columns(above, last);
    case WINDOWS:
        return lines(count / (uint64_t)tensor->dims[0],
                     (uint64_t)tensor->dims[0]);
    case WINDOWS_BACK:
        return windows_back(node, tensor);
    }
    return (struct weight_layout){0};
}

static bool
find_layout(const struct node *node, uint32_t slot, enum layout *layout)
{
    if (node->op == NULL || node_has_references(node))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].slot == slot &&
            strcmp(rows[i].op, op_name(node->op)) == 0 &&
            strcmp(rows[i].domain, op_domain(node->op)) == 0) {
            *layout = rows[i].layout;
            return true;
        }
    return false;
}

bool
weight_layout_of(const struct node *node, uint32_t slot,
                 const Onnx__TensorProto *tensor, struct weight_layout *layout)
{
    enum layout found;

    if (tensor->n_dims == 0 || tensor_count(tensor) == 0 ||
        !find_layout(node, slot, &found))
        return false;
    *layout = layout_by(found, node, tensor);
    return layout->inner > 0 && layout->channels > 0 && layout->repeat > 0;
}

bool
node_turns_matrix(const struct node *node)
{
    const Onnx__AttributeProto *const perm = node_attr(node, "perm");

    return node_has_trait(node, TRAIT_PERMUTES) && !node_has_references(node) &&
           node->n_inputs == 1 && node->n_outputs == 1 &&
           (perm == NULL || (perm->n_ints == 2 && perm->ints[0] == 1 &&
                             perm->ints[1] == 0));
}

bool
weight_layout_turned(const struct node *node, uint32_t slot,
                     const Onnx__TensorProto *tensor,
                     struct weight_layout *layout)
{
    int64_t dims[2];
    Onnx__TensorProto turned = *tensor;

    if (tensor->n_dims != 2)
        return false;
    dims[0] = tensor->dims[1];
    dims[1] = tensor->dims[0];
    turned.dims = dims;
    if (!weight_layout_of(node, slot, &turned, layout))
        return false;
    /* Columns of the one are lines of the other. */
    *layout = layout->inner == 1 && layout->repeat > 1
                  ? lines(layout->repeat, layout->channels)
                  : columns(layout->inner, layout->channels);
    return true;
}

/* The layout that a user of the turned matrix wants. */
static bool
turned_layout(const struct value *matrix, const Onnx__TensorProto *tensor,
              struct weight_layout *layout)
{
    for_each_use (matrix, use)
        if (use->user != NULL &&
            weight_layout_turned(use->user, use->slot, tensor, layout))
            return true;
    return false;
}

static bool
wanted_layout(const struct use *use, const Onnx__TensorProto *tensor,
              struct weight_layout *layout)
{
    const struct node *const node = use->user;

    if (node == NULL)
        return false;
    return weight_layout_of(node, use->slot, tensor, layout) ||
           (node_turns_matrix(node) && node->outputs[0] != NULL &&
            turned_layout(node->outputs[0], tensor, layout));
}

struct weight_sums *
weight_sums_new(struct arena *arena, const struct value *value,
                const Onnx__TensorProto *tensor)
{
    struct weight_layout layout;
    struct weight_sums *sums;

    for_each_use (value, use) {
        uint64_t terms;
        if (!wanted_layout(use, tensor, &layout))
            continue;
        terms = layout.inner * layout.repeat;
        if (tensor_count(tensor) / terms > MOST_CHANNELS)
            return NULL;
        sums = arena_new(arena, struct weight_sums);
        sums->layout = layout;
        sums->terms = terms;
        sums->n = tensor_count(tensor) / terms;
        sums->positive = arena_array(arena, sums->n, double);
        sums->negative = arena_array(arena, sums->n, double);
        sums->squares = arena_array(arena, sums->n, double);
        return sums;
    }
    return NULL;
}

/* A run of values that go to one channel each. */
static void
add_across(struct weight_sums *sums, uint64_t at, const float *values,
           size_t n)
{
    double *const positive = &sums->positive[at];
    double *const negative = &sums->negative[at];
    double *const squares = &sums->squares[at];

    for (size_t i = 0; i < n; i++) {
        const double w = (double)values[i];
        positive[i] += w > 0 ? w : 0;
        negative[i] += w < 0 ? w : 0;
        squares[i] += w * w;
    }
}

/* A run of values that go to one channel. */
static void
add_along(struct weight_sums *sums, uint64_t at, const float *values, size_t n)
{
    double above = sums->positive[at];
    double below = sums->negative[at];
    double squares = sums->squares[at];

    for (size_t i = 0; i < n; i++) {
        const double w = (double)values[i];
        above += w > 0 ? w : 0;
        below += w < 0 ? w : 0;
        squares += w * w;
    }
    sums->positive[at] = above;
    sums->negative[at] = below;
    sums->squares[at] = squares;
}

void
weight_sums_add(struct weight_sums *sums, uint64_t first, const float *values,
                size_t n)
{
    const struct weight_layout *const l = &sums->layout;
    const bool across = l->inner == 1;
    const uint64_t length = across ? l->channels : l->inner;

    while (n > 0) {
        const uint64_t rest = length - first % length;
        const size_t run = n < rest ? n : (size_t)rest;
        const uint64_t at = first / l->inner % l->channels +
                            first / (l->inner * l->channels) / l->repeat *
                                l->channels;
        (across ? add_across : add_along)(sums, at, values, run);
        first += run;
        values += run;
        n -= run;
    }
}
