/* shape_window.c: ops on spatial axes: convolution, pooling, resizing. */
#include "facts/shape_rules.h"

#include "model/tensor.h"

/* ---- windows ---------------------------------------------------------- */

/* The attributes that all ops with windows share. */
struct window {
    uint32_t n; /* spatial axes */
    struct shape_list kernel, strides, dilations, pads;
    bool same;  /* auto_pad is SAME_UPPER or SAME_LOWER */
    bool valid; /* ... is VALID */
};

static void
window_read(const struct shape_site *site, struct window *w)
{
    w->n = site_input(site, 0)->rank - 2u;
    site_list(site, "kernel_shape", NO_SLOT, &w->kernel);
    site_list(site, "strides", NO_SLOT, &w->strides);
    site_list(site, "dilations", NO_SLOT, &w->dilations);
    site_list(site, "pads", NO_SLOT, &w->pads);
    w->same = site_text_is(site, "auto_pad", "SAME_UPPER") ||
              site_text_is(site, "auto_pad", "SAME_LOWER");
    w->valid = site_text_is(site, "auto_pad", "VALID");
}

/* Item `i` of a list; `missing` when the list is not there. */
static struct dim
item_of(const struct shape_list *list, uint32_t i, int64_t missing)
{
    if (!list->present)
        return dim_of(missing);
    return i < list->n ? list->item[i] : (struct dim){0};
}

/* Padding at both ends of axis `i`. */
static struct dim
padding(const struct window *w, uint32_t i)
{
    if (w->valid)
        return dim_of(0);
    return dim_add(item_of(&w->pads, i, 0), item_of(&w->pads, w->n + i, 0));
}

/* What a kernel covers: (k - 1) * dilation + 1. */
static struct dim
extent(const struct window *w, uint32_t i, struct dim kernel)
{
    return dim_add(
        dim_mul(dim_sub(kernel, dim_of(1)), item_of(&w->dilations, i, 1)),
        dim_of(1));
}

/* Positions of a window on axis `i`, rounded down (ONNX Conv). */
static struct dim
positions(const struct window *w, uint32_t i, struct dim in, struct dim kernel)
{
    const struct dim stride = item_of(&w->strides, i, 1);
    const struct dim slack = dim_sub(padding(w, i), extent(w, i, kernel));

    if (w->same)
        return dim_quotient(dim_add(in, dim_sub(stride, dim_of(1))), stride);
    /* So that a stride of 1 keeps a symbol when the padding is right. */
    if (dim_is(stride, 1))
        return dim_length(dim_add(in, dim_add(slack, dim_of(1))));
    return dim_add(dim_quotient(dim_add(in, slack), stride), dim_of(1));
}

/* The same rounded up, but no window starts in the padding at the end (ONNX
 * MaxPool, ceil_mode). */
static struct dim
positions_up(const struct window *w, uint32_t i, struct dim in,
             struct dim kernel)
{
    const struct dim stride = item_of(&w->strides, i, 1);
    const struct dim begin = w->valid ? dim_of(0) : item_of(&w->pads, i, 0);
    const struct dim slack = dim_sub(padding(w, i), extent(w, i, kernel));
    struct dim count, last;

    if (w->same || dim_is(stride, 1))
        return positions(w, i, in, kernel);
    count = dim_quotient(
        dim_add(dim_add(in, slack), dim_sub(stride, dim_of(1))), stride);
    last = dim_sub(dim_mul(count, stride), dim_add(in, begin));
    if (last.kind != DIM_KNOWN)
        return (struct dim){0};
    return last.n >= 0 ? count : dim_add(count, dim_of(1));
}

