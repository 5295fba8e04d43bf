/* shape_select.c: ops that select, repeat or pad. */
#include "facts/shape_rules.h"

#include <string.h>

/* ---- Slice ------------------------------------------------------------ */

/* One axis of a Slice. */
struct span {
    struct dim start, end, step;
};

static int64_t
clamp(int64_t at, int64_t n, int64_t low, int64_t high)
{
    if (at < 0)
        at = at < -n ? -1 : at + n;
    if (at < low)
        return low;
    return at > high ? high : at;
}

/* The whole axis, in either direction, whatever its length is. */
static bool
is_whole(const struct span *span, struct dim dim)
{
    if (dim_is(span->step, 1))
        return dim_is(span->start, 0) &&
               (dim_same(span->end, dim) ||
                (span->end.kind == DIM_KNOWN && span->end.n >= INT32_MAX));
    return dim_is(span->step, -1) && span->end.kind == DIM_KNOWN &&
           span->end.n <= -INT32_MAX && span->start.kind == DIM_KNOWN &&
           (span->start.n == -1 || span->start.n >= INT32_MAX);
}

static bool
span_known(const struct span *span)
{
    return span->start.kind == DIM_KNOWN && span->end.kind == DIM_KNOWN &&
           span->step.kind == DIM_KNOWN && span->step.n != 0 &&
           span->step.n > INT64_MIN;
}

/* First position and number of elements of a slice of `n`, which are clamped
 * as ONNX Slice says. */
static void
slice_bounds(const struct span *span, int64_t n, int64_t *first, int64_t *count)
{
    const bool forward = span->step.n > 0;
    const int64_t stride = forward ? span->step.n : -span->step.n;
    const int64_t high = forward ? n : n - 1;
    const int64_t last = clamp(span->end.n, n, forward ? 0 : -1, high);

    *first = clamp(span->start.n, n, 0, high);
    *count = forward ? last - *first : *first - last;
    *count = n == 0 || *count <= 0 ? 0 : (*count - 1) / stride + 1;
}

static struct dim
slice_dim(const struct span *span, struct dim dim)
{
    struct dim sliced = dim;
    int64_t first;

    if (!is_whole(span, dim)) {
        if (!span_known(span) || dim.kind != DIM_KNOWN)
            return (struct dim){0};
        slice_bounds(span, dim.n, &first, &sliced.n);
    }
    sliced.assumed |=
        sliced.kind != DIM_UNKNOWN &&
        (span->start.assumed || span->end.assumed || span->step.assumed);
    return sliced;
}

/* Rows along axis 0, which is all that shape arithmetic slices. */
static void
slice_ints(const struct shape *input, struct shape_draft *out,
           const struct span *span)
{
    int64_t first, count;
    uint32_t row;

    if (!input->has_ints || !span_known(span) || input->n_ints == 0 ||
        input->dims[0].n == 0)
        return;
    slice_bounds(span, input->dims[0].n, &first, &count);
    row = input->n_ints / (uint32_t)input->dims[0].n;
    out->has_ints = true;
    for (int64_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < row; k++)
            draft_int(out, input->ints[(first + i * span->step.n) * row + k]);
}

/* The bounds that `lists` (starts, ends, axes, steps) give for each axis; an
 * axis that they do not name is taken whole. False when the axes are not
 * known. */
static bool
slice_spans(struct shape_list lists[4], uint32_t rank,
            struct span spans[SHAPE_MAX])
{
    const struct span whole = {dim_of(0), dim_of(INT64_MAX), dim_of(1)};

    for (uint32_t i = 0; i < SHAPE_MAX; i++)
        spans[i] = whole;
    if (!lists[0].known || !lists[1].known || lists[0].n != lists[1].n)
        return false;
    for (uint32_t i = 0; i < lists[0].n; i++) {
        uint32_t axis = i;
        if (lists[2].present &&
            (i >= lists[2].n || lists[2].item[i].kind != DIM_KNOWN ||
             lists[2].item[i].assumed ||
             !axis_of(lists[2].item[i].n, rank, &axis)))
            return false;
        if (axis >= rank || (lists[3].present && i >= lists[3].n))
            return false;
        spans[axis].start = lists[0].item[i];
        spans[axis].end = lists[1].item[i];
        if (lists[3].present)
            spans[axis].step = lists[3].item[i];
    }
    return true;
}

void
rule_slice(const struct shape_site *site, struct shape_draft *out)
{
    static const char *const names[] = {"starts", "ends", "axes", "steps"};
    const struct shape *const input = site_input(site, 0);
    struct span spans[SHAPE_MAX];
    struct shape_list lists[4];
    bool rows_only = true;

    for (uint32_t i = 0; i < 4; i++)
        site_list(site, names[i], i + 1, &lists[i]);
    if (!input->known || !draft_rank(out, input->rank) ||
        !slice_spans(lists, input->rank, spans))
        return;
    for (uint32_t i = 0; i < input->rank; i++) {
        out->dims[i] = slice_dim(&spans[i], input->dims[i]);
        rows_only =
            rows_only && (i == 0 || (is_whole(&spans[i], input->dims[i]) &&
                                     dim_is(spans[i].step, 1)));
    }
    if (rows_only && input->rank > 0)
        slice_ints(input, out, &spans[0]);
}

/* ---- Gather ----------------------------------------------------------- */

/* Items of a vector. */
static void
gather_ints(const struct shape *data, const struct shape *indices,
            struct shape_draft *out)
{
    if (!data->has_ints || !indices->has_ints || data->rank != 1)
        return;
    out->has_ints = true;
    for (uint32_t i = 0; i < indices->n_ints; i++) {
        const struct dim index = indices->ints[i];
        struct dim item = {0};
        uint32_t at;
        if (index.kind == DIM_KNOWN && axis_of(index.n, data->n_ints, &at))
            item = data->ints[at];
        item.assumed =
            item.kind != DIM_UNKNOWN && (item.assumed || index.assumed);
        draft_int(out, item);
    }
}

