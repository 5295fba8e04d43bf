/* progress.h: one line on standard error for calls that take long. It
 * appears after a second, is redrawn ten times a second at most, and is erased
 * at the end, so that a terminal keeps nothing of it. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool enabled;
    bool drawn;
    double next; /* seconds on the clock at which to draw */
};

/* `wanted`: 1 draws at once and whatever standard error is (--progress), -1
 * never (--no-progress), 0 after a second, on a terminal only. */
void progress_start(struct progress *progress, int wanted);

/* An opp_progress_fn; `payload` is the struct progress. */
void progress_step(void *payload, const char *stage, uint64_t done,
                   uint64_t total);

/* Erases the line. Call it before anything else is printed. */
void progress_erase(struct progress *progress);

/* Seconds on a clock that is never set back. */
double progress_clock(void);

#endif
