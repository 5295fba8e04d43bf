/* signatures.h: ops that ops.def does not know, as the user declares them in
 * YAML files (docs/op_signatures.md has the format). Each becomes an ordinary
 * struct op_schema: nobody but this file needs to know the difference. The ops
 * live in the arena of the set that they are in. */
#ifndef OPS_SIGNATURES_H
#define OPS_SIGNATURES_H

#include "base/map.h"
#include "ops/ops.h"

struct op_signatures {
    struct arena *arena;
    struct map ops; /* "domain\nname" to its newest version */
};

/* Makes an empty set, whose ops will live in `arena`. */
void signatures_init(struct op_signatures *set, struct arena *arena);

/* Adds the ops of a file. OPP_EUSAGE, with line and column, when it is no file
 * of signatures or contradicts itself, ops.def, or a file that was read
 * before; OPP_ENOMEM. */
enum opp_status signatures_read(struct op_signatures *set, const char *path,
                                struct opp_error *err);

/* As ops_find. `opset` 0, a domain that the model does not import, means
 * version 1. NULL also when `set` is. */
const struct op_schema *signatures_find(const struct op_signatures *set,
                                        const char *domain, const char *name,
                                        int64_t opset);

#endif
