#include "model/transfer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/workers.h"
#include "model/output.h"

/* Bytes of the output that one thread writes at once. */
#define UNIT ((size_t)1 << 20)

struct state {
    struct transfer *transfer;
    size_t *first;          /* number of the first unit of each job */
    XXH128_hash_t *digests; /* by unit; NULL when no hash is wanted */
    unsigned char *buffers; /* UNIT bytes for each thread */
    size_t units;
    atomic_uint_least64_t done;
    pthread_mutex_t lock; /* of the two below */
    enum opp_status status;
    struct opp_error error; /* the first one */
};

void
progress_add(struct progress *progress, uint64_t bytes)
{
    progress->done += bytes;
    if (bytes > 0 && progress->fn != NULL)
        progress->fn(progress->payload, "writing", progress->done,
                     progress->total);
}

/* ---- one unit -------------------------------------------------------- */

struct unit {
    const struct job *job;
    uint64_t at; /* in the job */
    size_t size;
};

static struct unit
find_unit(const struct state *state, size_t number)
{
    size_t low = 0, high = state->transfer->n_jobs;

    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (state->first[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    struct unit unit = {.job = &state->transfer->jobs[low]};
    unit.at = (uint64_t)(number - state->first[low]) * UNIT;
    const uint64_t rest = unit.job->size - unit.at;
    unit.size = rest < UNIT ? (size_t)rest : UNIT;
    return unit;
}

static enum opp_status
copy_unit(const struct state *state, const struct unit *unit,
          struct opp_error *err)
{
    const struct transfer *const transfer = state->transfer;
    const struct payload *const payload = unit->job->payload;

    switch (file_copy(payload->source->fd, payload->offset + unit->at,
                      transfer->fd, unit->job->offset + unit->at, unit->size)) {
    case FILE_COPIED:
        return OPP_OK;
    case FILE_READ_FAILED:
        return source_read_error(payload->source, errno, err);
    case FILE_WRITE_FAILED:
        return output_error(transfer->path, errno, err);
    }
    return OPP_EBUG;
}

/* The bytes of the unit, in `buffer` or where they are. */
static enum opp_status
get_unit(const struct unit *unit, unsigned char *buffer,
         const unsigned char **data, struct opp_error *err)
{
    const struct payload *const payload = unit->job->payload;

    *data = buffer;
    if (payload != NULL)
        return payload_read(payload, unit->at, buffer, unit->size, err);
    *data = unit->job->memory + unit->at;
    return OPP_OK;
}

static bool
can_copy(const struct state *state, const struct unit *unit)
{
    const struct payload *const payload = unit->job->payload;

    return payload != NULL && payload_is_plain(payload) &&
           payload->source->fd >= 0 &&
           state->digests == NULL;
}

static enum opp_status
write_unit(const struct state *state, unsigned worker, size_t number,
           const struct unit *unit, struct opp_error *err)
{
    const struct transfer *const transfer = state->transfer;
    const unsigned char *data;
    enum opp_status status;

    if (can_copy(state, unit))
        return copy_unit(state, unit, err);
    status = get_unit(unit, state->buffers + worker * UNIT, &data, err);
    if (status != OPP_OK)
        return status;
    const uint64_t offset = unit->job->offset + unit->at;
    if (state->digests != NULL)
        state->digests[number] =
            XXH3_128bits_withSeed(data, unit->size, offset);
    if (!file_write_at(transfer->fd, data, unit->size, offset))
        return output_error(transfer->path, errno, err);
    return OPP_OK;
}

static bool
run_unit(void *payload, unsigned worker, size_t number)
{
    struct state *const state = payload;
    const struct unit unit = find_unit(state, number);
    struct opp_error error;
    const enum opp_status status =
        write_unit(state, worker, number, &unit, &error);

    if (status == OPP_OK) {
        atomic_fetch_add(&state->done, unit.size);
        return true;
    }
    pthread_mutex_lock(&state->lock);
    if (state->status == OPP_OK) {
        state->status = status;
        state->error = error;
    }
    pthread_mutex_unlock(&state->lock);
    return false;
}

static void
report(void *payload)
{
    struct state *const state = payload;

    progress_add(state->transfer->progress, atomic_exchange(&state->done, 0));
}

/* ---- all units ------------------------------------------------------- */

static void
number_units(struct state *state)
{
    const struct transfer *const transfer = state->transfer;

    for (size_t i = 0; i < transfer->n_jobs; i++) {
        state->first[i] = state->units;
        state->units += (size_t)((transfer->jobs[i].size + UNIT - 1) / UNIT);
    }
}

static bool
prepare(struct state *state)
{
    const struct transfer *const transfer = state->transfer;

    state->first = calloc(transfer->n_jobs + 1, sizeof *state->first);
    state->buffers = malloc(transfer->threads * UNIT);
    if (state->first == NULL || state->buffers == NULL)
        return false;
    number_units(state);
    if (!transfer->wants_hash)
        return true;
    state->digests = calloc(state->units + 1, sizeof *state->digests);
    return state->digests != NULL;
}

enum opp_status
transfer_run(struct transfer *transfer, struct opp_error *err)
{
    struct state state = {.transfer = transfer};
    struct workers workers = {
        .threads = transfer->threads,
        .payload = &state,
        .run = run_unit,
        .progress = report,
    };

    pthread_mutex_init(&state.lock, NULL);
    if (prepare(&state)) {
        workers.units = state.units;
        workers_run(&workers);
        if (state.status == OPP_OK && transfer->wants_hash)
            transfer->hash =
                XXH3_128bits(state.digests, state.units * sizeof *state.digests)
                    .high64;
        report(&state);
        if (state.status != OPP_OK && err != NULL)
            *err = state.error;
    } else {
        state.status = error_set(err, OPP_ENOMEM, "out of memory");
    }
    pthread_mutex_destroy(&state.lock);
    free(state.first);
    free(state.buffers);
    free(state.digests);
    return state.status;
}
