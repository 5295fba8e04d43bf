#include "model/slice.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/scan.h"

enum {
    DEPTH_MAX = 100,
    TAG_BYTES_MAX = 5,
    VARINT_BYTES_MAX = 10,
    PREFIX_BYTES_MAX = 5, /* more than that protobuf-c does not read */
    TOKEN_SIZE = 24,      /* nonce and index */
    RAW_DATA_FIELD = 9,   /* TensorProto.raw_data, onnx.proto */
};
#define FIELD_MAX ((UINT32_C(1) << 29) - 1)

/* ---- copying --------------------------------------------------------- */

static bool
put(struct scan *scan, const void *data, size_t size)
{
    return buffer_append(&scan->slice->wire, data, size);
}

/* Looks into each piece of a field while it is copied. */
typedef bool (*inspect_fn)(void *state, const unsigned char *data, size_t size);

/* Copies `size` bytes from the source, which has them. */
static enum opp_status
copy(struct scan *scan, uint64_t size, inspect_fn inspect, void *state,
     bool *fine)
{
    *fine = true;
    while (size > 0) {
        const size_t step = size < READER_WINDOW ? (size_t)size : READER_WINDOW;
        const unsigned char *const data = reader_view(&scan->reader, step);
        if (data == NULL)
            return scan_unreadable(scan);
        if (inspect != NULL && !inspect(state, data, step)) {
            *fine = false;
            return OPP_OK;
        }
        if (!put(scan, data, step))
            return scan_no_memory(scan);
        scan->reader.at += step;
        size -= step;
    }
    return OPP_OK;
}

static bool
has_no_nul(void *state, const unsigned char *data, size_t size)
{
    (void)state;
    return memchr(data, 0, size) == NULL;
}

/* *state counts the bytes of the varint that the pieces so far end in. */
static bool
has_good_varints(void *state, const unsigned char *data, size_t size)
{
    unsigned *const length = state;

    for (size_t i = 0; i < size; i++) {
        if (++*length > VARINT_BYTES_MAX)
            return false;
        if (data[i] < 0x80)
            *length = 0;
    }
    return true;
}

/* ---- fields ---------------------------------------------------------- */

/* Reads a varint of at most `bytes_max` bytes without moving. *length is the
 * number of its bytes, 0 when it is malformed or does not end in time. */
static enum opp_status
peek_varint(struct scan *scan, uint64_t end, size_t bytes_max, uint64_t *value,
            size_t *length)
{
    const uint64_t rest = end - scan->reader.at;
    const size_t most = rest < bytes_max ? (size_t)rest : bytes_max;
    const unsigned char *const data = reader_view(&scan->reader, most);

    *value = 0;
    *length = 0;
    if (data == NULL)
        return scan_unreadable(scan);
    for (size_t i = 0; i < most; i++) {
        *value |= (uint64_t)(data[i] & 0x7F) << (7 * i);
        if (data[i] < 0x80) {
            *length = i + 1;
            break;
        }
    }
    return OPP_OK;
}

static enum opp_status
copy_varint(struct scan *scan, const struct frame *frame,
            const struct header *header)
{
    uint64_t value;
    size_t length;
    bool fine;

    if (peek_varint(scan, frame->end, VARINT_BYTES_MAX, &value, &length))
        return OPP_EINPUT;
    if (length == 0)
        return scan_unfinished(scan, frame, header, "a number does not end");
    return copy(scan, length, NULL, NULL, &fine);
}

static enum opp_status
copy_fixed(struct scan *scan, const struct frame *frame,
           const struct header *header, size_t size)
{
    bool fine;

    if (size > frame->end - scan->reader.at)
        return scan_out_of_bounds(scan, frame, header, size);
    return copy(scan, size, NULL, NULL, &fine);
}

/* Puts `value` at `at` in exactly `length` bytes: a padded varint is legal,
 * and so a length that shrank needs no less room than before. */
static void
put_varint_at(struct buffer *wire, size_t at, size_t length, uint64_t value)
{
    for (size_t i = 0; i < length; i++) {
        wire->data[at + i] =
            (unsigned char)((value & 0x7F) | (i + 1 < length ? 0x80 : 0));
        value >>= 7;
    }
    assert(value == 0);
}

static enum opp_status
slice_payload(struct scan *scan, uint64_t size, size_t prefix_at,
              size_t prefix_length)
{
    struct slice *const slice = scan->slice;
    const struct slice_range range = {scan->reader.at, size};
    const uint64_t index = slice_count(slice);

    if (!buffer_append(&slice->ranges, &range, sizeof range) ||
        !put(scan, slice->nonce, sizeof slice->nonce) ||
        !put(scan, &index, sizeof index))
        return scan_no_memory(scan);
    put_varint_at(&slice->wire, prefix_at, prefix_length, TOKEN_SIZE);
    scan->reader.at += size;
    return OPP_OK;
}

static enum opp_status scan_message(struct scan *scan, struct frame *frame);

