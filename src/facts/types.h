/* types.h: the element type of every value in all scopes, exact, from the op
 * table and the types that the file declares for graph inputs and
 * initializers. value_info is not believed where a schema speaks; for outputs
 * of ops that no table knows it is a hint, and marked as assumed. Values of a
 * function carry the join over its call sites. */
#ifndef FACTS_TYPES_H
#define FACTS_TYPES_H

#include "base/writer.h"
#include "facts/facts.h"

/* A type, or that it is not known: nothing says it, or call sites of a
 * function differ. */
struct value_type {
    bool known;
    uint8_t container; /* enum op_container */
    uint8_t elem;      /* enum elem_type */
    bool assumed;      /* from value_info, not from a schema */
};

/* A way in which a function is called: calls that give every value in it, and
 * in the functions that it calls, one type are one way, whatever else differs
 * between them. The main graph is gone through in one way. Ways call ways. */
struct type_way {
    uint32_t id; /* index in types.ways */
    struct graph *graph;
    uint64_t elems; /* elem_bit of all types inside, those of its calls too */
    struct way_call *calls; /* in the order of the nodes; those in a body where
                               its node stands */
    uint32_t n_calls;
};

struct way_call {
    struct node *node;
    const struct type_way *way;
};

struct types {
    struct value_type *of; /* by value id */
    uint32_t n;
    struct type_way **ways; /* that of the main graph is the last */
    uint32_t n_ways;
};

/* Computes the types of all values. */
enum opp_status types_compute(struct types **out, struct arena *arena,
                              struct module *module, struct opp_error *err);

/* The type that TypeProto says. */
struct value_type type_from_proto(const Onnx__TypeProto *type);

/* True for a known container of `elem`. */
bool type_is(struct value_type type, int elem);

/* Type of an operand slot; not known for an omitted one. */
struct value_type types_of_use(const struct types *types,
                               const struct use *use);

/* Checks every operand against the schemas: type variables of a node bound to
 * one type each, and to one that its opset allows. OPP_EINPUT with the place
 * of the first violation (rules OPP401, OPP402). */
enum opp_status types_verify(const struct types *types,
                             const struct module *module,
                             struct opp_error *err);

/* Prints the graphs with the type of each value. */
enum opp_status types_print(const struct module *module,
                            const struct types *types, enum opp_format format,
                            struct writer *writer, struct opp_error *err);

#endif
