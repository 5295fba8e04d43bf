/* reader.h: a source from front to back, through a window that is read when
 * it is needed. (A map of the file would end in SIGBUS when somebody cuts the
 * file.) The caller owns the reader and keeps it on the stack's owner: it is
 * large. */
#ifndef MODEL_READER_H
#define MODEL_READER_H

#include "model/source.h"

enum { READER_WINDOW = 64 * 1024 };

struct reader {
    const struct source *source;
    uint64_t at;                 /* position in the source */
    const unsigned char *window; /* bytes [start, start + size) */
    uint64_t window_start;
    uint64_t window_size;
    unsigned char buffer[READER_WINDOW];
};

void reader_init(struct reader *reader, const struct source *source);

/* The `size` bytes at the reader's position, which does not move; valid until
 * the next call. At most READER_WINDOW, and within the source. NULL when they
 * cannot be read, with errno as file_read_at leaves it. */
const unsigned char *reader_view(struct reader *reader, size_t size);

#endif
