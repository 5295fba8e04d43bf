/* external.h: tensors whose values lie in other files (onnx/docs/
 * ExternalData.md). What a model names there is not to be trusted: a location
 * is looked up beneath one folder, without links, and the file is judged by
 * its descriptor and read through it only. */
#ifndef MODEL_EXTERNAL_H
#define MODEL_EXTERNAL_H

#include "model/walk.h"

/* Binds the payload of an external tensor of which `bytes` bytes are needed;
 * UINT64_MAX when its type does not tell. Opens the file when it is the first
 * tensor in it. OPP_EINPUT with tensor, location, offset and length. */
enum opp_status external_bind(struct model *model, Onnx__TensorProto *tensor,
                              const struct walk_place *place, uint64_t bytes,
                              struct opp_error *err);

/* The value of an entry of external_data; NULL when it has none. */
const char *external_entry(const Onnx__TensorProto *tensor, const char *key);

/* Closes what is not a source. */
void external_close(struct external *external);

#endif
