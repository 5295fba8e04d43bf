/* casts.h: Cast nodes, for the passes that look for them. */
#ifndef GRAPH_CASTS_H
#define GRAPH_CASTS_H

#include "graph/graph.h"

/* True for a Cast of the default domain with its input and output present. */
bool node_is_cast(const struct node *node);

/* The element type that a Cast gives: `to`. */
int cast_to(const struct node *cast);

/* The Cast that makes the input of `cast`, or NULL. */
struct node *cast_before(const struct node *cast);

/* The first Cast of the same value with the same attributes that stands in the
 * same scope before `cast`, or NULL. */
struct node *cast_twin(const struct node *cast);

#endif
