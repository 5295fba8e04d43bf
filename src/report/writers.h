/* writers.h: what the writers of the report share with each other and with
 * those of src/plan; nobody else includes it. */
#ifndef REPORT_WRITERS_H
#define REPORT_WRITERS_H

#include "base/json_tree.h"
#include "report/report.h"

/* "note", "warning", "error". */
const char *severity_name(enum opp_severity severity);

enum { SIZE_TEXT = 32 };

/* "2.4 MiB", written into `text`, which is returned. */
const char *size_text(char text[SIZE_TEXT], uint64_t bytes);

/* "s" unless `n` is 1. */
const char *plural(uint64_t n);

/* "FP16": what people call the precision of an element type. */
const char *precision_text(int elem);

/* Writes a text from the model, with "?" for control characters: they could
 * forge lines of the report or steer a terminal. */
void put_clean(struct writer *writer, const char *text);

/* The table of stored weights; nothing when there is none. */
void put_stored_weights(const struct report *report, struct writer *writer);

/* Adds "stored_weights" to the root; nothing when there are none. */
void stored_weights_to_json(const struct report *report,
                            struct json_tree *tree);

/* The certificates of rewrites; nothing when none were looked for. */
void put_rewrites(const struct report *report, struct writer *writer);

/* Adds "rewrites" to the root; nothing when none were looked for. */
void rewrites_to_json(const struct report *report, struct json_tree *tree);

/* The lines about placement: where it saves something, and where it fell short
 * of what was asked for. */
void put_placement(const struct report *report, struct writer *writer);

/* Adds "placement" to the root; nothing when none was made. */
void placement_to_json(const struct report *report, struct json_tree *tree);

/* Adds the array "passes" to `object`; with times only where asked, because
 * they differ from run to run. */
void passes_to_json(const struct report *report, struct json_tree *tree,
                    json_t *object, bool times);

#endif
