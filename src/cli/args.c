#include "cli/args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/message.h"
#include "cli/options.h"

/* Content moves while it grows, so the list holds offsets until the end. */
static void
end_word(struct args *args, size_t start)
{
    text_bytes(&args->content, "", 1);
    text_bytes(&args->list, &start, sizeof start);
    args->count++;
}

static void
add_word(struct args *args, const char *word)
{
    const size_t start = args->content.size;

    text_string(&args->content, word);
    end_word(args, start);
}

static bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Adds the word at `c`; returns the character after it, or NULL when a quote
 * is not closed. */
static const char *
split_word(struct args *args, const char *c)
{
    const size_t start = args->content.size;
    char quote = '\0';

    for (; *c != '\0' && (quote != '\0' || !is_space(*c)); c++) {
        if (*c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (*c == '\'' || *c == '"')) {
            quote = *c;
        } else {
            if (*c == '\\' && quote != '\'' && c[1] != '\0')
                c++;
            text_bytes(&args->content, c, 1);
        }
    }
    end_word(args, start);
    return quote == '\0' ? c : NULL;
}

static enum opp_status
split(struct args *args, const char *name, const struct text *file,
      struct opp_error *err)
{
    const char *c = text_get(file);

    if (file->failed)
        return message_set(err, OPP_ENOMEM, "out of memory");
    if (strlen(c) != file->size)
        return message_set(err, OPP_EUSAGE,
                           "response file `%s` holds a NUL byte", name);
    while (c != NULL) {
        while (is_space(*c))
            c++;
        if (*c == '\0')
            return OPP_OK;
        c = split_word(args, c);
    }
    return message_set(err, OPP_EUSAGE,
                       "response file `%s` ends inside a quoted word", name);
}

static enum opp_status
add_file(struct args *args, const char *name, struct opp_error *err)
{
    FILE *const stream = fopen(name, "re");
    struct text file = {0};
    enum opp_status status;
    char buffer[4096];
    size_t n;

    if (stream == NULL) {
        message_set(err, OPP_EUSAGE, "cannot read response file `%s`: %s", name,
                    strerror(errno));
        message_help(err, "an input whose name begins with @ is `./@NAME`");
        return OPP_EUSAGE;
    }
    while ((n = fread(buffer, 1, sizeof buffer, stream)) > 0)
        text_bytes(&file, buffer, n);
    if (ferror(stream))
        status =
            message_set(err, OPP_EUSAGE, "cannot read response file `%s`: %s",
                        name, strerror(errno));
    else
        status = split(args, name, &file, err);
    fclose(stream);
    text_free(&file);
    return status;
}

/* Turns the offsets into the final array of pointers. */
static enum opp_status
finish(struct args *args, struct opp_error *err)
{
    const bool failed = args->list.failed || args->content.failed;
    struct text pointers = {0};
    char *word = NULL;

    for (int i = 0; i < args->count && !failed; i++) {
        size_t start;
        memcpy(&start, args->list.data + (size_t)i * sizeof start,
               sizeof start);
        word = args->content.data + start;
        text_bytes(&pointers, &word, sizeof word);
    }
    word = NULL;
    text_bytes(&pointers, &word, sizeof word);
    text_free(&args->list);
    args->list = pointers;
    args->words = (char **)(void *)pointers.data;
    if (failed || pointers.failed)
        return message_set(err, OPP_ENOMEM, "out of memory");
    return OPP_OK;
}

enum opp_status
args_expand(struct args *args, int argc, char **argv, struct opp_error *err)
{
    bool literal = false;

    *args = (struct args){0};
    for (int i = 0; i < argc; i++) {
        const char *const word = argv[i];
        literal = literal || strcmp(word, "--") == 0;
        if (i > 0 && word[0] == '@' && word[1] != '\0' && !literal &&
            !option_takes_next(&command_root, argv[i - 1])) {
            const enum opp_status status = add_file(args, word + 1, err);
            if (status != OPP_OK)
                return status;
        } else {
            add_word(args, word);
        }
    }
    return finish(args, err);
}

void
args_free(struct args *args)
{
    text_free(&args->list);
    text_free(&args->content);
    *args = (struct args){0};
}
