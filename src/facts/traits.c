#include "facts/traits.h"

#include <stdlib.h>
#include <string.h>

struct row {
    const char *op;
    unsigned traits;
};

#define INTEGER       TRAIT_INTEGER
#define PASSES        TRAIT_PASSES
#define POWER         TRAIT_POWER
#define SELF_SQUARE   TRAIT_SELF_SQUARE
#define EXPONENT      TRAIT_EXPONENT
#define SQUARE_SUM    TRAIT_SQUARE_SUM
#define ROOT          TRAIT_ROOT
#define REDUCE        TRAIT_REDUCE
#define DIFFERENCE    TRAIT_DIFFERENCE
#define LOGARITHM     TRAIT_LOGARITHM
#define ACCUMULATE    TRAIT_ACCUMULATE
#define ACCUMULATE_IF TRAIT_ACCUMULATE_IF
#define GENERATES     TRAIT_GENERATES
#define PERMUTES      TRAIT_PERMUTES
#define QUANTIZES     TRAIT_QUANTIZES
#define DEQUANTIZES   TRAIT_DEQUANTIZES
#define INDIFFERENT   TRAIT_INDIFFERENT
#define UNIFORM       TRAIT_UNIFORM
#define HEAVY         TRAIT_HEAVY
#define PERIODIC      TRAIT_PERIODIC
#define COUNTS        TRAIT_COUNTS
#define SATURATES     TRAIT_SATURATES
#define DIVIDES       TRAIT_DIVIDES
#define EXPONENTIAL   TRAIT_EXPONENTIAL
#define BOUNDS        TRAIT_BOUNDS
#define SHARES        TRAIT_SHARES
#define SLIDES        TRAIT_SLIDES
#define ADDS          TRAIT_ADDS
#define SOFTMAX       TRAIT_SOFTMAX
#define NORMALIZES    TRAIT_NORMALIZES
#define LOOKUP        TRAIT_LOOKUP
static const struct row rows[] = {
#define TRAIT(op, traits) {#op, traits},
#include "facts/traits.def"
#undef TRAIT
};

static int
compare_row(const void *name, const void *row)
{
    return strcmp(name, ((const struct row *)row)->op);
}

bool
node_has_trait(const struct node *node, enum trait trait)
{
    const struct row *row;

    if (node == NULL || node->op == NULL || op_domain(node->op)[0] != '\0')
        return false;
    row = bsearch(op_name(node->op), rows, sizeof rows / sizeof *rows,
                  sizeof *rows, compare_row);
    return row != NULL && (row->traits & (unsigned)trait) != 0;
}

bool
node_reduces(const struct node *node)
{
    const Onnx__AttributeProto *const attr = node_attr(node, "reduction");

    return attr != NULL && !(attr->s.len == strlen("none") &&
                             memcmp(attr->s.data, "none", attr->s.len) == 0);
}

bool
node_only_moves(const struct node *node)
{
    return node != NULL && node->op != NULL && node->op->class == OP_MOVEMENT;
}
