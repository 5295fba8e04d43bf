/* range_seeds.h: ranges that somebody states for values of a model by name:
 * declared ones, which are a promise, and measured ones, which are what some
 * runs have shown. The seeds belong to the arena that they were made in. */
#ifndef FACTS_RANGE_SEEDS_H
#define FACTS_RANGE_SEEDS_H

#include "graph/graph.h"

/* What a bound or a reach rests on; greater is weaker. What is derived rests
 * on the weakest of what it came from. */
enum range_basis {
    RANGE_PROVEN,   /* follows from the file and the specification of the ops */
    RANGE_DECLARED, /* from a range that the user has promised, or from the
                       default of an input */
    RANGE_MEASURED, /* from statistics of runs */
    RANGE_UNKNOWN,
};

struct range_seed {
    const char *name; /* of a value; inner ones as range_seed_path writes it */
    uint8_t basis;    /* RANGE_DECLARED or RANGE_MEASURED */
    double lo, hi;    /* lo > hi: no finite value was seen */
    double min_abs;   /* smallest magnitude but zero; 0, infinite: unknown */
    uint64_t nan, inf, samples; /* of measured ones */
};

struct range_seeds {
    struct arena *arena;
    struct map index;          /* name to struct seed_pair */
    struct range_seed **items; /* in the order of their coming */
    uint32_t n;
};

void range_seeds_init(struct range_seeds *seeds, struct arena *arena);

/* Adds a copy. Of two declared ranges of one name the last one holds; measured
 * ones merge: the wider range, the sum of the counts. */
void range_seeds_add(struct range_seeds *seeds, const struct range_seed *seed);

/* Adds the declared range "NAME=LO:HI" or "NAME=LO:HI:MINABS". The name ends at
 * the last '='. OPP_EUSAGE when it is none. */
enum opp_status range_seeds_parse(struct range_seeds *seeds, const char *text,
                                  struct opp_error *err);

/* Adds the measured ranges of a file (docs/ranges.md). OPP_EINPUT, with the
 * place, when it is none or cannot be read. */
enum opp_status range_seeds_read(struct range_seeds *seeds, const char *path,
                                 struct opp_error *err);

/* OPP_EUSAGE, with a near name, for a name that the model does not have. */
enum opp_status range_seeds_check(const struct range_seeds *seeds,
                                  const struct module *module,
                                  struct opp_error *err);

/* The seed of a name, or NULL. */
const struct range_seed *range_seeds_find(const struct range_seeds *seeds,
                                          const char *name,
                                          enum range_basis basis);

/* The name by which seeds mean a value: that in the main graph, and behind the
 * path of its scope elsewhere: "f/x" in the function f, "Loop_3.body/x". In the
 * module's arena. */
const char *range_seed_path(const struct module *module,
                            const struct value *value);

#endif
