/* call_attrs.h: what the attributes of a local function are in one call. A node
 * of a function may name one in place of a value (ref_attr_name, onnx.proto
 * AttributeProto): then it has what the call says, or else the default of the
 * function, or none at all. What is made here lives in the arena it is made
 * in. */
#ifndef FACTS_CALL_ATTRS_H
#define FACTS_CALL_ATTRS_H

#include "graph/graph.h"

struct call_attrs {
    const Onnx__AttributeProto **attrs; /* each with a name; none a reference */
    size_t n_attrs;
};

/* Those of the call `node`, which stands in the call `outer` (NULL: in the main
 * graph, or in a function of whose calls nothing is known). */
struct call_attrs *call_attrs_new(struct arena *arena,
                                  const struct call_attrs *outer,
                                  const struct node *node);

/* True when all of them have the same values. False where it would take long
 * to tell: tensors count by their identity. */
bool call_attrs_equal(const struct call_attrs *a, const struct call_attrs *b);

/* What `attr` is in the call: itself unless it is a reference. NULL when it is
 * not there, and for NULL. */
const Onnx__AttributeProto *
call_attrs_resolve(const struct call_attrs *call,
                   const Onnx__AttributeProto *attr);

/* True when an attribute of the node is a reference. */
bool node_has_references(const struct node *node);

/* The node as it is in the call, for reading only: itself, or a copy with the
 * attributes that references stand for. NULL when `call` is NULL and the node
 * has references. */
const struct node *node_in_call(struct arena *arena,
                                const struct call_attrs *call,
                                const struct node *node);

#endif