void
rule_gather(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const data = site_input(site, 0);
    const struct shape *const indices = site_input(site, 1);
    uint32_t axis;

    if (!data->known || !indices->known ||
        !axis_of(site_int(site, "axis", 0), data->rank, &axis))
        return;
    out->known = true;
    for (uint32_t i = 0; i < axis; i++)
        draft_dim(out, data->dims[i]);
    for (uint32_t i = 0; i < indices->rank; i++)
        draft_dim(out, indices->dims[i]);
    for (uint32_t i = axis + 1; i < data->rank; i++)
        draft_dim(out, data->dims[i]);
    gather_ints(data, indices, out);
}

/* Batch dims, the rest of the indices, and what an index leaves of data. */
void
rule_gather_nd(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const data = site_input(site, 0);
    const struct shape *const indices = site_input(site, 1);
    const struct dim depth = shape_dim(indices, -1);
    const int64_t batch = site_int(site, "batch_dims", 0);

    if (!data->known || depth.kind != DIM_KNOWN || depth.n > data->rank ||
        batch < 0 || batch + depth.n > data->rank)
        return;
    out->known = true;
    for (uint32_t i = 0; i + 1 < indices->rank; i++)
        draft_dim(out, indices->dims[i]);
    for (uint32_t i = (uint32_t)(batch + depth.n); i < data->rank; i++)
        draft_dim(out, data->dims[i]);
}

/* ---- Expand, Tile, Pad, OneHot ---------------------------------------- */

/* Repeats the one integer of the input. */
static void
fill_ints(const struct shape *input, struct shape_draft *out)
{
    uint32_t n;

    if (!input->has_ints || input->n_ints != 1 || !draft_elements(out, &n))
        return;
    out->has_ints = true;
    for (uint32_t i = 0; i < n; i++)
        draft_int(out, input->ints[0]);
}

void
rule_expand(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    struct shape_list target;
    uint32_t rank;

    site_list(site, NULL, 1, &target);
    if (!input->known || !target.known)
        return;
    rank = input->rank > target.n ? input->rank : target.n;
    draft_rank(out, rank);
    for (uint32_t i = 0; i < rank; i++) {
        struct dim a = dim_of(1), b = dim_of(1);
        if (i + input->rank >= rank)
            a = input->dims[i + input->rank - rank];
        if (i + target.n >= rank)
            b = dim_length(target.item[i + target.n - rank]);
        out->dims[i] = dim_broadcast(a, b);
    }
    fill_ints(input, out);
}

void
rule_tile(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    struct shape_list repeats;

    site_list(site, NULL, 1, &repeats);
    if (!input->known)
        return;
    draft_rank(out, input->rank);
    if (!repeats.known || repeats.n != input->rank)
        return;
    for (uint32_t i = 0; i < input->rank; i++)
        out->dims[i] = dim_length(dim_mul(input->dims[i], repeats.item[i]));
    fill_ints(input, out);
}

/* The axes that `pads` is about, in their order; all without a list. */
static bool
pad_axes(const struct shape_site *site, uint32_t rank,
         uint32_t order[SHAPE_MAX], uint32_t *n)
{
    struct shape_list axes;

    site_list(site, NULL, 3, &axes);
    *n = axes.present ? axes.n : rank;
    for (uint32_t i = 0; i < *n; i++) {
        order[i] = i;
        if (axes.present &&
            (axes.item[i].kind != DIM_KNOWN || axes.item[i].assumed ||
             !axis_of(axes.item[i].n, rank, &order[i])))
            return false;
    }
    return !axes.present || axes.known;
}

void
rule_pad(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    uint32_t order[SHAPE_MAX];
    struct shape_list pads;
    uint32_t n;

    site_list(site, "pads", 1, &pads);
    if (!input->known)
        return;
    draft_rank(out, input->rank);
    if (!pads.known || !pad_axes(site, input->rank, order, &n) ||
        pads.n != 2 * n)
        return;
    draft_shape(out, input);
    for (uint32_t i = 0; i < n; i++)
        out->dims[order[i]] = dim_length(dim_add(
            dim_add(input->dims[order[i]], pads.item[i]), pads.item[n + i]));
}

void
rule_one_hot(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const indices = site_input(site, 0);
    const struct dim depth = site_number(site, NULL, 1, (struct dim){0});
    uint32_t axis;

    if (!indices->known ||
        !axis_of(site_int(site, "axis", -1), indices->rank + 1u, &axis))
        return;
    out->known = true;
    for (uint32_t i = 0; i < indices->rank; i++) {
        if (i == axis)
            draft_dim(out, depth);
        draft_dim(out, indices->dims[i]);
    }
    if (axis == indices->rank)
        draft_dim(out, depth);
}

void
rule_topk(const struct shape_site *site, struct shape_draft *out)
{
    uint32_t axis;

    draft_shape(out, site_input(site, 0));
    if (out->known && axis_of(site_int(site, "axis", -1), out->rank, &axis))
        out->dims[axis] =
            dim_length(site_number(site, "k", 1, (struct dim){0}));
    else
        out->known = false;
}

/* One row an axis, one column a match. */
void
rule_nonzero(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);

    draft_rank(out, 2);
    /* A scalar counts as a vector of one. */
    if (input->known)
        out->dims[0] = dim_of(input->rank == 0 ? 1 : input->rank);
}
