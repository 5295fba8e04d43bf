/* range_move.c: rules for values that stay as they are, and for constants. */
#include "facts/range_rules.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "model/tensor.h"

/* ---- as they are ------------------------------------------------------ */

void
bound_same(const struct range_site *site, struct range_draft *out)
{
    *out = *range_input(site, (uint32_t)site->arg);
    out->limit = span_all();
    out->exact = true;
}

void
bound_pick(const struct range_site *site, struct range_draft *out)
{
    *out = *range_input(site, 0);
    out->limit = span_all();
    out->exact = true;
    if (site->arg == 0 || out->source != SOURCE_NONE)
        range_pick_witness(out);
}

void
bound_join(const struct range_site *site, struct range_draft *out)
{
    const uint32_t first = (uint32_t)site->arg;

    if (site->node->n_inputs <= first)
        return;
    *out = *range_input(site, first);
    out->limit = span_all();
    for (uint32_t i = first + 1; i < site->node->n_inputs; i++)
        range_join(out, range_input(site, i), UNION_OF_PARTS);
    out->exact = true;
}

void
bound_fixed(const struct range_site *site, struct range_draft *out)
{
    switch ((enum range_fixed)site->arg) {
    case FIXED_BOOL:
        out->integer = true;
        range_limit(out, 0, 1);
        return;
    case FIXED_UNIT:
        range_limit(out, 0, 1 + RANGE_SLACK);
        out->usual = usual_within(0, 1);
        return;
    case FIXED_SHARES:
        range_limit(out, 0, 1 + RANGE_SLACK);
        out->usual = usual_share(range_output_shape(site));
        return;
    case FIXED_SIGNED_UNIT:
        range_limit(out, -1 - RANGE_SLACK, 1 + RANGE_SLACK);
        out->usual = usual_within(-1, 1);
        return;
    case FIXED_NOT_NEGATIVE:
        range_limit(out, 0, INFINITY);
        return;
    case FIXED_NOT_POSITIVE:
        range_limit(out, -INFINITY, 0);
        return;
    case FIXED_COUNT:
        out->integer = true;
        range_limit(out, 0, INFINITY);
        return;
    case FIXED_ONE_UP:
        range_limit(out, 1, INFINITY);
        return;
    }
}

/* The sweep rounds to the type, and finds what the type cannot hold. */
void
bound_cast(const struct range_site *site, struct range_draft *out)
{
    const int elem = range_output_elem(site);

    *out = *range_input(site, 0);
    out->limit = span_all();
    out->exact = false;
    switch (elem_kind(elem)) {
    case ELEM_KIND_FLOAT:
        return;
    case ELEM_KIND_BOOL:
        range_draft_init(out);
        range_limit(out, 0, 1);
        return;
    case ELEM_KIND_INT:
    case ELEM_KIND_UINT:
        out->bound = (struct span){trunc(out->bound.lo), trunc(out->bound.hi)};
        for (int i = 0; i < WITNESSES; i++)
            out->at[i] = (struct span){trunc(out->at[i].lo),
                                       trunc(out->at[i].hi)};
        return;
    case ELEM_KIND_NONE:
    case ELEM_KIND_STRING:
    case ELEM_KIND_COMPLEX:
        range_draft_init(out);
        return;
    }
}

/* ---- constants -------------------------------------------------------- */

/* Larger tensors of integers are not read: they hardly matter. */
enum { MOST_INTEGERS = 4096 };

static void
set_constant(struct range_draft *out, double lo, double hi, double min_abs,
             bool integer)
{
    out->bound = (struct span){lo, hi};
    out->min_abs = min_abs;
    out->integer = integer;
    out->exact = true;
    out->source = SOURCE_NONE;
    for (int i = 0; i < WITNESSES; i++)
        out->at[i] = out->bound;
}

static void
from_floats(const struct constant_extent *extent, struct range_draft *out)
{
    const struct numeric_range *const range = extent->range;

    if (range->count == range->nan)
        return;
    set_constant(out, (double)range->min, (double)range->max,
                 isinf(range->min_abs) ? 0 : (double)range->min_abs,
                 extent->integer && range->nan == 0);
    out->usual = usual_of(extent->mean, extent->mean_square);
    out->usual.fixed = true;
    out->usual.peak = span_max_abs(out->bound);
    /* Infinities alone are beyond all numbers. */
    if (range->count == range->nan + range->infinite)
        out->bound = span_of((double)FLT_MAX, -(double)FLT_MAX);
    if (extent->up)
        out->bound.hi = INFINITY;
    if (extent->down)
        out->bound.lo = -INFINITY;
}

