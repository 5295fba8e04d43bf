#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

double
progress_clock(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void
progress_start(struct progress *progress, int wanted)
{
    *progress = (struct progress){
        .enabled = wanted > 0 || (wanted == 0 && isatty(STDERR_FILENO) == 1),
        .next = wanted > 0 ? 0 : progress_clock() + 1,
    };
}

void
progress_step(void *payload, const char *stage, uint64_t done, uint64_t total)
{
    struct progress *const progress = payload;
    double now;

    if (!progress->enabled)
        return;
    now = progress_clock();
    if (now < progress->next)
        return;
    progress->next = now + 0.1;
    progress->drawn = true;
    if (total == 0)
        fprintf(stderr, "\r%s\033[K", stage);
    else
        fprintf(stderr, "\r%s %3.0f %%\033[K", stage,
                100.0 * (double)done / (double)total);
    fflush(stderr);
}

void
progress_erase(struct progress *progress)
{
    if (!progress->drawn)
        return;
    progress->drawn = false;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
