/* constants.h: the statistics of every float constant with respect to a
 * low-precision format, gathered in one sweep over the files. A constant is an
 * initializer (also one that an input may override), the output of a Constant
 * node, however it spells its value, or what ConstantOfShape fills in. */
#ifndef FACTS_CONSTANTS_H
#define FACTS_CONSTANTS_H

#include "facts/types.h"
#include "facts/weights.h"
#include "model/tensor.h"

/* What a constant of any float type holds. */
struct constant_extent {
    const struct numeric_range *range;
    const struct weight_sums *sums; /* NULL unless it is a weight */
    double mean, mean_square;       /* of the first values that are finite */
    bool integer;                   /* all values are whole numbers */
    bool up, down;                  /* it has +inf, -inf */
};

struct constants {
    struct numeric_range **of; /* by value id; NULL where there is none */
    struct constant_extent **extents; /* the same for all float types */
    uint64_t bytes;                   /* swept */
};

/* Sweeps all constants of the float types; `of` is set for those of element
 * type float, and of `format`. OPP_EINPUT when the weights cannot be read. The
 * result lives in `arena`. */
enum opp_status constants_sweep(struct constants *out, struct arena *arena,
                                struct module *module,
                                enum numeric_format format,
                                opp_progress_fn progress, void *payload,
                                struct opp_error *err);

/* Hands the values of one such constant to `fn` as float32, in order; those
 * that ConstantOfShape repeats, once. OPP_EINPUT as above. */
enum opp_status constants_each(struct module *module,
                               const struct value *value, tensor_chunk_fn fn,
                               void *payload, struct opp_error *err);

/* True for a constant of a float type that can be stored in another type, in
 * any spelling (so not for ConstantOfShape). */
bool value_is_constant_of(const struct value *value, int elem);

/* What becomes of values of a constant beyond the range of `elem`. Beyond that
 * of BFLOAT16, which is the range of FLOAT, lie only stand-ins for infinity
 * (FLT_MAX in masks and bounds): they saturate. For FLOAT16 they are infinite,
 * and plans do not convert them. */
enum numeric_overflow constants_overflow(int elem);

/* What the range says of a constant, for people: "`big` = 1e+05" for one
 * value, "`w`: 3 of 768 values, up to 1e+05 in magnitude" for several. */
const char *constants_describe(struct arena *arena, const struct value *value,
                               const struct numeric_range *range,
                               uint64_t affected);

#endif
