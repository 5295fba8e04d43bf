/* plan.h: which element type every float operand shall have, and why. The
 * unit of decision is the class: operands of a node that share a type variable
 * form an item; items that must agree (carried state of a Loop, branches of an
 * If, whatever touches a sequence) are united into one class. A plan is made
 * before anything is changed, can be printed, written and replayed, and is
 * obeyed to the letter by the pass apply-plan.
 *
 * Lives in the model's arena. Valid for the graph as it was when it was made:
 * plan.changes is the module's count of changes then. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "base/hash128.h"
#include "facts/types.h"
#include "numeric/format.h"

struct ranges;
struct shapes;

enum reason {
#define REASON(id, name, rule, certainty, text) REASON_##id,
#include "plan/reasons.def"
#undef REASON
    REASON_COUNT,
};

/* What a decision rests on. Names are those of plan files and reports. */
enum certainty {
    CERTAINTY_GIVEN,     /* the user, a schema or an attribute says so */
    CERTAINTY_PROVEN,    /* follows from values in the file */
    CERTAINTY_EVIDENCED, /* a pattern of arithmetic that is known to break, and
                            nothing that protects it */
    CERTAINTY_MEASURED,  /* statistics of a run say so */
    CERTAINTY_ASSUMED,   /* a choice of ours, not a fact about numbers */
    CERTAINTY_POSSIBLE,  /* nothing rules it out */
    CERTAINTY_COUNT,
};
const char *certainty_name(enum certainty certainty);

struct reason_info {
    const char *name; /* "constant-overflow" */
    int rule;         /* 201 for OPP201; 0 for none */
    enum certainty certainty; /* unless the case is clearer */
    const char *text;
};
const struct reason_info *reason_info(enum reason reason);

/* Index of an item; ITEM_FIXED for an operand that keeps its type: it has no
 * type variable, or nobody knows which. */
enum { ITEM_FIXED = UINT32_MAX };

/* A fact that a decision rests on. A chain of them leads from the decision
 * back to its source. Lives in the model's arena; made by cause_new. */
struct cause {
    const struct cause *because; /* what it follows from; NULL at the source */
    const struct node *node;     /* where it holds, or NULL */
    const struct value *value;   /* what it is about, or NULL */
    const char *text; /* what is known there; NULL: it is handed on */
    /* The first of the facts without a text that stand in a row here; the fact
     * itself where there is no such row. */
    const struct cause *run;
    uint32_t depth; /* facts before it */
};

struct decision {
    uint8_t from; /* element type now; ELEM_UNDEFINED when mixed or unknown */
    uint8_t elem; /* element type to have */
    uint8_t certainty; /* enum certainty */
    enum reason reason;
    const char *detail;       /* of the case, "" when there is none */
    const struct node *where; /* the node that the reason is about, or NULL */
    /* Of a class that a policy makes low precision: the first reason against
     * it, REASON_DEFAULT when there is none. */
    enum reason against;
    const char *against_detail;
    const struct cause *cause; /* the last fact of the chain, or NULL */
};

/* What the runtime is assumed to add up products and sums in. */
enum accumulation {
    ACCUMULATION_UNKNOWN, /* danger under either is danger */
    ACCUMULATION_FLOAT,
    ACCUMULATION_LOW, /* the type of the tensor */
};

/* Of a value with stand-ins for infinity, that is a constant or is made of
 * one (roles.h). */
struct saturation {
    float limit;      /* their magnitude in the low-precision type; 0: none */
    const char *role; /* "a mask", for a constant; else NULL */
};

struct plan {
    struct module *module;
    uint64_t changes;
    uint64_t from;        /* the element types that are converted, ... */
    int to;               /* ... and what they become */
    enum accumulation accumulation;
    bool strict; /* what nothing rules out keeps a class wide, too */
    uint64_t low;         /* the element types that are so already, and become
                             float where something speaks against them: `to`,
                             or none for `to` float */
    struct node **nodes;  /* by id as they were then; n_nodes of them */
    uint32_t n_nodes;
    uint32_t *first_item; /* by node id, one entry more than nodes */
    uint32_t *first_out;  /* of nodes with bodies: first item of outputs */
    /* By graph id, of the main graph and of functions: first item of its ends,
     * inputs before outputs. */
    uint32_t *first_end;
    uint32_t n_items;
    uint32_t *parent; /* union-find over items */
    struct decision *of; /* by the root of a class */
    struct numeric_clamp clamp; /* of constants that are converted; or none */
    /* By value id, `n_saturates` of them; NULL: no value has stand-ins. */
    struct saturation *saturates;
    uint32_t n_saturates;
    const char *clamped; /* what it changes, as damage.h has it; or NULL */
    uint64_t structure; /* hash of names, ops and operands of all graphs */
    const char *policy; /* hash of the policy file that it obeys, or NULL */
    /* The ranges of values (facts/ranges.h) that decisions may ask for; NULL
     * while nothing is decided by evidence. In the scratch arena of the pass
     * that makes the plan, and NULL once it has. */
    const struct ranges *ranges;
    const struct shapes *shapes; /* the same */
};

