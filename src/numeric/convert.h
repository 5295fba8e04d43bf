/* convert.h: arrays of floating-point values from one format to another, with
 * the fastest kernel of this machine. Arrays are little-endian, as in ONNX
 * files, and may start at any address; input and output do not overlap. The
 * caller owns both. Rounding and NaNs are those of scalar.h, whatever the
 * kernel. Functions keep no state, so any thread may call them. */
#ifndef NUMERIC_CONVERT_H
#define NUMERIC_CONVERT_H

#include "numeric/range.h"
#include "numeric/scalar.h"

/* Rounds `n` single precision values at `in` to `n` values of two bytes each
 * at `out`. */
void numeric_narrow(enum numeric_format format, enum numeric_overflow overflow,
                    void *out, const void *in, size_t n);

/* Widens `n` values of `format` at `in` to single precision, exactly. */
void numeric_widen(enum numeric_format format, void *out, const void *in,
                   size_t n);

/* Clamps `n` single precision values at `in`; signs stay. */
void numeric_clamp_f32(const struct numeric_clamp *clamp, void *out,
                       const void *in, size_t n);

#endif
