/* term.h: patterns of dataflow as text, so that rules are rows of a table:
 *
 *     Div(d, Sqrt(Add{ReduceMean(Pow(d, 2), ...), #eps}))
 *
 *     x           any value; a name that comes again is the same value
 *     _           any value
 *     #eps        a constant of one element, of type float
 *     %w          a constant of up to TERM_CONSTANT_MOST elements
 *     2  -0.5     a constant of one element that has this value, of any type
 *     Op(a, b)    what a node of this op makes of a and b, in this order;
 *     Op{a, b}    in either order. "..." stands for further operands
 *     a | b       the first of the two that matches
 *     d:term      what matches the term, by name
 *     mean        a name of terms.def means the text that stands there
 *
 * Terms live in the arena that they were read into. */
#ifndef REWRITE_TERM_H
#define REWRITE_TERM_H

#include "base/arena.h"

enum {
    TERM_CONSTANT_MOST = 4096,
    TERM_OPERANDS_MOST = 3,
    TERM_CHOICES_MOST = 6,
};

enum term_kind {
    TERM_ANY,
    TERM_NODE,
    TERM_SCALAR, /* #name */
    TERM_TENSOR, /* %name */
    TERM_NUMBER,
    TERM_CHOICE,
};

struct term {
    enum term_kind kind;
    const char *name;  /* that the value gets; NULL for none */
    const char *op;    /* TERM_NODE */
    double number;     /* TERM_NUMBER */
    bool in_any_order; /* TERM_NODE of two operands */
    bool has_more;     /* TERM_NODE: "..." */
    uint32_t n;        /* operands, or choices */
    const struct term **parts;
};

struct term_reader;

/* What reads terms and keeps those of terms.def once they are read. */
struct term_reader *term_reader_new(struct arena *arena);

/* Reads a term. A text that is none is a bug of its table. */
const struct term *term_read(struct term_reader *reader, const char *text);

#endif
