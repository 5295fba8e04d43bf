#include "cli/value.h"

#include <stdio.h>
#include <string.h>

#include "cli/message.h"
#include "cli/near.h"

/* Power of 1024 that the suffix `c` stands for; -1 when it is none. */
static int
power_of(const char *c)
{
    static const char letters[] = "kmgt";
    const char *letter;

    if (*c == '\0')
        return 0;
    letter = strchr(letters, *c | 0x20);
    if (letter == NULL || *letter == '\0')
        return -1;
    c++;
    if (*c != '\0' && strcmp(c, "B") != 0 && strcmp(c, "iB") != 0)
        return -1;
    return (int)(letter - letters) + 1;
}

bool
value_number(const char *text, bool suffix, uint64_t *out)
{
    const char *c = text;
    uint64_t value = 0;
    int power;

    for (; *c >= '0' && *c <= '9'; c++) {
        const uint64_t digit = (uint64_t)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = 10 * value + digit;
    }
    power = suffix ? power_of(c) : *c == '\0' ? 0 : -1;
    if (c == text || power < 0)
        return false;
    for (; power > 0; power--) {
        if (value > UINT64_MAX / 1024)
            return false;
        value *= 1024;
    }
    *out = value;
    return true;
}

static enum opp_status
store_number(const struct option_row *row, struct option_number *field,
             const char *argument, struct opp_error *err)
{
    const bool suffix = row->kind == OPTION_SIZE;

    field->given = true;
    if (!value_number(argument, suffix, &field->value))
        return message_set(
            err, OPP_EUSAGE, "`--%s` needs a %s, not `%s`", row->name,
            suffix ? "size such as 512M or 2G" : "number", argument);
    if (row->most != 0 && field->value > row->most)
        return message_set(err, OPP_EUSAGE, "`--%s` is at most %ju", row->name,
                           (uintmax_t)row->most);
    return OPP_OK;
}

/* `row->argument` is the words, apart by '|'. */
static enum opp_status
store_choice(const struct option_row *row, int *field, const char *argument,
             struct opp_error *err)
{
    char words[8][32] = {{0}};
    struct near near = {.typed = argument};
    const char *c = row->argument;

    for (int i = 0; i < 8 && *c != '\0'; i++) {
        const size_t length = strcspn(c, "|");
        snprintf(words[i], sizeof words[i], "%.*s", (int)length, c);
        if (strcmp(words[i], argument) == 0) {
            *field = i;
            return OPP_OK;
        }
        near_offer(&near, words[i]);
        c += length + (c[length] == '|' ? 1 : 0);
    }
    message_set(err, OPP_EUSAGE, "`--%s` cannot be `%s`", row->name, argument);
    if (near.best != NULL)
        message_help(err, "did you mean `%s`?", near.best);
    else
        message_help(err, "--%s %s", row->name, row->argument);
    return OPP_EUSAGE;
}

static enum opp_status
store_list(struct option_list *field, const char *argument,
           struct opp_error *err)
{
    if (field->joined.size > 0 && argument[0] != '\0')
        text_string(&field->joined, ",");
    text_string(&field->joined, argument);
    field->given = true;
    if (field->joined.failed)
        return message_set(err, OPP_ENOMEM, "out of memory");
    return OPP_OK;
}

static enum opp_status
store_file(const struct option_row *row, struct option_files *field,
           const char *argument, struct opp_error *err)
{
    size_t n = 0;

    while (field->names[n] != NULL)
        n++;
    if (n == OPTION_FILES_MOST)
        return message_set(err, OPP_EUSAGE,
                           "`--%s` is given more than %d times", row->name,
                           OPTION_FILES_MOST);
    field->names[n] = argument;
    return OPP_OK;
}

enum opp_status
value_store(const struct option_row *row, void *field, bool off,
            const char *argument, struct opp_error *err)
{
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return OPP_OK;
    case OPTION_SWITCH:
    case OPTION_OPTIONAL:
        *(struct option_switch *)field =
            (struct option_switch){off ? -1 : 1, argument};
        return OPP_OK;
    case OPTION_STRING:
        *(const char **)field = argument;
        return OPP_OK;
    case OPTION_LIST:
        return store_list(field, argument, err);
    case OPTION_FILES:
        return store_file(row, field, argument, err);
    case OPTION_SIZE:
    case OPTION_NUMBER:
        return store_number(row, field, argument, err);
    case OPTION_CHOICE:
        return store_choice(row, field, argument, err);
    case OPTION_TALLY:
        ++*(unsigned *)field;
        return OPP_OK;
    }
    return OPP_OK;
}
