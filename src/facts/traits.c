#include "facts/traits.h"

#include <string.h>

struct row {
    const char *op;
    unsigned traits;
};

#define INTEGER TRAIT_INTEGER
#define PASSES  TRAIT_PASSES
#define POWER   TRAIT_POWER
#define HEAVY   TRAIT_HEAVY
static const struct row rows[] = {
#define TRAIT(op, traits) {#op, traits},
#include "facts/traits.def"
#undef TRAIT
};

bool
node_has_trait(const struct node *node, enum trait trait)
{
    if (node->op == NULL || op_domain(node->op)[0] != '\0')
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].op, op_name(node->op)) == 0)
            return (rows[i].traits & (unsigned)trait) != 0;
    return false;
}