static enum opp_status
copy_message(struct scan *scan, const struct frame *parent,
             const struct header *header, uint64_t size, size_t prefix_length)
{
    struct buffer *const wire = &scan->slice->wire;
    const size_t start = wire->size;
    struct frame frame = {
        .parent = parent,
        .type = header->field->descriptor,
        .field = header->field,
        .end = scan->reader.at + size,
        .depth = parent->depth + 1,
    };
    enum opp_status status;

    if (frame.depth > DEPTH_MAX)
        return scan_damaged(scan, parent, header,
                            "messages are nested more than 100 deep");
    status = scan_message(scan, &frame);
    if (status != OPP_OK)
        return status;
    if (wire->size - start > INT32_MAX) {
        scan_damaged(scan, parent, header, "a message is too large");
        error_why(scan->err, "without its weights it takes 2 GiB or more");
        return OPP_EINPUT;
    }
    put_varint_at(wire, start - prefix_length, prefix_length,
                  wire->size - start);
    return OPP_OK;
}

/* The wire type of one value of each field type. */
static const unsigned char wire_types[] = {
    [PROTOBUF_C_TYPE_INT32] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SINT32] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SFIXED32] = WIRE_FIXED32,
    [PROTOBUF_C_TYPE_INT64] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SINT64] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_SFIXED64] = WIRE_FIXED64,
    [PROTOBUF_C_TYPE_UINT32] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_FIXED32] = WIRE_FIXED32,
    [PROTOBUF_C_TYPE_UINT64] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_FIXED64] = WIRE_FIXED64,
    [PROTOBUF_C_TYPE_FLOAT] = WIRE_FIXED32,
    [PROTOBUF_C_TYPE_DOUBLE] = WIRE_FIXED64,
    [PROTOBUF_C_TYPE_BOOL] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_ENUM] = WIRE_VARINT,
    [PROTOBUF_C_TYPE_STRING] = WIRE_BYTES,
    [PROTOBUF_C_TYPE_BYTES] = WIRE_BYTES,
    [PROTOBUF_C_TYPE_MESSAGE] = WIRE_BYTES,
};

/* The body of a field that is neither a message nor taken out. */
static enum opp_status
copy_bytes(struct scan *scan, const struct frame *frame,
           const struct header *header, uint64_t size)
{
    const ProtobufCFieldDescriptor *const field = header->field;
    const unsigned wire = field == NULL ? WIRE_BYTES : wire_types[field->type];
    const char *complaint = "a packed number does not end";
    inspect_fn inspect = NULL;
    unsigned length = 0;
    enum opp_status status;
    bool fine;

    if (size > INT32_MAX)
        return scan_damaged(scan, frame, header,
                            "a field that is no weight has 2 GiB or more");
    if ((wire == WIRE_FIXED32 && size % 4 != 0) ||
        (wire == WIRE_FIXED64 && size % 8 != 0))
        return scan_damaged(scan, frame, header, "packed numbers are cut");
    if (wire == WIRE_VARINT) {
        inspect = has_good_varints;
    } else if (field != NULL && field->type == PROTOBUF_C_TYPE_STRING) {
        inspect = has_no_nul;
        complaint = "a text contains a NUL byte, which C cannot keep";
    }
    status = copy(scan, size, inspect, &length, &fine);
    if (status == OPP_OK && (!fine || length != 0))
        status = scan_damaged(scan, frame, header, complaint);
    return status;
}

static bool
is_raw_data(const struct frame *frame, const struct header *header)
{
    return frame->type == &onnx__tensor_proto__descriptor &&
           header->number == RAW_DATA_FIELD;
}

static enum opp_status
copy_length_delimited(struct scan *scan, const struct frame *frame,
                      const struct header *header)
{
    static const unsigned char room[PREFIX_BYTES_MAX] = {0};
    struct buffer *const wire = &scan->slice->wire;
    const size_t prefix_at = wire->size;
    uint64_t size;
    size_t length;

    if (peek_varint(scan, frame->end, VARINT_BYTES_MAX, &size, &length))
        return OPP_EINPUT;
    if (length == 0)
        return scan_unfinished(scan, frame, header, "a length does not end");
    scan->reader.at += length;
    if (size > frame->end - scan->reader.at)
        return scan_out_of_bounds(scan, frame, header, size);
    if (length > PREFIX_BYTES_MAX)
        length = PREFIX_BYTES_MAX;
    if (!put(scan, room, length))
        return scan_no_memory(scan);
    if (is_raw_data(frame, header) && size >= SLICE_PAYLOAD_MIN)
        return slice_payload(scan, size, prefix_at, length);
    if (header->field != NULL && header->field->type == PROTOBUF_C_TYPE_MESSAGE)
        return copy_message(scan, frame, header, size, length);
    if (size <= INT32_MAX)
        put_varint_at(wire, prefix_at, length, size);
    return copy_bytes(scan, frame, header, size);
}

/* The bit of a singular field in frame.seen; the members of a oneof share
 * one. */
static uint64_t
bit_of(const struct frame *frame, const ProtobufCFieldDescriptor *field)
{
    const ProtobufCFieldDescriptor *first = field;

    assert(frame->type->n_fields <= 64);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        for (first = frame->type->fields;
             first->quantifier_offset != field->quantifier_offset; first++)
            continue;
    return UINT64_C(1) << (first - frame->type->fields);
}

