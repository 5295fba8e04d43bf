/* scan.h: the state of slice_source, shared by slice.c and the messages of
 * scan_error.c; nobody else needs it. */
#ifndef MODEL_SCAN_H
#define MODEL_SCAN_H

#include "model/reader.h"
#include "model/slice.h"

/* Protocol Buffers, Encoding: the lowest three bits of a tag. */
enum wire_type {
    WIRE_VARINT,
    WIRE_FIXED64,
    WIRE_BYTES,
    WIRE_GROUP,
    WIRE_GROUP_END,
    WIRE_FIXED32,
};

/* The message that is being scanned, and those around it. */
struct frame {
    const struct frame *parent;
    const ProtobufCMessageDescriptor *type;
    const ProtobufCFieldDescriptor *field; /* of the parent; NULL at the top */
    uint64_t end;                          /* position behind the message */
    uint64_t seen; /* bit i: field i, a singular one, has occurred */
    unsigned depth;
};

struct scan {
    struct slice *slice;
    struct opp_error *err;
    struct reader reader; /* large: the scan itself is on the heap */
};

/* One field's header. */
struct header {
    uint64_t offset; /* of the tag */
    uint32_t number; /* 0 as long as it is not known */
    enum wire_type wire;
    const ProtobufCFieldDescriptor *field; /* NULL when unknown */
};

/* Errors; each returns its status. The first says what is wrong with the
 * field of `header` in the message of `frame`. */
enum opp_status scan_damaged(const struct scan *scan, const struct frame *frame,
                             const struct header *header, const char *what);
/* The same for a number that does not end; the file may be cut there. */
enum opp_status scan_unfinished(const struct scan *scan,
                                const struct frame *frame,
                                const struct header *header, const char *what);
enum opp_status scan_out_of_bounds(const struct scan *scan,
                                   const struct frame *frame,
                                   const struct header *header, uint64_t size);
enum opp_status scan_unreadable(const struct scan *scan);
enum opp_status scan_no_memory(const struct scan *scan);

#endif
