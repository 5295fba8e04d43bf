/* shapes.h: the dimensions of every value as far as they follow from graph
 * inputs, initializers and constants, and the values of small integer tensors
 * that shapes are computed from. A soft fact: unknown is legal everywhere and
 * nothing here fails. What only value_info (or graph.output, or the default of
 * an input that a caller may override) says is taken as a hint where nothing
 * else is known, and marked `assumed`, with all that is derived from it.
 *
 * What each op does to a shape is in shapes.def. Bodies of If, Loop and Scan
 * are seen through, and so are calls of local functions. Each call is worked
 * out by itself, with its attributes; inside a function holds what the calls
 * that the main graph reaches have in common. Of a function that it does not
 * reach, nothing is known of the inputs but their hints.
 *
 * All of it lives in the arena of the facts. */
#ifndef FACTS_SHAPES_H
#define FACTS_SHAPES_H

#include "facts/types.h"

/* Greatest rank, and greatest number of integers, that are followed. */
enum { SHAPE_MAX = 16 };

enum dim_kind {
    DIM_UNKNOWN,
    DIM_KNOWN,
    DIM_SYMBOL, /* unknown, but equal to all others with this name */
};

/* A length; also one element of an integer tensor. */
struct dim {
    uint8_t kind; /* enum dim_kind */
    bool assumed;
    int64_t n; /* the number, or the id of the symbol; else 0 */
};

struct shape {
    bool known;    /* the rank and dims are there */
    bool assumed;  /* the rank is */
    bool has_ints; /* the elements are followed, in row-major order */
    uint8_t rank;
    uint8_t n_ints;
    const struct dim *dims; /* rank of them */
    const struct dim *ints; /* n_ints of them */
};

struct shapes {
    struct shape *of; /* by value id */
    uint32_t n;
    const char **symbols; /* texts of dim_param, by id */
    uint32_t n_symbols;
};

/* Computes the shapes of all values; never fails (but for memory). */
struct shapes *shapes_compute(struct arena *arena, struct module *module,
                              const struct types *types);

/* Shape of a value; never NULL. Not known when `shapes` is NULL, for NULL, and
 * for values that are newer than the fact. */
const struct shape *shapes_of(const struct shapes *shapes,
                              const struct value *value);

/* The text of a symbol; NULL when `dim` is none. */
const char *shapes_symbol(const struct shapes *shapes, struct dim dim);

/* Dimension `axis`, which counts from the end when negative; not known where
 * the shape has no such axis. */
struct dim shape_dim(const struct shape *shape, int64_t axis);

/* True for a length that follows from the graph, and is not only declared by
 * value_info: what decides a type rests on no other. */
bool dim_is_certain(struct dim dim);

/* Number of elements (1 for a scalar). False when it is not known. */
bool shape_elements(const struct shape *shape, uint64_t *n);

/* Bytes of a tensor of `elem` as raw_data stores it, packed types included.
 * False when not known, and for strings. */
bool shape_bytes(const struct shape *shape, int elem, uint64_t *bytes);

/* True when some of rank and dimensions is only assumed. */
bool shape_is_assumed(const struct shape *shape);

#endif
