#include "cli/message.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESET "\033[0m"

struct level {
    const char *word;
    const char *color;
};

static const struct level levels[] = {
    {"error", "\033[1;31m"},
    {"warning", "\033[1;33m"},
    {"note", "\033[1;34m"},
};

enum { LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTE, LEVELS };

bool
message_has_color(enum color_when when, FILE *stream)
{
    const char *const no = getenv("NO_COLOR");
    const char *const force = getenv("CLICOLOR_FORCE");
    const char *const term = getenv("TERM");

    if (when != COLOR_AUTO)
        return when == COLOR_ALWAYS;
    if (no != NULL && no[0] != '\0')
        return false;
    if (force != NULL && force[0] != '\0' && strcmp(force, "0") != 0)
        return true;
    return isatty(fileno(stream)) == 1 && term != NULL &&
           strcmp(term, "dumb") != 0;
}

/* The level that the line begins with, or NULL. */
static const struct level *
level_of(const char *line)
{
    for (size_t i = 0; i < LEVELS; i++) {
        const size_t n = strlen(levels[i].word);
        if (strncmp(line, levels[i].word, n) == 0 &&
            (line[n] == '[' || line[n] == ':'))
            return &levels[i];
    }
    return NULL;
}

void
message_color_report(struct text *out, const char *in)
{
    while (*in != '\0') {
        const struct level *const level = level_of(in);
        const char *const end = strchr(in, '\n');
        const size_t size = end == NULL ? strlen(in) : (size_t)(end - in) + 1;
        const size_t word = level == NULL ? 0 : strlen(level->word);
        if (level != NULL)
            text_printf(out, "%s%s" RESET, level->color, level->word);
        text_bytes(out, in + word, size - word);
        in += size;
    }
}

enum opp_status
message_set(struct opp_error *err, enum opp_status status, const char *format,
            ...)
{
    va_list args;

    memset(err, 0, sizeof *err);
    err->status = status;
    va_start(args, format);
    vsnprintf(err->what, sizeof err->what, format, args);
    va_end(args);
    return status;
}

void
message_help(struct opp_error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err->help, sizeof err->help, format, args);
    va_end(args);
}

int
message_exit_code(enum opp_status status)
{
    return status > OPP_EOUTPUT ? (int)OPP_EOUTPUT : (int)status;
}

static void
print_line(const char *prefix, const char *text)
{
    fputs(prefix, stderr);
    for (const char *c = text; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        fputc(byte < 0x20 || byte == 0x7F ? '?' : byte, stderr);
    }
    fputc('\n', stderr);
}

static void
print_level(const struct screen *screen, size_t level)
{
    if (message_has_color(screen->color, stderr))
        fprintf(stderr, "%s%s:" RESET, levels[level].color, levels[level].word);
    else
        fprintf(stderr, "%s:", levels[level].word);
}

int
message_error(const struct screen *screen, const struct opp_error *err)
{
    const struct {
        const char *prefix, *text;
    } details[] = {{"  --> ", err->where},
                   {"   = ", err->why},
                   {"   = help: ", err->help}};

    if (err->what[0] == '\0')
        return message_exit_code(err->status);
    print_level(screen, LEVEL_ERROR);
    print_line(" ", err->what);
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++)
        if (details[i].text[0] != '\0')
            print_line(details[i].prefix, details[i].text);
    return message_exit_code(err->status);
}

void
message_note(const struct screen *screen, unsigned level, const char *format,
             ...)
{
    va_list args;
    char buffer[1024];

    if (screen->verbosity < level)
        return;
    va_start(args, format);
    vsnprintf(buffer, sizeof buffer, format, args);
    va_end(args);
    print_level(screen, LEVEL_NOTE);
    print_line(" ", buffer);
}