void
rule_conv(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const x = site_input(site, 0);
    const struct shape *const weights = site_input(site, (uint32_t)site->arg);
    struct window w;

    if (x->rank < 2)
        return;
    window_read(site, &w);
    draft_rank(out, x->rank);
    out->dims[0] = x->dims[0];
    out->dims[1] = shape_dim(weights, 0);
    for (uint32_t i = 0; i + 2 < x->rank; i++) {
        const struct dim kernel = w.kernel.present ? item_of(&w.kernel, i, 1)
                                                   : shape_dim(weights, i + 2);
        out->dims[i + 2] = positions(&w, i, x->dims[i + 2], kernel);
    }
}

void
rule_pool(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const x = site_input(site, 0);
    const bool up = site_int(site, "ceil_mode", 0) != 0;
    struct window w;

    if (x->rank < 2)
        return;
    window_read(site, &w);
    draft_rank(out, x->rank);
    out->dims[0] = x->dims[0];
    out->dims[1] = x->dims[1];
    for (uint32_t i = 0; i + 2 < x->rank; i++) {
        const struct dim kernel =
            w.kernel.present ? item_of(&w.kernel, i, 1) : (struct dim){0};
        out->dims[i + 2] =
            (up ? positions_up : positions)(&w, i, x->dims[i + 2], kernel);
    }
}

/* Length of axis `i` after a transposed convolution. */
static struct dim
spread(const struct shape_site *site, const struct window *w, uint32_t i,
       struct dim in, struct dim kernel)
{
    const struct dim stride = item_of(&w->strides, i, 1);
    struct shape_list wanted, extra;
    struct dim length;

    site_list(site, "output_shape", NO_SLOT, &wanted);
    site_list(site, "output_padding", NO_SLOT, &extra);
    if (wanted.present)
        return wanted.n < w->n ? (struct dim){0}
                               : wanted.item[wanted.n - w->n + i];
    if (w->same)
        return dim_mul(in, stride);
    length = dim_add(dim_mul(stride, dim_sub(in, dim_of(1))),
                     dim_add(item_of(&extra, i, 0), extent(w, i, kernel)));
    return dim_length(dim_sub(length, padding(w, i)));
}

void
rule_conv_transpose(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const x = site_input(site, 0);
    const struct shape *const weights = site_input(site, (uint32_t)site->arg);
    struct window w;

    if (x->rank < 2)
        return;
    window_read(site, &w);
    draft_rank(out, x->rank);
    out->dims[0] = x->dims[0];
    out->dims[1] =
        dim_mul(shape_dim(weights, 1), dim_of(site_int(site, "group", 1)));
    for (uint32_t i = 0; i + 2 < x->rank; i++) {
        const struct dim kernel = w.kernel.present ? item_of(&w.kernel, i, 1)
                                                   : shape_dim(weights, i + 2);
        out->dims[i + 2] = spread(site, &w, i, x->dims[i + 2], kernel);
    }
}

/* ---- Resize ----------------------------------------------------------- */

/* Constant scales; n is 0 when they are not known. */
struct scales {
    double item[SHAPE_MAX];
    size_t n;
};

static void
scales_read(const struct shape_site *site, struct scales *scales)
{
    const Onnx__AttributeProto *const attr = node_attr(site->node, "scales");
    const uint32_t slot = (uint32_t)site->arg;
    const Onnx__TensorProto *tensor;

    scales->n = 0;
    if (attr != NULL && attr->n_floats <= SHAPE_MAX)
        for (; scales->n < attr->n_floats; scales->n++)
            scales->item[scales->n] = (double)attr->floats[scales->n];
    if (attr != NULL || !site_has_input(site, slot))
        return;
    tensor = value_constant(site->node->inputs[slot].value);
    if (tensor == NULL || !tensor_get_f64(site->module->model, tensor,
                                          scales->item, SHAPE_MAX, &scales->n))
        scales->n = 0;
}

/* Rounded down, in the precision of the scales (ONNX Resize). */
static struct dim
scaled(struct dim dim, double scale)
{
    const float length = (float)dim.n * (float)scale;
    struct dim result = {0};

    if (scale == 1)
        return dim;
    if (dim.kind != DIM_KNOWN || !(length >= 0) || length >= 0x1p53F)
        return result;
    result = dim_of((int64_t)length);
    result.assumed = dim.assumed;
    return result;
}

