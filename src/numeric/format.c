#include "numeric/format.h"

static const struct numeric_format_info infos[] = {
    [NUMERIC_F16] = {.digits = 11,
                     .max_exponent = 15,
                     .max_finite = 65504,
                     .min_normal = 0x1p-14,
                     .min_positive = 0x1p-24,
                     .max_integer = 2048,
                     .is_wide = false},
    [NUMERIC_BF16] = {.digits = 8,
                      .max_exponent = 127,
                      .max_finite = 0x1.fep127,
                      .min_normal = 0x1p-126,
                      .min_positive = 0x1p-133,
                      .max_integer = 256,
                      .is_wide = true},
};

const struct numeric_format_info *
numeric_format_info(enum numeric_format format)
{
    return &infos[format];
}
