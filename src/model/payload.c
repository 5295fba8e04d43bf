#include "model/payload.h"

#include <assert.h>
#include <string.h>

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
    payload->elems[0] = elem > 0 && elem < ELEM_COUNT ? (uint8_t)elem : 0;
    return payload;
}

/* Appends a step. Going through FLOAT in between changes nothing, and neither
 * does a second rounding to the same type. */
static void
add_step(struct payload *payload, int elem)
{
    if (payload->steps > 0 && payload->elems[payload->steps] == ELEM_FLOAT)
        payload->steps--;
    if (payload->steps == PAYLOAD_STEPS_MAX)
        payload->steps--;
    if (payload->elems[payload->steps] != elem)
        payload->elems[++payload->steps] = (uint8_t)elem;
}

const struct payload *
payload_convert(struct model *model, const struct payload *payload, int elem)
{
    struct payload *converted;

    if (payload->elems[payload->steps] == elem)
        return payload;
    converted = new_item(model);
    *converted = *payload;
    add_step(converted, elem);
    return converted;
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
    return payload->size / width(payload->elems[0]) *
           width(payload->elems[payload->steps]);
}

static enum numeric_format
format_of(int elem)
{
    assert(elem == ELEM_FLOAT16 || elem == ELEM_BFLOAT16);
    return elem == ELEM_FLOAT16 ? NUMERIC_F16 : NUMERIC_BF16;
}

static void
convert_block(const uint8_t *elems, unsigned steps, const void *in, void *out,
              size_t n)
{
    unsigned char wide[4 * BLOCK], narrow[2 * BLOCK];
    const void *values = in;

    if (elems[0] != ELEM_FLOAT) {
        numeric_widen(format_of(elems[0]), wide, in, n);
        values = wide;
    }
    for (unsigned i = 1; i < steps; i++) {
        numeric_narrow(format_of(elems[i]), narrow, values, n, NULL);
        numeric_widen(format_of(elems[i]), wide, narrow, n);
        values = wide;
    }
    if (elems[steps] == ELEM_FLOAT)
        memcpy(out, values, 4 * n);
    else
        numeric_narrow(format_of(elems[steps]), out, values, n, NULL);
}

void
payload_convert_values(const uint8_t *elems, unsigned steps, const void *in,
                       void *out, size_t n)
{
    const size_t in_width = width(elems[0]), out_width = width(elems[steps]);

    for (size_t i = 0; i < n; i += BLOCK)
        convert_block(elems, steps, (const char *)in + i * in_width,
                      (char *)out + i * out_width,
                      n - i < BLOCK ? n - i : BLOCK);
}

enum opp_status
payload_read(const struct payload *payload, uint64_t offset, void *data,
             size_t size, struct opp_error *err)
{
    unsigned char block[4 * BLOCK];
    enum opp_status status = OPP_OK;

    if (payload->steps == 0)
        return source_read(payload->source, data, payload->offset + offset,
                           size, err);
    const size_t in_width = width(payload->elems[0]);
    const size_t out_width = width(payload->elems[payload->steps]);
    const uint64_t first = payload->offset + offset / out_width * in_width;
    const size_t n = size / out_width;
    assert(offset % out_width == 0 && size % out_width == 0);
    for (size_t i = 0; i < n && status == OPP_OK; i += BLOCK) {
        const size_t step = n - i < BLOCK ? n - i : BLOCK;
        status = source_read(payload->source, block, first + i * in_width,
                             step * in_width, err);
        if (status == OPP_OK)
            convert_block(payload->elems, payload->steps, block,
                          (char *)data + i * out_width, step);
    }
    return status;
}
