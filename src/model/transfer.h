/* transfer.h: values into a file that is open for writing, each range at its
 * place, by several threads. Unchanged ranges are copied from file to file,
 * converted ones pass through memory 1 MiB at a time. */
#ifndef MODEL_TRANSFER_H
#define MODEL_TRANSFER_H

#include "base/buffer.h"
#include "model/payload.h"

/* One range of the output and where it comes from: a payload, or memory. */
struct job {
    const struct payload *payload; /* NULL when it is memory */
    const unsigned char *memory;
    uint64_t size;   /* as it is written */
    uint64_t offset; /* in the output */
};

/* How far a save is, over several files. */
struct progress {
    opp_progress_fn fn; /* may be NULL */
    void *payload;
    uint64_t done, total;
};

/* Adds `bytes` to what is done and tells. */
void progress_add(struct progress *progress, uint64_t bytes);

struct transfer {
    const struct job *jobs;
    size_t n_jobs;
    int fd;
    const char *path; /* of fd, for messages */
    unsigned threads;
    struct progress *progress;
    bool wants_hash;
    uint64_t hash; /* of all that was written, when wanted; see below */
};

/* Writes all jobs. The sources must have been verified. The hash is the high
 * half of the XXH3-128 over the XXH3-128 of each MiB of each job, seeded with
 * its offset in the output, so that any thread may hash any part.
 * OPP_EINPUT, OPP_EOUTPUT or OPP_ENOMEM. */
enum opp_status transfer_run(struct transfer *transfer, struct opp_error *err);

#endif
