/* save.h: the model back into a file. Unchanged payloads are copied from file
 * to file, converted ones pass through the numeric kernels in chunks; neither
 * is ever whole in memory. */
#ifndef MODEL_SAVE_H
#define MODEL_SAVE_H

#include "model/model.h"

/* See opp_save_file and opp_save_callback. The graph must have been flushed. */
enum opp_status model_save_file(struct model *model, const char *path,
                                const struct opp_save_options *options,
                                struct opp_error *err);
enum opp_status model_save_callback(struct model *model, opp_write_fn write,
                                    void *payload,
                                    const struct opp_save_options *options,
                                    struct opp_error *err);

/* Bytes that model_save_file will write, external data included; of that
 * without the gaps that align it, and counting shared values twice. */
uint64_t model_output_size(const struct model *model);

#endif
