#include "cli/options.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "cli/message.h"
#include "cli/near.h"
#include "cli/value.h"

enum { SPELLINGS_MAX = 64, POOL_SIZE = 1024, FIRST_LONG = 256 };

/* The table of a command as getopt_long wants it: one entry a spelling. */
struct spellings {
    struct option longs[SPELLINGS_MAX + 1];
    const struct option_row *rows[SPELLINGS_MAX];
    bool off[SPELLINGS_MAX];
    size_t count;
    char letters[2 * SPELLINGS_MAX + 3];
    char pool[POOL_SIZE];
    size_t pool_used;
};

/* Where values go, and how far the reading is. */
struct reading {
    const struct command *command;
    const struct spellings *spellings;
    void *own, *common;
    struct opp_error *err;
};

const struct option_row *
option_at(const struct command *command, size_t i)
{
    if (command->rows != NULL)
        for (const struct option_row *r = command->rows; r->name != NULL; r++)
            if (i-- == 0)
                return r;
    if (command->lent != NULL)
        for (const struct option_row *r = command->lent; r->name != NULL; r++)
            if (!r->is_about_output && i-- == 0)
                return r;
    for (const struct option_row *r = common_rows; r->name != NULL; r++)
        if ((r->sets & command->common) != 0 && i-- == 0)
            return r;
    return NULL;
}

static int
argument_rule(const struct option_row *row, bool off)
{
    switch (row->kind) {
    case OPTION_FLAG:
    case OPTION_TALLY:
        return no_argument;
    case OPTION_SWITCH:
        return row->argument == NULL || off ? no_argument : optional_argument;
    case OPTION_OPTIONAL:
        return optional_argument;
    case OPTION_STRING:
    case OPTION_LIST:
    case OPTION_FILES:
    case OPTION_SIZE:
    case OPTION_NUMBER:
    case OPTION_CHOICE:
        return required_argument;
    }
    return no_argument;
}

static bool
is_spelling(const char *name, const char *of)
{
    size_t i = 0;

    if (of == NULL)
        return false;
    while (name[i] != '\0' && (name[i] == '_' ? '-' : name[i]) == of[i])
        i++;
    return name[i] == of[i];
}

/* The option that a long or short spelling names, of any command. */
static const struct option_row *
find_anywhere(const struct command *command, const char *name, char letter)
{
    const struct option_row *row;

    for (size_t i = 0; (row = option_at(command, i)) != NULL; i++)
        if (name != NULL
                ? is_spelling(name, row->name) || is_spelling(name, row->alias)
                : row->letter == letter)
            return row;
    for (size_t i = 0;
         command->children != NULL && command->children[i] != NULL; i++) {
        row = find_anywhere(command->children[i], name, letter);
        if (row != NULL)
            return row;
    }
    return NULL;
}

bool
option_takes_next(const struct command *command, const char *word)
{
    const struct option_row *row;

    if (word[0] != '-' || word[1] == '\0')
        return false;
    if (word[1] == '-') {
        row = find_anywhere(command, word + 2, '\0');
        return row != NULL && argument_rule(row, false) == required_argument;
    }
    for (const char *c = word + 1; *c != '\0'; c++) {
        row = find_anywhere(command, NULL, *c);
        if (row == NULL || argument_rule(row, false) == optional_argument)
            return false;
        if (argument_rule(row, false) == required_argument)
            return c[1] == '\0';
    }
    return false;
}

static void
add_spelling(struct spellings *to, const struct option_row *row,
             const char *prefix, const char *name)
{
    const size_t length = strlen(name);
    char *const copy = to->pool + to->pool_used;

    assert(to->count < SPELLINGS_MAX);
    assert(to->pool_used + strlen(prefix) + length + 1 <= POOL_SIZE);
    memcpy(copy, prefix, strlen(prefix));
    memcpy(copy + strlen(prefix), name, length);
    to->pool_used += strlen(prefix) + length + 1;
    to->rows[to->count] = row;
    to->off[to->count] = prefix[0] != '\0';
    to->longs[to->count] = (struct option){
        .name = copy,
        .has_arg = argument_rule(row, prefix[0] != '\0'),
        .val = FIRST_LONG + (int)to->count,
    };
    to->count++;
}

static void
collect(struct spellings *to, const struct command *command)
{
    const struct option_row *row;
    char *letter = to->letters;

    *to = (struct spellings){0};
    /* '-': inputs come in order, whatever POSIXLY_CORRECT says. */
    *letter++ = '-';
    *letter++ = ':';
    for (size_t i = 0; (row = option_at(command, i)) != NULL; i++) {
        add_spelling(to, row, "", row->name);
        if (row->kind == OPTION_SWITCH)
            add_spelling(to, row, "no-", row->name);
        if (row->alias != NULL)
            add_spelling(to, row, "", row->alias);
        if (row->letter == '\0')
            continue;
        *letter++ = row->letter;
        if (argument_rule(row, false) == required_argument)
            *letter++ = ':';
    }
}

