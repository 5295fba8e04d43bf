/* casts.h: Cast nodes, for the passes that look for them. */
#ifndef GRAPH_CASTS_H
#define GRAPH_CASTS_H

#include "graph/graph.h"

/* True for a Cast of the default domain with its input and output present. */
bool node_is_cast(const struct node *node);

/* The element type that a Cast gives: `to`, a text before opset 6. */
int cast_to(const struct node *cast);

/* The Cast that makes the input of `cast`, or NULL. */
struct node *cast_before(const struct node *cast);

/* The casts seen so far, for finding those that are done twice. */
struct cast_seen;
struct cast_index {
    struct arena *arena;
    struct cast_seen **of; /* by id of the value that is cast */
};
void cast_index_init(struct cast_index *index, struct arena *arena,
                     const struct module *module);

/* The Cast of the same value with the same attributes in the same scope that
 * was added before; where there is none, adds `cast` and returns NULL. */
struct node *cast_index_twin(struct cast_index *index, struct node *cast);

/* True when all that reads `old` may read `value` instead: no scope between
 * hides its name, and no body gets an output that is no result of it or that
 * it has already (ONNX Runtime 1.32 refuses or mixes up such bodies). */
bool value_can_replace(const struct value *old, const struct value *value);

#endif
