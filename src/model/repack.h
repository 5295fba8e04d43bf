/* repack.h: a changed model into a file: the data file first, the model
 * last, each under a temporary name until it is whole. */
#ifndef MODEL_REPACK_H
#define MODEL_REPACK_H

#include "model/layout.h"
#include "model/output.h"
#include "model/transfer.h"

/* What every way of saving needs. */
struct save {
    struct model *model;
    struct opp_save_options options; /* defaults filled in */
    struct progress progress;
};

/* Decides what becomes external, with a note when the 2 GiB limit of
 * protobuf makes that necessary. OPP_EREFUSED when not even that helps. */
enum opp_status repack_layout(struct save *save, const char *output_name,
                              struct layout *layout, struct opp_error *err);

/* Writes model and data file to `output`, whose folder is open. */
enum opp_status repack_to_file(struct save *save, const struct output *output,
                               const struct layout *layout,
                               struct opp_error *err);

#endif
