#include "model/reader.h"

#include <assert.h>

void
reader_init(struct reader *reader, const struct source *source)
{
    reader->source = source;
    reader->at = 0;
    reader->window = source->memory;
    reader->window_start = 0;
    reader->window_size = source->memory != NULL ? source->size : 0;
}

static bool
move_window(struct reader *reader)
{
    const struct source *const source = reader->source;
    const uint64_t rest = source->size - reader->at;
    const size_t size = rest < READER_WINDOW ? (size_t)rest : READER_WINDOW;

    if (!file_read_at(source->fd, reader->buffer, size, reader->at))
        return false;
    reader->window = reader->buffer;
    reader->window_start = reader->at;
    reader->window_size = size;
    return true;
}

const unsigned char *
reader_view(struct reader *reader, size_t size)
{
    uint64_t into = reader->at - reader->window_start;

    if (into > reader->window_size || size > reader->window_size - into) {
        assert(size <= READER_WINDOW &&
               size <= reader->source->size - reader->at);
        if (!move_window(reader))
            return NULL;
        into = 0;
    }
    return reader->window + into;
}
