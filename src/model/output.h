/* output.h: the place that a model is saved to: a name in a folder. Symbolic
 * links: the last component of the path is replaced and not followed, as
 * rename(2) does it, so that external data lies beside the name that the user
 * gave and no file behind a link is overwritten. */
#ifndef MODEL_OUTPUT_H
#define MODEL_OUTPUT_H

#include "model/source.h"

struct output {
    const char *path;   /* as given */
    const char *folder; /* "." when the path has none */
    const char *name;
    int dir; /* descriptor of the folder; -1 before output_open */
    bool is_stream; /* a device or a pipe: written in order, not renamed */
};

/* Splits `path` (in the model's arena) and judges what has that name already.
 * OPP_EUSAGE when it is a file that the model lies in, OPP_EOUTPUT when it is
 * a folder. Opens nothing. */
enum opp_status output_check(struct output *output, struct model *model,
                             const char *path, struct opp_error *err);

/* Opens the folder. OPP_EOUTPUT when there is none. */
enum opp_status output_open(struct output *output, struct opp_error *err);

void output_close(struct output *output);

/* The model's file that is `info`, or NULL. */
const struct source *output_input(const struct model *model,
                                  const struct file_info *info);

/* The error of writing `path`, which failed with `why` (an errno). */
enum opp_status output_error(const char *path, int why, struct opp_error *err);

#endif
