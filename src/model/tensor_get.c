#include <string.h>

#include "model/tensor.h"
#include "model/values.h"
#include "numeric/scalar.h"
#include "ops/elem.h"

/* Elements that are read at once: whole bytes of every packed type. */
enum { BLOCK = 64 };

/* The bits of element `i`, in the low end. */
static uint64_t
bits_at(int elem, const unsigned char *raw, size_t i)
{
    const size_t bits = (size_t)elem_bits(elem);
    uint64_t value = 0;

    if (bits >= 8)
        memcpy(&value, raw + i * bits / 8, bits / 8);
    else
        value = ((uint64_t)raw[i * bits / 8] >> (i * bits % 8)) &
                (UINT64_C(0xFF) >> (8 - bits));
    return value;
}

/* False when the value does not fit. */
static bool
integer_at(int elem, const unsigned char *raw, size_t i, int64_t *out)
{
    const uint64_t value = bits_at(elem, raw, i);
    const int unused = 64 - elem_bits(elem);

    switch (elem_kind(elem)) {
    case ELEM_KIND_BOOL:
        *out = value != 0;
        return true;
    case ELEM_KIND_INT:
        *out = (int64_t)(value << unused) >> unused;
        return true;
    case ELEM_KIND_UINT:
        *out = (int64_t)value;
        return value <= INT64_MAX;
    case ELEM_KIND_NONE:
    case ELEM_KIND_FLOAT:
    case ELEM_KIND_STRING:
    case ELEM_KIND_COMPLEX:
        return false;
    }
    return false;
}

static bool
exact_double(int64_t value, double *out)
{
    *out = (double)value;
    return *out < 0x1p63 && (int64_t)*out == value;
}

static double
double_from_f32_bits(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static bool
real_at(int elem, const unsigned char *raw, size_t i, double *out)
{
    const uint64_t bits = bits_at(elem, raw, i);
    int64_t integer;

    switch (elem) {
    case ELEM_DOUBLE:
        memcpy(out, &bits, sizeof *out);
        return true;
    case ELEM_FLOAT:
        *out = double_from_f32_bits((uint32_t)bits);
        return true;
    case ELEM_FLOAT16:
        *out = double_from_f32_bits(numeric_f32_bits_from_f16((uint16_t)bits));
        return true;
    case ELEM_BFLOAT16:
        *out = double_from_f32_bits(numeric_f32_bits_from_bf16((uint16_t)bits));
        return true;
    default:
        return integer_at(elem, raw, i, &integer) && exact_double(integer, out);
    }
}

/* Stores element `i` of a block as element `to` of the result. */
typedef bool (*store_fn)(int elem, const unsigned char *raw, size_t i,
                         void *out, size_t to);

static bool
store_integer(int elem, const unsigned char *raw, size_t i, void *out,
              size_t to)
{
    return integer_at(elem, raw, i, (int64_t *)out + to);
}

static bool
store_real(int elem, const unsigned char *raw, size_t i, void *out, size_t to)
{
    return real_at(elem, raw, i, (double *)out + to);
}

static bool
get(const struct model *model, const Onnx__TensorProto *tensor, store_fn store,
    void *out, size_t cap)
{
    unsigned char raw[BLOCK * sizeof(uint64_t)];
    const int elem = tensor->data_type;
    const size_t bits = (size_t)elem_bits(elem);
    const uint64_t count = tensor_count(tensor);
    struct values values;

    if (count > cap || bits == 0 || bits > 64 ||
        !values_view(model, tensor, &values))
        return false;
    for (size_t i = 0; i < count; i += BLOCK) {
        const size_t n = (size_t)count - i < BLOCK ? (size_t)count - i : BLOCK;
        if (values_read(&values, i * bits / 8, raw, (n * bits + 7) / 8, NULL))
            return false;
        for (size_t j = 0; j < n; j++)
            if (!store(elem, raw, j, out, i + j))
                return false;
    }
    return true;
}

bool
tensor_get_f64(struct model *model, const Onnx__TensorProto *tensor,
               double *out, size_t cap, size_t *n)
{
    *n = 0;
    if (!get(model, tensor, store_real, out, cap))
        return false;
    *n = (size_t)tensor_count(tensor);
    return true;
}

bool
tensor_get_i64(struct model *model, const Onnx__TensorProto *tensor,
               int64_t *out, size_t cap, size_t *n)
{
    *n = 0;
    if (!get(model, tensor, store_integer, out, cap))
        return false;
    *n = (size_t)tensor_count(tensor);
    return true;
}
