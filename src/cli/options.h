/* options.h: reading the words of a command into its structs, as its tables
 * say, with getopt_long. Nothing here owns anything but the texts of
 * OPTION_LIST, which options_free frees. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/command.h"
#include "opp.h"

/* Option `i` that `command` takes, its own first, then the common ones; NULL
 * after the last. */
const struct option_row *option_at(const struct command *command, size_t i);

/* Whether the word after `word` is its argument, for any command beneath
 * `command`: options mean the same everywhere. */
bool option_takes_next(const struct command *command, const char *word);

/* Reads argv[1] and on. Values go to `own` and `common` by the offsets in
 * the tables; the inputs are moved to argv[1] and on, *inputs is their
 * number. Underscores in option names are dashes. Names may not be cut
 * short, so that a new option never changes an old script. Fails with
 * OPP_EUSAGE, OPP_ENOMEM. */
enum opp_status options_parse(const struct command *command, void *own,
                              void *common, int argc, char **argv, int *inputs,
                              struct opp_error *err);

/* The text of a list, joined by commas; NULL when it was not given. */
const char *option_list_get(const struct option_list *list);

void options_free(const struct command *command, void *own, void *common);

#endif
