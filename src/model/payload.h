/* payload.h: the values of a tensor that stay in a file: a range of a source
 * and the element types they pass through on their way out. The raw_data of
 * the TensorProto points to the struct instead of to bytes, and its length is
 * that of the values as they come out, so that protobuf-c computes sizes
 * rightly; has_raw_data is false as long as the tensor is external. Only
 * payload.c, tensor*.c and save*.c may follow that pointer, and only through
 * payload_of. Payloads belong to the model and never move. */
#ifndef MODEL_PAYLOAD_H
#define MODEL_PAYLOAD_H

#include "model/source.h"
#include "numeric/format.h"

/* Conversions on top of each other. After four roundings that alternate between
 * FLOAT16 and BFLOAT16, further ones change no value but by what they do with
 * overflow; the last step may be to FLOAT. */
enum { PAYLOAD_ROUNDINGS_MAX = 4, PAYLOAD_STEPS_MAX };

struct payload_step {
    uint8_t elem;     /* after the step; that of step 0 is in the source */
    uint8_t overflow; /* enum numeric_overflow */
};

struct payload {
    uint64_t magic;
    struct source *source;
    uint64_t offset, size; /* in the source */
    struct numeric_clamp clamp; /* before the steps, of FLOAT values */
    unsigned steps;
    struct payload_step step[PAYLOAD_STEPS_MAX + 1];
};

/* A new payload: the range of `source` as it is; `elem` is the element type,
 * or anything when the payload is never converted. */
const struct payload *payload_new(struct model *model, struct source *source,
                                  uint64_t offset, uint64_t size, int elem);

/* The payload as element type `elem`. Both are FLOAT, FLOAT16 or BFLOAT16. */
const struct payload *payload_convert(struct model *model,
                                      const struct payload *payload, int elem,
                                      enum numeric_overflow overflow);

/* The payload with its values clamped; it is FLOAT and not converted yet. */
const struct payload *payload_clamp(struct model *model,
                                    const struct payload *payload,
                                    struct numeric_clamp clamp);

/* True where the bytes come out as they are in the source. */
bool payload_is_plain(const struct payload *payload);

/* The payload that `data` points to, NULL when it is something else. */
const struct payload *payload_find(const struct model *model, const void *data);

/* The payload of the tensor, NULL when its values are in memory. */
const struct payload *payload_of(const struct model *model,
                                 const Onnx__TensorProto *tensor);

/* Makes the payload the tensor's raw_data. */
void payload_bind(Onnx__TensorProto *tensor, const struct payload *payload);

/* Bytes of the values as they come out. */
uint64_t payload_bytes(const struct payload *payload);

/* Reads `size` bytes of the values as they come out, from byte `offset`; both
 * are whole elements when the payload is converted. Threads may call it. */
enum opp_status payload_read(const struct payload *payload, uint64_t offset,
                             void *data, size_t size, struct opp_error *err);

/* Converts `n` values in memory from the type of step[0] through those of
 * the others to step[steps], at least one. */
void payload_convert_values(const struct payload_step *step, unsigned steps,
                            const void *in, void *out, size_t n);

#endif
