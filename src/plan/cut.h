/* cut.h: things (classes of operands) that exchange tensors, some of them of
 * the low or the wide type in any case: which type for the others costs least?
 * A tensor costs once for each type that it is not made in but read in, however
 * many read it. That is a minimum cut, which is exact and takes next to no time
 * on graphs as models are; where it would take long, an estimate takes its
 * place. Knows nothing of ONNX. Everything lives in the arena given. */
#ifndef PLAN_CUT_H
#define PLAN_CUT_H

#include <stdbool.h>

#include "base/arena.h"

enum cut_side { CUT_LOW, CUT_WIDE };

/* In the place of a thing: one whose side is given. */
enum { CUT_IS_LOW = UINT32_MAX - 1, CUT_IS_WIDE = UINT32_MAX };

/* The largest price; larger ones are this one. What costs so much is done only
 * where all else does as well. */
#define CUT_FORBIDDEN ((uint64_t)1 << 40)

struct cut_tensor {
    uint32_t maker;
    const uint32_t *readers; /* one may stand there several times */
    uint32_t n_readers;
    uint64_t widen;  /* made low and read wide */
    uint64_t narrow; /* made wide and read low */
};

struct cut_result {
    const uint8_t *sides; /* enum cut_side, by thing */
    uint64_t operations;  /* edges that were looked at */
    uint32_t guessed;     /* parts that were not solved but estimated */
};

struct cut;

/* `n` things, 0 to n - 1, that cost nothing so far. */
struct cut *cut_new(struct arena *arena, uint32_t n);

/* Adds what a thing costs on a side. */
void cut_add_price(struct cut *cut, uint32_t thing, enum cut_side side,
                   uint64_t price);

/* Adds a tensor, which is copied. What costs the same whatever is chosen does
 * not count. */
void cut_add_tensor(struct cut *cut, const struct cut_tensor *tensor);

/* Gives every thing a side so that the sum is least; among equal sums as many
 * as possible are low, which leaves one answer. Once more than `limit`
 * operations were needed, each further part that is not connected with the
 * others goes as a whole to the side that costs it less (low when equal), in
 * linear time. Uses `cut` up. */
struct cut_result cut_solve(struct cut *cut, uint64_t limit);

#endif
