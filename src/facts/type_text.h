/* type_text.h: types as text, and the precision of a node, which is one of its
 * types. Text goes to a buffer of the caller. */
#ifndef FACTS_TYPE_TEXT_H
#define FACTS_TYPE_TEXT_H

#include "facts/types.h"

enum { TYPE_TEXT = 64 };

/* The type string of the ONNX schemas: "tensor(float)", "seq(tensor(float))",
 * "map(int64, float)"; "?" for a type that is not known. Returns `text`. */
const char *type_text(char text[TYPE_TEXT], struct value_type type);

/* The same for people, shorter: "float", "seq(float)". */
const char *type_text_short(char text[TYPE_TEXT], struct value_type type);

/* The element type in which a node computes: that of its first float output,
 * else of its first float input, else ELEM_UNDEFINED. */
int node_precision(const struct types *types, const struct node *node);

#endif
