/* internal.h: what the files of graph/ share; nobody else includes it. */
#ifndef GRAPH_INTERNAL_H
#define GRAPH_INTERNAL_H

#include "graph/graph.h"

/* Creates a value in `graph` and enters its name there and in the module. */
struct value *value_new(struct module *module, struct graph *graph,
                        enum value_kind kind, const char *name);

/* Creates a node around `proto`, without operands and not yet in a list. */
struct node *node_new(struct module *module, struct graph *graph,
                      Onnx__NodeProto *proto);

/* Finds what the op type of a node means: a local function or an op. */
void node_resolve(struct module *module, struct node *node);

/* Puts a node into its graph's list before `before`, NULL for the end. */
void node_link(struct node *node, struct node *before);

/* Adds and removes a use in its value's list. */
void use_link(struct use *use, struct value *value);
void use_unlink(struct use *use);

/* Marks a graph as changed; every verb of edit.h passes here, and asserts that
 * a change is open. */
void edit_touch(const struct module *module, struct graph *graph);

/* Lays the index over a function that is not in it yet and whose names are all
 * known; calls find it from now on. */
struct graph *function_new(struct module *module, Onnx__FunctionProto *proto);

/* Writes the lists of a graph and of the bodies in it back. */
void flush_with_bodies(struct module *module, struct graph *graph);
/* A string field of a protobuf message that lives in the arena is never
 * written through nor freed, so a constant may stand there. */
static inline char *
proto_string(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* Marks the initializers that something besides the nodes names, and reserves
 * the names used there. */
void graph_hold_named(struct module *module);

/* True when a function imports a domain itself; what it does not import it may
 * still have from the model (graph_imports). */
bool function_imports(const Onnx__FunctionProto *function, const char *domain);

/* True for a model before ir_version 3 that imports nothing: it must not, and
 * has opset 1 (IR.md, "Operator Sets"). */
bool model_imports_nothing(const Onnx__ModelProto *model);

/* Imports the default domain in the scope of `graph`, where that is missing:
 * a new node of it wants that. */
void edit_import_default(struct module *module, struct graph *graph);

/* Enters a name that is none of a value, so that no value gets it: that of a
 * node, or of something outside of the graphs. Empty and NULL are no names. */
void names_reserve(struct module *module, const char *name);

/* The key of module.functions. In the module's arena. */
const char *function_key(struct module *module, const char *domain,
                         const char *name, const char *overload);

#endif
