#include "model/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/output.h"

#define BUFFER_SIZE ((size_t)256 * 1024)

struct sink {
    ProtobufCBuffer base; /* first: protobuf-c knows only this */
    const struct model *model;
    struct sink_target target;
    struct buffer jobs;
    uint64_t at; /* position behind the buffer */
    size_t fill;
    enum opp_status status;
    struct opp_error error;
    unsigned char buffer[BUFFER_SIZE];
};

static void
hand_over(struct sink *sink, const void *data, size_t size, uint64_t at)
{
    const struct sink_target *const target = &sink->target;

    if (sink->status != OPP_OK || size == 0)
        return;
    if (target->fd >= 0 && !file_write_at(target->fd, data, size, at))
        sink->status = output_error(target->path, errno, &sink->error);
    else if (target->fd < 0 && target->write(target->payload, data, size) != 0)
        sink->status =
            error_set(&sink->error, OPP_EOUTPUT, "could not write the output");
    else
        progress_add(target->progress, size);
}

static void
flush(struct sink *sink)
{
    hand_over(sink, sink->buffer, sink->fill, sink->at - sink->fill);
    sink->fill = 0;
}

/* The values of a payload, in order, through the buffer. */
static void
stream_payload(struct sink *sink, const struct payload *payload)
{
    const uint64_t size = payload_bytes(payload);

    for (uint64_t i = 0; i < size && sink->status == OPP_OK;) {
        const uint64_t rest = size - i;
        const size_t step = rest < BUFFER_SIZE ? (size_t)rest : BUFFER_SIZE;
        sink->status =
            payload_read(payload, i, sink->buffer, step, &sink->error);
        hand_over(sink, sink->buffer, step, 0);
        i += step;
    }
}

static void
append_payload(struct sink *sink, const struct payload *payload)
{
    const struct job job = {
        .payload = payload,
        .size = payload_bytes(payload),
        .offset = sink->at,
    };

    flush(sink);
    if (sink->target.fd < 0)
        stream_payload(sink, payload);
    else if (!buffer_append(&sink->jobs, &job, sizeof job))
        sink->status = error_set(&sink->error, OPP_ENOMEM, "out of memory");
    sink->at += job.size;
}

static void
append(ProtobufCBuffer *base, size_t size, const uint8_t *data)
{
    struct sink *const sink = (struct sink *)base;
    const struct payload *const payload = payload_find(sink->model, data);

    if (payload != NULL) {
        append_payload(sink, payload);
        return;
    }
    if (size > BUFFER_SIZE - sink->fill)
        flush(sink);
    if (size > BUFFER_SIZE) {
        hand_over(sink, data, size, sink->at);
    } else if (size > 0) {
        memcpy(sink->buffer + sink->fill, data, size);
        sink->fill += size;
    }
    sink->at += size;
}

struct sink *
sink_new(const struct model *model, const struct sink_target *target)
{
    struct sink *const sink = calloc(1, sizeof *sink);

    if (sink == NULL)
        return NULL;
    sink->base.append = append;
    sink->model = model;
    sink->target = *target;
    return sink;
}

ProtobufCBuffer *
sink_buffer(struct sink *sink)
{
    return &sink->base;
}

enum opp_status
sink_finish(struct sink *sink, struct opp_error *err)
{
    flush(sink);
    if (sink->status != OPP_OK && err != NULL)
        *err = sink->error;
    return sink->status;
}

const struct job *
sink_jobs(const struct sink *sink, size_t *n)
{
    *n = sink->jobs.size / sizeof(struct job);
    return (const struct job *)(const void *)sink->jobs.data;
}

void
sink_free(struct sink *sink)
{
    if (sink == NULL)
        return;
    buffer_free(&sink->jobs);
    free(sink);
}
