/* shape_compute.c: broadcasts, products and reductions. */
#include "facts/shape_rules.h"

#include <string.h>

/* ---- broadcast -------------------------------------------------------- */

/* Broadcasts `n` dims into the last of the first `rank` of `out`. */
static void
broadcast_into(struct shape_draft *out, uint32_t rank, const struct dim *dims,
               uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct dim *const to = &out->dims[rank - n + i];
        *to = dim_broadcast(*to, dims[i]);
    }
}

static void
fill_ones(struct shape_draft *out, uint32_t rank)
{
    draft_rank(out, rank);
    for (uint32_t i = 0; i < out->rank; i++)
        out->dims[i] = dim_of(1);
}

static bool
takes_part(const struct shape_site *site, uint32_t mask, uint32_t slot)
{
    return site_has_input(site, slot) &&
           (mask == 0 || (slot < 32 && (mask >> slot & 1) != 0));
}

void
site_broadcast(const struct shape_site *site, uint32_t mask,
               struct shape_draft *out)
{
    uint32_t rank = 0;

    for (uint32_t i = 0; i < site->node->n_inputs; i++) {
        const struct shape *const input = site_input(site, i);
        if (takes_part(site, mask, i) && !input->known)
            return;
        if (takes_part(site, mask, i) && input->rank > rank)
            rank = input->rank;
    }
    fill_ones(out, rank);
    for (uint32_t i = 0; i < site->node->n_inputs; i++)
        if (takes_part(site, mask, i))
            broadcast_into(out, rank, site_input(site, i)->dims,
                           site_input(site, i)->rank);
}

void
rule_broadcast(const struct shape_site *site, struct shape_draft *out)
{
    site_broadcast(site, (uint32_t)site->arg, out);
}

/* ---- fixed ------------------------------------------------------------ */

void
rule_scalar(const struct shape_site *site, struct shape_draft *out)
{
    (void)site;
    draft_rank(out, 0);
}

void
rule_vector(const struct shape_site *site, struct shape_draft *out)
{
    (void)site;
    draft_rank(out, 1);
}

void
rule_rows(const struct shape_site *site, struct shape_draft *out)
{
    draft_rank(out, 2);
    out->dims[1] = dim_of(site->arg);
}

void
rule_random(const struct shape_site *site, struct shape_draft *out)
{
    struct shape_list sizes;

    site_list(site, "shape", NO_SLOT, &sizes);
    out->known = sizes.known;
    for (uint32_t i = 0; i < sizes.n; i++)
        draft_dim(out, sizes.item[i]);
}

/* ---- products --------------------------------------------------------- */

/* A vector on the left is one row, on the right one column, and that
 * dimension is not in the result (ONNX MatMul, as numpy.matmul). */
void
rule_matmul(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const a = site_input(site, 0);
    const struct shape *const b = site_input(site, (uint32_t)site->arg);
    const uint32_t batch_a = a->rank > 2 ? a->rank - 2u : 0;
    const uint32_t batch_b = b->rank > 2 ? b->rank - 2u : 0;
    const uint32_t batch = batch_a > batch_b ? batch_a : batch_b;

    if (a->rank == 0 || b->rank == 0 || site_int(site, "transBatchA", 0) != 0 ||
        site_int(site, "transBatchB", 0) != 0)
        return;
    fill_ones(out, batch);
    broadcast_into(out, batch, a->dims, batch_a);
    broadcast_into(out, batch, b->dims, batch_b);
    if (a->rank > 1)
        draft_dim(out, shape_dim(a, site_int(site, "transA", 0) ? -1 : -2));
    if (b->rank > 1)
        draft_dim(out, shape_dim(b, site_int(site, "transB", 0) ? -2 : -1));
}

void
rule_matmul_n(const struct shape_site *site, struct shape_draft *out)
{
    draft_shape(out, site_input(site, 0));
    if (out->known && out->rank > 0)
        out->dims[out->rank - 1] =
            site_number(site, "N", NO_SLOT, (struct dim){0});
}

