/* explain_write.h: what the writers of explanations and of plans share;
 * nobody else includes it. */
#ifndef PLAN_EXPLAIN_WRITE_H
#define PLAN_EXPLAIN_WRITE_H

#include "base/json_tree.h"
#include "plan/explain.h"

/* True when some class of the node keeps a type that could be converted. */
bool explained_is_wide(const struct explained_node *node);

/* Why a node has no classes. */
const char *explained_nothing(const struct explained_node *node);

/* Sets `key` to the list of steps; the plan's JSON has it too. */
void steps_to_json(struct json_tree *tree, json_t *object, const char *key,
                   const struct explained_step *steps, size_t n);

void explain_write_text(const struct explanation *explanation,
                        struct writer *writer);

#endif
