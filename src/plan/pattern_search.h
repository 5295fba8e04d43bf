/* pattern_search.h: what the recognisers of named patterns share; nobody else
 * includes it. A recogniser gathers nodes in a group while it looks, and marks
 * them once it is sure. */
#ifndef PLAN_PATTERN_SEARCH_H
#define PLAN_PATTERN_SEARCH_H

#include "facts/traits.h"
#include "plan/patterns_named.h"

/* Longer patterns are not recognised. */
enum { GROUP_MOST = 64, USES_MOST = 64 };

struct pattern_search {
    const struct module *module;
    const struct types *types;
    struct arena *arena;
    bool *marks; /* by node id */
};

struct search_group {
    const struct node *nodes[GROUP_MOST];
    size_t n;
    bool is_full; /* a node was left out */
};

void search_add(struct search_group *group, const struct node *node);
void search_mark(const struct pattern_search *search,
                 const struct search_group *group);

/* What a value was before casts and movement. The nodes that move it go on the
 * group, which may be NULL. */
const struct value *search_source(const struct value *value,
                                  struct search_group *group);

/* The node that computes it, looking through the same; NULL at an end. */
const struct node *search_maker(const struct value *value,
                                struct search_group *group);

/* True for a constant, also a moved or cast one. */
bool search_is_constant(const struct value *value);

/* The number that all elements of a small constant are; false when there is
 * none. */
bool search_number(const struct pattern_search *search,
                   const struct value *value, double *number);

/* The operand of a node that is no constant; NULL when there are none or
 * several. */
const struct value *search_only_operand(const struct node *node);

/* The uses of a value behind casts and movement, at most USES_MOST of them, in
 * `uses`. Returns their number. */
size_t search_uses(const struct value *value, const struct use **uses);

/* True for a value of a floating-point type. */
bool search_is_float(const struct pattern_search *search,
                     const struct value *value);

void find_decomposed_norms(struct pattern_search *search);
void find_attention_scores(struct pattern_search *search);
void find_attention_softmax(struct pattern_search *search);
void find_residual_adds(struct pattern_search *search);
void find_final_logits(struct pattern_search *search);
void find_phases(struct pattern_search *search);

#endif
