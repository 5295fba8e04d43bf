/* sweep.h: the statistics of one block while a kernel gathers them; for the
 * kernels only. A sweep holds eight sums, one per lane: value i of the block
 * goes to lane i % 8. Squares of single precision values are exact in double,
 * so that all kernels, with fused multiply-add or without, add the same numbers
 * in the same order. */
#ifndef NUMERIC_SWEEP_H
#define NUMERIC_SWEEP_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "numeric/kernels.h"
#include "numeric/scalar.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the arrays are little-endian and are read as they are"
#endif

extern const struct numeric_kernels numeric_portable;
#if defined(__x86_64__)
extern const struct numeric_kernels numeric_avx2; /* needs AVX2, F16C and FMA */
#elif defined(__aarch64__)
extern const struct numeric_kernels numeric_neon;
#endif

enum { SWEEP_LANES = 8 };

/* Bits of single precision values. */
#define NUMERIC_ABS            0x7fffffffu
#define NUMERIC_INFINITY       0x7f800000u /* magnitudes above it are NaNs */
#define NUMERIC_MINUS_INFINITY 0xff800000u

/* Where the classes of numeric_range begin and end: bits of magnitudes, which
 * as integers have the order of their values. */
struct sweep_limits {
    uint32_t max_finite;
    uint32_t overflow_from; /* the tie between max_finite and infinity */
    uint32_t flush_to;      /* the tie between zero and the smallest value */
    uint32_t normal_from;   /* the tie below the smallest normal value */
};

static const struct sweep_limits sweep_limits[] = {
    [NUMERIC_F16] = {0x477fe000, 0x477ff000, 0x33000000, 0x387fe000},
    [NUMERIC_BF16] = {0x7f7f0000, 0x7f7f8000, 0x00008000, 0x007f8000},
};

struct sweep {
    struct numeric_range range; /* only the counts, until sweep_end */
    int32_t min_key;            /* see sweep_key */
    int32_t max_key;
    uint32_t min_abs; /* bits */
    double sq[SWEEP_LANES];
    double err_sq[SWEEP_LANES];
};

/* An integer with the place of the value in the order of all values; the same
 * for both zeros. */
static inline int32_t
sweep_key(uint32_t bits)
{
    const int32_t abs = (int32_t)(bits & NUMERIC_ABS);

    return bits >> 31 != 0 ? -abs : abs;
}

static inline uint32_t
sweep_load(const void *in, size_t i)
{
    uint32_t bits;

    memcpy(&bits, (const unsigned char *)in + i * sizeof bits, sizeof bits);
    return bits;
}

static inline uint16_t
sweep_narrow(enum numeric_format format, uint32_t bits)
{
    return format == NUMERIC_F16 ? numeric_f16_from_f32_bits(bits)
                                 : numeric_bf16_from_f32_bits(bits);
}

static inline uint32_t
sweep_widen(enum numeric_format format, uint16_t narrow)
{
    return format == NUMERIC_F16 ? numeric_f32_bits_from_f16(narrow)
                                 : numeric_f32_bits_from_bf16(narrow);
}

/* The value as it is rounded when overflow saturates: a finite value beyond
 * the largest one of the format becomes that one. */
static inline uint32_t
sweep_saturate(enum numeric_format format, uint32_t bits)
{
    const uint32_t abs = bits & NUMERIC_ABS;
    const uint32_t max = sweep_limits[format].max_finite;

    return abs > max && abs < NUMERIC_INFINITY ? (bits & ~NUMERIC_ABS) | max
                                               : bits;
}

void sweep_begin(struct sweep *sweep);

/* Gathers values `first` to `n` of the block, those that a kernel's vectors
 * did not reach. */
void sweep_rest(enum numeric_format format, const void *in, size_t first,
                size_t n, struct sweep *sweep);

/* Adds the finished sweep over `n` values to `range`. */
void sweep_end(struct sweep *sweep, size_t n, struct numeric_range *range);

#endif
