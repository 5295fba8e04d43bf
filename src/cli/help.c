#include "cli/help.h"

#include <string.h>

#include "cli/options.h"

enum { WIDTH = 79, COLUMN = 26 };

const struct help_row help_exit_codes[] = {
    {"0", "done, and nothing at or above --fail-on"},
    {"1", "findings at or above --fail-on, or a policy that is violated"},
    {"2", "wrong use: an option, or a pattern that matches nothing"},
    {"3", "input unusable: missing, cut, not ONNX, external data missing"},
    {"4", "valid input that is refused rather than guessed"},
    {"5", "could not write, out of memory, internal error"},
    {NULL, NULL},
};

const struct help_row help_variables[] = {
    {"NO_COLOR", "no colours unless --color=always says so"},
    {"SOURCE_DATE_EPOCH", "the day that dates in a policy are judged by"},
    {"CLICOLOR_FORCE", "colours for pipes as well, unless it is 0"},
    {NULL, NULL},
};

static const char *const titles[GROUP_COUNT] = {
    [GROUP_PRECISION] = "Precision", [GROUP_PIPELINE] = "Pipeline",
    [GROUP_PLAN] = "Plan",           [GROUP_OUTPUT] = "Output",
    [GROUP_INPUT] = "Input",         [GROUP_MESSAGES] = "Messages",
};

const char *
help_group_title(enum option_group group)
{
    return titles[group];
}

void
help_spell(struct text *out, const struct option_row *row)
{
    if (row->letter != '\0')
        text_printf(out, "-%c, ", row->letter);
    text_printf(out, row->kind == OPTION_SWITCH ? "--[no-]%s" : "--%s",
                row->name);
    if (row->argument == NULL)
        return;
    if (row->kind == OPTION_SWITCH || row->kind == OPTION_OPTIONAL)
        text_printf(out, "[=%s]", row->argument);
    else
        text_printf(out, " %s", row->argument);
}

/* Appends words, wrapped and indented; `at` is the column already reached. */
static void
wrap(struct text *out, const char *words, size_t indent, size_t at)
{
    while (*words != '\0') {
        const size_t word = strcspn(words, " ");
        if (at > indent && at + 1 + word > WIDTH) {
            text_string(out, "\n");
            at = 0;
        }
        if (at < indent) {
            text_fill(out, ' ', indent - at);
            at = indent;
        } else if (at > indent) {
            text_string(out, " ");
            at++;
        }
        text_bytes(out, words, word);
        at += word;
        words += word + (words[word] == ' ' ? 1 : 0);
    }
    text_string(out, "\n");
}

/* A term in the left column, its meaning in the right one. */
static void
entry(struct text *out, const char *term, const char *meaning)
{
    size_t at = 2 + strlen(term);

    text_printf(out, "  %s", term);
    if (at + 2 > COLUMN) {
        text_string(out, "\n");
        at = 0;
    }
    wrap(out, meaning, COLUMN, at);
}

static void
table(struct text *out, const char *title, const struct help_row *rows)
{
    text_printf(out, "\n%s:\n", title);
    for (; rows->name != NULL; rows++)
        entry(out, rows->name, rows->meaning);
}

static void
option(struct text *out, const struct option_row *row, enum help_form form)
{
    struct text term = {0};

    if (row->letter == '\0')
        text_string(&term, "    ");
    help_spell(&term, row);
    entry(out, text_get(&term), row->help);
    if (form == HELP_FULL && row->more != NULL)
        wrap(out, row->more, COLUMN, 0);
    if (form == HELP_FULL && row->alias != NULL) {
        text_free(&term);
        text_printf(&term, "Also: --%s", row->alias);
        wrap(out, text_get(&term), COLUMN, 0);
    }
    out->failed |= term.failed;
    text_free(&term);
}

/* The options of one group under its title; nothing when there are none. */
static void
group(struct text *out, const struct command *command, enum option_group which,
      enum help_form form)
{
    const struct option_row *row;
    bool titled = false;

    for (size_t i = 0; (row = option_at(command, i)) != NULL; i++) {
        if (row->group != which || (row->is_rare && form == HELP_SHORT))
            continue;
        if (!titled)
            text_printf(out, "\n%s:\n", titles[which]);
        titled = true;
        option(out, row, form);
    }
}

static void
children(struct text *out, const struct command *command)
{
    if (command->children == NULL)
        return;
    text_string(out, "\nCommands:\n");
    for (size_t i = 0; command->children[i] != NULL; i++)
        entry(out, command->children[i]->name, command->children[i]->summary);
}

/* `details` are paragraphs, apart by line feeds. */
static void
details(struct text *out, const char *paragraphs)
{
    while (*paragraphs != '\0') {
        const size_t length = strcspn(paragraphs, "\n");
        struct text one = {0};
        text_bytes(&one, paragraphs, length);
        text_string(out, "\n");
        wrap(out, text_get(&one), 0, 0);
        out->failed |= one.failed;
        text_free(&one);
        paragraphs += length + (paragraphs[length] == '\n' ? 1 : 0);
    }
}

void
help_write(struct text *out, const struct command *command, enum help_form form)
{
    const char *const gap = command->path[0] == '\0' ? "" : " ";

    text_printf(out, "Usage: " PROGRAM "%s%s %s\n\n", gap, command->path,
                command->usage);
    wrap(out, command->summary, 0, 0);
    text_string(out, "\nExamples:\n");
    for (size_t i = 0; i < EXAMPLES; i++)
        if (command->examples[i].line != NULL)
            text_printf(out, "  # %s\n  " PROGRAM " %s\n",
                        command->examples[i].what, command->examples[i].line);
    children(out, command);
    if (form == HELP_FULL && command->details != NULL)
        details(out, command->details);
    for (size_t g = 0; g < GROUP_COUNT; g++)
        group(out, command, (enum option_group)g, form);
    if (form == HELP_FULL) {
        table(out, "Exit codes", help_exit_codes);
        table(out, "Environment", help_variables);
    }
}

void
help_write_version(struct text *out, bool json)
{
    text_printf(out,
                json ? "{\"name\": \"" PROGRAM "\", \"version\": \"%s\"}\n"
                     : PROGRAM " %s\n",
                opp_version());
}
