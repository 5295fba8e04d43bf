#include "model/check.h"

#include <inttypes.h>

#include "model/tensor.h"
#include "ops/elem.h"

/* Every known type but strings has at most 128 bits. */
#define COUNT_MAX (UINT64_MAX / 128)

enum tensor_field
check_field_of(int elem)
{
    switch (elem) {
    case ELEM_FLOAT:
    case ELEM_COMPLEX64:
        return FIELD_FLOAT;
    case ELEM_DOUBLE:
    case ELEM_COMPLEX128:
        return FIELD_DOUBLE;
    case ELEM_INT64:
        return FIELD_INT64;
    case ELEM_UINT32:
    case ELEM_UINT64:
        return FIELD_UINT64;
    case ELEM_STRING:
        return FIELD_STRING;
    default:
        return elem_bits(elem) == 0 ? FIELD_NONE : FIELD_INT32;
    }
}

uint64_t
check_entries(int elem, uint64_t count)
{
    if (elem_kind(elem) == ELEM_KIND_COMPLEX)
        return 2 * count;
    /* Packed types: one byte in each int32, float6 excepted. */
    if (elem_bits(elem) == 4 || elem_bits(elem) == 2)
        return check_bytes(elem, count);
    return count;
}

uint64_t
check_bytes(int elem, uint64_t count)
{
    const uint64_t bits = (uint64_t)elem_bits(elem);

    if (bits == 0)
        return elem == ELEM_STRING ? 0 : UINT64_MAX;
    return (count * bits + 7) / 8;
}

static enum opp_status
bad(const struct model *model, const struct walk_place *place, const char *what,
    struct opp_error *err)
{
    char text[256];

    walk_describe(place, text, sizeof text);
    error_set(err, OPP_EINPUT, "bad tensor: %s", what);
    error_where(err, "%s  %s", model->path, text);
    return OPP_EINPUT;
}

enum opp_status
check_shape(const struct model *model, const Onnx__TensorProto *tensor,
            const struct walk_place *place, struct opp_error *err)
{
    uint64_t count = 1; /* of the dimensions that are not 0 */

    for (size_t i = 0; i < tensor->n_dims; i++) {
        if (tensor->dims[i] < 0)
            return bad(model, place, "a dimension is negative", err);
        if (tensor->dims[i] == 0)
            continue;
        if (count > COUNT_MAX / (uint64_t)tensor->dims[i])
            return bad(model, place, "the shape is too large", err);
        count *= (uint64_t)tensor->dims[i];
    }
    return OPP_OK;
}

/* Entries of each typed field, by enum tensor_field. */
static void
count_entries(const Onnx__TensorProto *tensor, size_t n[FIELD_STRING + 1])
{
    n[FIELD_NONE] = 0;
    n[FIELD_FLOAT] = tensor->n_float_data;
    n[FIELD_INT32] = tensor->n_int32_data;
    n[FIELD_INT64] = tensor->n_int64_data;
    n[FIELD_DOUBLE] = tensor->n_double_data;
    n[FIELD_UINT64] = tensor->n_uint64_data;
    n[FIELD_STRING] = tensor->n_string_data;
}

static enum opp_status
bad_amount(const struct model *model, const Onnx__TensorProto *tensor,
           const struct walk_place *place, uint64_t has, struct opp_error *err)
{
    const int elem = tensor->data_type;
    const uint64_t count = tensor_count(tensor);

    bad(model, place, "its data does not fit its shape", err);
    if (tensor->has_raw_data)
        error_why(err,
                  "%" PRIu64 " elements of %s need %" PRIu64
                  " bytes, it has %" PRIu64,
                  count, elem_name(elem), check_bytes(elem, count), has);
    else
        error_why(err,
                  "%" PRIu64 " elements of %s need %" PRIu64
                  " numbers, it has %" PRIu64,
                  count, elem_name(elem), check_entries(elem, count), has);
    return OPP_EINPUT;
}

enum opp_status
check_tensor(const struct model *model, const Onnx__TensorProto *tensor,
             const struct walk_place *place, struct opp_error *err)
{
    const int elem = tensor->data_type;
    const enum tensor_field field = check_field_of(elem);
    const bool is_external = tensor_is_external(tensor);
    const bool is_raw = tensor->has_raw_data || is_external;
    const uint64_t count = tensor_count(tensor);
    size_t entries[FIELD_STRING + 1];

    if (is_external && tensor->has_raw_data)
        return bad(model, place, "it has raw data and external data", err);
    if (tensor->segment != NULL)
        return bad(model, place,
                   "it is a segment of a larger one, which no runtime reads",
                   err);
    if (field == FIELD_NONE)
        return OPP_OK;
    count_entries(tensor, entries);
    for (int i = FIELD_FLOAT; i <= FIELD_STRING; i++)
        if (entries[i] != 0 && (i != (int)field || is_raw))
            return bad(model, place, "its data is in two or in a wrong field",
                       err);
    if (field == FIELD_STRING && is_raw)
        return bad(model, place, "strings cannot be raw or external data", err);
    if (is_external)
        return OPP_OK;
    if (tensor->has_raw_data &&
        tensor->raw_data.len != check_bytes(elem, count))
        return bad_amount(model, tensor, place, tensor->raw_data.len, err);
    if (!tensor->has_raw_data && entries[field] != check_entries(elem, count))
        return bad_amount(model, tensor, place, entries[field], err);
    return OPP_OK;
}
