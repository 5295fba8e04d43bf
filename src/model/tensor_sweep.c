#include <assert.h>
#include <string.h>

#include "model/tensor.h"
#include "model/values.h"
#include "numeric/convert.h"
#include "ops/elem.h"

/* Values of one chunk. */
enum { CHUNK = 16 * 1024 };

/* Buffers of one sweep. A sweep may happen while another one calls back, so
 * the model keeps a list of free ones. They come from the arena: a callback
 * may unwind. */
struct scratch {
    struct scratch *next;
    unsigned char raw[8 * CHUNK];
    float values[CHUNK];
};

static struct scratch *
take_scratch(struct model *model)
{
    struct scratch *const scratch = model->scratch;

    if (scratch == NULL)
        return arena_new(&model->arena, struct scratch);
    model->scratch = scratch->next;
    return scratch;
}

static void
give_scratch(struct model *model, struct scratch *scratch)
{
    scratch->next = model->scratch;
    model->scratch = scratch;
}

static void
narrow_doubles(float *out, const unsigned char *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double value;
        memcpy(&value, in + i * sizeof value, sizeof value);
        out[i] = (float)value;
    }
}

/* Reads values [first, first + n) as float32. */
static enum opp_status
read_floats(const struct values *values, int elem, uint64_t first, size_t n,
            struct scratch *scratch, struct opp_error *err)
{
    const size_t width = (size_t)elem_bits(elem) / 8;
    void *const raw =
        elem == ELEM_FLOAT ? (void *)scratch->values : (void *)scratch->raw;
    const enum opp_status status =
        values_read(values, first * width, raw, n * width, err);

    if (status != OPP_OK || elem == ELEM_FLOAT)
        return status;
    if (elem == ELEM_DOUBLE)
        narrow_doubles(scratch->values, raw, n);
    else
        numeric_widen(tensor_format(elem), scratch->values, raw, n);
    return OPP_OK;
}

enum opp_status
tensor_sweep(struct model *model, const Onnx__TensorProto *tensor,
             tensor_chunk_fn fn, void *payload, struct opp_error *err)
{
    const int elem = tensor->data_type;
    const uint64_t count = tensor_count(tensor);
    enum opp_status status = OPP_OK;
    struct values values;

    assert(elem == ELEM_FLOAT || elem == ELEM_FLOAT16 ||
           elem == ELEM_BFLOAT16 || elem == ELEM_DOUBLE);
    values_view(model, tensor, &values);
    struct scratch *const scratch = take_scratch(model);
    for (uint64_t i = 0; i < count; i += CHUNK) {
        const size_t n = count - i < CHUNK ? (size_t)(count - i) : CHUNK;
        status = read_floats(&values, elem, i, n, scratch, err);
        if (status != OPP_OK || !fn(payload, scratch->values, n))
            break;
    }
    give_scratch(model, scratch);
    return status;
}

struct gathering {
    struct numeric_range *range;
    enum numeric_format format;
};

static bool
gather(void *payload, const float *values, size_t n)
{
    const struct gathering *const gathering = payload;

    numeric_range_f32(gathering->range, values, n, gathering->format);
    return true;
}

enum opp_status
tensor_range(struct model *model, const Onnx__TensorProto *tensor,
             enum numeric_format format, struct numeric_range *range,
             struct opp_error *err)
{
    struct gathering gathering = {range, format};

    numeric_range_init(range);
    return tensor_sweep(model, tensor, gather, &gathering, err);
}
