/* verify.h: every invariant of the index and of a legal ONNX graph that needs
 * no element types: def-use links, dense ids, names, scopes, topological
 * order. Types: types_verify in facts/types.h. */
#ifndef GRAPH_VERIFY_H
#define GRAPH_VERIFY_H

#include "graph/graph.h"

/* OPP_EINPUT with the first violation and its place. */
enum opp_status graph_verify(const struct module *module,
                             struct opp_error *err);

/* Every node stands behind the makers of what it and its bodies read (ONNX IR,
 * section Graphs); OPP_EINPUT with the first that does not. */
enum opp_status graph_verify_order(const struct module *module,
                                   struct opp_error *err);

#endif
