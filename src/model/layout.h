/* layout.h: which tensors a saved model keeps inline and which go to its data
 * file, and where in it. A layout is made first, in the model's arena; then
 * it is applied to the protobuf for the time of packing, and undone. */
#ifndef MODEL_LAYOUT_H
#define MODEL_LAYOUT_H

#include "model/values.h"

enum layout_reach {
    LAYOUT_KEEP,         /* external is what was external */
    LAYOUT_INITIALIZERS, /* so are initializers from the threshold on */
    LAYOUT_ALL,          /* and attributes of nodes, too */
};

/* A tensor that is written differently from how it is held. */
struct layout_item {
    Onnx__TensorProto *tensor;
    Onnx__TensorProto before, after;
    struct values values;
    bool is_written; /* to the data file, here; else it is inline, or has the
                        same bytes as an earlier item */
    uint64_t offset; /* in the data file */
};

struct layout {
    struct layout_item *items;
    size_t n_items;
    bool is_external;     /* there is a data file, */
    uint64_t data_size;   /* of so many bytes, */
    uint64_t values_size; /* which are values, and gaps between them */
    char *location;       /* its name, to be filled in before packing */
    char *checksum;       /* SHA-1 in hex, likewise; NULL when none is wanted */
};

struct layout_options {
    enum layout_reach reach;
    uint64_t threshold; /* bytes */
    size_t name_length; /* of the data file */
};

/* Decides; changes nothing in the protobuf. */
void layout_make(struct layout *layout, struct model *model,
                 const struct layout_options *options);

void layout_apply(const struct layout *layout);
void layout_undo(const struct layout *layout);

#endif
