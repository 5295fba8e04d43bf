#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef OPP_ARENA_DEBUG
#define BLOCK_SIZE ((size_t)0)
#else
#define BLOCK_SIZE ((size_t)64 * 1024)
#endif
#define ALIGNMENT alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t size, taken; /* bytes of `data` */
    alignas(max_align_t) unsigned char data[];
};

void
arena_init(struct arena *arena, size_t limit, jmp_buf *unwind)
{
    *arena = (struct arena){.limit = limit, .unwind = unwind};
}

void
arena_free(struct arena *arena)
{
    struct arena_block *block = arena->blocks;

    while (block != NULL) {
        struct arena_block *const next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->used = 0;
}

static struct arena_block *
block_add(struct arena *arena, size_t need)
{
    const size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
    struct arena_block *block;

    if (size > SIZE_MAX - sizeof *block ||
        arena->used > arena->limit || size > arena->limit - arena->used)
        return NULL;
    block = malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->taken = 0;
    arena->used += size;
    /* A large object gets a block of its own behind the current one, whose
     * rest stays in use. */
    if (need > BLOCK_SIZE && arena->blocks != NULL) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *
arena_try_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    size_t need;

    if (size > SIZE_MAX - ALIGNMENT)
        return NULL;
    need = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (need == 0)
        need = ALIGNMENT;
    if (block == NULL || block->size - block->taken < need) {
        block = block_add(arena, need);
        if (block == NULL)
            return NULL;
    }
    void *const memory = block->data + block->taken;
    block->taken += need;
    return memory;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
    void *const memory = arena_try_alloc(arena, size);

    if (memory == NULL) {
        assert(arena->unwind != NULL);
        longjmp(*arena->unwind, 1);
    }
    return memset(memory, 0, size);
}

void *
arena_alloc_array(struct arena *arena, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size)
        longjmp(*arena->unwind, 1);
    return arena_alloc(arena, n * size);
}

char *
arena_memdup(struct arena *arena, const void *data, size_t size)
{
    char *const copy = arena_alloc(arena, size + 1);

    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
    return arena_memdup(arena, text, strlen(text));
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    char *text;
    int need;

    va_start(args, format);
    va_copy(again, args);
    need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = arena_alloc(arena, need < 0 ? 1 : (size_t)need + 1);
    if (need > 0)
        vsnprintf(text, (size_t)need + 1, format, again);
    va_end(again);
    return text;
}

/* Capacities are 0, 4, 8, 16, ...: full exactly when count is one of them. */
static int
is_full(size_t count)
{
    return count == 0 || (count >= 4 && (count & (count - 1)) == 0);
}

void *
arena_grow(struct arena *arena, void *old, size_t count, size_t item_size)
{
    void *grown;

    if (!is_full(count))
        return old;
    grown = arena_alloc_array(arena, count == 0 ? 4 : 2 * count, item_size);
    if (count > 0)
        memcpy(grown, old, count * item_size);
    return grown;
}
