#include "numeric/convert.h"

#include <math.h>
#include <string.h>

#include "numeric/kernels.h"

static size_t
block_from(size_t first, size_t n)
{
    return n - first < NUMERIC_BLOCK ? n - first : NUMERIC_BLOCK;
}

void
numeric_narrow(enum numeric_format format, enum numeric_overflow overflow,
               void *out, const void *in, size_t n)
{
    numeric_kernels_best()->narrow[format][overflow](out, in, n);
}

void
numeric_range_f32(struct numeric_range *range, const void *in, size_t n,
                  enum numeric_format format)
{
    numeric_range_fn *const gather = numeric_kernels_best()->range[format];
    const unsigned char *const values = in;

    for (size_t i = 0; i < n; i += NUMERIC_BLOCK)
        gather(values + i * sizeof(float), block_from(i, n), range);
}

void
numeric_widen(enum numeric_format format, void *out, const void *in, size_t n)
{
    numeric_kernels_best()->widen[format](out, in, n);
}

void
numeric_clamp_f32(const struct numeric_clamp *clamp, void *out, const void *in,
                  size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float value, magnitude;
        memcpy(&value, (const unsigned char *)in + i * sizeof value,
               sizeof value);
        magnitude = fabsf(value);
        if (magnitude > clamp->max_finite && !isinf(magnitude))
            value = copysignf(clamp->max_finite, value);
        else if (magnitude > 0 && magnitude < clamp->min_positive)
            value = copysignf(clamp->min_positive, value);
        memcpy((unsigned char *)out + i * sizeof value, &value, sizeof value);
    }
}