/* The items of all operands, united where they must agree; every class starts
 * with its type now, and REASON_DEFAULT where that is one to decide about:
 * float for a low-precision `to`, and `to` itself; float16 and bfloat16 for
 * `to` float.
 *
 * A local function has one plan for all its calls: operands of a call have the
 * items of the function's inputs and outputs. */
struct plan *plan_new(struct module *module, const struct types *types,
                      int to);

/* True for an element type that is converted. */
bool plan_converts(const struct plan *plan, int elem);

/* True for an element type that is decided about: one that is converted, or
 * the low-precision one that they become. */
bool plan_decides(const struct plan *plan, int elem);

/* The element type that an operand of such a type may come to have. */
int plan_other(const struct plan *plan, int elem);

/* Items of input or output `i` of the main graph or of a function. */
uint32_t plan_input_item(const struct plan *plan, const struct graph *graph,
                         uint32_t i);
uint32_t plan_output_item(const struct plan *plan, const struct graph *graph,
                          uint32_t i);
/* The hash of what the plan does: the structure that it was made for, and the
 * type of every item. Reasons are not part of it. As hash128_text writes it. */
void plan_hash(const struct plan *plan, char text[HASH128_TEXT]);

/* Item of an operand slot, and of a value as its maker types it. */
uint32_t plan_use_item(const struct plan *plan, const struct use *use);
uint32_t plan_value_item(const struct plan *plan, const struct value *value);

/* The class of an item. */
uint32_t plan_root(const struct plan *plan, uint32_t item);
struct decision *plan_decision(const struct plan *plan, uint32_t item);

/* True when the class of the item has a type that is decided about and no
 * reason against the low-precision type so far. */
bool plan_is_free(const struct plan *plan, uint32_t item);

/* True for a class that could have the type `to` and has not. */
bool plan_stays_wide(const struct plan *plan, const struct decision *decision);

/* True when the class of an item has the low-precision type now. */
bool plan_is_low(const struct plan *plan, uint32_t item);

/* True when an item is free or has the low-precision type. One that keeps its
 * type (ITEM_FIXED) has that of the item beside it, which it shares a value
 * with. */
bool plan_will_be_low(const struct plan *plan, uint32_t item,
                      uint32_t beside);

/* Keeps the class of an item wide, unless it is already decided. One that has
 * the low-precision type now becomes float where its numbers speak for that,
 * or the user blocks it; for other reasons it stays as it is. Returns true
 * when that decided it. Of a class that a policy makes low precision it notes
 * the reason (decision.against). */
bool plan_keep(struct plan *plan, uint32_t item, enum reason reason,
               const struct node *where, const char *detail);

/* As plan_keep, for a class that a chain of facts speaks against. */
bool plan_keep_because(struct plan *plan, uint32_t item, enum reason reason,
                       const struct node *where, const struct cause *cause);

/* As plan_keep, for all items of a node. */
void plan_keep_node(struct plan *plan, const struct node *node,
                    enum reason reason, const char *detail);

/* Where nothing made a low-precision class float, leaves all of them as they
 * are: there is no island that others could join. */
void plan_settle_low(struct plan *plan);

/* Element type that the plan gives an operand or a value; that of now where
 * the plan has nothing to say. */
int plan_elem_of_use(const struct plan *plan, const struct types *types,
                     const struct use *use);
int plan_elem_of_value(const struct plan *plan, const struct types *types,
                       const struct value *value);

/* Where the stand-ins for infinity in a value end; 0 where it has none. */
float plan_saturation(const struct plan *plan, const struct value *value);

/* What values of a constant, or of a value at a border, are brought to when
 * they become narrow: that of the user, or that of a stand-in for infinity. */
struct numeric_clamp plan_clamp_of(const struct plan *plan,
                                   const struct value *value);

/* Node `i` of the module, or NULL when it was removed or its op is not
 * known. */
const struct node *plan_node(const struct plan *plan, uint32_t i);

/* Where an item is, for people: its node, and its type variable ("input N" and
 * "output N" for nodes with bodies); an end of the model has a name only. */
struct plan_place {
    const struct node *node;
    const char *scope; /* path of the node's graph */
    const char *label; /* of the node */
    const char *operand;
};

/* The places of all items, by item, in the model's arena. */
const struct plan_place *plan_places(const struct plan *plan);

#endif
