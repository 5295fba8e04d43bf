/* listing.h: the passes and presets that exist, told from their descriptors. */
#ifndef PASS_LISTING_H
#define PASS_LISTING_H

#include "pass/pass.h"

/* Text for people, or one JSON object. */
enum opp_status passes_write(enum opp_format format, struct writer *writer,
                             struct opp_error *err);

#endif
