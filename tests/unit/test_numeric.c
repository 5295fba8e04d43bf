/* Conversions between floating-point formats. The test of all 2^32 inputs is
 * tests/exhaustive/exhaustive_numeric.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "numeric_oracle.h"

/* What saturates instead of becoming `narrow`, as an infinity that was finite
 * before. */
static uint16_t
saturated(enum numeric_format format, uint32_t bits, uint16_t narrow)
{
    const bool overflows = (narrow & 0x7fff) == layouts[format].infinity &&
                           isfinite(numeric_f32_of_bits(bits));

    return overflows ? (uint16_t)(narrow - 1) : narrow;
}

static void
check_pairs(enum numeric_format format, const struct pair *pairs, size_t n)
{
    size_t n_kernels;
    const struct numeric_kernels *const *const all =
        numeric_kernels_all(&n_kernels);

    for (size_t k = 0; k < n_kernels; k++) {
        for (size_t i = 0; i < n; i++) {
            uint32_t in[8]; /* as many as a vector holds */
            uint16_t out[8] = {0};
            for (size_t j = 0; j < 8; j++)
                in[j] = pairs[i].f32;
            all[k]->narrow[format][NUMERIC_TO_INFINITY](out, in, 8);
            for (size_t j = 0; j < 8; j++)
                assert_int_equal(out[j], pairs[i].narrow);
            all[k]->narrow[format][NUMERIC_SATURATE](out, in, 8);
            for (size_t j = 0; j < 8; j++)
                assert_int_equal(out[j],
                                 saturated(format, in[j], pairs[i].narrow));
        }
    }
}

static void
test_boundaries(void **state)
{
    (void)state;
    check_pairs(NUMERIC_F16, f16_pairs, sizeof f16_pairs / sizeof *f16_pairs);
    check_pairs(NUMERIC_BF16, bf16_pairs,
                sizeof bf16_pairs / sizeof *bf16_pairs);
    assert_int_equal(numeric_f16_from_f32(65519.996f), 0x7bff);
    assert_int_equal(numeric_f16_from_f32(65520.0f), 0x7c00);
    assert_int_equal(numeric_bf16_from_f32(3.3962e38f), 0x7f80);
    assert_true(numeric_f32_from_f16(0x0001) == 0x1p-24f);
    assert_true(numeric_f32_from_bf16(0x3f80) == 1.0f);
}

static uint16_t
scalar_from_f32(enum numeric_format format, float x)
{
    return format == NUMERIC_F16 ? numeric_f16_from_f32(x)
                                 : numeric_bf16_from_f32(x);
}

static uint16_t
scalar_from_f64(enum numeric_format format, double x)
{
    return format == NUMERIC_F16 ? numeric_f16_from_f64(x)
                                 : numeric_bf16_from_f64(x);
}

static void
test_scalar_against_oracle(void **state)
{
    uint32_t random = 2463534242u;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        const float x = numeric_f32_of_bits(next_random(&random));
        if (isnan(x))
            continue;
        for (size_t f = 0; f < 2; f++)
            assert_int_equal(scalar_from_f32(formats[f], x),
                             nearest(&layouts[formats[f]], x));
    }
}

/* Around each value of a format and each tie between two: a double that is
 * nearer to them than single precision can tell is rounded wrongly if it goes
 * through single precision. */
static void
test_double_is_rounded_once(void **state)
{
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        const struct layout *const layout = &layouts[formats[f]];
        for (uint16_t abs = 0; abs < layout->infinity; abs++) {
            const double value = magnitude(layout, abs);
            const double next = magnitude(layout, (uint16_t)(abs + 1));
            const double tie = (value + next) / 2;
            const double inputs[] = {
                value, nextafter(value, INFINITY), nextafter(tie, 0),
                tie,   nextafter(tie, INFINITY),   tie * (1 + 0x1p-40),
            };
            for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
                const double x = abs % 3 == 0 ? -inputs[i] : inputs[i];
                assert_int_equal(scalar_from_f64(formats[f], x),
                                 nearest(layout, x));
            }
        }
    }
    assert_int_equal(numeric_f16_from_f64(1e300), 0x7c00);
    assert_int_equal(numeric_bf16_from_f64(-1e300), 0xff80);
    assert_int_equal(numeric_f16_from_f64(-1e-300), 0x8000);
    assert_int_equal(numeric_bf16_from_f64(-INFINITY), 0xff80);
    assert_int_equal(numeric_f16_from_f64(NAN) & 0x7e00, 0x7e00);
}

static bool
is_nan(enum numeric_format format, uint16_t narrow)
{
    return (narrow & 0x7fff) > layouts[format].infinity;
}

static void
check_widened(enum numeric_format format, uint16_t narrow, uint32_t bits)
{
    const float x = numeric_f32_of_bits(bits);

    if (!is_nan(format, narrow)) {
        assert_true(x == decode(&layouts[format], narrow));
        assert_int_equal(bits >> 31, narrow >> 15);
        return;
    }
    const uint32_t quiet = format == NUMERIC_F16 ? 0x400000u : 0u;
    const int shift = format == NUMERIC_F16 ? 13 : 16;
    const uint32_t payload = (uint32_t)narrow << shift & 0x7fffffu;
    const uint32_t sign = (uint32_t)(narrow & 0x8000u) << 16;
    assert_int_equal(bits, sign | 0x7f800000u | quiet | payload);
}

