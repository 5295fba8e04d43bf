/* text.h: a growable string, the only memory the command line tool takes
 * from the heap. Starts as all zeroes; the owner calls text_free. When memory
 * runs out `failed` sticks and later calls do nothing, so that callers check
 * once, at the end. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__GNUC__)
#define CLI_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define CLI_PRINTF(f, a)
#endif

struct text {
    char *data; /* NULL while empty, else ends in NUL beyond `size` */
    size_t size;
    size_t capacity;
    bool failed;
};

void text_bytes(struct text *text, const void *data, size_t size);
void text_string(struct text *text, const char *string);
void text_printf(struct text *text, const char *format, ...) CLI_PRINTF(2, 3);

/* Appends `count` times the character `c`. */
void text_fill(struct text *text, char c, size_t count);

/* The string so far, "" when there is none. Valid until the next call. */
const char *text_get(const struct text *text);

void text_free(struct text *text);

#endif
