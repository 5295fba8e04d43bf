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
narrow_rest(enum numeric_format format, void *out, const void *in, size_t first,
            size_t n, struct sweep *sweep)
{
    if (sweep == NULL) {
        for (size_t i = first; i < n; i++)
            store(out, i, sweep_narrow(format, sweep_load(in, i)));
        return;
    }
    for (size_t i = first; i < n; i++) {
        const uint32_t bits = sweep_load(in, i);
        const uint16_t narrow = sweep_narrow(format, bits);
        if (out != NULL)
            store(out, i, narrow);
        gather(format, sweep, i % SWEEP_LANES, bits, narrow);
    }
}

void
sweep_rest(enum numeric_format format, void *out, const void *in, size_t first,
           size_t n, struct sweep *sweep)
{
    switch (format) {
    case NUMERIC_F16:
        narrow_rest(NUMERIC_F16, out, in, first, n, sweep);
        return;
    case NUMERIC_BF16:
        narrow_rest(NUMERIC_BF16, out, in, first, n, sweep);
        return;
    }
}

static void
narrow_block(enum numeric_format format, void *out, const void *in, size_t n,
             struct numeric_range *range)
{
    struct sweep sweep;

    assert(n <= NUMERIC_BLOCK);
    if (range == NULL) {
        sweep_rest(format, out, in, 0, n, NULL);
        return;
    }
    sweep_begin(&sweep);
    sweep_rest(format, out, in, 0, n, &sweep);
    sweep_end(&sweep, n, range);
}

static void
narrow_f16(void *out, const void *in, size_t n, struct numeric_range *range)
{
    narrow_block(NUMERIC_F16, out, in, n, range);
}

static void
narrow_bf16(void *out, const void *in, size_t n, struct numeric_range *range)
{
    narrow_block(NUMERIC_BF16, out, in, n, range);
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
    .narrow = {[NUMERIC_F16] = narrow_f16, [NUMERIC_BF16] = narrow_bf16},
    .widen = {[NUMERIC_F16] = widen_f16, [NUMERIC_BF16] = widen_bf16},
};
