/* format.h: the floating-point formats that single precision is narrowed to,
 * as data. Constants only. */
#ifndef NUMERIC_FORMAT_H
#define NUMERIC_FORMAT_H

#include <stdbool.h>

enum numeric_format {
    NUMERIC_F16, /* IEEE 754 binary16 */
    NUMERIC_BF16 /* bfloat16: binary32 without the low half of its bits */
};

/* What becomes of a finite value that rounds beyond the largest finite one.
 * Infinities and NaNs stay what they are in any case. */
enum numeric_overflow {
    NUMERIC_TO_INFINITY, /* IEEE 754-2019, 4.3.1: roundTiesToEven */
    NUMERIC_SATURATE     /* the largest finite value of its sign */
};

/* Magnitudes that values are brought into. Zeros, infinities and NaNs stay. */
struct numeric_clamp {
    float min_positive; /* what is smaller and not zero becomes it */
    float max_finite;   /* what is larger and finite becomes it; 0: no clamp */
};

/* IEEE 754-2019, table 3.5, for binary16. ONNX and Intel's "BFLOAT16 Hardware
 * Numerics Definition" (2018) give bfloat16 an 8-bit exponent and 7 bits of
 * fraction, the rest is as in IEEE 754. */
struct numeric_format_info {
    int digits;          /* p, the hidden bit included */
    int max_exponent;    /* emax; emin is 1 - emax */
    double max_finite;   /* (2 - 2^(1-p)) * 2^emax */
    double min_normal;   /* 2^emin: below it, digits are lost */
    double min_positive; /* 2^(emin-p+1); its half rounds to zero */
    double max_integer;  /* 2^p: all integers up to it are exact */
    /* The range is that of single precision: what that can compute rounds to
     * zero or beyond the largest finite value only at the very ends of it. */
    bool is_wide;
};

const struct numeric_format_info *
numeric_format_info(enum numeric_format format);

#endif
