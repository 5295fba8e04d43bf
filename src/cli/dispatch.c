#include "cli/dispatch.h"

#include <string.h>

#include "cli/call.h"
#include "cli/near.h"

const struct command *
dispatch_find(const struct command *parent, const char *name,
              struct opp_error *err)
{
    const char *const gap = parent->path[0] == '\0' ? "" : " ";
    struct near near = {.typed = name};

    for (size_t i = 0; parent->children != NULL && parent->children[i] != NULL;
         i++) {
        if (strcmp(parent->children[i]->name, name) == 0)
            return parent->children[i];
        near_offer(&near, parent->children[i]->name);
    }
    message_set(err, OPP_EUSAGE, "unknown command `%s%s%s`", parent->path, gap,
                name);
    if (near.best != NULL)
        message_help(err, "did you mean `%s%s%s`?", parent->path, gap,
                     near.best);
    else
        message_help(err, PROGRAM "%s%s --help lists the commands", gap,
                     parent->path);
    return NULL;
}

int
dispatch_group(const struct command *self, int argc, char **argv)
{
    const char *const gap = self->path[0] == '\0' ? "" : " ";
    struct call call;
    struct opp_error err = {0};

    if (!call_begin(&call, self, NULL, argc, argv))
        return call_end(&call, call.exit);
    message_set(&err, OPP_EUSAGE, "%s",
                call.input_count > 0 ? "options come after the command"
                                     : "no command");
    message_help(&err, PROGRAM "%s%s --help lists the commands", gap,
                 self->path);
    return call_end(&call, call_fail(&call, &err));
}

int
dispatch(const struct command *command, int argc, char **argv)
{
    const struct screen screen = {0};
    struct opp_error err = {0};
    const struct command *child;

    if (command->children == NULL || argc < 2 || argv[1][0] == '-')
        return command->run(command, argc, argv);
    child = dispatch_find(command, argv[1], &err);
    if (child == NULL)
        return message_error(&screen, &err);
    return dispatch(child, argc - 1, argv + 1);
}
