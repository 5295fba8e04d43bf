/* scalar.h: one value from one floating-point format to another, on bits and
 * with integers, so that rounding mode, flush-to-zero and the compiler's
 * floating-point options do not matter. Rounding is to nearest, ties to even,
 * once. Narrowing makes a NaN quiet and keeps its sign and the top bits of its
 * payload, as the x86 instruction VCVTPS2PH does. */
#ifndef NUMERIC_SCALAR_H
#define NUMERIC_SCALAR_H

#include <stdint.h>
#include <string.h>

static inline uint32_t
numeric_f32_to_bits(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float
numeric_f32_of_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The half precision bits for the single precision bits `bits`. */
static inline uint16_t
numeric_f16_from_f32_bits(uint32_t bits)
{
    const uint32_t sign = bits >> 16 & 0x8000u;
    const uint32_t abs = bits & 0x7fffffffu;

    if (abs > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u | (abs >> 13 & 0x3ffu));
    if (abs >= 0x477ff000u) /* 65520, half way from 65504 to 65536 */
        return (uint16_t)(sign | 0x7c00u);
    if (abs >= 0x38800000u) { /* 2^-14, the smallest normal half */
        const uint32_t to_even = abs >> 13 & 1u;
        return (uint16_t)(sign |
                          ((abs - 0x38000000u + 0xfffu + to_even) >> 13));
    }
    if (abs <= 0x33000000u) /* 2^-25, half of the smallest half: to even */
        return (uint16_t)sign;

    const uint32_t significand = (abs & 0x7fffffu) | 0x800000u;
    const uint32_t shift = 126u - (abs >> 23); /* 14 to 24 */
    const uint32_t half = 1u << (shift - 1u);
    const uint32_t to_even = significand >> shift & 1u;
    return (uint16_t)(sign | ((significand + half - 1u + to_even) >> shift));
}

/* Exact. A signalling NaN becomes quiet, as with VCVTPH2PS. */
static inline uint32_t
numeric_f32_bits_from_f16(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t exponent = half >> 10 & 0x1fu;
    const uint32_t fraction = half & 0x3ffu;

    if (exponent == 0x1fu && fraction != 0)
        return sign | 0x7fc00000u | fraction << 13;
    if (exponent == 0x1fu)
        return sign | 0x7f800000u;
    if (exponent != 0)
        return sign | (exponent + 112u) << 23 | fraction << 13;
    return sign | numeric_f32_to_bits((float)fraction * 0x1p-24f);
}

/* The bfloat16 bits for the single precision bits `bits`. */
static inline uint16_t
numeric_bf16_from_f32_bits(uint32_t bits)
{
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/* Exact: the same bits, a signalling NaN included. */
static inline uint32_t
numeric_f32_bits_from_bf16(uint16_t bf16)
{
    return (uint32_t)bf16 << 16;
}

static inline uint16_t
numeric_f16_from_f32(float x)
{
    return numeric_f16_from_f32_bits(numeric_f32_to_bits(x));
}

static inline float
numeric_f32_from_f16(uint16_t half)
{
    return numeric_f32_of_bits(numeric_f32_bits_from_f16(half));
}

static inline uint16_t
numeric_bf16_from_f32(float x)
{
    return numeric_bf16_from_f32_bits(numeric_f32_to_bits(x));
}

static inline float
numeric_f32_from_bf16(uint16_t bf16)
{
    return numeric_f32_of_bits(numeric_f32_bits_from_bf16(bf16));
}

/* Double to single precision bits, rounded to odd: cut off, and the last bit
 * set if that lost anything. Rounding this once more to a format at least two
 * bits narrower gives what one rounding of the double would have given. */
static inline uint32_t
numeric_f32_bits_to_odd_from_f64(double x)
{
    const float nearest = (float)x;
    uint32_t bits = numeric_f32_to_bits(nearest);

    if ((double)nearest == x || x != x)
        return bits;
    if (x > 0 ? (double)nearest > x : (double)nearest < x)
        bits--;
    return bits | 1u;
}

/* Rounded once, not first to single precision. (To single precision, a cast
 * is one rounding.) Unlike the rest, the result for subnormals depends on
 * flush-to-zero being off. */
static inline uint16_t
numeric_f16_from_f64(double x)
{
    return numeric_f16_from_f32_bits(numeric_f32_bits_to_odd_from_f64(x));
}

static inline uint16_t
numeric_bf16_from_f64(double x)
{
    return numeric_bf16_from_f32_bits(numeric_f32_bits_to_odd_from_f64(x));
}

#endif
