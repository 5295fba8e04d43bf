#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts on a UTF-8 boundary, so that a cut message is still valid text. */
static void
cut(char *text, size_t size)
{
    size_t end = size - 4;

    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
        end--;
    memcpy(text + end, "...", 4);
}

static void
format_into(char *text, size_t size, const char *format, va_list args)
{
    const int need = vsnprintf(text, size, format, args);

    if (need < 0)
        text[0] = '\0';
    else if ((size_t)need >= size)
        cut(text, size);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = '?';
}

enum opp_status
error_set(struct opp_error *err, enum opp_status status, const char *format,
          ...)
{
    va_list args;

    if (err == NULL)
        return status;
    memset(err, 0, sizeof *err);
    err->status = status;
    va_start(args, format);
    format_into(err->what, sizeof err->what, format, args);
    va_end(args);
    return status;
}

#define DEFINE_DETAIL(field)                                                   \
    void error_##field(struct opp_error *err, const char *format, ...)         \
    {                                                                          \
        va_list args;                                                          \
                                                                               \
        if (err == NULL)                                                       \
            return;                                                            \
        va_start(args, format);                                                \
        format_into(err->field, sizeof err->field, format, args);              \
        va_end(args);                                                          \
    }

DEFINE_DETAIL(where)
DEFINE_DETAIL(why)
DEFINE_DETAIL(help)
