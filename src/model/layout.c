#include "model/layout.h"

#include <inttypes.h>
#include <string.h>

#include "base/map.h"
#include "model/external.h"
#include "model/tensor.h"
#include "model/walk.h"

/* ExternalData.md recommends that large tensors begin on a page, so that they
 * can be mapped. */
enum { PAGE = 4096, SMALL_ALIGNMENT = 64 };

struct making {
    struct layout *layout;
    struct model *model;
    const struct layout_options *options;
    struct map seen; /* items by what they hold */
    Onnx__StringStringEntryProto *location, *checksum;
};

static Onnx__StringStringEntryProto *
new_entry(struct arena *arena, const char *key, char *value)
{
    Onnx__StringStringEntryProto *const entry =
        arena_new(arena, Onnx__StringStringEntryProto);

    onnx__string_string_entry_proto__init(entry);
    entry->key = arena_strdup(arena, key);
    entry->value = value;
    return entry;
}

static Onnx__StringStringEntryProto *
new_number(struct arena *arena, const char *key, uint64_t value)
{
    return new_entry(arena, key, arena_printf(arena, "%" PRIu64, value));
}

/* The entries of all tensors share location and checksum, whose texts are
 * not known yet. */
static void
begin(struct making *making)
{
    struct arena *const arena = &making->model->arena;
    struct layout *const layout = making->layout;

    layout->location = arena_alloc(arena, making->options->name_length + 1);
    memset(layout->location, '-', making->options->name_length);
    making->location = new_entry(arena, "location", layout->location);
}

static void
want_checksum(struct making *making)
{
    struct arena *const arena = &making->model->arena;

    if (making->checksum != NULL)
        return;
    making->layout->checksum = arena_alloc(arena, 41);
    memset(making->layout->checksum, '-', 40);
    making->checksum = new_entry(arena, "checksum", making->layout->checksum);
}

/* What the values are, as a key: equal keys, equal bytes. */
static const char *
key_of(struct arena *arena, const struct values *values)
{
    const struct payload *const payload = values->payload;
    const char *key;

    if (payload == NULL)
        return arena_printf(arena, "%p %" PRIu64, (const void *)values->memory,
                            values->bytes);
    key = arena_printf(arena, "%p %" PRIu64 " %" PRIu64 " %a %a",
                       (const void *)payload->source, payload->offset,
                       payload->size, (double)payload->clamp.min_positive,
                       (double)payload->clamp.max_finite);
    for (unsigned i = 0; i <= payload->steps; i++)
        key = arena_printf(arena, "%s %u.%u", key, payload->step[i].elem,
                           payload->step[i].overflow);
    return key;
}

static void
place(struct making *making, struct layout_item *item)
{
    struct layout *const layout = making->layout;
    const uint64_t size = item->values.bytes;
    const uint64_t alignment = size >= PAGE ? PAGE : SMALL_ALIGNMENT;
    const char *const key = key_of(&making->model->arena, &item->values);
    const uint64_t *const same = map_get(&making->seen, key);

    /* An offset behind the end of the file is refused, also of nothing. */
    if (size == 0)
        return;
    if (same != NULL) {
        item->offset = *same;
        return;
    }
    item->offset = (layout->data_size + alignment - 1) / alignment * alignment;
    item->is_written = true;
    layout->data_size = item->offset + size;
    layout->values_size += size;
    uint64_t *const offset = arena_new(&making->model->arena, uint64_t);
    *offset = item->offset;
    map_put(&making->seen, key, offset);
}

static void
make_external(struct making *making, struct layout_item *item)
{
    struct arena *const arena = &making->model->arena;
    Onnx__TensorProto *const after = &item->after;
    const bool has_checksum =
        external_entry(item->tensor, "checksum") != NULL &&
        tensor_is_external(item->tensor);

    if (!making->layout->is_external)
        begin(making);
    making->layout->is_external = true;
    place(making, item);
    if (has_checksum)
        want_checksum(making);
    after->has_raw_data = 0;
    after->n_float_data = after->n_int32_data = after->n_int64_data = 0;
    after->n_double_data = after->n_uint64_data = 0;
    after->has_data_location = 1;
    after->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    after->n_external_data = has_checksum ? 4 : 3;
    after->external_data =
        arena_array(arena, 4, Onnx__StringStringEntryProto *);
    after->external_data[0] = making->location;
    after->external_data[1] = new_number(arena, "offset", item->offset);
    after->external_data[2] = new_number(arena, "length", item->values.bytes);
    after->external_data[3] = making->checksum;
}

static void
make_inline(struct layout_item *item)
{
    Onnx__TensorProto *const after = &item->after;

    after->has_raw_data = 1;
    after->n_external_data = 0;
    after->external_data = NULL;
    after->has_data_location = 0;
    after->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
}

/* Values that must be packed first stay inline: they are small integers in
 * int32_data, which nobody writes in large numbers. */
static bool
wants_external(const struct making *making, const Onnx__TensorProto *tensor,
               const struct walk_place *place, const struct values *values)
{
    const struct layout_options *const options = making->options;
    const bool was_external = tensor_is_external(tensor);

    if (options->reach == LAYOUT_KEEP)
        return was_external;
    if (values->payload == NULL && values_in_memory(values) == NULL)
        return false;
    if (options->reach == LAYOUT_INITIALIZERS && !was_external &&
        !walk_is_initializer(place))
        return false;
    return values->bytes >= options->threshold;
}

static enum opp_status
decide(void *payload, Onnx__TensorProto *tensor, const struct walk_place *place)
{
    struct making *const making = payload;
    struct layout *const layout = making->layout;
    struct layout_item item = {
        .tensor = tensor,
        .before = *tensor,
        .after = *tensor,
    };

    if (!values_view(making->model, tensor, &item.values))
        return OPP_OK;
    if (wants_external(making, tensor, place, &item.values))
        make_external(making, &item);
    else if (tensor_is_external(tensor))
        make_inline(&item);
    else
        return OPP_OK;
    layout->items = arena_grow(&making->model->arena, layout->items,
                               layout->n_items, sizeof item);
    layout->items[layout->n_items++] = item;
    return OPP_OK;
}

void
layout_make(struct layout *layout, struct model *model,
            const struct layout_options *options)
{
    struct making making = {
        .layout = layout,
        .model = model,
        .options = options,
    };

    *layout = (struct layout){0};
    map_init(&making.seen, &model->arena);
    walk_tensors(model->proto, decide, &making);
}

void
layout_apply(const struct layout *layout)
{
    for (size_t i = 0; i < layout->n_items; i++)
        *layout->items[i].tensor = layout->items[i].after;
}

void
layout_undo(const struct layout *layout)
{
    for (size_t i = layout->n_items; i > 0; i--)
        *layout->items[i - 1].tensor = layout->items[i - 1].before;
}
