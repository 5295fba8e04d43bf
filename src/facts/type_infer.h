/* type_infer.h: what the files that infer types share; nobody else includes
 * it. types.c sweeps the graphs, type_rules.c answers for one node,
 * type_calls.c for calls of functions, type_proto.c reads what the file
 * declares. */
#ifndef FACTS_TYPE_INFER_H
#define FACTS_TYPE_INFER_H

#include "facts/call_attrs.h"
#include "facts/types.h"

/* The way of the function that is being swept, as far as it is known. */
struct draft_way {
    struct type_way *way;
    char *key; /* the types of all values and the ways of all calls */
    size_t n_key;
};

/* One inference over all graphs. */
struct infer {
    struct module *module;
    struct arena *arena;
    struct value_type *now;    /* in the call that is swept */
    struct value_type *joined; /* over all calls */
    bool *seen;                /* joined holds something */
    bool *active;              /* by graph id: this function is being swept */
    struct map memo;           /* signature of a call to what it gives */
    struct map way_keys;       /* key to struct type_way */
    struct type_way **ways;
    uint32_t n_ways;
    struct draft_way *draft;
    unsigned depth, sweeps;    /* of functions: nested now, in all */
    const struct call_attrs *call;
    struct opp_error *err;
};

/* What is known of a node's type variables. */
struct binding {
    const struct op_schema *op;
    struct value_type var[OP_VARS_MOST];
};

/* ---- types.c ---- */

/* The type of a value in this call, joined with that of others. */
void infer_set(struct infer *in, const struct value *value,
               struct value_type type);

/* The same for an output of a node; what is not known is assumed from
 * value_info. `value` may be NULL. */
void infer_set_output(struct infer *in, const struct value *value,
                      struct value_type type);

/* Type of input `slot` of a node in this call. */
struct value_type infer_input(const struct infer *in, const struct node *node,
                              size_t slot);

/* Sweeps the nodes of a graph whose inputs are set. */
enum opp_status infer_graph(struct infer *in, struct graph *graph);

/* ---- type_calls.c ---- */

enum opp_status infer_call(struct infer *in, struct node *node);

/* ---- type_ways.c ---- */

/* Begins the way of `graph`, inside of that which is open. */
void way_begin(struct infer *in, struct draft_way *draft,
               struct graph *graph);

/* Notes the type of a value, and a call, in the way that is open. */
void way_note_type(struct infer *in, struct value_type type);
void way_note_call(struct infer *in, struct node *node,
                   const struct type_way *way);

/* Ends the way that is open and goes on with `outer`. Returns it, or an earlier
 * one that is the same. */
struct type_way *way_end(struct infer *in, struct draft_way *outer);

/* ---- type_rules.c ---- */

bool attr_is_present(const Onnx__AttributeProto *attr);

/* The steps of ops.h: variables from inputs, then from rules. */
void binding_bind_inputs(const struct infer *in, const struct node *node,
                         struct binding *b);
void binding_apply_rules(const struct infer *in, const struct node *node,
                         struct binding *b);

/* ---- type_proto.c ---- */

/* Not known for a number that is no element type. */
struct value_type type_make(enum op_container container, int elem);
struct value_type type_tensor(int elem);
bool type_equals(struct value_type a, struct value_type b);
struct value_type type_declared(const struct value *value);

/* An optional of a tensor or of a sequence. */
struct value_type optional_of(struct value_type inner);

#endif
