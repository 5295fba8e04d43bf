/* table.h: the tables that the offsets of a struct op_schema mean. Only ops.c,
 * which has the table of ops.def, and signatures.c, which makes one for each
 * op that the user declares, include it. */
#ifndef OPS_TABLE_H
#define OPS_TABLE_H

#include "ops/ops.h"

/* The element types that a type variable allows in one container. */
struct op_set {
    uint64_t elems;
    uint16_t name_at;
    uint8_t var;
    uint8_t container; /* enum op_container */
};

struct op_domain {
    const char *name;
    int newest; /* see ops_newest() */
};

struct op_table {
    const char *names; /* one string after the other, each with its NUL */
    const struct op_domain *domains;
    const struct op_param *params;
    const struct op_set *sets;
};

/* An op with the flag OP_DECLARED. It has no rules. */
struct op_declared {
    struct op_schema schema;
    const struct op_table *table;
};

#endif