static void
test_all_narrow_values_both_ways(void **state)
{
    static uint16_t in[65536], back[65536];
    static uint32_t wide[65536];
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    (void)state;
    for (size_t i = 0; i < 65536; i++)
        in[i] = (uint16_t)i;
    for (size_t k = 0; k < 2 * n; k++) {
        const enum numeric_format format = formats[k % 2];
        const uint16_t quiet = format == NUMERIC_F16 ? 0x0200 : 0x0040;
        all[k / 2]->widen[format](wide, in, 65536);
        for (size_t i = 0; i < 65536; i++)
            check_widened(format, in[i], wide[i]);
        for (size_t o = 0; o < 2; o++) {
            all[k / 2]->narrow[format][o](back, wide, 65536);
            for (size_t i = 0; i < 65536; i++)
                assert_int_equal(back[i],
                                 is_nan(format, in[i]) ? in[i] | quiet : in[i]);
        }
    }
}

enum { TAIL = 70, GUARD = 0xa5 };

static void
check_tail(const struct numeric_kernels *kernels, enum numeric_format format,
           size_t n, size_t offset, enum numeric_overflow overflow)
{
    unsigned char in[4 * TAIL + 8], out[2 * TAIL + 8];
    uint32_t bits[TAIL];

    fill(bits, n, (uint32_t)n + 1);
    memset(out, GUARD, sizeof out);
    memcpy(in + offset, bits, 4 * n);
    kernels->narrow[format][overflow](out + offset, in + offset, n);
    for (size_t i = 0; i < sizeof out; i++)
        if (i < offset || i >= offset + 2 * n)
            assert_int_equal(out[i], GUARD);
    for (size_t i = 0; i < n; i++) {
        uint16_t narrow;
        memcpy(&narrow, out + offset + 2 * i, sizeof narrow);
        uint16_t expected =
            scalar_from_f32(format, numeric_f32_of_bits(bits[i]));
        if (overflow == NUMERIC_SATURATE)
            expected = saturated(format, bits[i], expected);
        assert_int_equal(narrow, expected);
    }
}

static void
check_wide_tail(const struct numeric_kernels *kernels,
                enum numeric_format format, size_t n, size_t offset)
{
    unsigned char in[2 * TAIL + 8], out[4 * TAIL + 8];

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)(i * 37 + n);
    memset(out, GUARD, sizeof out);
    kernels->widen[format](out + offset, in + offset, n);
    for (size_t i = 0; i < sizeof out; i++)
        if (i < offset || i >= offset + 4 * n)
            assert_int_equal(out[i], GUARD);
    for (size_t i = 0; i < n; i++) {
        uint16_t narrow;
        uint32_t bits;
        memcpy(&narrow, in + offset + 2 * i, sizeof narrow);
        memcpy(&bits, out + offset + 4 * i, sizeof bits);
        check_widened(format, narrow, bits);
    }
}

static void
test_tails_and_unaligned(void **state)
{
    size_t n_kernels;
    const struct numeric_kernels *const *const all =
        numeric_kernels_all(&n_kernels);

    (void)state;
    for (size_t k = 0; k < 2 * n_kernels; k++)
        for (size_t n = 0; n <= TAIL; n++)
            for (size_t offset = 0; offset < 8; offset++) {
                check_tail(all[k / 2], formats[k % 2], n, offset,
                           NUMERIC_TO_INFINITY);
                check_tail(all[k / 2], formats[k % 2], n, offset,
                           NUMERIC_SATURATE);
                check_wide_tail(all[k / 2], formats[k % 2], n, offset);
            }
}

static void
test_format_infos(void **state)
{
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        const struct layout *const layout = &layouts[formats[f]];
        const struct numeric_format_info *const info =
            numeric_format_info(formats[f]);
        assert_int_equal(info->digits, layout->fraction_bits + 1);
        assert_int_equal(info->max_exponent, layout->bias);
        assert_true(info->max_finite ==
                    magnitude(layout, (uint16_t)(layout->infinity - 1)));
        assert_true(info->min_normal == ldexp(1, 1 - layout->bias));
        assert_true(info->min_positive == magnitude(layout, 1));
        assert_true(info->max_integer == ldexp(1, info->digits));
        assert_int_equal(info->is_wide, layout->bias == 127);
    }
}

static void
test_kernel_list(void **state)
{
    size_t n;
    const struct numeric_kernels *const *const all = numeric_kernels_all(&n);

    (void)state;
    assert_true(n >= 1);
    assert_ptr_equal(all[0], numeric_kernels_portable());
    assert_ptr_equal(all[n - 1], numeric_kernels_best());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_scalar_against_oracle),
        cmocka_unit_test(test_double_is_rounded_once),
        cmocka_unit_test(test_all_narrow_values_both_ways),
        cmocka_unit_test(test_tails_and_unaligned),
        cmocka_unit_test(test_format_infos),
        cmocka_unit_test(test_kernel_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
