/* arena.h: memory that dies together. Whoever owns a struct arena frees all
 * that came from it with arena_free; nothing is freed singly.
 *
 * Running out of memory unwinds: arena_alloc never returns NULL, it longjmps
 * to the place that the owner set (the API boundary). So code that holds a
 * file, a lock or malloc'd memory which no owner knows must not allocate.
 *
 * With OPP_ARENA_DEBUG each allocation is a malloc of its own, so that
 * AddressSanitizer sees overruns. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t used;     /* bytes taken from the system */
    size_t limit;    /* upper bound of `used` */
    jmp_buf *unwind; /* where to go when memory runs out */
};

/* Prepares an empty arena. `unwind` may be NULL as long as only
 * arena_try_alloc is called. */
void arena_init(struct arena *arena, size_t limit, jmp_buf *unwind);

/* Frees all blocks; the arena is empty and usable again. */
void arena_free(struct arena *arena);

/* `size` zeroed bytes, aligned for any object. Never NULL, also for 0. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc, but not zeroed, and NULL when memory runs out. */
void *arena_try_alloc(struct arena *arena, size_t size);

/* Copies of a string, of `size` bytes with a NUL added, of printf's text. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_memdup(struct arena *arena, const void *data, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* A larger copy of `old` (`old_count` items) when `count` has reached a
 * capacity, which doubles: for arrays that grow by one. */
void *arena_grow(struct arena *arena, void *old, size_t count,
                 size_t item_size);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, n, type)                                            \
    ((type *)arena_alloc_array((arena), (n), sizeof(type)))

/* arena_alloc of n * size bytes, checked for overflow. */
void *arena_alloc_array(struct arena *arena, size_t n, size_t size);

#endif
