/* shape_move.c: ops that move elements and keep their values. */
#include "facts/shape_rules.h"

#include <string.h>

void
rule_same(const struct shape_site *site, struct shape_draft *out)
{
    draft_shape(out, site_input(site, (uint32_t)site->arg));
}

void
rule_copy(const struct shape_site *site, struct shape_draft *out)
{
    rule_same(site, out);
    draft_ints(out, site_input(site, (uint32_t)site->arg));
}

/* The element of row-major `ints` that lands at `index` of the output. */
static uint32_t
transposed_from(const struct shape_draft *out, const struct shape *input,
                const uint32_t perm[SHAPE_MAX], uint32_t index)
{
    uint32_t from = 0;

    for (uint32_t i = out->rank; i-- > 0;) {
        const uint32_t n = (uint32_t)out->dims[i].n;
        uint32_t stride = 1;
        for (uint32_t k = perm[i] + 1; k < input->rank; k++)
            stride *= (uint32_t)input->dims[k].n;
        from += index % n * stride;
        index /= n;
    }
    return from;
}

void
rule_transpose(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    uint32_t perm[SHAPE_MAX];
    struct shape_list axes;
    uint32_t n;

    site_list(site, "perm", NO_SLOT, &axes);
    if (!input->known || (axes.present && axes.n != input->rank))
        return;
    for (uint32_t i = 0; i < input->rank; i++) {
        perm[i] = input->rank - 1 - i;
        if (axes.present && !axis_of(axes.item[i].n, input->rank, &perm[i]))
            return;
    }
    draft_rank(out, input->rank);
    for (uint32_t i = 0; i < input->rank; i++)
        out->dims[i] = input->dims[perm[i]];
    out->has_ints =
        input->has_ints && draft_elements(out, &n) && n == input->n_ints;
    for (uint32_t i = 0; out->has_ints && i < n; i++)
        draft_int(out, input->ints[transposed_from(out, input, perm, i)]);
}

/* ---- Reshape ---------------------------------------------------------- */

/* What is left of the dims of the input, and of the output, once those that
 * both have are taken away. */
struct ratio {
    struct dim above[SHAPE_MAX], below[SHAPE_MAX];
    uint32_t n_above, n_below;
};

static void
cancel(struct ratio *ratio)
{
    for (uint32_t i = 0; i < ratio->n_above; i++)
        for (uint32_t k = 0; k < ratio->n_below; k++)
            if (dim_same(ratio->above[i], ratio->below[k])) {
                const bool assumed =
                    ratio->above[i].assumed || ratio->below[k].assumed;
                ratio->above[i] = ratio->below[k] = dim_of(1);
                ratio->above[i].assumed = assumed;
                break;
            }
}

static struct dim
quotient_of(struct ratio *ratio)
{
    cancel(ratio);
    return dim_div(dims_product(ratio->above, 0, ratio->n_above),
                   dims_product(ratio->below, 0, ratio->n_below));
}

/* The one dimension of `out` that is open follows from the others, because
 * the number of elements stays. `kept` marks what is taken over as it is. */
static void
close_dim(const struct shape *input, struct shape_draft *out,
          const bool kept[SHAPE_MAX], uint32_t open)
{
    struct ratio ratio = {.n_above = 0};

    for (uint32_t i = 0; i < input->rank; i++)
        if (i >= out->rank || !kept[i])
            ratio.above[ratio.n_above++] = input->dims[i];
    for (uint32_t i = 0; i < out->rank; i++)
        if (i != open && !(kept[i] && i < input->rank))
            ratio.below[ratio.n_below++] = out->dims[i];
    out->dims[open] = dim_length(quotient_of(&ratio));
}

void
rule_reshape(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    const bool zero_is_zero = site_int(site, "allowzero", 0) != 0;
    bool kept[SHAPE_MAX] = {false};
    uint32_t n_open = 0, open = 0;
    struct shape_list target;

    site_list(site, "shape", 1, &target);
    if (!target.known || !draft_rank(out, target.n))
        return;
    for (uint32_t i = 0; i < target.n; i++) {
        kept[i] = dim_is(target.item[i], 0) && !zero_is_zero;
        out->dims[i] =
            kept[i] ? shape_dim(input, i) : dim_length(target.item[i]);
        if (out->dims[i].kind == DIM_UNKNOWN && !kept[i]) {
            n_open++;
            open = i;
        }
    }
    if (n_open == 1 && input->known)
        close_dim(input, out, kept, open);
    for (uint32_t i = 0; i < target.n; i++)
        out->dims[i].assumed |=
            out->dims[i].kind != DIM_UNKNOWN && target.item[i].assumed;
    draft_ints(out, input);
}

void
rule_flatten(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    int64_t axis = site_int(site, "axis", 1);

    draft_rank(out, 2);
    if (!input->known)
        return;
    axis = axis < 0 ? axis + input->rank : axis;
    if (axis < 0 || axis > input->rank)
        return;
    out->dims[0] = dims_product(input->dims, 0, (uint32_t)axis);
    out->dims[1] = dims_product(input->dims, (uint32_t)axis, input->rank);
}

