/* pipeline.h: a list of passes with option values, read from text. */
#ifndef PASS_PIPELINE_H
#define PASS_PIPELINE_H

#include "pass/pass.h"

struct pipeline_item {
    const struct pass *pass;
    const char *values[PASS_MAX_OPTIONS]; /* NULL where not given */
};

/* Also the public struct opp_pipeline. Owns its arena. */
struct opp_pipeline {
    struct arena arena;
    jmp_buf unwind;
    struct pipeline_item *items;
    size_t n_items;
};

/* See opp_pipeline_parse and opp_pipeline_set, which wrap these. The
 * pipeline's arena must be ready. */
enum opp_status pipeline_parse(struct opp_pipeline *pipeline,
                               const char *text, struct opp_error *err);
enum opp_status pipeline_set(struct opp_pipeline *pipeline, const char *pass,
                             const char *key, const char *value,
                             struct opp_error *err);

/* The items of a list in `text`, with '\n' between them; those in FILE for
 * "@FILE". NULL, with OPP_EUSAGE in `err`, when that cannot be read. */
const char *pipeline_list(struct arena *arena, const char *text,
                          char separator, struct opp_error *err);

/* The canonical text: options that differ from their default, in the order
 * of the descriptor. In `arena`. */
const char *pipeline_text(const struct opp_pipeline *pipeline,
                          struct arena *arena);

#endif
