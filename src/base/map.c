#include "base/map.h"

#include <string.h>
#include <xxhash.h>

void
map_init(struct map *map, struct arena *arena)
{
    *map = (struct map){.arena = arena};
}

/* The slot of `key`, or the free one where it belongs. */
static struct map_slot *
find(const struct map *map, const char *key, uint64_t hash)
{
    size_t i = hash & (map->capacity - 1);

    for (;; i = (i + 1) & (map->capacity - 1)) {
        struct map_slot *const slot = &map->slots[i];
        if (slot->key == NULL)
            return slot;
        if (slot->hash == hash && strcmp(slot->key, key) == 0)
            return slot;
    }
}

static uint64_t
hash_of(const char *key)
{
    return XXH3_64bits(key, strlen(key));
}

void *
map_get(const struct map *map, const char *key)
{
    if (map->capacity == 0)
        return NULL;
    return find(map, key, hash_of(key))->item;
}

static void
grow(struct map *map)
{
    const size_t old_capacity = map->capacity;
    const struct map_slot *const old = map->slots;

    map->capacity = old_capacity == 0 ? 16 : 2 * old_capacity;
    map->slots = arena_array(map->arena, map->capacity, struct map_slot);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].key != NULL)
            *find(map, old[i].key, old[i].hash) = old[i];
}

void
map_put(struct map *map, const char *key, void *item)
{
    const uint64_t hash = hash_of(key);
    struct map_slot *slot;

    if (4 * (map->count + 1) > 3 * map->capacity)
        grow(map);
    slot = find(map, key, hash);
    if (slot->key == NULL) {
        slot->key = key;
        slot->hash = hash;
        map->count++;
    }
    slot->item = item;
}
