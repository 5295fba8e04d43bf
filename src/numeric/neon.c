/* Four values at a time with the NEON of ARMv8, which every AArch64 has. The
 * instructions follow this library's rule for NaNs as long as the control
 * register FPCR is as programs find it: no default NaN, no alternative half
 * precision, rounding to nearest. Statistics are gathered in plain C. */
#include "numeric/sweep.h"

#if defined(__aarch64__)
#include <arm_neon.h>

enum { WIDTH = 4 };

static inline uint16x4_t
narrow_f16(uint32x4_t x)
{
    return vreinterpret_u16_f16(vcvt_f16_f32(vreinterpretq_f32_u32(x)));
}

static inline uint32x4_t
widen_f16(uint16x4_t narrow)
{
    return vreinterpretq_u32_f32(vcvt_f32_f16(vreinterpret_f16_u16(narrow)));
}

static inline uint16x4_t
narrow_bf16(uint32x4_t x)
{
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(x, 16), vdupq_n_u32(1));
    const uint32x4_t rounded =
        vaddq_u32(vaddq_u32(x, vdupq_n_u32(0x7fff)), odd);
    const uint32x4_t quiet = vorrq_u32(x, vdupq_n_u32(0x400000));
    const uint32x4_t nan = vcgtq_u32(vandq_u32(x, vdupq_n_u32(NUMERIC_ABS)),
                                     vdupq_n_u32(NUMERIC_INFINITY));

    return vshrn_n_u32(vbslq_u32(nan, quiet, rounded), 16);
}

static inline uint32x4_t
widen_bf16(uint16x4_t narrow)
{
    return vshll_n_u16(narrow, 16);
}

/* See sweep_saturate. */
static inline uint32x4_t
saturate(enum numeric_format format, uint32x4_t x)
{
    const uint32x4_t abs = vandq_u32(x, vdupq_n_u32(NUMERIC_ABS));
    const uint32x4_t least =
        vminq_u32(abs, vdupq_n_u32(sweep_limits[format].max_finite));
    const uint32x4_t finite = vcltq_u32(abs, vdupq_n_u32(NUMERIC_INFINITY));

    return vbslq_u32(vdupq_n_u32(NUMERIC_ABS), vbslq_u32(finite, least, abs),
                     x);
}

static inline void
narrow(enum numeric_format format, enum numeric_overflow overflow, void *out,
       const void *in, size_t n)
{
    const unsigned char *const source = in;
    unsigned char *const target = out;
    size_t i = 0;

    for (; i + WIDTH <= n; i += WIDTH) {
        uint32x4_t x;
        uint16x4_t rounded;
        memcpy(&x, source + i * sizeof(float), sizeof x);
        if (overflow == NUMERIC_SATURATE)
            x = saturate(format, x);
        rounded = format == NUMERIC_F16 ? narrow_f16(x) : narrow_bf16(x);
        memcpy(target + i * sizeof(uint16_t), &rounded, sizeof rounded);
    }
    if (i < n)
        numeric_portable.narrow[format][overflow](
            target + i * sizeof(uint16_t), source + i * sizeof(float), n - i);
}

static inline void
widen(enum numeric_format format, void *out, const void *in, size_t n)
{
    const unsigned char *const source = in;
    unsigned char *const target = out;
    size_t i = 0;

    for (; i + WIDTH <= n; i += WIDTH) {
        uint16x4_t narrow;
        uint32x4_t x;
        memcpy(&narrow, source + i * sizeof(uint16_t), sizeof narrow);
        x = format == NUMERIC_F16 ? widen_f16(narrow) : widen_bf16(narrow);
        memcpy(target + i * sizeof(float), &x, sizeof x);
    }
    if (i < n)
        numeric_portable.widen[format](target + i * sizeof(float),
                                       source + i * sizeof(uint16_t), n - i);
}

static void
narrow_f16_all(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_F16, NUMERIC_TO_INFINITY, out, in, n);
}

static void
saturate_f16_all(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_F16, NUMERIC_SATURATE, out, in, n);
}

static void
narrow_bf16_all(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_BF16, NUMERIC_TO_INFINITY, out, in, n);
}

static void
saturate_bf16_all(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_BF16, NUMERIC_SATURATE, out, in, n);
}

static void
range_f16_block(const void *in, size_t n, struct numeric_range *range)
{
    numeric_portable.range[NUMERIC_F16](in, n, range);
}

static void
range_bf16_block(const void *in, size_t n, struct numeric_range *range)
{
    numeric_portable.range[NUMERIC_BF16](in, n, range);
}

static void
widen_f16_all(void *out, const void *in, size_t n)
{
    widen(NUMERIC_F16, out, in, n);
}

static void
widen_bf16_all(void *out, const void *in, size_t n)
{
    widen(NUMERIC_BF16, out, in, n);
}

const struct numeric_kernels numeric_neon = {
    .name = "neon",
    .narrow = {[NUMERIC_F16] = {[NUMERIC_TO_INFINITY] = narrow_f16_all,
                                [NUMERIC_SATURATE] = saturate_f16_all},
               [NUMERIC_BF16] = {[NUMERIC_TO_INFINITY] = narrow_bf16_all,
                                 [NUMERIC_SATURATE] = saturate_bf16_all}},
    .widen = {[NUMERIC_F16] = widen_f16_all, [NUMERIC_BF16] = widen_bf16_all},
    .range =
        {[NUMERIC_F16] = range_f16_block, [NUMERIC_BF16] = range_bf16_block},
};

#endif
