#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/command.h"
#include "cli/dispatch.h"
#include "cli/message.h"

/* A closed standard stream would give its number to the next file that is
 * opened, and messages would end up in that file. The stand-in is opened for
 * the wrong direction, so that using the stream still fails. */
static void
hold_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

int
main(int argc, char **argv)
{
    const struct screen screen = {0};
    struct opp_error err = {0};
    struct args args;
    int code;

    hold_standard_streams();
    /* A reader that goes away and a limit on file sizes are errors of
     * write(), not the end. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (args_expand(&args, argc, argv, &err) == OPP_OK)
        code = dispatch(&command_root, args.count, args.words);
    else
        code = message_error(&screen, &err);
    args_free(&args);
    if (fclose(stdout) != 0 && code < OPP_EOUTPUT) {
        message_set(&err, OPP_EOUTPUT, "cannot write standard output: %s",
                    strerror(errno));
        code = message_error(&screen, &err);
    }
    return code;
}
