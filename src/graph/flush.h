/* flush.h: writes the node, initializer and value_info lists of dirty graphs
 * back into the protobuf. After it the model can be saved. */
#ifndef GRAPH_FLUSH_H
#define GRAPH_FLUSH_H

#include "graph/graph.h"

void graph_flush(struct module *module);

#endif
