/* writer.h: text and bytes to an opp_write_fn through a small buffer. The
 * first failure sticks; later writes do nothing, so that callers check once,
 * at writer_flush. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/error.h"

struct writer {
    opp_write_fn write;
    void *payload;
    size_t fill;
    bool failed;
    char buffer[4096];
};

void writer_init(struct writer *writer, opp_write_fn write, void *payload);

void writer_bytes(struct writer *writer, const void *data, size_t size);
void writer_text(struct writer *writer, const char *text);
void writer_printf(struct writer *writer, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* Hands over what is buffered. OPP_EOUTPUT when a write has failed. */
enum opp_status writer_flush(struct writer *writer, struct opp_error *err);

#endif
