#include "model/tensor.h"

#include <assert.h>
#include <string.h>

#include "model/check.h"
#include "model/payload.h"
#include "ops/elem.h"

uint64_t
tensor_count(const Onnx__TensorProto *tensor)
{
    uint64_t count = 1;

    for (size_t i = 0; i < tensor->n_dims; i++)
        if (tensor->dims[i] == 0)
            return 0;
    for (size_t i = 0; i < tensor->n_dims; i++)
        count *= (uint64_t)tensor->dims[i];
    return count;
}

uint64_t
tensor_bytes(const Onnx__TensorProto *tensor)
{
    const uint64_t bytes = check_bytes(tensor->data_type, tensor_count(tensor));

    return bytes == UINT64_MAX ? tensor->raw_data.len : bytes;
}

enum numeric_format
tensor_format(int elem)
{
    assert(elem == ELEM_FLOAT16 || elem == ELEM_BFLOAT16);
    return elem == ELEM_FLOAT16 ? NUMERIC_F16 : NUMERIC_BF16;
}

bool
tensor_is_external(const Onnx__TensorProto *tensor)
{
    return tensor->has_data_location &&
           tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

Onnx__TensorProto *
tensor_new(struct model *model, const char *name, int elem, const int64_t *dims,
           size_t n_dims, const void *bytes, size_t size)
{
    struct arena *const arena = &model->arena;
    Onnx__TensorProto *const tensor = arena_new(arena, Onnx__TensorProto);

    onnx__tensor_proto__init(tensor);
    if (name != NULL)
        tensor->name = arena_strdup(arena, name);
    tensor->has_data_type = 1;
    tensor->data_type = elem;
    tensor->n_dims = n_dims;
    tensor->dims = arena_array(arena, n_dims, int64_t);
    if (n_dims > 0)
        memcpy(tensor->dims, dims, n_dims * sizeof *dims);
    tensor->has_raw_data = 1;
    tensor->raw_data.len = size;
    tensor->raw_data.data = (uint8_t *)arena_memdup(arena, bytes, size);
    return tensor;
}
