/* help.h: help and the reference of commands, made from their tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"
#include "opp.h"

enum help_form { HELP_SHORT, HELP_FULL };

/* Appends the page of a command: 80 columns, examples first, then options
 * by group. HELP_SHORT leaves out rare options and details. */
void help_write(struct text *out, const struct command *command,
                enum help_form form);

/* Appends the line that --version prints. */
void help_write_version(struct text *out, bool json);

/* Appends the reference of all commands in Markdown: docs/cli.md. */
void help_write_markdown(struct text *out);

/* The spelling of an option, such as "-o, --output FILE". */
void help_spell(struct text *out, const struct option_row *row);

/* Title of a group of options. */
const char *help_group_title(enum option_group group);

/* What each exit code means, and which variables are read; both end with a
 * row whose first member is NULL. */
struct help_row {
    const char *name, *meaning;
};
extern const struct help_row help_exit_codes[];
extern const struct help_row help_variables[];

#endif
