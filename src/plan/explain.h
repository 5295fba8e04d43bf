/* explain.h: why nodes have the type that a plan gives them: the chain of facts
 * from its source to the decision, what would have to be known for another
 * one, and what it costs. Data first, then text or JSON. All of it lives in
 * the model's arena and holds for the plan as it is. */
#ifndef PLAN_EXPLAIN_H
#define PLAN_EXPLAIN_H

#include "base/writer.h"
#include "facts/constants.h"
#include "plan/borders.h"
#include "plan/node_lists.h"

/* What is asked about, and what is known. */
struct explain_input {
    const struct plan *plan;
    const struct types *types;
    const struct shapes *shapes;       /* NULL: no size is known */
    const struct constants *constants; /* NULL: none is known */
};

/* A fact, or a run of facts that are handed on. */
struct explained_step {
    const char *node;  /* label behind the path of its scope, or NULL */
    const char *op;    /* of that node; "" when there is none */
    const char *value; /* name of what it is about, or NULL */
    const char *text;  /* NULL: handed on */
    const char *last;  /* the last node of a run, or NULL for a single fact */
    uint32_t facts;
};

/* Operands of a node that are decided together. */
struct explained_class {
    const char *operands; /* "T", "input 0, output 1" */
    const struct decision *decision;
    bool is_wide;           /* keeps its type although it could be converted */
    const char *decided_at; /* label of another node, or NULL */
    struct explained_step *steps; /* none for what nothing speaks against */
    size_t n_steps;
    struct explained_class *next;
};

/* A constant that a node reads. */
struct explained_constant {
    const char *text; /* "`scale` = 2: float16 holds it" */
    struct explained_constant *next;
};

struct explained_node {
    const struct node *node;
    const char *label; /* behind the path of its scope */
    int elem;          /* that it computes in, in the plan */
    struct explained_class *classes;
    struct explained_constant *constants;
    const struct border_island *island; /* or NULL */
    bool can_flip;           /* some class has another type to have */
    struct border_cost flip; /* what that would change */
    struct explained_node *next;
};

struct explanation {
    const struct explain_input *input;
    struct borders *borders;
    struct explained_node *nodes;
    uint64_t n_nodes;
};

/* Explains the nodes that the patterns match, in the order of their ids, and
 * nodes without float operands not at all. OPP_EUSAGE when a pattern matches
 * nothing. */
enum opp_status explain_nodes(struct explanation *out,
                              const struct explain_input *input,
                              struct pattern_list *patterns,
                              struct opp_error *err);

/* JSON: one object, schema 1. */
enum opp_status explain_write(const struct explanation *explanation,
                              enum opp_format format, struct writer *writer,
                              struct opp_error *err);

/* The steps of the decision about the item at `place`: those of its chain, or
 * the reason itself. Neighbours are not looked for. */
struct explained_step *explain_steps(const struct module *module,
                                     const struct decision *decision,
                                     const struct plan_place *place, size_t *n);

#endif
