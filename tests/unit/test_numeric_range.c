/* Statistics of what a narrower format does to a tensor, and the functions of
 * convert.h that cut long arrays into blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "numeric_oracle.h"

/* The counts of `n` values by their definitions, and sums one by one. */
static struct numeric_range
oracle_range(enum numeric_format format, const uint32_t *bits, size_t n)
{
    const struct layout *const layout = &layouts[format];
    const double max = magnitude(layout, (uint16_t)(layout->infinity - 1));
    const double normal = ldexp(1, 1 - layout->bias);
    struct numeric_range r = {
        .count = n, .min = INFINITY, .max = -INFINITY, .min_abs = INFINITY};

    for (size_t i = 0; i < n; i++) {
        const float x = numeric_f32_of_bits(bits[i]);
        r.nan += isnan(x) != 0;
        r.infinite += isinf(x) != 0;
        if (!isfinite(x))
            continue;
        const double y = decode(layout, nearest(layout, x));
        r.overflow += isinf(y) != 0;
        r.saturable += fabs(x) > max && fabs(y) <= max;
        r.flushed += x != 0 && y == 0;
        r.subnormal += y != 0 && fabs(y) < normal;
        r.inexact += y != x;
        r.min = fminf(r.min, x + 0.0f);
        r.max = fmaxf(r.max, x + 0.0f);
        if (x != 0)
            r.min_abs = fminf(r.min_abs, fabsf(x));
        if (isinf(y))
            continue;
        r.sum_sq += (double)x * x;
        r.sum_err_sq += (x - y) * (x - y);
    }
    return r;
}

static void
assert_close(double actual, double expected)
{
    assert_true(fabs(actual - expected) <= 1e-12 * expected);
}

static void
assert_same_counts(const struct numeric_range *a, const struct numeric_range *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->nan, b->nan);
    assert_int_equal(a->infinite, b->infinite);
    assert_int_equal(a->overflow, b->overflow);
    assert_int_equal(a->saturable, b->saturable);
    assert_int_equal(a->flushed, b->flushed);
    assert_int_equal(a->subnormal, b->subnormal);
    assert_int_equal(a->inexact, b->inexact);
    assert_int_equal(numeric_f32_to_bits(a->min), numeric_f32_to_bits(b->min));
    assert_int_equal(numeric_f32_to_bits(a->max), numeric_f32_to_bits(b->max));
    assert_int_equal(numeric_f32_to_bits(a->min_abs),
                     numeric_f32_to_bits(b->min_abs));
}

static void
check_range(const struct numeric_kernels *kernels, enum numeric_format format,
            const uint32_t *bits, size_t n)
{
    const struct numeric_range expected = oracle_range(format, bits, n);
    struct numeric_range range, portable;

    numeric_range_init(&range);
    numeric_range_init(&portable);
    kernels->range[format](bits, n, &range);
    numeric_kernels_portable()->range[format](bits, n, &portable);
    assert_same_counts(&range, &expected);
    assert_close(range.sum_sq, expected.sum_sq);
    assert_close(range.sum_err_sq, expected.sum_err_sq);
    assert_true(range.sum_sq == portable.sum_sq);
    assert_true(range.sum_err_sq == portable.sum_err_sq);
}

static void
test_ranges_against_oracle(void **state)
{
    enum { N = 10007 };
    static uint32_t bits[N];
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    (void)state;
    fill(bits, N, 1);
    for (size_t k = 0; k < 2 * n; k++)
        check_range(all[k / 2], formats[k % 2], bits, N);
}

/* One table entry beside seven ordinary values, in each place of a vector. */
static void
test_ranges_of_mixed_vectors(void **state)
{
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    (void)state;
    for (size_t i = 0; i < sizeof f16_pairs / sizeof *f16_pairs; i++)
        for (size_t place = 0; place < 8; place++) {
            uint32_t bits[8];
            for (size_t j = 0; j < 8; j++)
                bits[j] = numeric_f32_to_bits(1.0f + (float)j);
            bits[place] = f16_pairs[i].f32;
            for (size_t k = 0; k < 2 * n; k++)
                check_range(all[k / 2], formats[k % 2], bits, 8);
        }
}

