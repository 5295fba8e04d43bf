#include "model/clone.h"

#include <string.h>

/* Pointers go through memcpy: fields are found by offset, whatever they point
 * to. */
static void *
pointer_at(const char *at)
{
    void *pointer;

    memcpy(&pointer, at, sizeof pointer);
    return pointer;
}

static void
set_pointer_at(char *at, const void *pointer)
{
    memcpy(at, &pointer, sizeof pointer);
}

/* Gives the copy a list of its own. */
static void
clone_list(struct arena *arena, const ProtobufCFieldDescriptor *field,
           char *copy)
{
    const bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE;
    size_t n;
    char *list;

    memcpy(&n, copy + field->quantifier_offset, sizeof n);
    if (n == 0 || (!is_message && field->type != PROTOBUF_C_TYPE_STRING))
        return;
    list = arena_memdup(arena, pointer_at(copy + field->offset),
                        n * sizeof(void *));
    for (size_t i = 0; is_message && i < n; i++) {
        char *const item = list + i * sizeof(void *);
        set_pointer_at(item, clone_message(arena, pointer_at(item)));
    }
    set_pointer_at(copy + field->offset, list);
}

/* Of the members of a oneof, which share their place, only one is there. */
static bool
is_there(const ProtobufCFieldDescriptor *field, const char *message)
{
    uint32_t which;

    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
        return pointer_at(message + field->offset) != NULL;
    memcpy(&which, message + field->quantifier_offset, sizeof which);
    return which == field->id && pointer_at(message + field->offset) != NULL;
}

void *
clone_message(struct arena *arena, const void *message)
{
    const ProtobufCMessageDescriptor *const type =
        ((const ProtobufCMessage *)message)->descriptor;
    char *const copy = arena_memdup(arena, message, type->sizeof_message);

    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *const field = &type->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            clone_list(arena, field, copy);
        else if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
                 is_there(field, copy))
            set_pointer_at(
                copy + field->offset,
                clone_message(arena, pointer_at(copy + field->offset)));
    }
    return copy;
}
