/* ranges.h: bounds of the values of every tensor, and what values are known to
 * occur, as far as they follow from types, shapes, constants, and from ranges
 * that a user declares or has measured (range_seeds.h). A soft fact: unknown is
 * legal everywhere and nothing here fails.
 *
 * What each op does to a range is in ranges.def. Loops widen what they carry
 * to unknown unless one check shows that the body keeps it. A value of a
 * function has the join over the calls.
 *
 * A bound says what cannot happen, and is no evidence that anything does: it
 * grows with every layer of weights. A reach is evidence. It follows three
 * inputs through the model: all elements at the lower end, all at the upper
 * end, and half of them at each. So it is no worst case.
 *
 * What is usual is an assumption, where neither is told: a gate is half open,
 * normalised values deviate by their scale, and products of weights add up as
 * those of independent values do.
 *
 * All of it lives in the arena that it was computed in. */
#ifndef FACTS_RANGES_H
#define FACTS_RANGES_H

#include "facts/constants.h"
#include "facts/range_seeds.h"
#include "facts/shapes.h"

struct value_range {
    /* Every value that is no NaN lies in [lo, hi]; -INFINITY and INFINITY where
     * that is not known. */
    double lo, hi;
    double min_abs; /* no value but zero is smaller in magnitude; 0: unknown */
    /* Values down to and up to here do occur. reach_lo > reach_hi: nothing is
     * known to occur. */
    double reach_lo, reach_hi;
    /* A magnitude that is assumed to occur (see range_usual.h); 0: nothing is
     * assumed, or reach says it. */
    double usual;
    uint8_t bound_basis; /* enum range_basis; RANGE_UNKNOWN for all of R */
    uint8_t reach_basis; /* RANGE_UNKNOWN when nothing is known to occur */
    bool integer;        /* all values are whole numbers */
};

struct ranges {
    struct value_range *of; /* by value id */
    uint32_t n;
};

/* Computes the ranges of all values. `constants` and `seeds` may be NULL.
 * Seeds that name no value of the module are passed over; range_seeds_check
 * finds them. */
struct ranges *ranges_compute(struct arena *arena, struct module *module,
                              const struct types *types,
                              const struct shapes *shapes,
                              const struct constants *constants,
                              const struct range_seeds *seeds);

/* Range of a value; never NULL. Unknown for NULL, for values that are newer
 * than the fact, and when `ranges` is NULL. */
const struct value_range *ranges_of(const struct ranges *ranges,
                                    const struct value *value);

/* True when no value can be beyond `limit` in magnitude. */
bool range_fits(const struct value_range *range, double limit);

/* True when values beyond `limit` in magnitude are known to occur. */
bool range_exceeds(const struct value_range *range, double limit);

/* True when values beyond `limit` in magnitude are assumed to occur. */
bool range_usually_exceeds(const struct value_range *range, double limit);

/* True when some bound is known, respectively something is known to occur. */
bool range_is_bounded(const struct value_range *range);
bool range_has_reach(const struct value_range *range);

/* Prints the graphs with the type and the range of each value. JSON: an object
 * "values" for each graph, of objects with lo, hi, min_abs, reach, integer, and
 * what bound and reach rest on; null where nothing is known. */
enum opp_status ranges_print(const struct module *module,
                             const struct types *types,
                             const struct ranges *ranges,
                             enum opp_format format, struct writer *writer,
                             struct opp_error *err);

/* "proven", "declared", "measured" or "unknown". */
const char *range_basis_name(enum range_basis basis);

#endif
