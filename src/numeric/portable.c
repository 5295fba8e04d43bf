#include "numeric/sweep.h"

static inline void
store(void *out, size_t i, uint16_t narrow)
{
    memcpy((unsigned char *)out + i * sizeof narrow, &narrow, sizeof narrow);
}

/* The classes of values that are neither zero nor safely normal. */
static void
classify(struct numeric_range *range, uint32_t abs,
         const struct sweep_limits *limits)
{
    if (abs > NUMERIC_INFINITY)
        range->nan++;
    else if (abs == NUMERIC_INFINITY)
        range->infinite++;
    else if (abs >= limits->overflow_from)
        range->overflow++;
    else if (abs > limits->max_finite)
        range->saturable++;
    else if (abs > limits->flush_to)
        range->subnormal++;
    else if (abs != 0)
        range->flushed++;
}

static inline void
add_extremes(struct sweep *sweep, uint32_t bits)
{
    const int32_t key = sweep_key(bits);

    if (key < sweep->min_key)
        sweep->min_key = key;
    if (key > sweep->max_key)
        sweep->max_key = key;
}

static inline void
add_squares(struct sweep *sweep, size_t lane, uint32_t bits, uint32_t rounded)
{
    const float x = numeric_f32_of_bits(bits);
    const double error = x - numeric_f32_of_bits(rounded);

    sweep->sq[lane] += (double)x * x;
    sweep->err_sq[lane] += error * error;
}

static inline void
gather(enum numeric_format format, struct sweep *sweep, size_t lane,
       uint32_t bits, uint16_t narrow)
{
    const struct sweep_limits *const limits = &sweep_limits[format];
    const uint32_t abs = bits & NUMERIC_ABS;
    const uint32_t rounded = sweep_widen(format, narrow);

    if (abs < limits->normal_from || abs > limits->max_finite)
        classify(&sweep->range, abs, limits);
    if (abs != 0 && abs < sweep->min_abs)
        sweep->min_abs = abs;
    if (abs < NUMERIC_INFINITY)
        add_extremes(sweep, bits);
    if (abs < limits->overflow_from)
        add_squares(sweep, lane, bits, rounded);
    if (rounded != bits && abs < NUMERIC_INFINITY)
        sweep->range.inexact++;
}

/* Inlined with a constant `format`, so that loops do not ask for it. */
static inline void
gather_rest(enum numeric_format format, const void *in, size_t first, size_t n,
            struct sweep *sweep)
{
    for (size_t i = first; i < n; i++) {
        const uint32_t bits = sweep_load(in, i);
        gather(format, sweep, i % SWEEP_LANES, bits,
               sweep_narrow(format, bits));
    }
}

void
sweep_rest(enum numeric_format format, const void *in, size_t first, size_t n,
           struct sweep *sweep)
{
    switch (format) {
    case NUMERIC_F16:
        gather_rest(NUMERIC_F16, in, first, n, sweep);
        return;
    case NUMERIC_BF16:
        gather_rest(NUMERIC_BF16, in, first, n, sweep);
        return;
    }
}

static void
range_of(enum numeric_format format, const void *in, size_t n,
         struct numeric_range *range)
{
    struct sweep sweep;

    assert(n <= NUMERIC_BLOCK);
    sweep_begin(&sweep);
    sweep_rest(format, in, 0, n, &sweep);
    sweep_end(&sweep, n, range);
}

static void
range_f16(const void *in, size_t n, struct numeric_range *range)
{
    range_of(NUMERIC_F16, in, n, range);
}

static void
range_bf16(const void *in, size_t n, struct numeric_range *range)
{
    range_of(NUMERIC_BF16, in, n, range);
}

static inline void
narrow(enum numeric_format format, enum numeric_overflow overflow, void *out,
       const void *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = sweep_load(in, i);
        if (overflow == NUMERIC_SATURATE)
            bits = sweep_saturate(format, bits);
        store(out, i, sweep_narrow(format, bits));
    }
}

static void
narrow_f16(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_F16, NUMERIC_TO_INFINITY, out, in, n);
}

static void
saturate_f16(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_F16, NUMERIC_SATURATE, out, in, n);
}

static void
narrow_bf16(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_BF16, NUMERIC_TO_INFINITY, out, in, n);
}

static void
saturate_bf16(void *out, const void *in, size_t n)
{
    narrow(NUMERIC_BF16, NUMERIC_SATURATE, out, in, n);
}

static inline void
widen(enum numeric_format format, void *out, const void *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t narrow;
        uint32_t bits;
        memcpy(&narrow, (const unsigned char *)in + i * sizeof narrow,
               sizeof narrow);
        bits = sweep_widen(format, narrow);
        memcpy((unsigned char *)out + i * sizeof bits, &bits, sizeof bits);
    }
}

static void
widen_f16(void *out, const void *in, size_t n)
{
    widen(NUMERIC_F16, out, in, n);
}

static void
widen_bf16(void *out, const void *in, size_t n)
{
    widen(NUMERIC_BF16, out, in, n);
}

const struct numeric_kernels numeric_portable = {
    .name = "portable",
    .narrow = {[NUMERIC_F16] = {[NUMERIC_TO_INFINITY] = narrow_f16,
                                [NUMERIC_SATURATE] = saturate_f16},
               [NUMERIC_BF16] = {[NUMERIC_TO_INFINITY] = narrow_bf16,
                                 [NUMERIC_SATURATE] = saturate_bf16}},
    .widen = {[NUMERIC_F16] = widen_f16, [NUMERIC_BF16] = widen_bf16},
    .range = {[NUMERIC_F16] = range_f16, [NUMERIC_BF16] = range_bf16},
};
