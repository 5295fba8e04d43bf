/* traits.h: arithmetic properties of ops, from traits.def, which says what each
 * means. */
#ifndef FACTS_TRAITS_H
#define FACTS_TRAITS_H

#include "graph/graph.h"

enum trait {
    TRAIT_INTEGER = 1 << 0,
    TRAIT_PASSES = 1 << 1,
    TRAIT_POWER = 1 << 2,
    TRAIT_SELF_SQUARE = 1 << 3,
    TRAIT_EXPONENT = 1 << 4,
    TRAIT_SQUARE_SUM = 1 << 5,
    TRAIT_ROOT = 1 << 6,
    TRAIT_REDUCE = 1 << 7,
    TRAIT_DIFFERENCE = 1 << 8,
    TRAIT_LOGARITHM = 1 << 9,
    TRAIT_ACCUMULATE = 1 << 10,
    TRAIT_ACCUMULATE_IF = 1 << 11,
    TRAIT_GENERATES = 1 << 12,
    TRAIT_PERMUTES = 1 << 13,
    TRAIT_QUANTIZES = 1 << 14,
    TRAIT_HEAVY = 1 << 15,
    TRAIT_DEQUANTIZES = 1 << 16,
    TRAIT_INDIFFERENT = 1 << 17,
    TRAIT_UNIFORM = 1 << 18,
    TRAIT_PERIODIC = 1 << 19,
    TRAIT_COUNTS = 1 << 20,
    TRAIT_SATURATES = 1 << 21,
    TRAIT_DIVIDES = 1 << 22,
    TRAIT_EXPONENTIAL = 1 << 23,
    TRAIT_BOUNDS = 1 << 24,
    TRAIT_SHARES = 1 << 25,
    TRAIT_SLIDES = 1 << 26,
    TRAIT_ADDS = 1 << 27,
    TRAIT_SOFTMAX = 1 << 28,
    TRAIT_NORMALIZES = 1 << 29,
    TRAIT_LOOKUP = 1 << 30,
};

/* True when the op of a node has the trait. Ops of other domains, unknown ops,
 * calls of functions and NULL have none. */
bool node_has_trait(const struct node *node, enum trait trait);

/* True for a node whose attribute `reduction` is there and not "none". */
bool node_reduces(const struct node *node);

/* True for a node that moves or selects elements and computes nothing; false
 * for NULL. */
bool node_only_moves(const struct node *node);

#endif