static void
from_integers(const int64_t *items, size_t n, struct range_draft *out)
{
    double min_abs = INFINITY;
    struct span all = span_none();

    for (size_t i = 0; i < n; i++) {
        const double x = (double)items[i];
        all = span_hull(all, (struct span){x, x});
        if (x != 0)
            min_abs = fmin(min_abs, fabs(x));
    }
    if (n > 0)
        set_constant(out, all.lo, all.hi, isinf(min_abs) ? 0 : min_abs, true);
}

/* Few floats; where one is not finite nothing is said. */
static void
from_numbers(const float *items, size_t n, struct range_draft *out)
{
    double min_abs = INFINITY;
    struct span all = span_none();
    bool integer = true;

    for (size_t i = 0; i < n; i++) {
        const double x = (double)items[i];
        if (!isfinite(x))
            return;
        all = span_hull(all, (struct span){x, x});
        integer = integer && x == rint(x);
        if (x != 0)
            min_abs = fmin(min_abs, fabs(x));
    }
    if (n > 0)
        set_constant(out, all.lo, all.hi, isinf(min_abs) ? 0 : min_abs,
                     integer);
}

static void
from_tensor(const struct range_sweep *sweep, const Onnx__TensorProto *tensor,
            struct range_draft *out)
{
    const uint64_t count = tensor_count(tensor);
    int64_t *items;
    size_t n;

    if (count == 0 || count > MOST_INTEGERS ||
        elem_kind(tensor->data_type) == ELEM_KIND_FLOAT)
        return;
    items = arena_array(sweep->arena, count, int64_t);
    if (tensor_get_i64(sweep->module->model, tensor, items, count, &n))
        from_integers(items, n, out);
}

void
range_of_constant(const struct range_sweep *sweep, const struct value *value,
                  struct range_draft *out)
{
    const Onnx__TensorProto *tensor =
        value->tensor != NULL ? value->tensor : value_constant(value);
    const Onnx__AttributeProto *attr;

    if (sweep->constants != NULL &&
        sweep->constants->extents[value->id] != NULL) {
        from_floats(sweep->constants->extents[value->id], out);
        return;
    }
    if (tensor != NULL) {
        from_tensor(sweep, tensor, out);
        return;
    }
    if (value->def == NULL)
        return;
    attr = node_attr(value->def, "value_int");
    if (attr != NULL && !attr_is_reference(attr)) {
        from_integers(&attr->i, 1, out);
        return;
    }
    attr = node_attr(value->def, "value_ints");
    if (attr != NULL && !attr_is_reference(attr)) {
        from_integers(attr->ints, attr->n_ints, out);
        return;
    }
    attr = node_attr(value->def, "value");
    if (attr != NULL && attr->t != NULL)
        from_tensor(sweep, attr->t, out);
}

/* What a call gives for a Constant whose value is a reference. Tensors of
 * floats are not read for it. */
static void
from_call(const struct range_site *site, struct range_draft *out)
{
    for (size_t i = 0; i < site->node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *const attr =
            site->node->proto->attribute[i];
        if (attr->t != NULL)
            from_tensor(site->sweep, attr->t, out);
        else if (strcmp(attr->name, "value_int") == 0)
            from_integers(&attr->i, 1, out);
        else if (strcmp(attr->name, "value_ints") == 0)
            from_integers(attr->ints, attr->n_ints, out);
        else if (strcmp(attr->name, "value_float") == 0)
            from_numbers(&attr->f, 1, out);
        else if (strcmp(attr->name, "value_floats") == 0)
            from_numbers(attr->floats, attr->n_floats, out);
    }
}

void
bound_constant(const struct range_site *site, struct range_draft *out)
{
    if (site->node != site->node->outputs[site->output]->def) {
        from_call(site, out);
        return;
    }
    range_of_constant(site->sweep, site->node->outputs[site->output], out);
}
