#include "base/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
writer_init(struct writer *writer, opp_write_fn write, void *payload)
{
    writer->write = write;
    writer->payload = payload;
    writer->fill = 0;
    writer->failed = false;
}

static void
hand_over(struct writer *writer, const void *data, size_t size)
{
    if (!writer->failed && size > 0 &&
        writer->write(writer->payload, data, size) != 0)
        writer->failed = true;
}

static void
drain(struct writer *writer)
{
    hand_over(writer, writer->buffer, writer->fill);
    writer->fill = 0;
}

void
writer_bytes(struct writer *writer, const void *data, size_t size)
{
    if (size > sizeof writer->buffer - writer->fill)
        drain(writer);
    if (size > sizeof writer->buffer) {
        hand_over(writer, data, size);
        return;
    }
    memcpy(writer->buffer + writer->fill, data, size);
    writer->fill += size;
}

void
writer_text(struct writer *writer, const char *text)
{
    writer_bytes(writer, text, strlen(text));
}

void
writer_printf(struct writer *writer, const char *format, ...)
{
    char small[512];
    char *large;
    va_list args;
    int need;

    va_start(args, format);
    need = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    if (need < 0 || (size_t)need < sizeof small) {
        writer_text(writer, need < 0 ? "" : small);
        return;
    }
    large = malloc((size_t)need + 1);
    if (large == NULL) {
        writer->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(large, (size_t)need + 1, format, args);
    va_end(args);
    writer_text(writer, large);
    free(large);
}

enum opp_status
writer_flush(struct writer *writer, struct opp_error *err)
{
    drain(writer);
    if (!writer->failed)
        return OPP_OK;
    return error_set(err, OPP_EOUTPUT, "could not write the output");
}
