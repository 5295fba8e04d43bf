#include "facts/constants.h"

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

/* The one value of which ConstantOfShape makes a tensor. */
static const Onnx__TensorProto *
fill_tensor(const struct value *value)
{
    const Onnx__AttributeProto *attr;

    if (value->def == NULL || value->def->op == NULL ||
        value->def->op->class != OP_CONSTANT)
        return NULL;
    attr = node_attr(value->def, "value");
    return attr != NULL ? attr->t : NULL;
}

static const Onnx__TensorProto *
swept_tensor(const struct value *value, enum numeric_format format)
{
    const int low = format == NUMERIC_F16 ? ELEM_FLOAT16 : ELEM_BFLOAT16;
    const Onnx__TensorProto *tensor =
        value->tensor != NULL ? value->tensor : value_constant(value);

    if (tensor == NULL)
        tensor = fill_tensor(value);
    return tensor != NULL &&
                   (tensor->data_type == ELEM_FLOAT || tensor->data_type == low)
               ? tensor
               : NULL;
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

static void
sweep_attr(const Onnx__AttributeProto *attr, enum numeric_format format,
           struct numeric_range *range)
{
    numeric_range_init(range);
    if (attr->has_f)
        numeric_range_f32(range, &attr->f, 1, format);
    else
        numeric_range_f32(range, attr->floats, attr->n_floats, format);
}

static uint64_t
bytes_to_sweep(const struct module *module, enum numeric_format format)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        const Onnx__TensorProto *const tensor =
            value == NULL ? NULL : swept_tensor(value, format);
        bytes += tensor == NULL ? 0 : tensor_bytes(tensor);
    }
    return bytes;
}

enum opp_status
constants_sweep(struct constants *out, struct arena *arena,
                struct module *module, enum numeric_format format,
                opp_progress_fn progress, void *payload,
                struct opp_error *err)
{
    const uint64_t total = bytes_to_sweep(module, format);

    *out = (struct constants){0};
    out->of = arena_array(arena, module->n_values, struct numeric_range *);
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        const Onnx__TensorProto *const tensor =
            value == NULL ? NULL : swept_tensor(value, format);
        enum opp_status status;
        if (tensor == NULL && (value == NULL || float_attr(value) == NULL))
            continue;
        out->of[i] = arena_new(arena, struct numeric_range);
        if (tensor == NULL) {
            sweep_attr(float_attr(value), format, out->of[i]);
            continue;
        }
        status = tensor_range(module->model, tensor, format, out->of[i], err);
        if (status != OPP_OK)
            return status;
        out->bytes += tensor_bytes(tensor);
        if (progress != NULL)
            progress(payload, "reading weights", out->bytes, total);
    }
    return OPP_OK;
}

enum opp_status
constants_each(struct module *module, const struct value *value,
               enum numeric_format format, tensor_chunk_fn fn, void *payload,
               struct opp_error *err)
{
    const Onnx__TensorProto *const tensor = swept_tensor(value, format);
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
