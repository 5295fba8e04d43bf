/* walk.h: keeping operands wide along the ways that values go, forward from a
 * value to its users and back to its makers, into functions and bodies and out
 * of them. */
#ifndef PLAN_WALK_H
#define PLAN_WALK_H

#include "facts/constants.h"
#include "facts/traits.h"
#include "graph/flow.h"
#include "plan/plan.h"

struct walk_step;

struct walk_node {
    const struct node *node;
    struct walk_node *next;
};

/* Why operands are kept, and where the walk was. */
struct walk {
    struct plan *plan;
    const struct types *types;
    const struct constants *constants;
    struct flow flow;
    const struct numeric_format_info *format; /* of plan->to */
    /* By value id: not visited again forward, respectively back. */
    bool *seen, *seen_back;
    struct walk_step *steps;
    bool logarithm; /* a logarithm was among the users */
    /* Subtractions that were passed; for the caller to look at afterwards. */
    struct walk_node *differences;
    enum reason reason;
    enum certainty certainty; /* walk_begin sets that of the reason */
    const char *detail;
    const struct cause *cause; /* how the walk came to where it is; NULL: the
                                  next fact is the source of a new chain */
};

/* A walk that has seen nothing. plan->to is FLOAT16 or BFLOAT16. */
void walk_init(struct walk *walk, struct plan *plan,
               const struct types *types, const struct constants *constants);

/* Decides whether to go on from a use: to what its user makes. */
typedef bool (*walk_pass_fn)(struct walk *walk, const struct use *use);

/* Forward: keeps the users of `value`, and the users of what they make where
 * `passes` says so. */
void walk_users(struct walk *walk, const struct value *value,
                walk_pass_fn passes);

/* Back: keeps the makers of `value` that scale, square, sum or take roots of
 * one quantity, and what moves elements between them. `magnitude` is that of
 * the smallest value that matters at `value`; where it lies below the smallest
 * normal number of the format, contractions are kept too, as far as the way
 * back is linear: rounding of the large values would drown the small ones. */
void walk_makers(struct walk *walk, const struct value *value,
                 double magnitude);

/* Begins a new chain of facts, with what speaks against the low-precision type
 * at a node or in a value (either may be NULL). */
void walk_begin(struct walk *walk, enum reason reason,
                const struct node *node, const struct value *value,
                const char *detail);

/* Adds a fact to the chain (see struct cause); what is kept from now on rests
 * on it. */
void walk_because(struct walk *walk, const struct node *node,
                  const struct value *value, const char *text);

/* Keeps an item, for the walk's reason, detail and cause. */
void walk_keep(const struct walk *walk, uint32_t item,
               const struct node *node);

/* Puts a value on the list of those to look at, once forward and once back;
 * walk_next takes one off, with the cause that it was put there for. NULL when
 * the list is empty. */
void walk_visit(struct walk *walk, const struct value *value);
void walk_visit_back(struct walk *walk, const struct value *value);
const struct value *walk_next(struct walk *walk);

/* Keeps all operands of a node. */
void walk_keep_node(const struct walk *walk, const struct node *node);

/* True for a float constant, or a value known to be integer constant. */
bool walk_is_constant(const struct walk *walk, const struct value *value);

/* The one operand that a node works on; NULL when it combines two different
 * quantities. Constants are parameters, not quantities. */
const struct value *walk_only_quantity(const struct walk *walk,
                                       const struct node *node);

/* The node that computes a value, looking through movement; NULL at an end. */
const struct node *walk_maker(const struct value *value);

/* True when the node that computes `value`, looking through movement, has the
 * trait. */
bool walk_made_by(const struct value *value, enum trait trait);

/* True for x * x and for x to the power of 2. */
bool walk_is_square(const struct walk *walk, const struct node *node);

#endif
