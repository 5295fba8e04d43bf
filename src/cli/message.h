/* message.h: what goes to standard error: errors with place and way out,
 * notes, and the colours of both. Nothing here owns anything. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <stdio.h>

#include "cli/text.h"
#include "opp.h"

/* In the order of the words of --color. */
enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Where messages go and how they look. */
struct screen {
    enum color_when color;
    unsigned verbosity; /* 0: errors only, 1: steps, 2: passes as well */
};

/* Whether to colour what is written to `stream`. By itself: not when
 * NO_COLOR is set, else when CLICOLOR_FORCE is set and not "0", else when the
 * stream is a terminal that is not "dumb" (https://bixense.com/clicolors). */
bool message_has_color(enum color_when when, FILE *stream);

/* Appends the report `in` to `out` with the level at the start of a line
 * ("error", "warning", "note", followed by '[' or ':') in colour. */
void message_color_report(struct text *out, const char *in);

/* Fills an error of the command line itself; returns `status`. The text is
 * cut to the size of the field. */
enum opp_status message_set(struct opp_error *err, enum opp_status status,
                            const char *format, ...) CLI_PRINTF(3, 4);
void message_help(struct opp_error *err, const char *format, ...)
    CLI_PRINTF(2, 3);

/* Prints an error and returns the exit code for its status. Control
 * characters are printed as '?', so that a name in a model or an argument
 * cannot steer the terminal. An error without `what` is silent. */
int message_error(const struct screen *screen, const struct opp_error *err);

/* Prints a line "note: ..." when the verbosity is at least `level`. */
void message_note(const struct screen *screen, unsigned level,
                  const char *format, ...) CLI_PRINTF(3, 4);

/* Exit code of a status: 6 and above are 5, what a caller may retry. */
int message_exit_code(enum opp_status status);

#endif
