/* dispatch.h: from the first words of the command line to the command. */
#ifndef CLI_DISPATCH_H
#define CLI_DISPATCH_H

#include "cli/command.h"
#include "opp.h"

/* The child of `parent` called `name`; NULL with an error that names the
 * nearest one when there is none. */
const struct command *dispatch_find(const struct command *parent,
                                    const char *name, struct opp_error *err);

/* The run function of a command that only has children: the help, or the
 * error that a command is missing. */
int dispatch_group(const struct command *self, int argc, char **argv);

/* Runs the command that argv[1] names beneath `command`, or `command` itself
 * when argv[1] is an option or missing. Returns the exit code. */
int dispatch(const struct command *command, int argc, char **argv);

#endif
