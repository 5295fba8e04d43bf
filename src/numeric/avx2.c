/* Eight values at a time with AVX2, F16C and FMA. The functions carry the
 * target attribute, so that the rest of the program keeps the baseline
 * instruction set; numeric_kernels_all decides whether they may run. */
#include "numeric/sweep.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,f16c,fma")))
#define INLINE \
    static inline __attribute__((always_inline, target("avx2,f16c,fma")))

enum { WIDTH = SWEEP_LANES };

/* A sweep in registers. The counts are of magnitudes on one side of a limit,
 * those beyond a nearer limit included. They count downwards, since a true
 * comparison is -1. */
struct vectors {
    __m256i nan, from_infinity, from_overflow, above_max;
    __m256i below_normal, to_zero, zero;
    __m256i unchanged;
    __m256i min_key, max_key, min_abs;
    __m256d sq[2], err_sq[2];
};

INLINE __m256i
broadcast(uint32_t bits)
{
    return _mm256_set1_epi32((int)bits);
}

INLINE __m256i
load(const void *in, size_t i)
{
    return _mm256_loadu_si256(
        (const __m256i_u *)((const unsigned char *)in + i * sizeof(float)));
}

INLINE void
store_narrow(void *out, size_t i, __m128i narrow)
{
    _mm_storeu_si128((__m128i_u *)((unsigned char *)out + i * sizeof(uint16_t)),
                     narrow);
}

INLINE __m128i
load_narrow(const void *in, size_t i)
{
    return _mm_loadu_si128(
        (const __m128i_u *)((const unsigned char *)in + i * sizeof(uint16_t)));
}

INLINE __m128i
narrow_f16(__m256i x)
{
    return _mm256_cvtps_ph(_mm256_castsi256_ps(x), _MM_FROUND_TO_NEAREST_INT);
}

INLINE __m256i
widen_f16(__m128i narrow)
{
    return _mm256_castps_si256(_mm256_cvtph_ps(narrow));
}

INLINE __m128i
narrow_bf16(__m256i x)
{
    const __m256i odd =
        _mm256_and_si256(_mm256_srli_epi32(x, 16), broadcast(1));
    const __m256i rounded =
        _mm256_add_epi32(_mm256_add_epi32(x, broadcast(0x7fff)), odd);
    const __m256i quiet = _mm256_or_si256(x, broadcast(0x400000));
    const __m256i nan =
        _mm256_cmpgt_epi32(_mm256_and_si256(x, broadcast(NUMERIC_ABS)),
                           broadcast(NUMERIC_INFINITY));
    const __m256i high =
        _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);

    return _mm_packus_epi32(_mm256_castsi256_si128(high),
                            _mm256_extracti128_si256(high, 1));
}

INLINE __m256i
widen_bf16(__m128i narrow)
{
    return _mm256_slli_epi32(_mm256_cvtepu16_epi32(narrow), 16);
}

/* See sweep_saturate. A maximum of floats would not leave infinities alone. */
INLINE __m256i
saturate(enum numeric_format format, __m256i x)
{
    const __m256i abs = _mm256_and_si256(x, broadcast(NUMERIC_ABS));
    const __m256i least =
        _mm256_min_epu32(abs, broadcast(sweep_limits[format].max_finite));
    const __m256i finite = _mm256_cmpgt_epi32(broadcast(NUMERIC_INFINITY), abs);

    return _mm256_or_si256(_mm256_blendv_epi8(abs, least, finite),
                           _mm256_andnot_si256(broadcast(NUMERIC_ABS), x));
}

INLINE __m128i
narrow_vector(enum numeric_format format, __m256i x)
{
    return format == NUMERIC_F16 ? narrow_f16(x) : narrow_bf16(x);
}

INLINE __m256i
widen_vector(enum numeric_format format, __m128i narrow)
{
    return format == NUMERIC_F16 ? widen_f16(narrow) : widen_bf16(narrow);
}

/* What of one vector goes to the extremes, the comparison and the sums. */
struct parts {
    __m256i low, high;
    __m256i unchanged;
    __m256i x, rounded;
};

INLINE __m256i
count(__m256i *counter, __m256i found)
{
    *counter = _mm256_add_epi32(*counter, found);
    return found;
}

INLINE __m256i
count_above(__m256i *counter, __m256i abs, uint32_t limit)
{
    return count(counter, _mm256_cmpgt_epi32(abs, broadcast(limit)));
}

INLINE __m256i
count_below(__m256i *counter, __m256i abs, uint32_t limit)
{
    return count(counter, _mm256_cmpgt_epi32(broadcast(limit), abs));
}

/* Counts the values that are not normal in the format, and takes out of the
 * parts what must not reach the extremes or the sums. */
