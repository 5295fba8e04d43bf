/* numeric_oracle.h: what the unit tests of src/numeric compare with: tables of
 * boundary values, and a slow oracle that rounds by comparing distances in
 * double precision. It shares no code with src/numeric. */
#ifndef NUMERIC_ORACLE_H
#define NUMERIC_ORACLE_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "numeric/convert.h"
#include "numeric/kernels.h"

static const enum numeric_format formats[] = {NUMERIC_F16, NUMERIC_BF16};

/* How a format is built, for the oracle. */
struct layout {
    int fraction_bits;
    int bias;
    uint16_t infinity;
};

static const struct layout layouts[] = {
    [NUMERIC_F16] = {10, 15, 0x7c00},
    [NUMERIC_BF16] = {7, 127, 0x7f80},
};

/* The value of a magnitude; for infinity, the power of two that would follow
 * the largest finite value. */
static inline double
magnitude(const struct layout *layout, uint16_t abs)
{
    const int exponent = abs >> layout->fraction_bits;
    const int fraction = abs & ((1 << layout->fraction_bits) - 1);
    const int scale = 1 - layout->bias - layout->fraction_bits;

    if (exponent == 0)
        return ldexp(fraction, scale);
    return ldexp(fraction + (1 << layout->fraction_bits), scale + exponent - 1);
}

static inline double
decode(const struct layout *layout, uint16_t narrow)
{
    const uint16_t abs = narrow & 0x7fff;
    const double value =
        abs == layout->infinity ? INFINITY : magnitude(layout, abs);

    return narrow & 0x8000 ? -value : value;
}

/* The nearest value of the format to `x`, which is no NaN; ties to even. */
static inline uint16_t
nearest(const struct layout *layout, double x)
{
    const uint16_t sign = signbit(x) ? 0x8000 : 0;
    const double abs = fabs(x);
    uint16_t low = 0, high = layout->infinity;

    if (abs >= magnitude(layout, high))
        return sign | high;
    while (high - low > 1) {
        const uint16_t middle = (uint16_t)((low + high) / 2);
        if (magnitude(layout, middle) <= abs)
            low = middle;
        else
            high = middle;
    }
    const double below = abs - magnitude(layout, low);
    const double above = magnitude(layout, high) - abs;
    const bool is_low = below < above || (below == above && low % 2 == 0);
    return sign | (is_low ? low : high);
}

/* xorshift32: the tests are the same in each run. */
static inline uint32_t
next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

struct pair {
    uint32_t f32;
    uint16_t narrow;
};

static const struct pair f16_pairs[] = {
    {0x00000000, 0x0000}, /* 0 */
    {0x80000000, 0x8000}, /* -0 */
    {0x3f800000, 0x3c00}, /* 1 */
    {0xc0000000, 0xc000}, /* -2 */
    {0x477fe000, 0x7bff}, /* 65504 */
    {0x477fe001, 0x7bff}, /* just above 65504 */
    {0x477fefff, 0x7bff}, /* just below 65520 */
    {0x477ff000, 0x7c00}, /* 65520 */
    {0xc77ff000, 0xfc00}, /* -65520 */
    {0x7f7fffff, 0x7c00}, /* FLT_MAX */
    {0x7f800000, 0x7c00}, /* infinity */
    {0xff800000, 0xfc00}, /* -infinity */
    {0x38800000, 0x0400}, /* 2^-14, the smallest normal */
    {0x387fffff, 0x0400}, /* just below 2^-14 */
    {0x387fe000, 0x0400}, /* 2^-14 - 2^-25, a tie */
    {0x387fdfff, 0x03ff}, /* just below that tie */
    {0x387fc000, 0x03ff}, /* the largest subnormal */
    {0x33800000, 0x0001}, /* 2^-24, the smallest subnormal */
    {0x33c00000, 0x0002}, /* 1.5 x 2^-24, a tie */
    {0x33bfffff, 0x0001}, /* just below that tie */
    {0x33000000, 0x0000}, /* 2^-25, a tie */
    {0x33000001, 0x0001}, /* just above 2^-25 */
    {0xb3000001, 0x8001}, /* just below -2^-25 */
    {0xb3000000, 0x8000}, /* -2^-25 */
    {0x00000001, 0x0000}, /* the smallest f32 */
    {0x3f801000, 0x3c00}, /* 1 + 2^-11, a tie to even below */
    {0x3f801001, 0x3c01}, /* just above that tie */
    {0x3f803000, 0x3c02}, /* 1 + 3 x 2^-11, a tie to even above */
    {0x45001000, 0x6800}, /* 2049, a tie */
    {0x45003000, 0x6802}, /* 2051, a tie */
    {0x7fc00000, 0x7e00}, /* NaN */
    {0xffc00000, 0xfe00},
    {0x7f800001, 0x7e00}, /* signalling NaN, its payload lost */
    {0x7f802000, 0x7e01}, /* signalling NaN, its payload kept */
    {0xffbfffff, 0xffff}, /* the signalling NaN of the largest payload */
    {0x7fffffff, 0x7fff},
};

static const struct pair bf16_pairs[] = {
    {0x00000000, 0x0000}, /* 0 */
    {0x80000000, 0x8000}, /* -0 */
    {0x3f800000, 0x3f80}, /* 1 */
    {0x7f7f0000, 0x7f7f}, /* the largest finite value */
    {0x7f7f7fff, 0x7f7f}, /* the last that rounds to it */
    {0x7f7f8000, 0x7f80}, /* a tie */
    {0xff7fffff, 0xff80}, /* -FLT_MAX */
    {0x7f800000, 0x7f80}, /* infinity */
    {0x00800000, 0x0080}, /* 2^-126, the smallest normal */
    {0x007f8000, 0x0080}, /* a tie */
    {0x007f7fff, 0x007f}, /* just below that tie */
    {0x00008000, 0x0000}, /* half of the smallest subnormal, a tie */
    {0x00008001, 0x0001}, /* just above that tie */
    {0x80008001, 0x8001},
    {0x3f808000, 0x3f80}, /* 1 + 2^-8, a tie to even below */
    {0x3f818000, 0x3f82}, /* 1 + 3 x 2^-8, a tie to even above */
    {0x43808000, 0x4380}, /* 257, a tie */
    {0x7fc00000, 0x7fc0}, /* NaN */
    {0x7f800001, 0x7fc0}, /* signalling NaN, its payload lost */
    {0x7f810000, 0x7fc1}, /* signalling NaN, its payload kept */
    {0xffffffff, 0xffff},
};

/* Half of them as weights are, the rest any bits and table entries. */
static inline void
fill(uint32_t *bits, size_t n, uint32_t seed)
{
    const size_t n_f16 = sizeof f16_pairs / sizeof *f16_pairs;
    const size_t n_bf16 = sizeof bf16_pairs / sizeof *bf16_pairs;

    for (size_t i = 0; i < n; i++) {
        const uint32_t random = next_random(&seed);
        if (i / 64 % 2 == 0)
            bits[i] = numeric_f32_to_bits(
                ((float)(random >> 8) * 0x1p-24f - 0.5f) * 0.05f);
        else if (random % 4 == 0)
            bits[i] = f16_pairs[next_random(&seed) % n_f16].f32;
        else if (random % 4 == 1)
            bits[i] = bf16_pairs[next_random(&seed) % n_bf16].f32;
        else
            bits[i] = next_random(&seed);
    }
}

#endif
