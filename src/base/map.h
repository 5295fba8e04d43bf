/* map.h: strings to pointers, in an arena. Keys are not copied: they must
 * live as long as the map. Iteration order is not offered, because it would
 * be the order of a hash. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map_slot {
    const char *key;
    void *item;
    uint64_t hash;
};

struct map {
    struct arena *arena;
    struct map_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;    /* slots with a key, those with item NULL included */
};

void map_init(struct map *map, struct arena *arena);

/* The item of `key`, or NULL. */
void *map_get(const struct map *map, const char *key);

/* Sets the item of `key`; NULL removes it. */
void map_put(struct map *map, const char *key, void *item);

#endif
