/* hash128.h: XXH3-128 over bytes that come in pieces, as text. It tells files
 * apart; it is no protection against somebody who wants two to look alike. A
 * struct hash128 holds no memory and needs no free. */
#ifndef BASE_HASH128_H
#define BASE_HASH128_H

#include <stddef.h>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

/* Bytes of "xxh3-128:", 32 hex digits and a NUL. */
enum { HASH128_TEXT = 42 };

struct hash128 {
    XXH3_state_t state;
};

void hash128_begin(struct hash128 *hash);
void hash128_add(struct hash128 *hash, const void *data, size_t size);

/* "xxh3-128:" and the digits that `xxhsum -H2` prints for the same bytes. */
void hash128_text(const struct hash128 *hash, char text[HASH128_TEXT]);

#endif
