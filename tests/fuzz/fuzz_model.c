/* fuzz_model.c: any bytes as a model: loaded from memory, every tensor looked
 * at, packed into nothing. What loads must also save, and what was saved must
 * load again and save as the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "model/save.h"
#include "model/tensor.h"
#include "model/walk.h"
#include "ops/elem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Enough for any input that a fuzzer tries, and found out quickly. */
#define MEMORY_LIMIT ((uint64_t)256 << 20)

static bool
ignore(void *payload, const float *values, size_t n)
{
    (void)payload, (void)values, (void)n;
    return true;
}

static enum opp_status
look(void *payload, Onnx__TensorProto *tensor, const struct walk_place *place)
{
    struct model *const model = payload;
    double reals[100];
    int64_t integers[100];
    char text[200];
    size_t n;

    walk_describe(place, text, sizeof text);
    tensor_get_f64(model, tensor, reals, 100, &n);
    tensor_get_i64(model, tensor, integers, 100, &n);
    if (elem_is_float(tensor->data_type) && elem_bits(tensor->data_type) >= 16)
        tensor_sweep(model, tensor, ignore, NULL, NULL);
    return OPP_OK;
}

static int
collect(void *payload, const void *data, size_t size)
{
    return buffer_append(payload, data, size) ? 0 : 1;
}

/* Loads and saves; false when the bytes are refused. */
static bool
round_trip(const uint8_t *data, size_t size, struct buffer *out)
{
    const struct opp_load_options options = {.memory_limit = MEMORY_LIMIT};
    struct model model;
    struct opp_error err;
    jmp_buf unwind;
    volatile bool loaded = false;

    if (setjmp(unwind) == 0 && model_load_memory(&model, data, size, &options,
                                                 &unwind, &err) == OPP_OK) {
        walk_tensors(model.proto, look, &model);
        model.changed = true;
        if (model_save_callback(&model, collect, out, NULL, &err) != OPP_OK)
            abort();
        loaded = true;
    }
    model_close(&model);
    return loaded;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer first = {0}, second = {0};

    if (round_trip(data, size, &first) &&
        (!round_trip(first.data, first.size, &second) ||
         first.size != second.size ||
         memcmp(first.data, second.data, first.size) != 0))
        abort();
    buffer_free(&first);
    buffer_free(&second);
    return 0;
}
