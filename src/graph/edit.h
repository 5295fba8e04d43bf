/* edit.h: the one door for changes. A change is one whole rewrite (a cast
 * placed, a weight converted) and consists of several verbs; it is the unit
 * of counting, of reasons and of --change-limit, because a limit between two
 * verbs would leave a broken model. Verbs keep def-use, names, value_info and
 * the dirty marks right; flush.h writes node and initializer lists back. */
#ifndef GRAPH_EDIT_H
#define GRAPH_EDIT_H

#include "graph/graph.h"

/* Opens a change with a static `reason`. False once the limit is reached:
 * then the caller must leave the place as it is. */
bool change_begin(struct module *module, const char *reason);
void change_end(struct module *module);

/* Opens a bracket for the edits of changes that were counted before, where
 * many changes must be carried out together. */
void change_resume(struct module *module, const char *reason);

/* A name that no scope of the model uses: `stem` with `suffix`, then with
 * "_2", "_3", ... The same calls give the same names. A stem that begins as
 * the names of ONNX Runtime's own casts loses that. */
const char *edit_fresh_name(struct module *module, const char *stem,
                            const char *suffix);

/* Where a new node goes: before `before`, or, when that is NULL, at the end of
 * `graph`. */
struct position {
    struct graph *graph;
    struct node *before;
};

/* Directly after the node that makes `value`; at the start of its graph for
 * inputs and initializers. */
struct position position_after(const struct value *value);

/* Inserts a node of the default domain with one input (NULL for none) and one
 * output called `output` (a
 * fresh name, or that of a value without definition, see edit_take_output).
 * The node's name is `output` too, made fresh. */
struct node *edit_insert_node(struct module *module, struct position at,
                              const char *op_type, struct value *input,
                              const char *output);

/* Removes a node whose outputs have no uses. */
void edit_remove_node(struct module *module, struct node *node);

/* Puts the nodes of every graph into topological order, those that may stand
 * in several places in the order of the file. OPP_EINPUT when nodes form a
 * cycle. */
enum opp_status edit_sort_nodes(struct module *module, struct opp_error *err);

/* Makes an operand slot read `value`. Outputs of the main graph and of
 * functions have a public name that stays: use edit_take_output for them. */
void edit_set_use(struct module *module, struct use *use,
                  struct value *value);

/* Gives a value another name, which is fresh, wherever the file names it. Not
 * for inputs of functions. */
void edit_rename_value(struct module *module, struct value *value,
                       const char *name);

/* Gives output `value` of a node a fresh name and leaves its old name to a
 * new node inserted directly after it, of op `op_type`, that reads the renamed
 * value. Returns the new node; its output has the graph-output uses of the old
 * value, the renamed one all others. */
struct node *edit_take_output(struct module *module, struct value *value,
                              const char *suffix, const char *op_type);

/* The inverse: removes `node`, which hands its input on as a public output; the
 * maker of the input makes the output instead, under the public name. */
void edit_return_output(struct module *module, struct node *node);

/* Declares the element type of a value in every entry about it: value_info,
 * graph inputs, graph outputs. Other parts of the entries stay. */
void edit_set_elem_type(struct module *module, struct value *value, int elem);

/* Adds a value_info entry, without a shape, for a tensor that has no entry.
 * Does nothing in a function. */
void edit_declare(struct module *module, struct value *value, int elem);

/* Drops the value_info entries of a value whose type is not known any more. */
void edit_drop_info(struct module *module, struct value *value);

/* Gives a node another name, which is fresh. */
void edit_set_node_name(struct module *module, struct node *node,
                        const char *name);

/* True when a node of `graph` can be made one of `op_type`: the opset that the
 * graph has knows it as one of ONNX, and no local function takes its place. */
bool edit_can_set_op(struct module *module, const struct graph *graph,
                     const char *op_type);

/* Makes a node without bodies one of the default domain with other inputs and
 * no attributes. Name, outputs and metadata stay. Wants edit_can_set_op. */
void edit_set_op(struct module *module, struct node *node, const char *op_type,
                 struct value *const *inputs, uint32_t n_inputs);

/* Adds the metadata of `from`, which is about to go, to that of `node`, which
 * does its work; keys that are there already stay as they are. */
void edit_take_metadata(struct module *module, struct node *node,
                        const struct node *from);

/* Sets or adds an attribute. */
void edit_set_attr_int(struct module *module, struct node *node,
                       const char *name, int64_t value);
void edit_set_attr_ints(struct module *module, struct node *node,
                        const char *name, const int64_t *values, size_t n);
void edit_set_attr_float(struct module *module, struct node *node,
                         const char *name, float value);
void edit_set_attr_text(struct module *module, struct node *node,
                        const char *name, const char *text);
void edit_set_attr_tensor(struct module *module, struct node *node,
                          const char *name, Onnx__TensorProto *tensor);
void edit_remove_attr(struct module *module, struct node *node,
                      const char *name);

/* False for a function that takes the place of an op when the model is older
 * than overloads (ir_version 10): a copy needs a name of its own, and the
 * domains of ops have no others. */
bool edit_can_copy_function(const struct module *module,
                            const struct graph *function);

/* A copy of a function, with all that is in it, in the same domain under a
 * fresh name; that of a function that takes the place of an op has the same
 * name and a fresh overload. Nobody calls it yet. */
struct graph *edit_copy_function(struct module *module,
                                 struct graph *function);

/* Makes a call of a function call another one: a copy of it, or that which it
 * is a copy of. */
void edit_set_function(struct module *module, struct node *call,
                       struct graph *function);
/* Metadata of the model as it is now; NULL where the key is not. */
const char *edit_get_metadata(const struct module *module, const char *key);

/* Sets metadata of the model (ModelProto.metadata_props): replaces the value
 * where the key is, else appends an entry. NULL removes the key. The texts are
 * not copied. */
void edit_set_metadata(struct module *module, const char *key,
                       const char *value);

/* A new initializer of `graph`; tensor->name must be fresh. */
struct value *edit_add_initializer(struct module *module, struct graph *graph,
                                   Onnx__TensorProto *tensor);
/* Replaces the tensor of an initializer; the name stays the value's. */
void edit_set_tensor(struct module *module, struct value *initializer,
                     Onnx__TensorProto *tensor);
/* Removes an initializer without uses. */
void edit_remove_initializer(struct module *module,
                             struct value *initializer);

#endif
