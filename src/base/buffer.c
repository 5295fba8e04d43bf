#include "base/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool
reserve(struct buffer *buffer, size_t size)
{
    size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
    unsigned char *data;

    while (capacity < size) {
        if (capacity > SIZE_MAX / 2)
            return false;
        capacity += capacity / 2;
    }
    data = realloc(buffer->data, capacity);
    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

bool
buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    const size_t limit = buffer->limit == 0 ? SIZE_MAX : buffer->limit;

    if (buffer->size > limit || size > limit - buffer->size)
        return false;
    if (size > buffer->capacity - buffer->size &&
        !reserve(buffer, buffer->size + size))
        return false;
    if (size > 0)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return true;
}

void
buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    buffer->data = NULL;
    buffer->size = 0;
    buffer->capacity = 0;
}
