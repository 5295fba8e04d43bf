#include "plan/pattern.h"

#include <fnmatch.h>
#include <regex.h>
#include <string.h>

/* regcomp allocates outside of the arena, so a compiled expression lives only
 * within one call. */
static bool
regex_compile(regex_t *regex, const char *expression)
{
    char whole[512];
    const size_t n = strlen(expression);

    if (n > sizeof whole - 5)
        return false;
    memcpy(whole, "^(", 2);
    memcpy(whole + 2, expression, n);
    memcpy(whole + 2 + n, ")$", 3);
    return regcomp(regex, whole, REG_EXTENDED | REG_NOSUB) == 0;
}

static bool
regex_matches(const char *expression, const char *name)
{
    regex_t regex;
    bool matches;

    if (!regex_compile(&regex, expression))
        return false;
    matches = regexec(&regex, name, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}

static bool
is_valid_regex(const char *expression)
{
    regex_t regex;

    if (!regex_compile(&regex, expression))
        return false;
    regfree(&regex);
    return true;
}

enum opp_status
pattern_list_add(struct pattern_list *list, struct arena *arena,
                 const char *text, struct opp_error *err)
{
    struct pattern *pattern;

    list->items = arena_grow(arena, list->items, list->n, sizeof *list->items);
    pattern = &list->items[list->n++];
    *pattern = (struct pattern){.text = text};
    if (strncmp(text, "re:", 3) == 0)
        pattern->regex = text + 3;
    if (pattern->regex == NULL || is_valid_regex(pattern->regex))
        return OPP_OK;
    return error_set(err, OPP_EUSAGE,
                     "`%s` is no POSIX extended regular expression of up to "
                     "500 bytes",
                     text);
}

enum opp_status
pattern_list_parse(struct pattern_list *list, struct arena *arena,
                   const char *lines, struct opp_error *err)
{
    enum opp_status status = OPP_OK;
    char *rest = NULL;

    *list = (struct pattern_list){0};
    for (char *text = strtok_r(arena_strdup(arena, lines), "\n", &rest);
         status == OPP_OK && text != NULL; text = strtok_r(NULL, "\n", &rest))
        status = pattern_list_add(list, arena, text, err);
    return status;
}

static bool
matches(const struct pattern *pattern, const char *name)
{
    if (pattern->exact || strcmp(pattern->text, name) == 0)
        return strcmp(pattern->text, name) == 0;
    if (pattern->regex != NULL)
        return regex_matches(pattern->regex, name);
    return fnmatch(pattern->text, name, FNM_NOESCAPE) == 0;
}

void
pattern_list_know(struct pattern_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        list->items[i].exact |= strcmp(list->items[i].text, name) == 0;
}

const struct pattern *
pattern_list_match(struct pattern_list *list, const char *name)
{
    const struct pattern *first = NULL;

    for (size_t i = 0; i < list->n; i++) {
        if (!matches(&list->items[i], name))
            continue;
        list->items[i].matches++;
        if (first == NULL)
            first = &list->items[i];
    }
    return first;
}

const struct pattern *
pattern_list_unused(const struct pattern_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].matches == 0)
            return &list->items[i];
    return NULL;
}
