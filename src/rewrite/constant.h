/* constant.h: small float constants, read as they are and made anew. A
 * constant is an initializer that no caller can override, or a Constant node,
 * in any spelling. */
#ifndef REWRITE_CONSTANT_H
#define REWRITE_CONSTANT_H

#include "facts/shapes.h"
#include "graph/edit.h"

/* The values of a constant, in row-major order. */
struct constant {
    float *values;
    size_t n;
    int64_t dims[SHAPE_MAX];
    uint32_t rank;
};

/* True for a constant of type float with up to `most` elements. */
bool constant_is_small(const struct value *value, size_t most);

/* The value of a constant of one element, and its rank. */
bool constant_scalar(struct module *module, const struct value *value,
                     double *number, uint32_t *rank);

/* The same of a constant of any numeric type: an exponent may be an integer. */
bool constant_number(struct module *module, const struct value *value,
                     double *number, uint32_t *rank);

/* Reads a constant of up to `most` elements into `arena`. */
bool constant_read(struct module *module, const struct value *value,
                   size_t most, struct arena *arena, struct constant *out);

/* True for any constant, of whatever type and size. */
bool constant_is(const struct value *value);

/* A new constant before `user`, for it to read, with a fresh name made of
 * `stem`: an initializer; a Constant node where there can be none, which is in
 * functions, and in models before ir_version 4, whose initializers are inputs
 * (ONNX IR.md, "Graphs"). Wants an open change. */
struct value *constant_new(struct module *module, struct node *user,
                           const char *stem, const struct constant *constant);

/* As constant_new, of one element and rank 0. */
struct value *constant_new_scalar(struct module *module, struct node *user,
                                  const char *stem, float value);

/* The tensor of a constant, without a name. */
Onnx__TensorProto *constant_tensor_new(struct module *module,
                                       const struct constant *constant);

#endif
