#include <assert.h>

#include "model/tensor.h"
#include "model/values.h"
#include "numeric/convert.h"
#include "ops/elem.h"

static void
drop_typed_data(Onnx__TensorProto *tensor)
{
    tensor->n_float_data = 0;
    tensor->float_data = NULL;
    tensor->n_int32_data = 0;
    tensor->int32_data = NULL;
}

static const void *
packed_values(struct arena *arena, const struct values *values)
{
    void *packed = NULL;

    if (values_in_memory(values) != NULL)
        return values_in_memory(values);
    packed = arena_alloc(arena, (size_t)values->bytes);
    values_read(values, 0, packed, (size_t)values->bytes, NULL);
    return packed;
}

static void
set_raw_data(Onnx__TensorProto *tensor, void *out, size_t size)
{
    tensor->has_raw_data = 1;
    tensor->raw_data.data = out;
    tensor->raw_data.len = size;
    drop_typed_data(tensor);
}

/* The values in memory as raw data of type `elem`, now. */
static void
convert_in_memory(struct arena *arena, const struct values *values,
                  Onnx__TensorProto *tensor, struct payload_step step)
{
    const struct payload_step steps[] = {{.elem = (uint8_t)tensor->data_type},
                                         step};
    const size_t n = (size_t)tensor_count(tensor);
    const size_t size = n * (size_t)elem_bits(step.elem) / 8;
    void *const out = arena_alloc(arena, size);

    payload_convert_values(steps, 1, packed_values(arena, values), out, n);
    set_raw_data(tensor, out, size);
}

Onnx__TensorProto *
tensor_clamp(struct model *model, const Onnx__TensorProto *tensor,
             struct numeric_clamp clamp)
{
    Onnx__TensorProto *const clamped =
        arena_new(&model->arena, Onnx__TensorProto);
    struct values values;
    void *out;

    assert(tensor->data_type == ELEM_FLOAT);
    *clamped = *tensor;
    values_view(model, tensor, &values);
    if (values.payload != NULL) {
        payload_bind(clamped, payload_clamp(model, values.payload, clamp));
        return clamped;
    }
    out = arena_alloc(&model->arena, (size_t)values.bytes);
    numeric_clamp_f32(&clamp, out, packed_values(&model->arena, &values),
                      (size_t)tensor_count(tensor));
    set_raw_data(clamped, out, (size_t)values.bytes);
    return clamped;
}

Onnx__TensorProto *
tensor_convert(struct model *model, const Onnx__TensorProto *tensor,
               const char *name, int elem, enum numeric_overflow overflow)
{
    Onnx__TensorProto *const converted =
        arena_new(&model->arena, Onnx__TensorProto);
    struct values values;

    assert(elem_is_float(tensor->data_type) && elem_is_float(elem));
    *converted = *tensor;
    if (name != NULL)
        converted->name = arena_strdup(&model->arena, name);
    if (elem == tensor->data_type)
        return converted;
    values_view(model, tensor, &values);
    if (values.payload != NULL)
        payload_bind(converted,
                     payload_convert(model, values.payload, elem, overflow));
    else
        convert_in_memory(
            &model->arena, &values, converted,
            (struct payload_step){(uint8_t)elem, (uint8_t)overflow});
    converted->has_data_type = 1;
    converted->data_type = elem;
    return converted;
}
