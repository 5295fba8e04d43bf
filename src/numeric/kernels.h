/* kernels.h: the implementations behind convert.h, as tables, so that tests
 * and benchmarks can run each of them. All tables are constants. */
#ifndef NUMERIC_KERNELS_H
#define NUMERIC_KERNELS_H

#include "numeric/range.h"

/* The most values that one call for a range may be given: its counters have
 * 32 bits, and a fixed cut makes the sums the same for all kernels. */
enum { NUMERIC_BLOCK = 1 << 20 };

typedef void numeric_narrow_fn(void *out, const void *in, size_t n);
typedef void numeric_widen_fn(void *out, const void *in, size_t n);
typedef void numeric_range_fn(const void *in, size_t n,
                              struct numeric_range *range);

/* Indexed by enum numeric_format; narrow by enum numeric_overflow, too. */
struct numeric_kernels {
    const char *name;
    numeric_narrow_fn *narrow[2][2];
    numeric_widen_fn *widen[2];
    numeric_range_fn *range[2];
};

/* The kernels that run on this machine, from numeric_kernels_portable(), which
 * is plain C, to numeric_kernels_best(); their number goes to `n`. */
const struct numeric_kernels *const *numeric_kernels_all(size_t *n);

const struct numeric_kernels *numeric_kernels_portable(void);
const struct numeric_kernels *numeric_kernels_best(void);

#endif
