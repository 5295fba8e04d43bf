#include "model/values.h"

#include <string.h>

#include "model/check.h"
#include "model/tensor.h"
#include "ops/elem.h"

/* Entries of int32_data and uint64_data that are narrower in raw data. */
static size_t
raw_width(int elem, size_t stride)
{
    const size_t bits = (size_t)elem_bits(elem);

    if (elem_kind(elem) == ELEM_KIND_COMPLEX)
        return stride;
    return bits < 8 ? 1 : bits / 8;
}

static void
view_typed(const Onnx__TensorProto *tensor, struct values *values)
{
    const void *data = NULL;

    switch (check_field_of(tensor->data_type)) {
    case FIELD_FLOAT:
        data = tensor->float_data;
        values->stride = sizeof *tensor->float_data;
        break;
    case FIELD_INT32:
        data = tensor->int32_data;
        values->stride = sizeof *tensor->int32_data;
        break;
    case FIELD_INT64:
        data = tensor->int64_data;
        values->stride = sizeof *tensor->int64_data;
        break;
    case FIELD_DOUBLE:
        data = tensor->double_data;
        values->stride = sizeof *tensor->double_data;
        break;
    case FIELD_UINT64:
        data = tensor->uint64_data;
        values->stride = sizeof *tensor->uint64_data;
        break;
    case FIELD_STRING:
    case FIELD_NONE:
        break;
    }
    values->memory = data;
    values->width = raw_width(tensor->data_type, values->stride);
}

bool
values_view(const struct model *model, const Onnx__TensorProto *tensor,
            struct values *values)
{
    const int elem = tensor->data_type;

    *values = (struct values){.stride = 1, .width = 1};
    values->bytes = tensor_bytes(tensor);
    values->payload = payload_of(model, tensor);
    if (values->payload != NULL)
        return true;
    if (tensor->has_raw_data) {
        values->memory = tensor->raw_data.data;
        return true;
    }
    if (elem_bits(elem) == 0 || elem_bits(elem) == 6)
        return false;
    view_typed(tensor, values);
    return true;
}

const void *
values_in_memory(const struct values *values)
{
    if (values->payload != NULL || values->stride != values->width)
        return NULL;
    return values->memory;
}

enum opp_status
values_read(const struct values *values, uint64_t offset, void *data,
            size_t size, struct opp_error *err)
{
    const size_t width = values->width;
    const unsigned char *from;
    enum opp_status status;

    if (values->payload != NULL) {
        status = source_verify(values->payload->source, err);
        if (status == OPP_OK)
            status = payload_read(values->payload, offset, data, size, err);
        return status;
    }
    if (size == 0)
        return OPP_OK;
    from = values->memory + offset / width * values->stride;
    if (width == values->stride) {
        memcpy(data, from, size);
        return OPP_OK;
    }
    for (size_t i = 0; i < size; i += width, from += values->stride)
        memcpy((char *)data + i, from, width);
    return OPP_OK;
}
