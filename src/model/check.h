/* check.h: what a TensorProto must be before anybody looks at its values. */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H

#include "model/walk.h"

/* Which of the typed fields holds the values of an element type
 * (onnx.proto, comments of TensorProto); FIELD_NONE for types that this
 * version does not know, whose values are passed on as they are. */
enum tensor_field {
    FIELD_NONE,
    FIELD_FLOAT,
    FIELD_INT32,
    FIELD_INT64,
    FIELD_DOUBLE,
    FIELD_UINT64,
    FIELD_STRING,
};

enum tensor_field check_field_of(int elem);

/* Number of entries that `count` elements take in that field. */
uint64_t check_entries(int elem, uint64_t count);

/* Bytes that `count` elements take as raw data; UINT64_MAX when unknown. */
uint64_t check_bytes(int elem, uint64_t count);

/* Checks shape, type and amount of data of a tensor whose payload has been
 * bound, or external data. OPP_EINPUT with its place. */
enum opp_status check_tensor(const struct model *model,
                             const Onnx__TensorProto *tensor,
                             const struct walk_place *place,
                             struct opp_error *err);

/* Checks the shape alone. */
enum opp_status check_shape(const struct model *model,
                            const Onnx__TensorProto *tensor,
                            const struct walk_place *place,
                            struct opp_error *err);

#endif
