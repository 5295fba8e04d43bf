/* seeds.h: the user's ranges as options of a pass, or of a command. */
#ifndef PASS_SEEDS_H
#define PASS_SEEDS_H

#include "facts/ranges.h"
#include "pass/pass.h"

/* Adds the declared ranges (NAME=LO:HI) and the files with measured ones, each
 * with '\n' between items. OPP_EUSAGE for a range or a name that is none,
 * OPP_EINPUT for a file that is none. */
enum opp_status seeds_add(struct range_seeds *seeds, const char *declared,
                          const char *files, const struct module *module,
                          struct opp_error *err);

/* Reads the options range and ranges, which the pass must have, into the
 * scratch arena. */
enum opp_status seeds_parse(struct range_seeds *seeds,
                            const struct pass_run *run, struct opp_error *err);

/* What seeds_show prints: the ranges of a module whose types and shapes are
 * known. */
struct seeds_view {
    struct module *module;
    const struct facts *facts;
    struct arena *scratch;
    const struct opp_range_options *options;
    enum opp_format format;
};

/* Reads the weights, and prints. */
enum opp_status seeds_show(const struct seeds_view *view,
                           struct writer *writer, struct opp_error *err);

#endif
