/* convert.h: the options of convert, for commands that decide as it does. */
#ifndef CLI_CONVERT_H
#define CLI_CONVERT_H

#include "cli/call.h"
#include "opp.h"

struct convert {
    const char *output;
    const char *to;
    struct option_switch keep_io;
    struct option_list op_block, node_block, op_include, node_include;
    const char *plan;
    const char *plan_out;
    bool clamp;
    const char *min_positive, *max_finite;
    bool weights_only;
    struct option_switch rewrite;
    struct option_number rewrite_scale;
    bool dry_run;
    struct option_switch keep_islands;
    const char *island_cost;
    const char *max_casts;
    bool strict;
    int accum;    /* index of the word of --accum; -1: not given */
    int residual; /* the same of --residual */
    struct option_switch stamp;
    bool fix;
};

/* The options; offsets are into struct convert. */
extern const struct option_row convert_rows[];

/* What they are before any is given. */
#define CONVERT_DEFAULTS ((struct convert){.accum = -1, .residual = -1})

/* The pipeline that the options and a policy file (or NULL) ask for; call->own
 * begins with a struct convert. OPP_EUSAGE. The caller frees it. */
enum opp_status convert_pipeline(struct call *call, const char *policy,
                                 struct opp_pipeline **pipeline,
                                 struct opp_error *err);

#endif