/* Turns underscores into dashes in the names of options, not in what follows
 * them as an argument. */
static void
normalise(int argc, char **argv)
{
    bool is_argument = false;

    for (int i = 1; i < argc; i++) {
        if (!is_argument && strcmp(argv[i], "--") == 0)
            return;
        if (!is_argument && strncmp(argv[i], "--", 2) == 0)
            for (char *c = argv[i]; *c != '\0' && *c != '='; c++)
                *c = *c == '_' ? '-' : *c;
        is_argument = !is_argument && option_takes_next(&command_root, argv[i]);
    }
}

/* An option that is not there: names the nearest that is. */
static enum opp_status
unknown(const struct reading *reading, const char *word)
{
    const size_t length = strcspn(word, "=");
    char name[64] = "";
    struct near near = {.typed = name};

    message_set(reading->err, OPP_EUSAGE, "unknown option `%.*s`", (int)length,
                word);
    if (strncmp(word, "--", 2) == 0 && length - 2 < sizeof name) {
        memcpy(name, word + 2, length - 2);
        for (size_t i = 0; i < reading->spellings->count; i++)
            near_offer(&near, reading->spellings->longs[i].name);
    }
    if (near.best != NULL)
        message_help(reading->err, "did you mean `--%s`?", near.best);
    else
        message_help(reading->err, PROGRAM "%s%s --help=full lists the options",
                     reading->command->path[0] == '\0' ? "" : " ",
                     reading->command->path);
    return OPP_EUSAGE;
}

/* What getopt_long could not read: `code` is ':' or '?'. */
static enum opp_status
unreadable(const struct reading *reading, int code, const char *word)
{
    const char letter[] = {'-', (char)optopt, '\0'};
    const bool is_long = optopt >= FIRST_LONG;

    if (code == ':')
        return message_set(reading->err, OPP_EUSAGE,
                           "option `%s` needs an argument",
                           is_long ? word : letter);
    if (is_long)
        return message_set(reading->err, OPP_EUSAGE,
                           "option `%.*s` takes no argument",
                           (int)strcspn(word, "="), word);
    return unknown(reading, optopt == 0 ? word : letter);
}

/* Stores the option that getopt_long found. */
static enum opp_status
store(const struct reading *reading, int code, const char *word)
{
    const struct spellings *const s = reading->spellings;
    const struct option_row *row = NULL;
    const size_t at = (size_t)(code - FIRST_LONG);
    bool off = false;

    if (code >= FIRST_LONG) {
        row = s->rows[at];
        off = s->off[at];
        if (strcspn(word + 2, "=") != strlen(s->longs[at].name))
            return unknown(reading, word);
    }
    for (size_t i = 0; row == NULL; i++)
        if (option_at(reading->command, i)->letter == code)
            row = option_at(reading->command, i);
    return value_store(
        row,
        (char *)(row->sets == 0 ? reading->own : reading->common) + row->offset,
        off, optarg, reading->err);
}

enum opp_status
options_parse(const struct command *command, void *own, void *common, int argc,
              char **argv, int *inputs, struct opp_error *err)
{
    struct spellings spellings;
    const struct reading reading = {command, &spellings, own, common, err};
    enum opp_status status = OPP_OK;
    int code;

    *inputs = 0;
    collect(&spellings, command);
    normalise(argc, argv);
    opterr = 0;
    optind = 0;
    while (status == OPP_OK) {
        /* The word that holds the option: an argument of its own follows. */
        const int before = optind == 0 ? 1 : optind;
        code =
            getopt_long(argc, argv, spellings.letters, spellings.longs, NULL);
        if (code == -1)
            break;
        if (code == 1)
            argv[1 + (*inputs)++] = optarg;
        else if (code == ':' || code == '?')
            status = unreadable(&reading, code, argv[before]);
        else
            status = store(&reading, code, argv[before]);
    }
    while (status == OPP_OK && optind < argc)
        argv[1 + (*inputs)++] = argv[optind++];
    return status;
}

const char *
option_list_get(const struct option_list *list)
{
    return list->given ? text_get(&list->joined) : NULL;
}

void
options_free(const struct command *command, void *own, void *common)
{
    const struct option_row *row;

    for (size_t i = 0; (row = option_at(command, i)) != NULL; i++)
        if (row->kind == OPTION_LIST) {
            struct option_list *const list =
                (void *)((char *)(row->sets == 0 ? own : common) + row->offset);
            text_free(&list->joined);
        }
}
