#include "model/digest.h"

#include <pthread.h>
#include <stdatomic.h>

#include "model/source.h"

/* Bytes that are read at once: they stay in the second-level cache. */
enum { PIECE = 64 * 1024 };

/* From this size on a thread is worth its start. */
enum { LARGE = 4 * 1024 * 1024 };

struct digest {
    const struct source *source;
    pthread_t thread;
    bool running; /* `thread` is to be joined */
    bool done;    /* `status` and what belongs to it are set */
    atomic_bool stopped;
    enum opp_status status;
    struct opp_error error;
    char text[HASH128_TEXT];
};

static void
compute(struct digest *digest)
{
    const struct source *const source = digest->source;
    unsigned char piece[PIECE];
    struct hash128 hash;

    digest->status = OPP_OK;
    hash128_begin(&hash);
    for (uint64_t at = 0; at < source->size && !digest->stopped;) {
        const uint64_t rest = source->size - at;
        const size_t step = rest < sizeof piece ? (size_t)rest : sizeof piece;
        digest->status = source_read(source, piece, at, step, &digest->error);
        if (digest->status != OPP_OK)
            return;
        hash128_add(&hash, piece, step);
        at += step;
    }
    hash128_text(&hash, digest->text);
}

static void *
enter(void *argument)
{
    compute(argument);
    return NULL;
}

static struct digest *
digest_of(struct model *model)
{
    if (model->digest == NULL) {
        model->digest = arena_new(&model->arena, struct digest);
        model->digest->source = model->source;
    }
    return model->digest;
}

void
digest_begin(struct model *model)
{
    struct digest *const digest = digest_of(model);

    if (model->source->size < LARGE || digest->running || digest->done)
        return;
    digest->running =
        pthread_create(&digest->thread, NULL, enter, digest) == 0;
}

enum opp_status
digest_get(struct model *model, const char **text, struct opp_error *err)
{
    struct digest *const digest = digest_of(model);

    if (digest->running)
        pthread_join(digest->thread, NULL);
    else if (!digest->done)
        compute(digest);
    digest->running = false;
    digest->done = true;
    *text = digest->text;
    if (digest->status != OPP_OK && err != NULL)
        *err = digest->error;
    return digest->status;
}

void
digest_stop(struct model *model)
{
    struct digest *const digest = model->digest;

    if (digest == NULL || !digest->running)
        return;
    digest->stopped = true;
    pthread_join(digest->thread, NULL);
    digest->stopped = false;
    digest->running = false;
}
