#include "base/hash128.h"

#include <stdio.h>

void
hash128_begin(struct hash128 *hash)
{
    XXH3_128bits_reset(&hash->state);
}

void
hash128_add(struct hash128 *hash, const void *data, size_t size)
{
    XXH3_128bits_update(&hash->state, data, size);
}

void
hash128_text(const struct hash128 *hash, char text[HASH128_TEXT])
{
    const XXH128_hash_t value = XXH3_128bits_digest(&hash->state);

    snprintf(text, HASH128_TEXT, "xxh3-128:%016llx%016llx",
             (unsigned long long)value.high64,
             (unsigned long long)value.low64);
}
