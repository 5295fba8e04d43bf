/* command.h: a command as data. The tables in this file's structs drive
 * dispatch, parsing, help and the reference in docs/cli.md. All of it is
 * constant and static. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/text.h"

#define PROGRAM "onnx-precision-pass"

/* How an option is spelt, and what the offset of its row points to. */
enum option_kind {
    OPTION_FLAG,     /* --name: bool */
    OPTION_SWITCH,   /* --[no-]name[=ARG]: struct option_switch */
    OPTION_OPTIONAL, /* --name[=ARG]: struct option_switch */
    OPTION_STRING,   /* --name ARG: const char * */
    OPTION_LIST,     /* --name A,B: struct option_list */
    OPTION_FILES,    /* --name FILE, again and again: struct option_files */
    OPTION_SIZE,     /* --name 2G: struct option_number, in bytes */
    OPTION_NUMBER,   /* --name 3: struct option_number */
    OPTION_CHOICE,   /* --name WORD: int, the index in `argument` */
    OPTION_TALLY,    /* -vv: unsigned */
};

struct option_switch {
    int state;         /* 0 not given, 1 on, -1 off */
    const char *value; /* NULL when none was given */
};

struct option_list {
    bool given;
    struct text joined; /* by commas; freed by call_end */
};

enum { OPTION_FILES_MOST = 32 };

struct option_files {
    const char *names[OPTION_FILES_MOST + 1]; /* NULL ends them */
};

struct option_number {
    bool given;
    uint64_t value;
};

/* Headings of the help, in its order. */
enum option_group {
    GROUP_PRECISION,
    GROUP_PIPELINE,
    GROUP_PLAN,
    GROUP_OUTPUT,
    GROUP_INPUT,
    GROUP_MESSAGES,
    GROUP_COUNT
};

struct option_row {
    const char *name;     /* NULL ends a table */
    const char *alias;    /* accepted as well; or NULL */
    const char *argument; /* "FILE", or "text|json" for OPTION_CHOICE;
                             OPTION_SWITCH takes none when it is NULL */
    const char *help;     /* one sentence for the short help */
    const char *more;     /* what the full help adds; or NULL */
    size_t offset;
    enum option_kind kind;
    enum option_group group;
    uint64_t most; /* OPTION_NUMBER, OPTION_SIZE: upper limit, 0 for none */
    unsigned sets; /* rows of all commands: which of COMMON_* take it */
    char letter;   /* 0 when there is no short form */
    bool is_rare;  /* in the full help only */
    bool is_about_output; /* not lent: see struct command */
};

/* Sets of options that several commands take. */
enum {
    COMMON_HELP = 1,
    COMMON_READ = 2,     /* reads a model */
    COMMON_WRITE = 4,    /* writes a model */
    COMMON_FORMAT = 8,   /* result as text or JSON */
    COMMON_REPORT = 16,  /* makes a report besides */
    COMMON_QUIET = 32,   /* can go without its report */
    COMMON_VERSION = 64, /* --version */
    COMMON_JSON = 128,   /* the form of the version */
    COMMON_RANGES = 256, /* asks what values can be */
    COMMON_POLICY = 512, /* obeys a policy file */
    COMMON_FIND = 1024,  /* looks for one beside the model */
    COMMON_TODAY = 2048  /* judges its dates */
};

struct example {
    const char *what;
    const char *line; /* without the name of the program */
};

enum { EXAMPLES = 3 };

struct command {
    const char *name;    /* "audit"; "" for the program itself */
    const char *path;    /* "passes run", what stands before options */
    const char *summary; /* one line, as in the list of commands */
    const char *usage;   /* "[options] INPUT -o OUTPUT" */
    const char *details; /* the full help's paragraphs */
    struct example examples[EXAMPLES];
    const struct option_row *rows; /* own options, or NULL */
    /* Rows of another command that this one takes, too, or NULL; those about
     * its output are left out. Their offsets are into the struct of that
     * command, with which the own one begins. */
    const struct option_row *lent;
    unsigned common;               /* COMMON_* */
    int least_inputs, most_inputs; /* most -1: any number */
    /* NULL-ended list of commands below this one, or NULL. */
    const struct command *const *children;
    int (*run)(const struct command *self, int argc, char **argv);
};

extern const struct command command_root;
extern const struct command command_audit;
extern const struct command command_convert;
extern const struct command command_explain;
extern const struct command command_passes;
extern const struct command command_policy;
extern const struct command command_print;
extern const struct command command_help;
extern const struct command command_version;

/* The options of COMMON_*; offsets are into struct common. */
extern const struct option_row common_rows[];

#endif
