/* workers.h: a loop over independent units, run by several threads. The
 * calling thread is one of them, so that one thread means no threads at all.
 * Nothing may unwind out of a unit. */
#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

struct workers {
    unsigned threads; /* at least 1 */
    size_t units;
    void *payload;

    /* Does unit `unit`; `worker` is less than `threads` and tells which of
     * the threads does it. Returns false to stop: no unit begins after that. */
    bool (*run)(void *payload, unsigned worker, size_t unit);

    /* Called by the calling thread only, now and then; or NULL. */
    void (*progress)(void *payload);
};

/* Runs all units, each once, in no order. False when one returned false. */
bool workers_run(const struct workers *workers);

#endif
