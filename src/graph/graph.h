/* graph.h: an index over the protobuf that makes questions cheap: who makes a
 * value, who uses it, what does a name mean in this scope. The protobuf stays
 * the truth (model.h); nothing is imported or exported, so nothing that this
 * index does not know can be lost.
 *
 * All of it lives in the model's arena and never moves. Nodes, values and
 * graphs carry dense ids: facts and plans are arrays by id, no field here
 * belongs to one pass. Only edit.h changes what is declared here; everybody
 * else reads. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include "base/map.h"
#include "model/model.h"
#include "ops/signatures.h"

enum graph_kind {
    GRAPH_MAIN,     /* ModelProto.graph */
    GRAPH_BODY,     /* attribute of an If, Loop, Scan, SequenceMap, ... */
    GRAPH_FUNCTION, /* ModelProto.functions[] */
};

enum value_kind {
    VALUE_INPUT,       /* input of its graph, with or without an initializer */
    VALUE_INITIALIZER, /* initializer or sparse_initializer, not an input */
    VALUE_NODE,        /* output of a node */
};

/* One operand slot: input `slot` of node `user`, or output `slot` of `graph`
 * when user is NULL. `value` is NULL for an omitted optional input. */
struct use {
    struct value *value;
    struct node *user;
    struct graph *graph; /* where the user stands, or whose output it is */
    uint32_t slot;
    struct use *next; /* next use of the same value, in order of creation */
    struct use *prev;
};

/* A further entry about a value: a second one, or one in the value_info of a
 * body that captures it. */
struct info_entry {
    Onnx__ValueInfoProto *info;
    struct graph *graph; /* whose value_info it stands in */
    struct info_entry *next;
};

struct value {
    uint32_t id; /* dense within the module */
    enum value_kind kind;
    const char *name;
    struct graph *graph; /* the scope that declares it */
    struct node *def;    /* for VALUE_NODE, else NULL */
    uint32_t slot;       /* output of `def`, or input of `graph` */
    /* Each may be NULL. `info` is the entry of graph.input, graph.output or
     * value_info with this name. */
    Onnx__TensorProto *tensor; /* of the initializer */
    Onnx__SparseTensorProto *sparse;
    Onnx__ValueInfoProto *info;
    struct info_entry *more_infos;
    struct use *uses, *last_use;
    /* An initializer that training_info or a quantization_annotation names: it
     * must stay as it is. */
    bool held;
};

struct node {
    uint32_t id; /* dense within the module */
    Onnx__NodeProto *proto;
    struct graph *graph;
    struct node *prev, *next;
    const struct op_schema *op; /* NULL for an op that no table knows */
    struct graph *function;     /* the local function it calls, or NULL */
    struct use *inputs;         /* n_inputs slots */
    struct value **outputs;     /* n_outputs; NULL where the name is empty */
    struct graph **bodies;      /* graphs in its attributes, in their order */
    const char **body_names;    /* the names of those attributes */
    uint32_t n_inputs, n_outputs, n_bodies;
    /* In a copy of a function: the node of the file that this is a copy of. */
    struct node *original;
};

struct graph {
    uint32_t id; /* index in module.graphs */
    enum graph_kind kind;
    struct graph *parent; /* NULL for main and functions */
    struct node *owner;   /* the node whose attribute it is, or NULL */
    Onnx__GraphProto *proto;        /* NULL for a function */
    Onnx__FunctionProto *function;  /* NULL for the others */
    struct node *first, *last;
    struct value **inputs;
    struct use *outputs;
    uint32_t n_inputs, n_outputs;
    struct value **initializers; /* declared here, input or not */
    uint32_t n_initializers;
    struct map names; /* name to value, this scope only */
    struct graph *original; /* of a copy of a function: that of the file */
    bool dirty;       /* the protobuf's arrays are older than this index */
};

