#include "base/workers.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS_MAX 64

struct state {
    const struct workers *workers;
    atomic_size_t next;
    atomic_bool stopped;
};

struct thread {
    struct state *state;
    unsigned worker;
    pthread_t id;
};

static void
work(struct state *state, unsigned worker)
{
    const struct workers *const workers = state->workers;

    while (!atomic_load(&state->stopped)) {
        const size_t unit = atomic_fetch_add(&state->next, 1);
        if (unit >= workers->units)
            return;
        if (!workers->run(workers->payload, worker, unit))
            atomic_store(&state->stopped, true);
        if (worker == 0 && workers->progress != NULL)
            workers->progress(workers->payload);
    }
}

static void *
enter(void *argument)
{
    const struct thread *const thread = argument;

    work(thread->state, thread->worker);
    return NULL;
}

bool
workers_run(const struct workers *workers)
{
    struct state state = {.workers = workers};
    struct thread threads[THREADS_MAX];
    unsigned started = 1;

    /* A thread that does not start is missed by nobody: the others take its
     * units. */
    while (started < workers->threads && started < THREADS_MAX &&
           started < workers->units) {
        struct thread *const thread = &threads[started];
        *thread = (struct thread){.state = &state, .worker = started};
        if (pthread_create(&thread->id, NULL, enter, thread) != 0)
            break;
        started++;
    }
    work(&state, 0);
    for (unsigned i = 1; i < started; i++)
        pthread_join(threads[i].id, NULL);
    return !atomic_load(&state.stopped);
}