/* Parsers merge two singular messages, and protobuf-c loses unknown fields of
 * the first; of two raw_data all but the last are dead. Two numbers or texts
 * are legal: the last one counts. */
static enum opp_status
check_singular(const struct scan *scan, struct frame *frame,
               const struct header *header)
{
    const ProtobufCFieldDescriptor *const field = header->field;
    uint64_t bit;

    if (field->label == PROTOBUF_C_LABEL_REPEATED ||
        (field->type != PROTOBUF_C_TYPE_MESSAGE && !is_raw_data(frame, header)))
        return OPP_OK;
    bit = bit_of(frame, field);
    if ((frame->seen & bit) != 0)
        return scan_damaged(scan, frame, header,
                            "a field that may occur once occurs twice");
    frame->seen |= bit;
    return OPP_OK;
}

/* Repeated numbers may come one by one or packed. */
static bool
wire_fits(const struct header *header)
{
    const ProtobufCFieldDescriptor *const field = header->field;
    const unsigned wire = wire_types[field->type];

    return header->wire == wire ||
           (header->wire == WIRE_BYTES && wire != WIRE_BYTES &&
            field->label == PROTOBUF_C_LABEL_REPEATED);
}

static enum opp_status
copy_header(struct scan *scan, struct frame *frame, struct header *header)
{
    uint64_t tag;
    size_t length;
    bool fine;

    *header = (struct header){.offset = scan->reader.at};
    if (peek_varint(scan, frame->end, TAG_BYTES_MAX, &tag, &length))
        return OPP_EINPUT;
    if (length == 0)
        return scan_unfinished(scan, frame, header,
                               "a field number does not end");
    if (tag >> 3 == 0 || tag >> 3 > FIELD_MAX)
        return scan_damaged(scan, frame, header,
                            "a field number is out of range");
    header->number = (uint32_t)(tag >> 3);
    header->wire = (enum wire_type)(tag & 7);
    header->field =
        protobuf_c_message_descriptor_get_field(frame->type, header->number);
    if (header->wire == WIRE_GROUP || header->wire == WIRE_GROUP_END)
        return scan_damaged(scan, frame, header, "groups are not supported");
    if (header->wire > WIRE_FIXED32)
        return scan_damaged(scan, frame, header, "a wire type does not exist");
    if (header->field != NULL && !wire_fits(header))
        return scan_damaged(scan, frame, header,
                            "a field has the wrong wire type");
    if (header->field != NULL && check_singular(scan, frame, header))
        return OPP_EINPUT;
    return copy(scan, length, NULL, NULL, &fine);
}

static enum opp_status
copy_field(struct scan *scan, struct frame *frame)
{
    struct header header;
    const enum opp_status status = copy_header(scan, frame, &header);

    if (status != OPP_OK)
        return status;
    switch (header.wire) {
    case WIRE_VARINT:
        return copy_varint(scan, frame, &header);
    case WIRE_FIXED64:
        return copy_fixed(scan, frame, &header, 8);
    case WIRE_FIXED32:
        return copy_fixed(scan, frame, &header, 4);
    default:
        return copy_length_delimited(scan, frame, &header);
    }
}

static enum opp_status
scan_message(struct scan *scan, struct frame *frame)
{
    enum opp_status status = OPP_OK;

    while (status == OPP_OK && scan->reader.at < frame->end)
        status = copy_field(scan, frame);
    return status;
}

/* ---- interface ------------------------------------------------------- */

enum opp_status
slice_source(struct slice *slice, const struct source *source, size_t limit,
             struct opp_error *err)
{
    struct frame top = {
        .type = &onnx__model_proto__descriptor,
        .end = source->size,
    };
    struct scan *const scan = malloc(sizeof *scan);
    enum opp_status status;

    if (scan == NULL || !file_random(slice->nonce, sizeof slice->nonce)) {
        free(scan);
        return error_set(err, OPP_ENOMEM, "out of memory");
    }
    scan->slice = slice;
    scan->err = err;
    slice->wire.limit = limit;
    reader_init(&scan->reader, source);
    status = scan_message(scan, &top);
    free(scan);
    return status;
}

size_t
slice_count(const struct slice *slice)
{
    return slice->ranges.size / sizeof(struct slice_range);
}

struct slice_range
slice_range(const struct slice *slice, size_t i)
{
    struct slice_range range;

    memcpy(&range, slice->ranges.data + i * sizeof range, sizeof range);
    return range;
}

bool
slice_is_token(const struct slice *slice, const void *data, size_t size,
               size_t *i)
{
    uint64_t index;

    if (size != TOKEN_SIZE ||
        memcmp(data, slice->nonce, sizeof slice->nonce) != 0)
        return false;
    memcpy(&index, (const char *)data + sizeof slice->nonce, sizeof index);
    if (index >= slice_count(slice))
        return false;
    *i = (size_t)index;
    return true;
}

void
slice_free(struct slice *slice)
{
    buffer_free(&slice->wire);
    buffer_free(&slice->ranges);
}
