/* buffer.h: bytes that grow. A buffer starts as all zeros, belongs to whoever
 * declared it and is released with buffer_free. It comes from malloc and not
 * from an arena, because it is large and dies early. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    unsigned char *data;
    size_t size, capacity;
    size_t limit; /* upper bound of `size`; 0 for none */
};

/* Appends `size` bytes. False when memory runs out or the limit is passed;
 * then the buffer is as before. */
bool buffer_append(struct buffer *buffer, const void *data, size_t size);

void buffer_free(struct buffer *buffer);

#endif
