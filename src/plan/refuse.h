/* refuse.h: models for which a decision would be a guess. They can be read and
 * printed, but nobody plans for them. */
#ifndef PLAN_REFUSE_H
#define PLAN_REFUSE_H

#include "graph/graph.h"

/* OPP_EREFUSED, with both places, when two nodes of one graph have one name:
 * decisions, patterns and reports know a node by its name. Works in
 * `scratch`. */
enum opp_status refuse_duplicates(const struct module *module,
                                  struct arena *scratch,
                                  struct opp_error *err);

/* OPP_EREFUSED when nobody can say which opset of the default domain is meant:
 * nodes of it without an import (from ir_version 3 on, IR.md "Operator Sets"),
 * or versions that differ between "" and "ai.onnx", of which ONNX Runtime 1.32
 * takes the last and onnx.checker 1.23 that of "". */
enum opp_status refuse_bad_imports(const struct module *module,
                                   struct opp_error *err);

#endif