/* The axes that sizes or scales are about; false when they are not known. */
static bool
resized_axes(const struct shape_site *site, uint32_t rank,
             uint32_t order[SHAPE_MAX], uint32_t *n)
{
    struct shape_list axes;

    site_list(site, "axes", NO_SLOT, &axes);
    *n = axes.present ? axes.n : rank;
    for (uint32_t i = 0; i < *n; i++) {
        order[i] = i;
        if (axes.present && !axis_of(axes.item[i].n, rank, &order[i]))
            return false;
    }
    return true;
}

/* What scales alone do not say: a crop, or sizes that keep a ratio. */
static bool
is_plain(const struct shape_site *site, bool by_sizes)
{
    const Onnx__AttributeProto *const policy =
        node_attr(site->node, "keep_aspect_ratio_policy");

    if (by_sizes)
        return policy == NULL ||
               site_text_is(site, "keep_aspect_ratio_policy", "stretch");
    return !site_text_is(site, "coordinate_transformation_mode",
                         "tf_crop_and_resize");
}

void
rule_resize(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const x = site_input(site, 0);
    uint32_t order[SHAPE_MAX];
    struct shape_list sizes;
    struct scales scales;
    uint32_t n;

    if (!x->known || !resized_axes(site, x->rank, order, &n))
        return;
    site_list(site, NULL, (uint32_t)site->arg + 1, &sizes);
    /* An empty tensor stands for an omitted one (Resize, 11 and 12). */
    sizes.present = sizes.present && !(sizes.known && sizes.n == 0);
    scales_read(site, &scales);
    draft_rank(out, x->rank);
    if (!is_plain(site, sizes.present) ||
        (sizes.present ? !sizes.known || sizes.n != n : scales.n != n))
        return;
    draft_shape(out, x);
    for (uint32_t i = 0; i < n; i++)
        out->dims[order[i]] = sizes.present
                                  ? dim_length(sizes.item[i])
                                  : scaled(x->dims[order[i]], scales.item[i]);
}

/* ---- others ----------------------------------------------------------- */

void
rule_depth_to_space(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const x = site_input(site, 0);
    const struct dim block =
        site_number(site, "blocksize", NO_SLOT, (struct dim){0});

    if (x->rank != 4)
        return;
    draft_shape(out, x);
    out->dims[1] = dim_div(x->dims[1], dim_mul(block, block));
    out->dims[2] = dim_mul(x->dims[2], block);
    out->dims[3] = dim_mul(x->dims[3], block);
}

void
rule_space_to_depth(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const x = site_input(site, 0);
    const struct dim block =
        site_number(site, "blocksize", NO_SLOT, (struct dim){0});

    if (x->rank != 4)
        return;
    draft_shape(out, x);
    out->dims[1] = dim_mul(x->dims[1], dim_mul(block, block));
    out->dims[2] = dim_div(x->dims[2], block);
    out->dims[3] = dim_div(x->dims[3], block);
}

/* Batch and channels of the input, spatial axes of the grid. */
void
rule_grid_sample(const struct shape_site *site, struct shape_draft *out)
{
    const struct shape *const x = site_input(site, 0);
    const struct shape *const grid = site_input(site, 1);

    if (x->rank < 3 || grid->rank != x->rank)
        return;
    draft_shape(out, x);
    for (uint32_t i = 2; i < x->rank; i++)
        out->dims[i] = grid->dims[i - 1];
}

void
rule_roi_align(const struct shape_site *site, struct shape_draft *out)
{
    const struct dim one = dim_of(1);

    out->known = true;
    draft_dim(out, shape_dim(site_input(site, 1), 0));
    draft_dim(out, shape_dim(site_input(site, 0), 1));
    draft_dim(out, site_number(site, "output_height", NO_SLOT, one));
    draft_dim(out, site_number(site, "output_width", NO_SLOT, one));
}