/* Tails of every length: a full vector before them or not. */
static void
test_ranges_of_tails(void **state)
{
    size_t n_kernels;
    const struct numeric_kernels *const *const all =
        numeric_kernels_all(&n_kernels);

    (void)state;
    for (size_t n = 0; n <= 70; n++) {
        uint32_t bits[70];
        fill(bits, n, (uint32_t)n + 1);
        for (size_t k = 0; k < 2 * n_kernels; k++)
            check_range(all[k / 2], formats[k % 2], bits, n);
    }
}

static void
test_arrays_longer_than_a_block(void **state)
{
    const size_t n = NUMERIC_BLOCK + 13;
    uint32_t *const bits = malloc(n * sizeof *bits);
    uint16_t *const out = malloc(n * sizeof *out);
    struct numeric_range whole, first, rest;

    (void)state;
    assert_non_null(bits);
    assert_non_null(out);
    fill(bits, n, 7);
    numeric_range_init(&whole);
    numeric_range_init(&first);
    numeric_range_init(&rest);
    numeric_narrow(NUMERIC_F16, NUMERIC_TO_INFINITY, out, bits, n);
    numeric_range_f32(&whole, bits, n, NUMERIC_F16);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(out[i],
                         numeric_f16_from_f32(numeric_f32_of_bits(bits[i])));
    numeric_range_f32(&first, bits, 1001, NUMERIC_F16);
    numeric_range_f32(&rest, bits + 1001, n - 1001, NUMERIC_F16);
    numeric_range_merge(&rest, &first);
    assert_same_counts(&rest, &whole);
    assert_close(rest.sum_sq, whole.sum_sq);
    numeric_widen(NUMERIC_F16, bits, out, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(bits[i], numeric_f32_bits_from_f16(out[i]));
    free(bits);
    free(out);
}

static void
test_empty_ranges(void **state)
{
    static const uint32_t none_finite[] = {0x7fc00000, 0xff800000};
    struct numeric_range range, empty;

    (void)state;
    numeric_range_init(&range);
    numeric_range_init(&empty);
    numeric_range_f32(&range, NULL, 0, NUMERIC_F16);
    numeric_narrow(NUMERIC_BF16, NUMERIC_SATURATE, NULL, NULL, 0);
    numeric_widen(NUMERIC_F16, NULL, NULL, 0);
    assert_same_counts(&range, &empty);
    assert_true(numeric_range_max_abs(&range) == 0);

    numeric_range_f32(&range, none_finite, 2, NUMERIC_F16);
    assert_true(range.min == INFINITY && range.max == -INFINITY);
    assert_true(range.min_abs == INFINITY);
    assert_true(numeric_range_max_abs(&range) == 0);
    assert_int_equal(range.infinite, 1);
    assert_int_equal(range.nan, 1);
    assert_int_equal(range.inexact, 0);
}

static void
test_extremes(void **state)
{
    const float values[] = {-3.0f, 0.25f, -0.0f};
    const float zero = -0.0f;
    struct numeric_range range, zeros;

    (void)state;
    numeric_range_init(&range);
    numeric_range_init(&zeros);
    numeric_range_f32(&range, values, 3, NUMERIC_BF16);
    numeric_range_f32(&zeros, &zero, 1, NUMERIC_BF16);
    assert_true(range.min == -3.0f && range.max == 0.25f);
    assert_true(range.min_abs == 0.25f);
    assert_true(numeric_range_max_abs(&range) == 3.0f);
    assert_true(zeros.min == 0 && !signbit(zeros.min));
    assert_true(zeros.max == 0 && !signbit(zeros.max));
    assert_true(zeros.min_abs == INFINITY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_against_oracle),
        cmocka_unit_test(test_ranges_of_mixed_vectors),
        cmocka_unit_test(test_ranges_of_tails),
        cmocka_unit_test(test_arrays_longer_than_a_block),
        cmocka_unit_test(test_empty_ranges),
        cmocka_unit_test(test_extremes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
