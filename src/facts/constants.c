#include "facts/constants.h"

#include <math.h>

#include "model/tensor.h"

/* The attribute of a Constant node that holds floats as such, or NULL. */
static const Onnx__AttributeProto *
float_attr(const struct value *value)
{
    const Onnx__AttributeProto *attr;

    if (value->def == NULL || !node_is_constant(value->def))
        return NULL;
    if (node_attr(value->def, "value") != NULL)
        return NULL;
    attr = node_attr(value->def, "value_float");
    if (attr == NULL)
        attr = node_attr(value->def, "value_floats");
    return attr == NULL || attr_is_reference(attr) ? NULL : attr;
}

static bool
is_swept(int elem)
{
    return elem == ELEM_FLOAT || elem == ELEM_FLOAT16 ||
           elem == ELEM_BFLOAT16 || elem == ELEM_DOUBLE;
}

static const Onnx__TensorProto *
float_tensor(const struct value *value)
{
    const Onnx__TensorProto *const tensor =
        value->tensor != NULL ? value->tensor : value_constant(value);

    return tensor != NULL && is_swept(tensor->data_type) ? tensor : NULL;
}

/* The one value of which ConstantOfShape makes a tensor. */
static const Onnx__TensorProto *
fill_tensor(const struct value *value)
{
    const Onnx__AttributeProto *attr;

    if (value->def == NULL || value->def->op == NULL ||
        value->def->op->class != OP_CONSTANT)
        return NULL;
    attr = node_attr(value->def, "value");
    return attr != NULL && attr->t != NULL && is_swept(attr->t->data_type)
               ? attr->t
               : NULL;
}

static const Onnx__TensorProto *
swept_tensor(const struct value *value)
{
    const Onnx__TensorProto *const tensor = float_tensor(value);

    return tensor != NULL ? tensor : fill_tensor(value);
}

bool
value_is_constant_of(const struct value *value, int elem)
{
    const Onnx__TensorProto *const tensor =
        value->tensor != NULL ? value->tensor : value_constant(value);

    if (tensor != NULL)
        return tensor->data_type == elem;
    return elem == ELEM_FLOAT && float_attr(value) != NULL;
}

/* ---- one constant ------------------------------------------------------ */

struct gathering {
    enum numeric_format format;
    struct numeric_range *range;
    struct constant_extent *extent;
    struct weight_sums *sums;
    uint64_t n;        /* values so far */
    uint64_t averaged; /* of them those that the averages are of */
};

static void
note_infinities(struct constant_extent *extent, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        extent->up = extent->up || values[i] == INFINITY;
        extent->down = extent->down || values[i] == -INFINITY;
    }
}

/* Vectors are as long as this; of what is longer a part says enough. */
enum { MOST_AVERAGED = 1 << 16 };

/* The sums for the means, until end_gathering divides them. */
static void
add_averages(struct gathering *g, const float *values, size_t n)
{
    for (size_t i = 0; i < n && g->averaged < MOST_AVERAGED; i++) {
        const double x = (double)values[i];
        if (!isfinite(x))
            continue;
        g->extent->mean += x;
        g->extent->mean_square += x * x;
        g->averaged++;
    }
}

static bool
all_whole(const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] != rintf(values[i]))
            return false;
    return true;
}

static bool
gather(void *payload, const float *values, size_t n)
{
    struct gathering *const g = payload;
    const uint64_t infinite = g->range->infinite;

    numeric_range_f32(g->range, values, n, g->format);
    if (g->range->infinite > infinite)
        note_infinities(g->extent, values, n);
    g->extent->integer = g->extent->integer && all_whole(values, n);
    add_averages(g, values, n);
    if (g->sums != NULL)
        weight_sums_add(g->sums, g->n, values, n);
    g->n += n;
    return true;
}

static struct gathering
begin_gathering(struct arena *arena, enum numeric_format format)
{
    const struct gathering g = {
        .format = format,
        .range = arena_new(arena, struct numeric_range),
        .extent = arena_new(arena, struct constant_extent),
    };

    numeric_range_init(g.range);
    g.extent->range = g.range;
    g.extent->integer = true;
    return g;
}