/* ---- Einsum ----------------------------------------------------------- */

/* Dimensions by label, and how often a label was met. */
struct labels {
    struct dim dim['z' + 1];
    uint32_t met['z' + 1];
};

static bool
is_label(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Reads the labels of one term, of input `shape`. Returns where it ends; NULL
 * when the term does not fit the shape (an ellipsis is not followed). */
static const char *
read_term(const char *at, const char *end, const struct shape *shape,
          struct labels *labels)
{
    uint32_t axis = 0;

    for (; at < end && *at != ',' && *at != '-'; at++) {
        const uint32_t label = (unsigned char)*at;
        if (*at == ' ')
            continue;
        if (!is_label(*at) || axis == shape->rank)
            return NULL;
        labels->dim[label] =
            labels->met[label]++ == 0
                ? shape->dims[axis]
                : dim_broadcast(labels->dim[label], shape->dims[axis]);
        axis++;
    }
    return axis == shape->rank && shape->known ? at : NULL;
}

/* Without "->": the labels that were met once, in alphabetical order. */
static void
implicit_output(const struct labels *labels, struct shape_draft *out)
{
    out->known = true;
    for (uint32_t label = 'A'; label <= 'z'; label++)
        if (labels->met[label] == 1)
            draft_dim(out, labels->dim[label]);
}

static void
explicit_output(const char *at, const char *end, const struct labels *labels,
                struct shape_draft *out)
{
    out->known = true;
    for (; at < end; at++) {
        if (is_label(*at))
            draft_dim(out, labels->dim[(unsigned char)*at]);
        else if (*at != ' ')
            out->known = false;
    }
}

/* Reads the terms of the operands. True when the equation can be followed; then
 * `*at` is behind them. */
static bool
read_operands(const struct shape_site *site, struct labels *labels,
              const char **at, const char **end)
{
    const Onnx__AttributeProto *const attr = node_attr(site->node, "equation");

    if (attr == NULL || !attr->has_s || attr->s.len == 0)
        return false;
    *at = (const char *)attr->s.data;
    *end = *at + attr->s.len;
    for (uint32_t i = 0; i < site->node->n_inputs; i++) {
        *at = read_term(*at, *end, site_input(site, i), labels);
        if (*at == NULL)
            return false;
        *at += *at < *end && **at == ',';
    }
    return *at == *end || (*end - *at >= 2 && (*at)[0] == '-' &&
                           (*at)[1] == '>');
}

void
rule_einsum(const struct shape_site *site, struct shape_draft *out)
{
    struct labels labels = {.met = {0}};
    const char *at, *end;

    if (!read_operands(site, &labels, &at, &end))
        return;
    if (at == end)
        implicit_output(&labels, out);
    else
        explicit_output(at + 2, end, &labels, out);
}

struct dim
site_einsum_terms(const struct shape_site *site)
{
    struct labels labels = {.met = {0}};
    bool given['z' + 1] = {false};
    struct dim terms = dim_of(1);
    const char *at, *end;

    if (!read_operands(site, &labels, &at, &end))
        return (struct dim){0};
    for (uint32_t label = 'A'; at == end && label <= 'z'; label++)
        given[label] = labels.met[label] == 1;
    for (; at < end; at++)
        if (is_label(*at))
            given[(unsigned char)*at] = true;
    for (uint32_t label = 'A'; label <= 'z'; label++)
        if (labels.met[label] > 0 && !given[label])
            terms = dim_mul(terms, labels.dim[label]);
    return terms;
}

/* ---- reductions ------------------------------------------------------- */

static void
reduce(const struct shape *input, const bool reduced[SHAPE_MAX], bool keep,
       struct shape_draft *out)
{
    out->known = true;
    for (uint32_t i = 0; i < input->rank; i++)
        if (!reduced[i])
            draft_dim(out, input->dims[i]);
        else if (keep)
            draft_dim(out, dim_of(1));
}

/* Over all axes when none are named, unless that means no reduction (ONNX
 * Reduce*, noop_with_empty_axes, since 13 and 18). */
void
rule_reduce(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    const bool keep = site_int(site, "keepdims", 1) != 0;
    bool reduced[SHAPE_MAX];
    struct shape_list axes;

    site_list(site, "axes", 1, &axes);
    if (!input->known)
        return;
    if (!axes.present || (axes.known && axes.n == 0)) {
        const bool all = site_int(site, "noop_with_empty_axes", 0) == 0;
        for (uint32_t i = 0; i < SHAPE_MAX; i++)
            reduced[i] = all;
        reduce(input, reduced, keep, out);
    } else if (list_axes(&axes, input->rank, reduced)) {
        reduce(input, reduced, keep, out);
    } else if (keep) {
        draft_rank(out, input->rank);
    } else if (axes.known && axes.n <= input->rank) {
        draft_rank(out, input->rank - axes.n);
    }
}

void
rule_reduce_one(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    bool reduced[SHAPE_MAX] = {false};
    uint32_t axis;

    if (!axis_of(site_int(site, "axis", 0), input->rank, &axis))
        return;
    reduced[axis] = true;
    reduce(input, reduced, site_int(site, "keepdims", 1) != 0, out);
}

void
rule_statistics(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    bool reduced[SHAPE_MAX] = {false};
    uint32_t axis;

    if (!axis_of(site_int(site, "axis", -1), input->rank, &axis))
        return;
    for (uint32_t i = axis; i < input->rank; i++)
        reduced[i] = true;
    reduce(input, reduced, true, out);
}

void
rule_global_pool(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    bool reduced[SHAPE_MAX];

    for (uint32_t i = 0; i < SHAPE_MAX; i++)
        reduced[i] = i >= 2;
    if (input->known)
        reduce(input, reduced, true, out);
}

/* ---- recurrences and attention ---------------------------------------- */

/* Y, and the last states (ONNX RNN, GRU, LSTM; attribute `layout`, since
 * 14). */
void
rule_rnn(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const x = site_input(site, 0);
    const bool batch_first = site_int(site, "layout", 0) != 0;
    const struct dim batch = shape_dim(x, batch_first ? 0 : 1);
    const struct dim steps = shape_dim(x, batch_first ? 1 : 0);
    const struct dim directions =
        dim_of(site_text_is(site, "direction", "bidirectional") ? 2 : 1);

    out->known = true;
    if (batch_first)
        draft_dim(out, batch);
    if (site->output == 0)
        draft_dim(out, steps);
    draft_dim(out, directions);
    if (!batch_first)
        draft_dim(out, batch);
    draft_dim(out, site_number(site, "hidden_size", NO_SLOT, (struct dim){0}));
}

/* The heads are an axis of their own, or within the last (ONNX Attention,
 * since 23). */
void
rule_attention(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const q = site_input(site, 0);
    const struct shape *const v = site_input(site, 2);
    const struct dim heads = dim_of(site_int(site, "q_num_heads", 1));
    const struct dim v_heads = dim_of(site_int(site, "kv_num_heads", 1));
    struct dim last = shape_dim(v, -1);

    if (!q->known || !v->known || q->rank != v->rank ||
        (q->rank != 3 && q->rank != 4))
        return;
    if (q->rank == 3)
        last = dim_mul(heads, dim_div(last, v_heads));
    draft_shape(out, q);
    out->dims[q->rank - 1] = dim_length(last);
}

/* The weights of Q, K and V in one matrix (com.microsoft Attention). */
void
rule_fused_attention(const struct shape_site *site, struct shape_draft *out)
{
    const struct dim all = shape_dim(site_input(site, 1), 1);
    struct shape_list sizes;

    site_list(site, "qkv_hidden_sizes", NO_SLOT, &sizes);
    draft_shape(out, site_input(site, 0));
    if (out->known && out->rank == 3)
        out->dims[2] =
            sizes.n == 3 ? dim_length(sizes.item[2]) : dim_div(all, dim_of(3));
    else
        out->known = false;
}