INLINE void
classify(struct vectors *v, struct parts *parts, __m256i abs,
         const struct sweep_limits *limits)
{
    const __m256i no_low = _mm256_set1_epi32(sweep_key(NUMERIC_INFINITY));
    const __m256i no_high =
        _mm256_set1_epi32(sweep_key(NUMERIC_MINUS_INFINITY));
    const __m256i overflow =
        count_above(&v->from_overflow, abs, limits->overflow_from - 1);
    const __m256i infinity =
        count_above(&v->from_infinity, abs, NUMERIC_INFINITY - 1);
    const __m256i nan = count_above(&v->nan, abs, NUMERIC_INFINITY);

    count_above(&v->above_max, abs, limits->max_finite);
    count_below(&v->below_normal, abs, limits->normal_from);
    count_below(&v->zero, abs, 1);
    count_below(&v->to_zero, abs, limits->flush_to + 1);
    parts->low = _mm256_blendv_epi8(parts->low, no_low, infinity);
    parts->high = _mm256_blendv_epi8(parts->high, no_high, infinity);
    parts->unchanged = _mm256_or_si256(parts->unchanged, nan);
    parts->x = _mm256_andnot_si256(overflow, parts->x);
    parts->rounded = _mm256_andnot_si256(overflow, parts->rounded);
}

/* Which magnitudes are below or above the normal numbers of the format: one
 * comparison of unsigned numbers, for which the instruction set has only the
 * signed one and so the sign bits are flipped. */
INLINE __m256i
not_normal(__m256i abs, const struct sweep_limits *limits)
{
    const uint32_t flip = 0x80000000u;
    const __m256i above_least =
        _mm256_add_epi32(abs, broadcast(flip - limits->normal_from));

    return _mm256_cmpgt_epi32(
        above_least,
        broadcast(flip + (limits->max_finite - limits->normal_from)));
}

INLINE void
add_squares(__m256d sums[2], __m256 x)
{
    const __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(x));
    const __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1));

    sums[0] = _mm256_fmadd_pd(low, low, sums[0]);
    sums[1] = _mm256_fmadd_pd(high, high, sums[1]);
}

/* Most vectors of most tensors have only normal values and zeros: worth a
 * branch. (Not without the zeros, which are frequent in some tensors.) */
INLINE void
gather(struct vectors *v, __m256i x, __m256i rounded,
       const struct sweep_limits *limits)
{
    const __m256i abs = _mm256_and_si256(x, broadcast(NUMERIC_ABS));
    const __m256i key = _mm256_sign_epi32(abs, x);
    const __m256i zero = _mm256_cmpeq_epi32(abs, _mm256_setzero_si256());
    const __m256i special = _mm256_andnot_si256(zero, not_normal(abs, limits));
    const __m256i unchanged = _mm256_cmpeq_epi32(x, rounded);
    struct parts parts = {key, key, unchanged, x, rounded};

    if (_mm256_movemask_epi8(special) != 0)
        classify(v, &parts, abs, limits);
    v->min_key = _mm256_min_epi32(v->min_key, parts.low);
    v->max_key = _mm256_max_epi32(v->max_key, parts.high);
    v->min_abs = _mm256_min_epu32(v->min_abs, _mm256_or_si256(abs, zero));
    count(&v->unchanged, parts.unchanged);
    const __m256 value = _mm256_castsi256_ps(parts.x);
    add_squares(v->sq, value);
    add_squares(v->err_sq,
                _mm256_sub_ps(value, _mm256_castsi256_ps(parts.rounded)));
}

/* The total of a downward count. */
INLINE uint32_t
total(__m256i count)
{
    int32_t lanes[WIDTH];
    int32_t sum = 0;

    _mm256_storeu_si256((__m256i_u *)lanes, count);
    for (int i = 0; i < WIDTH; i++)
        sum -= lanes[i];
    return (uint32_t)sum;
}

INLINE void
spill_counts(const struct vectors *v, size_t n, struct numeric_range *range)
{
    const uint32_t from_infinity = total(v->from_infinity);
    const uint32_t from_overflow = total(v->from_overflow);
    const uint32_t to_zero = total(v->to_zero);

    range->nan = total(v->nan);
    range->infinite = from_infinity - range->nan;
    range->overflow = from_overflow - from_infinity;
    range->saturable = total(v->above_max) - from_overflow;
    range->subnormal = total(v->below_normal) - to_zero;
    range->flushed = to_zero - total(v->zero);
    range->inexact = n - total(v->unchanged);
}

