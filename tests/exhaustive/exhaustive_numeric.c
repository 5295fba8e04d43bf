/* All 2^32 single precision values through every kernel that runs here:
 *   - the portable kernel against the definition of rounding: the result is the
 *     one whose interval, between the ties to its neighbours, holds the value;
 *   - the same where overflow saturates;
 *   - every kernel against the portable one, and so are its statistics;
 *   - all 2^16 values of the narrow formats back, through every kernel.
 * `exhaustive_numeric --stride N` takes every Nth value. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numeric/convert.h"
#include "numeric/kernels.h"

enum { BLOCK = 1 << 16, THREADS = 2, KERNELS_MAX = 4 };

/* The first two by enum numeric_overflow. */
enum check { CHECK_NARROW, CHECK_SATURATE, CHECK_RANGE, CHECK_WIDEN, N_CHECKS };

static const char *const check_names[] = {
    [CHECK_NARROW] = "narrow",
    [CHECK_SATURATE] = "saturate",
    [CHECK_RANGE] = "range",
    [CHECK_WIDEN] = "widen",
};

static const char *const format_names[] = {
    [NUMERIC_F16] = "f16",
    [NUMERIC_BF16] = "bf16",
};

/* What rounds to each magnitude of a format: from `low` to `high`, the ends
 * only for even magnitudes. Where overflow saturates, infinity rounds to
 * itself, and all before it to the largest finite value. */
struct intervals {
    uint16_t infinity;
    int dropped; /* bits of the fraction */
    double value[32768];
    double low[32768];
    double high[32768];
};

struct job {
    uint64_t first; /* in blocks */
    uint64_t step;
    uint64_t n_values;
    uint64_t stride;
    const struct intervals *intervals;
    uint64_t mismatches[KERNELS_MAX][2][N_CHECKS];
};

struct block {
    size_t n;
    uint32_t in[BLOCK];
    uint16_t expected[2][BLOCK]; /* by enum numeric_overflow */
    uint16_t out[BLOCK];
    struct numeric_range expected_range;
};

static void
make_intervals(struct intervals *intervals, int fraction_bits, int bias)
{
    const int infinity = 0x7fff & -(1 << fraction_bits);
    double value = 0;

    intervals->infinity = (uint16_t)infinity;
    intervals->dropped = 23 - fraction_bits;
    intervals->low[0] = 0;
    for (int i = 0; i < infinity; i++) {
        const int exponent = i >> fraction_bits > 1 ? i >> fraction_bits : 1;
        const double gap = ldexp(1, exponent - bias - fraction_bits);
        intervals->value[i] = value;
        intervals->high[i] = value + gap / 2;
        intervals->low[i + 1] = value + gap / 2;
        value += gap;
    }
    intervals->high[infinity] = INFINITY;
}

static bool
is_rounded(const struct intervals *intervals, enum numeric_overflow overflow,
           uint32_t bits, uint16_t narrow)
{
    const double abs = fabs((double)numeric_f32_of_bits(bits));
    const uint16_t to = narrow & 0x7fff;
    const uint16_t largest = intervals->infinity - 1;

    if (bits >> 31 != narrow >> 15)
        return false;
    if (isnan(abs)) {
        const uint32_t payload = bits >> intervals->dropped;
        const uint32_t quiet = 1u << (22 - intervals->dropped);
        return to == ((payload & 0x7fffu) | quiet | intervals->infinity);
    }
    if (to > intervals->infinity)
        return false;
    if (overflow == NUMERIC_SATURATE && to >= largest)
        return to == largest ? abs > intervals->low[to] && !isinf(abs)
                             : isinf(abs);
    if (to % 2 == 0)
        return abs >= intervals->low[to] && abs <= intervals->high[to];
    return abs > intervals->low[to] && abs < intervals->high[to];
}

static bool
is_same_range(const struct numeric_range *a, const struct numeric_range *b)
{
    return a->count == b->count && a->nan == b->nan &&
           a->infinite == b->infinite && a->overflow == b->overflow &&
           a->saturable == b->saturable && a->flushed == b->flushed &&
           a->subnormal == b->subnormal && a->inexact == b->inexact &&
           a->min == b->min && a->max == b->max && a->min_abs == b->min_abs &&
           a->sum_sq == b->sum_sq && a->sum_err_sq == b->sum_err_sq;
}

static uint64_t
count_differences(const struct block *block, const uint16_t *expected)
{
    uint64_t n = 0;

    for (size_t i = 0; i < block->n; i++)
        n += block->out[i] != expected[i];
    return n;
}

/* Neighbours differ by 2^22, half an octave: so most vectors have values of
 * one class, and some have values of two. */
static void
fill(struct block *block, const struct job *job, uint64_t index)
{
    const uint64_t first = index * BLOCK;

    block->n =
        job->n_values - first < BLOCK ? (size_t)(job->n_values - first) : BLOCK;
    for (size_t i = 0; i < block->n; i++) {
        const uint32_t value = (uint32_t)((first + i) * job->stride);
        block->in[i] = value << 22 | value >> 10;
    }
}

/* The portable kernel against the definition. */
static void
check_portable(struct block *block, enum numeric_format format, struct job *job)
{
    const struct numeric_kernels *const portable = numeric_kernels_portable();
    uint64_t *const mismatches = job->mismatches[0][format];

    for (unsigned o = 0; o < 2; o++) {
        uint16_t *const expected = block->expected[o];
        portable->narrow[format][o](expected, block->in, block->n);
        for (size_t i = 0; i < block->n; i++)
            mismatches[o] +=
                !is_rounded(&job->intervals[format], (enum numeric_overflow)o,
                            block->in[i], expected[i]);
    }
    numeric_range_init(&block->expected_range);
    portable->range[format](block->in, block->n, &block->expected_range);
}

