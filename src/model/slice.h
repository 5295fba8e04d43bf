/* slice.h: one pass over the bytes of a model file, driven by protobuf-c's
 * own descriptors, before protobuf-c sees any of them. It refuses what
 * protobuf-c would crash on or lose (messages nested more than 100 deep, as
 * in Google's parsers; field numbers above 2^29-1; lengths that leave their
 * message; groups; wrong wire types; NUL in strings; the second of two
 * singular messages), and takes each large TensorProto.raw_data out: a token
 * stands for it in the copy, which so holds the graph and not the weights.
 *
 * The caller owns the struct slice, zeroed at first, and frees it. */
#ifndef MODEL_SLICE_H
#define MODEL_SLICE_H

#include "base/buffer.h"
#include "model/source.h"

/* raw_data of at least this many bytes is taken out. */
enum { SLICE_PAYLOAD_MIN = 4096 };

/* Where a raw_data lies in the source. */
struct slice_range {
    uint64_t offset, size;
};

struct slice {
    struct buffer wire;      /* the copy, for protobuf-c */
    struct buffer ranges;    /* of struct slice_range */
    unsigned char nonce[16]; /* nobody can forge a token */
};

/* Fills `slice` from `source`. The copy takes at most `limit` bytes.
 * OPP_EINPUT with field and byte offset, or OPP_ENOMEM. */
enum opp_status slice_source(struct slice *slice, const struct source *source,
                             size_t limit, struct opp_error *err);

size_t slice_count(const struct slice *slice);
struct slice_range slice_range(const struct slice *slice, size_t i);

/* Whether the `size` bytes at `data` are a token; *i is then the range that
 * it stands for. */
bool slice_is_token(const struct slice *slice, const void *data, size_t size,
                    size_t *i);

void slice_free(struct slice *slice);

#endif
