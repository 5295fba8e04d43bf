/* policy_match.h: which nodes of a model the rules of a policy file take. The
 * first rule that matches a node decides it. A rule with `input` or
 * `initializer` takes single operands of nodes and leaves the others to the
 * rules behind it.
 *
 * A rule that matches every call of a local function takes all that is in the
 * function, where no earlier rule does. A node in a copy of a function is
 * matched as the node that it is a copy of. Everything lives in the arena that
 * it was made in, for the graph as it was then. */
#ifndef PLAN_POLICY_MATCH_H
#define PLAN_POLICY_MATCH_H

#include "facts/types.h"
#include "plan/pattern.h"
#include "plan/policy_file.h"

enum { POLICY_NO_RULE = UINT32_MAX };

/* What a rule takes of a node. */
enum policy_share { POLICY_NOTHING, POLICY_ALL, POLICY_OPERANDS };

/* The keys of struct policy_when that hold patterns, in its order. */
enum {
    POLICY_NODE,
    POLICY_OP,
    POLICY_DOMAIN,
    POLICY_SCOPE,
    POLICY_PATTERN,
    POLICY_INITIALIZER,
    POLICY_FROM,
    POLICY_TO,
    POLICY_KEYS
};

/* One rule on one model. */
struct policy_effect {
    const struct policy_rule *rule;
    struct pattern_list lists[POLICY_KEYS];
    uint8_t *takes;      /* by node id: enum policy_share */
    const bool *values;  /* by value id: an initializer of `initializer` */
    uint64_t matched;    /* nodes that its match holds for, ... */
    uint64_t decided;    /* ... and of which no earlier rule takes all */
    uint32_t first_rule; /* the earlier rule that took the first of the others;
                            POLICY_NO_RULE for none */
};

struct policy_matches {
    const struct policy_file *file;
    const struct module *module;
    const struct types *types;
    struct arena *arena;
    struct policy_effect *effects; /* by rule */
    uint32_t *owner;    /* by node id: the rule that takes all of it */
    uint32_t *function; /* by graph id: the rule of all its calls */
};

/* `file`, `module` and `types` must outlive the result. */
void policy_match(struct policy_matches *out, const struct policy_file *file,
                  const struct module *module, const struct types *types,
                  struct arena *arena);

/* True when the rule takes operand `slot` of a node of which it takes
 * POLICY_OPERANDS. */
bool policy_takes_operand(const struct policy_effect *effect,
                          const struct node *node, uint32_t slot);

/* A pattern that matches nothing, or a rule whose keys never hold together,
 * unless the rule is optional: in the order of the file from number `*next`,
 * which is 0 at first. Fills `err` with an OPP_EUSAGE error and its place, and
 * returns false when there is none. */
bool policy_find_unused(const struct policy_matches *matches, size_t *next,
                        struct opp_error *err);

#endif
