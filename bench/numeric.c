/* Speed of the numeric kernels: GB/s of single precision data on one core,
 * best of several sweeps, from the second-level cache and from memory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "numeric/convert.h"
#include "numeric/kernels.h"

enum { SMALL = 1 << 16, LARGE = 1 << 26 };

static double
seconds(void)
{
    struct timespec now;

    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Values like those of weights: mostly below 0.1, some tiny. */
static void
fill(float *values, size_t n)
{
    uint32_t state = 1;

    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (int k = 0; k < 4; k++) {
            state = state * 1664525u + 1013904223u;
            sum += (float)(state >> 8) * 0x1p-24f - 0.5f;
        }
        values[i] = 0.05f * sum;
    }
}

/* What one line measures: sweep 0 rounds, 1 saturates, 2 gathers. */
struct line {
    const struct numeric_kernels *kernels;
    size_t format, sweep;
    const float *in;
    uint16_t *out;
};

enum { SWEEPS = 3 };

static void
run(const struct line *line, size_t n)
{
    struct numeric_range range;

    numeric_range_init(&range);
    for (size_t i = 0; i < n; i += NUMERIC_BLOCK) {
        const size_t count = n - i < NUMERIC_BLOCK ? n - i : NUMERIC_BLOCK;
        if (line->sweep < 2)
            line->kernels->narrow[line->format][line->sweep](
                line->out + i, line->in + i, count);
        else
            line->kernels->range[line->format](line->in + i, count, &range);
    }
}

static double
best_of(const struct line *line, size_t n)
{
    const int times = n == SMALL ? 2000 : 7;
    double best = INFINITY;

    for (int i = 0; i < times; i++) {
        const double start = seconds();
        run(line, n);
        best = fmin(best, seconds() - start);
    }
    return (double)(n * sizeof *line->in) / best * 1e-9;
}

int
main(void)
{
    static const char *const formats[] = {"f16", "bf16"};
    static const char *const sweeps[] = {"narrow", "saturate", "range"};
    float *const in = malloc(LARGE * sizeof *in);
    uint16_t *const out = malloc(LARGE * sizeof *out);
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    if (in == NULL || out == NULL)
        return EXIT_FAILURE;
    fill(in, LARGE);
    puts("kernel    format  sweep          cached   memory  (GB/s)");
    for (size_t i = 0; i < 2 * SWEEPS * n; i++) {
        const struct line line = {.kernels = all[i / SWEEPS / 2],
                                  .format = i / SWEEPS % 2,
                                  .sweep = i % SWEEPS,
                                  .in = in,
                                  .out = out};
        printf("%-9s %-7s %-12s %8.2f", line.kernels->name,
               formats[line.format], sweeps[line.sweep], best_of(&line, SMALL));
        printf(" %8.2f\n", best_of(&line, LARGE));
    }
    free(in);
    free(out);
    return EXIT_SUCCESS;
}
