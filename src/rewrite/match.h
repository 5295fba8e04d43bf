/* match.h: holds the terms of term.h against the graph. A match owns nothing
 * and is valid until the next edit. All its nodes stand in one scope, that of
 * the node it begins with; what they read may come from outer scopes. */
#ifndef REWRITE_MATCH_H
#define REWRITE_MATCH_H

#include "graph/graph.h"
#include "rewrite/term.h"

enum { MATCH_NODES_MOST = 64, MATCH_NAMES_MOST = 32 };

struct match_name {
    const char *name;
    struct value *value;
};

struct match {
    struct module *module;
    struct node *root;
    struct node *nodes[MATCH_NODES_MOST]; /* the root last of all; each once */
    uint32_t n_nodes;
    struct match_name names[MATCH_NAMES_MOST];
    uint32_t n_names;
    uint32_t scalar_rank; /* greatest rank of a constant of one element */
    uint32_t depth;
};

/* True when output 0 of `root` is what `term` says; fills in `match`. Where
 * two readings are possible the first is taken, in the order of the term. */
bool match_node(struct match *match, struct module *module,
                const struct term *term, struct node *root);

/* What a name of the term stands for; NULL when nothing got it. */
struct value *match_get(const struct match *match, const char *name);

bool match_has(const struct match *match, const struct node *node);

/* True when nothing but nodes of the match reads the value. */
bool match_owns(const struct match *match, const struct value *value);

#endif
