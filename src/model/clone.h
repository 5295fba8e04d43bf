/* clone.h: deep copies of protobuf messages. */
#ifndef MODEL_CLONE_H
#define MODEL_CLONE_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"

/* A copy of `message` with all messages in it, in `arena`. Lists of messages
 * and of strings are new; strings, bytes, lists of numbers and unknown fields
 * are shared, because nobody writes to those in place. So is a payload, which
 * is what the bytes of a raw_data point to (payload.h). Needs stack for each
 * message in a message; load has bounded that. */
void *clone_message(struct arena *arena, const void *message);

#endif
