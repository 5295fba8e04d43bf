/* weights.h: sums over the weights of products, by output channel: what each
 * channel adds up to when all inputs are equal, and what bounds it. Which
 * operands of which ops are weights is in weights.def. The sums are part of
 * struct constants, and gathered in its sweep, in double and in the order of
 * storage, so that they do not depend on kernels or threads. */
#ifndef FACTS_WEIGHTS_H
#define FACTS_WEIGHTS_H

#include "graph/graph.h"

/* Element i of the tensor belongs to channel
 * i / inner % channels + i / (inner * channels) / repeat * channels. */
struct weight_layout {
    uint64_t inner, channels, repeat;
};

struct weight_sums {
    struct weight_layout layout;
    uint64_t n;     /* channels in all */
    uint64_t terms; /* elements of each channel */
    double *positive, *negative; /* sums of those above, and below zero */
    double *squares;             /* sums of their squares */
};

/* How the node sums up the tensor in this operand. False when it is no weight
 * of it. */
bool weight_layout_of(const struct node *node, uint32_t slot,
                      const Onnx__TensorProto *tensor,
                      struct weight_layout *layout);

/* True for a node that turns a matrix over, if it is one. */
bool node_turns_matrix(const struct node *node);

/* The same of the matrix that such a node has made of the tensor; the layout is
 * that of the tensor. False for a tensor that is no matrix. */
bool weight_layout_turned(const struct node *node, uint32_t slot,
                          const Onnx__TensorProto *tensor,
                          struct weight_layout *layout);

/* The sums, still zero, that a user of the constant wants, or one of what a
 * Transpose makes of it; NULL when none does. Of several layouts the first one
 * counts. */
struct weight_sums *weight_sums_new(struct arena *arena,
                                    const struct value *value,
                                    const Onnx__TensorProto *tensor);

/* Adds `n` values, of which the first has the index `first`. */
void weight_sums_add(struct weight_sums *sums, uint64_t first,
                     const float *values, size_t n);

#endif
