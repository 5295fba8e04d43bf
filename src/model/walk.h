/* walk.h: every TensorProto of a model, in a fixed order, with its place:
 * initializers and sparse ones, attributes of nodes and of functions,
 * in all subgraphs and in training information. */
#ifndef MODEL_WALK_H
#define MODEL_WALK_H

#include "model/model.h"

/* One step of the way to a tensor. `kind` is a word such as "node". */
struct walk_place {
    const struct walk_place *parent; /* what it is in; NULL outside */
    const char *kind;
    const char *name; /* NULL or empty when it has none */
    size_t index;     /* number among its like, from 0 */
};

/* A dense initializer of a graph, the only kind that is made external. */
bool walk_is_initializer(const struct walk_place *place);

/* Returns OPP_OK to go on; anything else stops the walk. */
typedef enum opp_status (*walk_fn)(void *payload, Onnx__TensorProto *tensor,
                                   const struct walk_place *place);

/* Calls `fn` for each tensor and passes on what it returns. The walk needs
 * stack for each graph in a graph; load has bounded that. */
enum opp_status walk_tensors(const Onnx__ModelProto *proto, walk_fn fn,
                             void *payload);

/* "initializer `W`, graph `main`" into `text`, cut where it does not fit. */
void walk_describe(const struct walk_place *place, char *text, size_t size);

#endif
