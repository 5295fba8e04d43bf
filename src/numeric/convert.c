#include "numeric/convert.h"

#include <assert.h>

#include "numeric/kernels.h"

static size_t
block_from(size_t first, size_t n)
{
    return n - first < NUMERIC_BLOCK ? n - first : NUMERIC_BLOCK;
}

static void
narrow_blocks(enum numeric_format format, void *out, const void *in, size_t n,
              struct numeric_range *range)
{
    numeric_narrow_fn *const narrow = numeric_kernels_best()->narrow[format];
    const unsigned char *const source = in;
    unsigned char *const target = out;

    for (size_t i = 0; i < n; i += NUMERIC_BLOCK)
        narrow(target == NULL ? NULL : target + i * sizeof(uint16_t),
               source + i * sizeof(float), block_from(i, n), range);
}

void
numeric_narrow(enum numeric_format format, void *out, const void *in, size_t n,
               struct numeric_range *range)
{
    assert(out != NULL || n == 0);
    narrow_blocks(format, out, in, n, range);
}

void
numeric_range_f32(struct numeric_range *range, const void *in, size_t n,
                  enum numeric_format format)
{
    narrow_blocks(format, NULL, in, n, range);
}

void
numeric_widen(enum numeric_format format, void *out, const void *in, size_t n)
{
    numeric_kernels_best()->widen[format](out, in, n);
}
