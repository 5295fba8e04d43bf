#include "rewrite/match.h"

#include <string.h>

#include "rewrite/constant.h"

/* A term that is a part of itself follows chains no further than this. */
enum { DEPTH_MOST = 24 };

static bool match_value(struct match *match, const struct term *term,
                        struct value *value);

struct value *
match_get(const struct match *match, const char *name)
{
    for (uint32_t i = 0; i < match->n_names; i++)
        if (strcmp(match->names[i].name, name) == 0)
            return match->names[i].value;
    return NULL;
}

bool
match_has(const struct match *match, const struct node *node)
{
    for (uint32_t i = 0; i < match->n_nodes; i++)
        if (match->nodes[i] == node)
            return true;
    return false;
}

bool
match_owns(const struct match *match, const struct value *value)
{
    for_each_use (value, use)
        if (use->user == NULL || !match_has(match, use->user))
            return false;
    return true;
}

static bool
give_name(struct match *match, const char *name, struct value *value)
{
    const struct value *const known =
        name == NULL ? NULL : match_get(match, name);

    if (name == NULL || known == value)
        return true;
    if (known != NULL || match->n_names == MATCH_NAMES_MOST)
        return false;
    match->names[match->n_names++] = (struct match_name){name, value};
    return true;
}

static bool
match_scalar(struct match *match, const struct term *term, struct value *value)
{
    uint32_t rank;
    double number;

    if (term->kind == TERM_SCALAR
            ? !constant_scalar(match->module, value, &number, &rank)
            : !constant_number(match->module, value, &number, &rank) ||
                  number != term->number)
        return false;
    if (rank > match->scalar_rank)
        match->scalar_rank = rank;
    return give_name(match, term->name, value);
}

static bool
match_operands(struct match *match, const struct term *term,
               const struct node *node, bool swapped)
{
    for (uint32_t i = 0; i < term->n; i++)
        if (!match_value(match, term->parts[swapped ? term->n - 1 - i : i],
                         node->inputs[i].value))
            return false;
    return true;
}

/* How much has been found, to go back to. */
struct mark {
    uint32_t n_nodes, n_names, scalar_rank;
};

static struct mark
mark(const struct match *match)
{
    return (struct mark){match->n_nodes, match->n_names, match->scalar_rank};
}

/* What a reading that failed has found is forgotten. */
static bool
forget(struct match *match, const struct mark *before)
{
    match->n_nodes = before->n_nodes;
    match->n_names = before->n_names;
    match->scalar_rank = before->scalar_rank;
    return false;
}

static bool
match_def(struct match *match, const struct term *term, struct node *node)
{
    const struct mark before = mark(match);

    if (node == NULL || node->op == NULL || node->graph != match->root->graph ||
        node->n_outputs == 0 || strcmp(op_name(node->op), term->op) != 0 ||
        op_domain(node->op)[0] != '\0' || node->n_inputs < term->n ||
        (node->n_inputs > term->n && !term->has_more))
        return false;
    if (!match_operands(match, term, node, false)) {
        forget(match, &before);
        if (!term->in_any_order || !match_operands(match, term, node, true))
            return forget(match, &before);
    }
    if (match_has(match, node))
        return true;
    if (match->n_nodes == MATCH_NODES_MOST)
        return forget(match, &before);
    match->nodes[match->n_nodes++] = node;
    return true;
}

static bool
match_choice(struct match *match, const struct term *term, struct value *value)
{
    for (uint32_t i = 0; i < term->n; i++) {
        const struct mark before = mark(match);
        if (match_value(match, term->parts[i], value) &&
            give_name(match, term->name, value))
            return true;
        forget(match, &before);
    }
    return false;
}

static bool
match_kind(struct match *match, const struct term *term, struct value *value)
{
    switch (term->kind) {
    case TERM_ANY:
        return give_name(match, term->name, value);
    case TERM_NODE:
        return value->slot == 0 && match_def(match, term, value->def);
    case TERM_SCALAR:
    case TERM_NUMBER:
        return match_scalar(match, term, value);
    case TERM_TENSOR:
        return constant_is_small(value, TERM_CONSTANT_MOST) &&
               give_name(match, term->name, value);
    case TERM_CHOICE:
        return match_choice(match, term, value);
    }
    return false;
}

static bool
match_value(struct match *match, const struct term *term, struct value *value)
{
    bool found;

    if (value == NULL || match->depth == DEPTH_MOST)
        return false;
    match->depth++;
    found = match_kind(match, term, value);
    match->depth--;
    return found;
}

bool
match_node(struct match *match, struct module *module, const struct term *term,
           struct node *root)
{
    match->module = module;
    match->root = root;
    match->n_nodes = match->n_names = 0;
    match->scalar_rank = match->depth = 0;
    return root->n_outputs > 0 && root->outputs[0] != NULL &&
           match_value(match, term, root->outputs[0]);
}
