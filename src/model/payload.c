#include "model/payload.h"

#include <assert.h>
#include <string.h>

#include "model/tensor.h"
#include "numeric/convert.h"
#include "ops/elem.h"

#define PAYLOAD_MAGIC UINT64_C(0x9b1d0f5a6e3c7248)

/* Values that are converted at once: small enough for the innermost caches. */
enum { BLOCK = 4096 };

/* Payloads never move, so that a table that is full goes on in a new chunk. */
struct payload_table {
    struct payload_table *next;
    size_t count, capacity;
    struct payload items[];
};

static struct payload *
new_item(struct model *model)
{
    struct payload_table *table = model->payloads;

    if (table == NULL || table->count == table->capacity) {
        const size_t capacity = table == NULL ? 16 : 2 * table->capacity;
        table = arena_alloc(&model->arena,
                            sizeof *table + capacity * sizeof *table->items);
        table->capacity = capacity;
        table->next = model->payloads;
        model->payloads = table;
    }
    struct payload *const payload = &table->items[table->count++];
    payload->magic = PAYLOAD_MAGIC;
    return payload;
}

const struct payload *
payload_new(struct model *model, struct source *source, uint64_t offset,
            uint64_t size, int elem)
{
    struct payload *const payload = new_item(model);

    payload->source = source;
    payload->offset = offset;
    payload->size = size;
    payload->step[0].elem = elem > 0 && elem < ELEM_COUNT ? (uint8_t)elem : 0;
    return payload;
}

/* Two roundings to one type with one between them that loses nothing: what one
 * of them lets go to infinity is infinite afterwards. */
static void
merge(struct payload_step *step, const struct payload_step *later)
{
    if (later->overflow == NUMERIC_TO_INFINITY)
        step->overflow = NUMERIC_TO_INFINITY;
}

/* Appends a step. Going through FLOAT in between changes nothing, and neither
 * does a second rounding to the same type. Of a long alternation the last two
 * steps do what the two before them did. */
static void
add_step(struct payload *payload, struct payload_step added)
{
    struct payload_step *const step = payload->step;

    if (payload->steps > 0 && step[payload->steps].elem == ELEM_FLOAT)
        payload->steps--;
    if (step[payload->steps].elem == added.elem)
        return;
    if (payload->steps == PAYLOAD_ROUNDINGS_MAX && added.elem != ELEM_FLOAT) {
        payload->steps--;
        merge(&step[payload->steps - 1], &step[payload->steps + 1]);
        merge(&step[payload->steps], &added);
        return;
    }
    step[++payload->steps] = added;
}

const struct payload *
payload_convert(struct model *model, const struct payload *payload, int elem,
                enum numeric_overflow overflow)
{
    struct payload *converted;

    if (payload->step[payload->steps].elem == elem)
        return payload;
    converted = new_item(model);
    *converted = *payload;
    add_step(converted,
             (struct payload_step){(uint8_t)elem, (uint8_t)overflow});
    return converted;
}

const struct payload *
payload_clamp(struct model *model, const struct payload *payload,
              struct numeric_clamp clamp)
{
    struct payload *const clamped = new_item(model);

    assert(payload->steps == 0 && payload->step[0].elem == ELEM_FLOAT);
    *clamped = *payload;
    clamped->clamp = clamp;
    return clamped;
}

bool
payload_is_plain(const struct payload *payload)
{
    return payload->steps == 0 && payload->clamp.max_finite == 0;
}

const struct payload *
payload_find(const struct model *model, const void *data)
{
    const uintptr_t at = (uintptr_t)data;

    for (const struct payload_table *table = model->payloads; table != NULL;
         table = table->next) {
        const uintptr_t start = (uintptr_t)table->items;
        if (at < start || at >= start + table->count * sizeof *table->items)
            continue;
        const struct payload *const payload =
            &table->items[(at - start) / sizeof *payload];
        assert((const void *)payload == data &&
               payload->magic == PAYLOAD_MAGIC);
        return payload;
    }
    return NULL;
}

const struct payload *
payload_of(const struct model *model, const Onnx__TensorProto *tensor)
{
    return payload_find(model, tensor->raw_data.data);
}

void
payload_bind(Onnx__TensorProto *tensor, const struct payload *payload)
{
    tensor->raw_data.len = (size_t)payload_bytes(payload);
    tensor->raw_data.data = (uint8_t *)(uintptr_t)payload;
}

static size_t
width(int elem)
{
    return (size_t)elem_bits(elem) / 8;
}

uint64_t
payload_bytes(const struct payload *payload)
{
    if (payload->steps == 0)
        return payload->size;
    return payload->size / width(payload->step[0].elem) *
           width(payload->step[payload->steps].elem);
}

static void
narrow(const struct payload_step *step, void *out, const void *in, size_t n)
{
    numeric_narrow(tensor_format(step->elem),
                   (enum numeric_overflow)step->overflow, out, in, n);
}

static void
convert_block(const struct payload_step *step, unsigned steps, const void *in,
              void *out, size_t n)
{
    unsigned char wide[4 * BLOCK], rounded[2 * BLOCK];
    const void *values = in;

    if (step[0].elem != ELEM_FLOAT) {
        numeric_widen(tensor_format(step[0].elem), wide, in, n);
        values = wide;
    }
    for (unsigned i = 1; i < steps; i++) {
        narrow(&step[i], rounded, values, n);
        numeric_widen(tensor_format(step[i].elem), wide, rounded, n);
        values = wide;
    }
    if (step[steps].elem == ELEM_FLOAT)
        memcpy(out, values, 4 * n);
    else
        narrow(&step[steps], out, values, n);
}

void
payload_convert_values(const struct payload_step *step, unsigned steps,
                       const void *in, void *out, size_t n)
{
    const size_t in_width = width(step[0].elem);
    const size_t out_width = width(step[steps].elem);

    for (size_t i = 0; i < n; i += BLOCK)
        convert_block(step, steps, (const char *)in + i * in_width,
                      (char *)out + i * out_width,
                      n - i < BLOCK ? n - i : BLOCK);
}

static void
convert_from_file(const struct payload *payload, const void *in, void *out,
                  size_t n)
{
    unsigned char clamped[4 * BLOCK];

    if (payload->clamp.max_finite > 0) {
        numeric_clamp_f32(&payload->clamp, clamped, in, n);
        in = clamped;
    }
    convert_block(payload->step, payload->steps, in, out, n);
}

enum opp_status
payload_read(const struct payload *payload, uint64_t offset, void *data,
             size_t size, struct opp_error *err)
{
    unsigned char block[4 * BLOCK];
    enum opp_status status = OPP_OK;

    if (payload_is_plain(payload))
        return source_read(payload->source, data, payload->offset + offset,
                           size, err);
    const size_t in_width = width(payload->step[0].elem);
    const size_t out_width = width(payload->step[payload->steps].elem);
    const uint64_t first = payload->offset + offset / out_width * in_width;
    const size_t n = size / out_width;
    assert(offset % out_width == 0 && size % out_width == 0);
    for (size_t i = 0; i < n && status == OPP_OK; i += BLOCK) {
        const size_t count = n - i < BLOCK ? n - i : BLOCK;
        status = source_read(payload->source, block, first + i * in_width,
                             count * in_width, err);
        if (status == OPP_OK)
            convert_from_file(payload, block, (char *)data + i * out_width,
                              count);
    }
    return status;
}
