/* sniff.h: what a file is that turned out not to be a model. */
#ifndef MODEL_SNIFF_H
#define MODEL_SNIFF_H

#include "model/source.h"

/* Replaces `err` by a clearer one when the first bytes of the source are
 * those of something well known. Does nothing otherwise. */
void sniff_explain(const struct source *source, struct opp_error *err);

#endif
