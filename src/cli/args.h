/* args.h: the words of the command line after response files (@FILE) have
 * been put in. The struct owns the words until args_free. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "cli/text.h"
#include "opp.h"

struct args {
    int count;
    char **words; /* count words and a NULL */
    struct text list, content;
};

/* Copies argv with each word @FILE replaced by the words in FILE: apart by
 * white space, quoted by '...', "..." or a backslash; words in it are not
 * expanded again. A word stays as it is after "--", and where it is the
 * argument of an option (-p @convert). Fails with OPP_EUSAGE, OPP_ENOMEM. */
enum opp_status args_expand(struct args *args, int argc, char **argv,
                            struct opp_error *err);

void args_free(struct args *args);

#endif
