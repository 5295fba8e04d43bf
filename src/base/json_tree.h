/* json_tree.h: a jansson tree on its way to a writer. jansson takes valid UTF-8
 * only, and each of its calls can run out of memory. Here any text will do
 * (what is no UTF-8 becomes U+FFFD), and the first failure sticks, so that
 * callers check once, at json_tree_write. The tree owns all values given to it;
 * nothing between json_tree_init and json_tree_write may allocate from an
 * arena, whose unwinding would leak it. */
#ifndef BASE_JSON_TREE_H
#define BASE_JSON_TREE_H

#include <jansson.h>

#include "base/writer.h"

struct json_tree {
    json_t *root; /* an object */
    bool failed;
};

void json_tree_init(struct json_tree *tree);

/* Text that may be any bytes, as a value; NULL counts as "". */
json_t *json_tree_text(const char *text);

/* A count; JSON readers keep 53 bits of it at least. */
json_t *json_tree_count(uint64_t n);

/* Puts `value` into an object respectively at the end of an array. */
void json_tree_set(struct json_tree *tree, json_t *object, const char *key,
                   json_t *value);
void json_tree_add(struct json_tree *tree, json_t *array, json_t *value);

/* The same with a new, empty object or array, which they return. */
json_t *json_tree_set_object(struct json_tree *tree, json_t *object,
                             const char *key);
json_t *json_tree_set_array(struct json_tree *tree, json_t *object,
                            const char *key);
json_t *json_tree_add_object(struct json_tree *tree, json_t *array);

/* Prints the tree, members in the order of json_tree_set, frees it and flushes
 * the writer. OPP_ENOMEM, OPP_EOUTPUT. */
enum opp_status json_tree_write(struct json_tree *tree, struct writer *writer,
                                struct opp_error *err);

#endif
