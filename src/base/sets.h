/* sets.h: disjoint sets of the indices below a number (union-find). The caller
 * owns the array, in which each index leads to the smallest one of its set, so
 * that nothing depends on the order in which sets were united. */
#ifndef BASE_SETS_H
#define BASE_SETS_H

#include <stdint.h>

/* Each index is a set of its own. */
void sets_init(uint32_t *parent, uint32_t n);

/* The smallest index of the set of `i`. Shortens the way to it. */
uint32_t sets_root(uint32_t *parent, uint32_t i);

/* Makes one set of the sets of `a` and `b`. */
void sets_unite(uint32_t *parent, uint32_t a, uint32_t b);

#endif
