/* suggest.h: the name that somebody probably meant. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

/* Gives name `i` of a list, NULL behind its end. */
typedef const char *(*suggest_name_fn)(const void *list, size_t i);

/* Edits (insert, delete, replace, swap of neighbours) from `a` to `b`; names
 * longer than 127 bytes are compared by their first 127. */
size_t suggest_distance(const char *a, const char *b);

/* The nearest name of the list, the first of equals; NULL when none is within
 * a third of the length of `text`. */
const char *suggest_near(const char *text, suggest_name_fn name_at,
                         const void *list);

#endif