/* Sums with an infinity or NaN in them say nothing. */
static struct constant_extent *
end_gathering(const struct gathering *g)
{
    if (g->range->nan + g->range->infinite == 0)
        g->extent->sums = g->sums;
    if (g->averaged > 0) {
        g->extent->mean /= (double)g->averaged;
        g->extent->mean_square /= (double)g->averaged;
    }
    return g->extent;
}

static void
sweep_attr(const Onnx__AttributeProto *attr, struct gathering *g)
{
    if (attr->has_f)
        gather(g, &attr->f, 1);
    else
        gather(g, attr->floats, attr->n_floats);
}

/* ---- all of them ------------------------------------------------------- */

static uint64_t
bytes_to_sweep(const struct module *module)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        const Onnx__TensorProto *const tensor =
            value == NULL ? NULL : swept_tensor(value);
        bytes += tensor == NULL ? 0 : tensor_bytes(tensor);
    }
    return bytes;
}

/* True for a tensor whose statistics speak of a conversion: float, and what it
 * would be converted to. */
static bool
is_told(const Onnx__TensorProto *tensor, enum numeric_format format)
{
    return tensor->data_type == ELEM_FLOAT ||
           tensor->data_type ==
               (format == NUMERIC_F16 ? ELEM_FLOAT16 : ELEM_BFLOAT16);
}

enum opp_status
constants_sweep(struct constants *out, struct arena *arena,
                struct module *module, enum numeric_format format,
                opp_progress_fn progress, void *payload,
                struct opp_error *err)
{
    const uint64_t total = bytes_to_sweep(module);

    *out = (struct constants){0};
    out->of = arena_array(arena, module->n_values, struct numeric_range *);
    out->extents =
        arena_array(arena, module->n_values, struct constant_extent *);
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        const Onnx__TensorProto *const tensor =
            value == NULL ? NULL : swept_tensor(value);
        struct gathering g;
        enum opp_status status = OPP_OK;
        if (value == NULL || (tensor == NULL && float_attr(value) == NULL))
            continue;
        g = begin_gathering(arena, format);
        if (tensor == NULL)
            sweep_attr(float_attr(value), &g);
        else {
            if (tensor == float_tensor(value))
                g.sums = weight_sums_new(arena, value, tensor);
            status = tensor_sweep(module->model, tensor, gather, &g, err);
        }
        if (status != OPP_OK)
            return status;
        out->extents[i] = end_gathering(&g);
        if (tensor == NULL || is_told(tensor, format))
            out->of[i] = g.range;
        if (tensor == NULL)
            continue;
        out->bytes += tensor_bytes(tensor);
        if (progress != NULL)
            progress(payload, "reading weights", out->bytes, total);
    }
    return OPP_OK;
}

enum opp_status
constants_each(struct module *module, const struct value *value,
               tensor_chunk_fn fn, void *payload, struct opp_error *err)
{
    const Onnx__TensorProto *const tensor = swept_tensor(value);
    const Onnx__AttributeProto *const attr =
        tensor == NULL ? float_attr(value) : NULL;

    if (tensor != NULL)
        return tensor_sweep(module->model, tensor, fn, payload, err);
    if (attr != NULL && attr->has_f)
        fn(payload, &attr->f, 1);
    else if (attr != NULL)
        fn(payload, attr->floats, attr->n_floats);
    return OPP_OK;
}

enum numeric_overflow
constants_overflow(int elem)
{
    return elem == ELEM_BFLOAT16 ? NUMERIC_SATURATE : NUMERIC_TO_INFINITY;
}

const char *
constants_describe(struct arena *arena, const struct value *value,
                   const struct numeric_range *range, uint64_t affected)
{
    if (range->count == 1)
        return arena_printf(arena, "`%s` = %g", value->name,
                            (double)range->max);
    return arena_printf(arena,
                        "`%s`: %llu of %llu values, magnitudes %g to %g",
                        value->name, (unsigned long long)affected,
                        (unsigned long long)range->count,
                        (double)range->min_abs,
                        (double)numeric_range_max_abs(range));
}
