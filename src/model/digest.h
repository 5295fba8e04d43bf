/* digest.h: the hash of the file that a model was loaded from, byte for byte;
 * files with external data are not part of it. Reading a large file takes as
 * long as a sweep over its weights, so it may go on in a thread beside other
 * work. The digest belongs to the model, and model_close ends the thread. */
#ifndef MODEL_DIGEST_H
#define MODEL_DIGEST_H

#include "base/hash128.h"
#include "model/model.h"

/* Begins to hash a large file in a thread; does nothing for a small one, or
 * when that was begun before. */
void digest_begin(struct model *model);

/* The hash, as hash128_text writes it: waits for the thread, or computes it
 * now. In the model's arena. OPP_EINPUT when the file cannot be read. */
enum opp_status digest_get(struct model *model, const char **text,
                           struct opp_error *err);

/* Ends the thread, if there is one, without a result. */
void digest_stop(struct model *model);

#endif
