/* sink.h: where a result goes: standard output, standard error or a file. A
 * file is written whole at the end, to a temporary file that is renamed, so
 * that a failure leaves the old file. The caller owns the struct and ends it
 * with sink_close or sink_drop. */
#ifndef CLI_SINK_H
#define CLI_SINK_H

#include <stdio.h>

#include "cli/message.h"
#include "cli/text.h"
#include "opp.h"

struct sink {
    const char *path; /* NULL while `stream` is the goal */
    FILE *stream;
    int error;      /* errno of the write that failed, or 0 */
    bool painted;   /* a report, to be coloured at the end */
    bool gathering; /* keep everything in `text` until the end */
    struct text text;
};

/* `path` NULL or "-" means `fallback`, which must be stdout or stderr. */
void sink_open(struct sink *sink, const char *path, FILE *fallback);

/* As sink_open for a report, coloured where `when` and the stream allow. */
void sink_open_report(struct sink *sink, const char *path, FILE *fallback,
                      enum color_when when);

/* An opp_write_fn; `payload` is the struct sink. */
int sink_write(void *payload, const void *data, size_t size);

/* Finishes: writes what is kept back, and the file. OPP_EOUTPUT on failure.
 * A closed pipe fails with no text in `err`: its reader knows. */
enum opp_status sink_close(struct sink *sink, struct opp_error *err);

/* Gives up: frees, writes nothing more. When a write had failed, replaces
 * *err, which knows only that a callback stopped, by the cause. */
void sink_drop(struct sink *sink, struct opp_error *err);

/* Prints `text` to standard output and frees it. OPP_EOUTPUT, OPP_ENOMEM. */
enum opp_status sink_print(struct text *text, struct opp_error *err);

/* True for "-"; `path` may be NULL. */
bool sink_is_stdout(const char *path);

/* Whether two names mean one file that exists. */
bool sink_same_file(const char *a, const char *b);

#endif
