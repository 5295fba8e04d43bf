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

static void
narrow_all(numeric_narrow_fn *narrow, uint16_t *out, const float *in, size_t n,
           struct numeric_range *range)
{
    for (size_t i = 0; i < n; i += NUMERIC_BLOCK) {
        const size_t rest = n - i;
        narrow(out + i, in + i, rest < NUMERIC_BLOCK ? rest : NUMERIC_BLOCK,
               range);
    }
}

static double
best_of(numeric_narrow_fn *narrow, uint16_t *out, const float *in, size_t n,
        struct numeric_range *range)
{
    const int times = n == SMALL ? 2000 : 7;
    double best = INFINITY;

    for (int i = 0; i < times; i++) {
        const double start = seconds();
        narrow_all(narrow, out, in, n, range);
        best = fmin(best, seconds() - start);
    }
    return (double)(n * sizeof *in) / best * 1e-9;
}

int
main(void)
{
    static const char *const formats[] = {"f16", "bf16"};
    float *const in = malloc(LARGE * sizeof *in);
    uint16_t *const out = malloc(LARGE * sizeof *out);
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    if (in == NULL || out == NULL)
        return EXIT_FAILURE;
    fill(in, LARGE);
    puts("kernel    format  sweep          cached   memory  (GB/s)");
    for (size_t i = 0; i < 4 * n; i++) {
        const size_t format = i / 2 % 2;
        numeric_narrow_fn *const narrow = all[i / 4]->narrow[format];
        struct numeric_range range;
        struct numeric_range *const gather = i % 2 == 0 ? NULL : &range;
        numeric_range_init(&range);
        printf("%-9s %-7s %-12s %8.2f", all[i / 4]->name, formats[format],
               gather == NULL ? "narrow" : "narrow+range",
               best_of(narrow, out, in, SMALL, gather));
        printf(" %8.2f\n", best_of(narrow, out, in, LARGE, gather));
    }
    free(in);
    free(out);
    return EXIT_SUCCESS;
}