struct module {
    struct model *model;
    const struct op_signatures *signatures; /* of ops that users declare */
    struct arena *arena; /* the model's */
    struct graph **graphs; /* main first, bodies before the nodes after them */
    struct node **nodes;   /* by id; NULL once removed */
    struct value **values; /* by id; NULL once removed */
    uint32_t n_graphs, n_nodes, n_values;
    struct map functions; /* "domain\nname\noverload" to struct graph */
    struct map names;     /* every name of any scope, and, in a model with
                             functions, of any op; for fresh ones */
    struct map fresh;     /* stem to struct name_counter */
    const char *change;   /* reason of the open change, or NULL */
    uint64_t changes;     /* begun so far */
    uint64_t change_limit;
    uint64_t limited; /* changes refused because of the limit */
};

#define for_each_node(graph, node)                                             \
    for (struct node *node = (graph)->first; node != NULL; node = node->next)
#define for_each_use(value, use)                                               \
    for (struct use *use = (value)->uses; use != NULL; use = use->next)

/* Builds the index. `signatures`, which may be NULL, are asked for ops that
 * ops.def does not know, and must outlive the module. OPP_EINPUT, with the
 * place, when the model is no graph at all: a name that no scope knows, two
 * values of one name in a scope. A graph that is not in topological order is
 * accepted (verify.h reports it). */
enum opp_status graph_build(struct module *module, struct model *model,
                            const struct op_signatures *signatures,
                            struct opp_error *err);

/* The value that `name` means in `graph`: its own, or the nearest outer one. */
struct value *graph_find(const struct graph *graph, const char *name);

/* The main graph or the function in which `graph` stands, or which it is. */
const struct graph *graph_root(const struct graph *graph);

/* Opset version that `graph` imports for `domain` ("" and "ai.onnx" are one);
 * 0 when it imports none. Of several imports of one domain the last counts, as
 * in onnx.checker 1.23 and ONNX Runtime 1.32. A function that does not import
 * a domain has the version of the model. A model without opset import means
 * version 1 of the default domain (ONNX IR section "Operator sets", ir_version
 * below 3). */
int64_t graph_opset(const struct module *module, const struct graph *graph,
                    const char *domain);

/* True when `graph` imports some version of `domain`. */
bool graph_imports(const struct module *module, const struct graph *graph,
                   const char *domain);

/* The opset of the default domain that a new node of `graph` has: the one that
 * is imported, or will be with the first such node. */
int64_t graph_new_opset(const struct module *module,
                        const struct graph *graph);

/* Attribute of a node by name, or NULL. */
const Onnx__AttributeProto *node_attr(const struct node *node,
                                      const char *name);

/* True for an attribute that is an attribute of the function around it. */
bool attr_is_reference(const Onnx__AttributeProto *attr);
int64_t node_attr_int(const struct node *node, const char *name,
                      int64_t missing);

/* The element type that a text attribute names: "FLOAT", and "TO_FLOAT" of
 * CastMap. ELEM_UNDEFINED when it names none. */
int attr_named_elem(const Onnx__AttributeProto *attr);

/* True for a Constant node of the default domain. */
bool node_is_constant(const struct node *node);

/* The tensor that a value is known to be before anything runs: an initializer
 * that is no graph input, or the `value` of a Constant. NULL otherwise. */
const Onnx__TensorProto *value_constant(const struct value *value);

/* True when the value is an output of its graph, respectively has a user. */
bool value_is_output(const struct value *value);

/* The node of `graph` in whose bodies `node` stands, or which it is; NULL when
 * `graph` is no scope around it. */
const struct node *node_ancestor_in(const struct node *node,
                                    const struct graph *graph);

/* Where a node stands, for people: "node `/a/Add` (Add)", with the scope path
 * for bodies and functions. In the module's arena. */
const char *node_place(const struct module *module, const struct node *node);

/* Path of a scope: "" for main, "outer_node.then_branch/", "function f/". */
const char *graph_path(const struct module *module,
                       const struct graph *graph);

/* Name by which people and patterns know a node: its name, or "Op#3" (op
 * and id) when it has none. In the module's arena. */
const char *node_label(const struct module *module, const struct node *node);

/* The node of the file that people mean when they mean this one, and its op: a
 * copy of a function, and a call of one, count as the original. */
const struct node *node_original(const struct node *node);
const char *node_op_type(const struct node *node);

#endif
