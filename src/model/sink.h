/* sink.h: what protobuf-c packs a model into. The bytes of the graph go out
 * through a buffer. Where protobuf-c hands over a payload, nothing is written
 * to a file but a job is noted for transfer.h; a callback, which takes bytes
 * in order, gets the values at once. Errors stick: ask sink_finish. */
#ifndef MODEL_SINK_H
#define MODEL_SINK_H

#include "model/transfer.h"

struct sink;

struct sink_target {
    int fd;           /* -1 for a callback */
    const char *path; /* of fd, for messages */
    opp_write_fn write;
    void *payload;
    struct progress *progress; /* told of all but the jobs */
};

/* NULL when memory runs out. What `target` points to stays the caller's. */
struct sink *sink_new(const struct model *model,
                      const struct sink_target *target);

/* For protobuf_c_message_pack_to_buffer. */
ProtobufCBuffer *sink_buffer(struct sink *sink);

/* Hands out the rest. OPP_EOUTPUT, OPP_EINPUT or OPP_ENOMEM. */
enum opp_status sink_finish(struct sink *sink, struct opp_error *err);

/* The jobs that are left to do; they belong to the sink. */
const struct job *sink_jobs(const struct sink *sink, size_t *n);

void sink_free(struct sink *sink);

#endif