static void
check_kernel(struct block *block, const struct numeric_kernels *kernels,
             enum numeric_format format, uint64_t mismatches[N_CHECKS])
{
    struct numeric_range range;

    for (size_t o = 0; o < 2; o++) {
        memset(block->out, 0x55, sizeof block->out);
        kernels->narrow[format][o](block->out, block->in, block->n);
        mismatches[o] += count_differences(block, block->expected[o]);
    }
    numeric_range_init(&range);
    kernels->range[format](block->in, block->n, &range);
    mismatches[CHECK_RANGE] += !is_same_range(&range, &block->expected_range);
}

static void
check_block(struct block *block, enum numeric_format format, struct job *job)
{
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    check_portable(block, format, job);
    for (size_t k = 1; k < n; k++)
        check_kernel(block, all[k], format, job->mismatches[k][format]);
}

static void *
run(void *argument)
{
    static _Thread_local struct block block;
    struct job *const job = argument;
    const uint64_t n_blocks = (job->n_values + BLOCK - 1) / BLOCK;

    for (uint64_t i = job->first; i < n_blocks; i += job->step) {
        fill(&block, job, i);
        check_block(&block, NUMERIC_F16, job);
        check_block(&block, NUMERIC_BF16, job);
    }
    return NULL;
}

static bool
is_widened(const struct intervals *intervals, uint16_t narrow, uint32_t bits)
{
    const double abs = fabs((double)numeric_f32_of_bits(bits));
    const uint16_t from = narrow & 0x7fff;

    if (bits >> 31 != narrow >> 15)
        return false;
    if (from > intervals->infinity)
        return isnan(abs);
    if (from == intervals->infinity)
        return isinf(abs);
    return abs == intervals->value[from];
}

/* Of all 2^16 values of a format. */
static uint64_t
count_wrongly_widened(const struct intervals *intervals,
                      enum numeric_format format, numeric_widen_fn *widen)
{
    enum { N = 1 << 16 };
    static uint16_t in[N];
    static uint32_t expected[N], out[N];
    uint64_t n = 0;

    for (size_t i = 0; i < N; i++)
        in[i] = (uint16_t)i;
    numeric_kernels_portable()->widen[format](expected, in, N);
    widen(out, in, N);
    for (size_t i = 0; i < N; i++)
        n += out[i] != expected[i] || !is_widened(intervals, in[i], out[i]);
    return n;
}

static void
check_widening(const struct intervals intervals[2], struct job *job)
{
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    for (size_t k = 0; k < n; k++)
        for (size_t f = 0; f < 2; f++)
            job->mismatches[k][f][CHECK_WIDEN] = count_wrongly_widened(
                &intervals[f], (enum numeric_format)f, all[k]->widen[f]);
}

/* Prints a line for each check of each kernel; returns the failed ones. */
static int
report(const struct job jobs[THREADS], int *n_passed)
{
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);
    int n_failed = 0;

    for (size_t i = 0; i < n * 2 * N_CHECKS; i++) {
        const size_t kernel = i / N_CHECKS / 2;
        const size_t format = i / N_CHECKS % 2;
        const size_t check = i % N_CHECKS;
        uint64_t mismatches = 0;
        if (kernel == 0 && check == CHECK_RANGE)
            continue;
        for (int t = 0; t < THREADS; t++)
            mismatches += jobs[t].mismatches[kernel][format][check];
        printf("%-8s %-4s %-12s %" PRIu64 " values, %" PRIu64 " mismatches\n",
               all[kernel]->name, format_names[format], check_names[check],
               check == CHECK_WIDEN ? UINT64_C(1) << 16 : jobs[0].n_values,
               mismatches);
        *n_passed += mismatches == 0;
        n_failed += mismatches != 0;
    }
    return n_failed;
}

static bool
parse_stride(int argc, char **argv, uint64_t *stride)
{
    char *end;

    *stride = 1;
    if (argc == 1)
        return true;
    if (argc != 3 || strcmp(argv[1], "--stride") != 0)
        return false;
    errno = 0;
    *stride = strtoull(argv[2], &end, 10);
    return errno == 0 && *end == '\0' && *stride > 0 && *stride <= 1u << 31;
}

int
main(int argc, char **argv)
{
    static struct intervals intervals[2];
    static struct job jobs[THREADS];
    pthread_t threads[THREADS];
    uint64_t stride;
    int n_passed = 0, n_failed;

    if (!parse_stride(argc, argv, &stride)) {
        fprintf(stderr, "usage: %s [--stride N]\n", argv[0]);
        return 2;
    }
    make_intervals(&intervals[NUMERIC_F16], 10, 15);
    make_intervals(&intervals[NUMERIC_BF16], 7, 127);
    for (unsigned t = 0; t < THREADS; t++) {
        jobs[t].first = t;
        jobs[t].step = THREADS;
        jobs[t].n_values = ((UINT64_C(1) << 32) + stride - 1) / stride;
        jobs[t].stride = stride;
        jobs[t].intervals = intervals;
        if (pthread_create(&threads[t], NULL, run, &jobs[t]) != 0) {
            fputs("cannot start a thread\n", stderr);
            return 2;
        }
    }
    for (unsigned t = 0; t < THREADS; t++)
        pthread_join(threads[t], NULL);
    check_widening(intervals, &jobs[0]);
    n_failed = report(jobs, &n_passed);
    printf("%d passed, %d failed\n", n_passed, n_failed);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
