/* values.h: the values of a tensor as the bytes of raw_data, wherever they
 * are stored. For tensor*.c and save*.c; everybody else asks tensor.h. */
#ifndef MODEL_VALUES_H
#define MODEL_VALUES_H

#include "model/payload.h"

/* A view that owns nothing. */
struct values {
    const struct payload *payload; /* NULL when the values are in memory */
    const unsigned char *memory;
    size_t stride; /* bytes of one entry in memory, */
    size_t width;  /* of which so many, the low ones, are in raw data */
    uint64_t bytes;
};

/* False when the values have no form as raw data (strings; float6 in
 * int32_data) or their type is unknown. */
bool values_view(const struct model *model, const Onnx__TensorProto *tensor,
                 struct values *values);

/* The values as they lie in memory; NULL when they would have to be read or
 * packed first. */
const void *values_in_memory(const struct values *values);

/* Copies `size` bytes from byte `offset`, both multiples of the bytes of an
 * element. OPP_EINPUT when the file cannot be read any more, or when it has
 * the wrong checksum. */
enum opp_status values_read(const struct values *values, uint64_t offset,
                            void *data, size_t size, struct opp_error *err);

#endif