INLINE void
spill(const struct vectors *v, size_t n, struct sweep *sweep)
{
    int32_t low[WIDTH], high[WIDTH];
    uint32_t abs[WIDTH];

    spill_counts(v, n, &sweep->range);
    _mm256_storeu_si256((__m256i_u *)low, v->min_key);
    _mm256_storeu_si256((__m256i_u *)high, v->max_key);
    _mm256_storeu_si256((__m256i_u *)abs, v->min_abs);
    for (int i = 0; i < WIDTH; i++) {
        sweep->min_key = low[i] < sweep->min_key ? low[i] : sweep->min_key;
        sweep->max_key = high[i] > sweep->max_key ? high[i] : sweep->max_key;
        sweep->min_abs = abs[i] < sweep->min_abs ? abs[i] : sweep->min_abs;
    }
    for (int i = 0; i < 2; i++) {
        _mm256_storeu_pd(sweep->sq + 4 * i, v->sq[i]);
        _mm256_storeu_pd(sweep->err_sq + 4 * i, v->err_sq[i]);
    }
}

INLINE void
narrow(enum numeric_format format, enum numeric_overflow overflow, void *out,
       const void *in, size_t n)
{
    const unsigned char *const source = in;
    unsigned char *const target = out;
    size_t i = 0;

    for (; i + WIDTH <= n; i += WIDTH) {
        __m256i x = load(in, i);
        if (overflow == NUMERIC_SATURATE)
            x = saturate(format, x);
        store_narrow(out, i, narrow_vector(format, x));
    }
    if (i < n)
        numeric_portable.narrow[format][overflow](
            target + i * sizeof(uint16_t), source + i * sizeof(float), n - i);
}

INLINE void
gather_block(enum numeric_format format, const void *in, size_t n,
             struct numeric_range *range)
{
    size_t i = 0;
    struct sweep sweep;
    struct vectors v = {0};

    assert(n <= NUMERIC_BLOCK);
    sweep_begin(&sweep);
    v.min_key = _mm256_set1_epi32(sweep.min_key);
    v.max_key = _mm256_set1_epi32(sweep.max_key);
    v.min_abs = broadcast(sweep.min_abs);
    for (; i + WIDTH <= n; i += WIDTH) {
        const __m256i x = load(in, i);
        gather(&v, x, widen_vector(format, narrow_vector(format, x)),
               &sweep_limits[format]);
    }
    spill(&v, i, &sweep);
    sweep_rest(format, in, i, n, &sweep);
    sweep_end(&sweep, n, range);
}

INLINE void
widen(enum numeric_format format, void *out, const void *in, size_t n)
{
    const unsigned char *const source = in;
    unsigned char *const target = out;
    size_t i = 0;

    for (; i + WIDTH <= n; i += WIDTH)
        _mm256_storeu_si256((__m256i_u *)(target + i * sizeof(float)),
                            widen_vector(format, load_narrow(in, i)));
    if (i < n)
        numeric_portable.widen[format](target + i * sizeof(float),
                                       source + i * sizeof(uint16_t), n - i);
}

AVX2 static void
narrow_f16_all(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_F16, NUMERIC_TO_INFINITY, out, in, n);
}

AVX2 static void
saturate_f16_all(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_F16, NUMERIC_SATURATE, out, in, n);
}

AVX2 static void
narrow_bf16_all(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_BF16, NUMERIC_TO_INFINITY, out, in, n);
}

AVX2 static void
saturate_bf16_all(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_BF16, NUMERIC_SATURATE, out, in, n);
}

AVX2 static void
range_f16_block(const void *in, size_t n, struct numeric_range *range)
{
    gather_block(NUMERIC_F16, in, n, range);
}

AVX2 static void
range_bf16_block(const void *in, size_t n, struct numeric_range *range)
{
    gather_block(NUMERIC_BF16, in, n, range);
}

AVX2 static void
widen_f16_all(void *out, const void *in, size_t n)
{
    widen(NUMERIC_F16, out, in, n);
}

AVX2 static void
widen_bf16_all(void *out, const void *in, size_t n)
{
    widen(NUMERIC_BF16, out, in, n);
}

const struct numeric_kernels numeric_avx2 = {
    .name = "avx2",
    .narrow = {[NUMERIC_F16] = {[NUMERIC_TO_INFINITY] = narrow_f16_all,
                                [NUMERIC_SATURATE] = saturate_f16_all},
               [NUMERIC_BF16] = {[NUMERIC_TO_INFINITY] = narrow_bf16_all,
                                 [NUMERIC_SATURATE] = saturate_bf16_all}},
    .widen = {[NUMERIC_F16] = widen_f16_all, [NUMERIC_BF16] = widen_bf16_all},
    .range =
        {[NUMERIC_F16] = range_f16_block, [NUMERIC_BF16] = range_bf16_block},
};

#endif
