/* near.h: "did you mean": the name that is nearest to a mistyped one. */
#ifndef CLI_NEAR_H
#define CLI_NEAR_H

#include <stddef.h>

/* The best of the names offered so far; starts with `typed` set and the rest
 * zero. */
struct near {
    const char *typed;
    const char *best; /* NULL when nothing is near enough */
    size_t distance;
};

/* Offers one name. A name is near when at most a third of the longer of the
 * two has to be changed (insertions, deletions, exchanges of neighbours and
 * replacements count one each), or when one begins with the other. The
 * first of equals wins. */
void near_offer(struct near *near, const char *name);

#endif
