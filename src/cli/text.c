#include "cli/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` characters and the final NUL. */
static bool
reserve(struct text *text, size_t more)
{
    size_t capacity = text->capacity == 0 ? 256 : text->capacity;
    char *data;

    if (text->failed || more >= SIZE_MAX / 2 - text->size) {
        text->failed = true;
        return false;
    }
    while (capacity <= text->size + more)
        capacity *= 2;
    if (capacity == text->capacity)
        return true;
    data = realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void
text_bytes(struct text *text, const void *data, size_t size)
{
    if (!reserve(text, size))
        return;
    if (size > 0)
        memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void
text_string(struct text *text, const char *string)
{
    text_bytes(text, string, strlen(string));
}

void
text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    int need;

    va_start(args, format);
    need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need < 0 || !reserve(text, (size_t)need))
        return;
    va_start(args, format);
    vsnprintf(text->data + text->size, (size_t)need + 1, format, args);
    va_end(args);
    text->size += (size_t)need;
}

void
text_fill(struct text *text, char c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_bytes(text, &c, 1);
}

const char *
text_get(const struct text *text)
{
    return text->data == NULL ? "" : text->data;
}

void
text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
