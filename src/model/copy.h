/* copy.h: a model that nothing changed, saved as the bytes that it was read
 * from. External data files are copied beside the output, under the locations
 * that the model names, unless they are there already. */
#ifndef MODEL_COPY_H
#define MODEL_COPY_H

#include "model/repack.h"

/* Writes to `output`, whose folder is open. */
enum opp_status copy_to_file(struct save *save, const struct output *output,
                             struct opp_error *err);

/* Writes the model file to a callback. */
enum opp_status copy_to_callback(struct save *save, opp_write_fn write,
                                 void *payload, struct opp_error *err);

#endif