/* ---- dims added and taken away ---------------------------------------- */

/* Without axes, all dims of 1 go: a dim that is not known may be one. */
static bool
ones_of(const struct shape *input, bool set[SHAPE_MAX])
{
    for (uint32_t i = 0; i < input->rank; i++) {
        if (input->dims[i].kind != DIM_KNOWN || input->dims[i].assumed)
            return false;
        set[i] = input->dims[i].n == 1;
    }
    return true;
}

void
rule_squeeze(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    bool gone[SHAPE_MAX];
    struct shape_list axes;

    site_list(site, "axes", 1, &axes);
    if (!input->known || !(axes.present ? list_axes(&axes, input->rank, gone)
                                        : ones_of(input, gone)))
        return;
    out->known = true;
    for (uint32_t i = 0; i < input->rank; i++)
        if (!gone[i])
            draft_dim(out, input->dims[i]);
    draft_ints(out, input);
}

void
rule_unsqueeze(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    bool added[SHAPE_MAX];
    struct shape_list axes;
    uint32_t from = 0;

    site_list(site, "axes", 1, &axes);
    if (!input->known || !axes.known ||
        !draft_rank(out, (uint64_t)input->rank + axes.n))
        return;
    if (!list_axes(&axes, out->rank, added)) {
        draft_rank(out, out->rank);
        return;
    }
    for (uint32_t i = 0; i < out->rank; i++)
        if (added[i])
            out->dims[i] = dim_of(1);
        else if (from < input->rank)
            out->dims[i] = input->dims[from++];
    draft_ints(out, input);
}

/* ---- Concat, Split ---------------------------------------------------- */

static void
concat_ints(const struct shape_site *site, struct shape_draft *out)
{
    uint32_t n;

    if (out->rank != 1 || !draft_elements(out, &n))
        return;
    out->has_ints = true;
    for (uint32_t i = 0; i < site->node->n_inputs; i++) {
        const struct shape *const input = site_input(site, i);
        const int64_t items = input->dims[0].n;
        for (uint32_t k = 0; k < (uint32_t)items; k++)
            draft_int(out, input->has_ints ? input->ints[k] : (struct dim){0});
    }
}

/* Takes one input into the result; false when it has another rank. */
static bool
concat_one(struct shape_draft *out, const struct shape *input, int64_t axis)
{
    uint32_t at;

    if (!out->known) {
        draft_shape(out, input);
        return true;
    }
    if (out->rank != input->rank || !axis_of(axis, out->rank, &at))
        return false;
    for (uint32_t i = 0; i < out->rank; i++)
        out->dims[i] = i == at ? dim_add(out->dims[i], input->dims[i])
                               : dim_merge(out->dims[i], input->dims[i]);
    return true;
}

void
rule_concat(const struct shape_site *site, struct shape_draft *out)
{
    /* Only version 1 has a default. */
    const int64_t axis = site_int(site, "axis", 1);
    uint32_t n_known = 0;
    uint32_t at;

    for (uint32_t i = 0; i < site->node->n_inputs; i++) {
        const struct shape *const input = site_input(site, i);
        if (!input->known)
            continue;
        n_known++;
        if (!concat_one(out, input, axis)) {
            *out = (struct shape_draft){0};
            return;
        }
    }
    if (n_known == site->node->n_inputs)
        concat_ints(site, out);
    else if (out->known && axis_of(axis, out->rank, &at))
        out->dims[at] = (struct dim){0};
}

/* Length of part `output` when the parts are equal, but for the last (ONNX
 * Split, since 18; before, the length was divisible). */
static struct dim
equal_part(const struct shape_site *site, struct dim whole)
{
    const int64_t n = site_int(site, "num_outputs", site->node->n_outputs);
    struct dim part;

    if (whole.kind != DIM_KNOWN || n <= 0 || whole.n > INT64_MAX - n)
        return n == 1 ? whole : (struct dim){0};
    part = dim_quotient(dim_add(whole, dim_of(n - 1)), dim_of(n));
    if (site->output == n - 1)
        part = dim_sub(whole, dim_mul(part, dim_of(n - 1)));
    return dim_length(part);
}

void
rule_split(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const input = site_input(site, 0);
    struct shape_list sizes;
    uint32_t axis;

    site_list(site, "split", 1, &sizes);
    draft_shape(out, input);
    if (!out->known || !axis_of(site_int(site, "axis", 0), out->rank, &axis)) {
        out->known = false;
        return;
    }
    if (!sizes.present)
        out->dims[axis] = equal_part(site, input->dims[axis]);
    else if (sizes.known && site->output < sizes.n)
        out->dims[axis] = dim_length(sizes.item[site->output]);
    else
        out->dims[axis] = (struct dim){0};
}
