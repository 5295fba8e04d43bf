#include "pass/pipeline.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

static size_t
option_index(const struct pass *pass, const char *key)
{
    size_t i = 0;

    while (pass->options[i].name != NULL &&
           strcmp(pass->options[i].name, key) != 0)
        i++;
    return i;
}

static const char *
option_name(const void *list, size_t i)
{
    return ((const struct pass_option *)list)[i].name;
}

static enum opp_status
fail_option(const struct pass *pass, const char *key, struct opp_error *err)
{
    const char *const near =
        suggest_near(key, option_name, pass->options);

    error_set(err, OPP_EUSAGE, "pass `%s` has no option `%s`", pass->name,
              key);
    if (near != NULL)
        error_help(err, "did you mean `%s`?", near);
    return OPP_EUSAGE;
}

static bool
is_number(const char *text)
{
    size_t n = 0;

    while (isdigit((unsigned char)text[n]))
        n++;
    return n > 0 && n < 20 && text[n] == '\0';
}

static bool
is_flag(const char *text)
{
    return strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
}

/* The lines of FILE, for lists given as "@FILE". */
static const char *
read_list_file(struct arena *arena, const char *path, struct opp_error *err)
{
    char chunk[4096];
    const char *text = "";
    FILE *const file = fopen(path, "r");
    size_t n;

    if (file == NULL) {
        error_set(err, OPP_EUSAGE, "cannot read the list `%s`", path);
        return NULL;
    }
    while ((n = fread(chunk, 1, sizeof chunk - 1, file)) > 0) {
        char *joined;
        const size_t size = strlen(text);
        chunk[n] = '\0';
        joined = arena_try_alloc(arena, size + n + 1);
        if (joined == NULL) {
            fclose(file);
            error_set(err, OPP_ENOMEM, "the list `%s` is too long", path);
            return NULL;
        }
        memcpy(joined, text, size);
        memcpy(joined + size, chunk, n + 1);
        text = joined;
    }
    fclose(file);
    return text;
}

static const char *
split_list(struct arena *arena, const char *text, char separator)
{
    char *const lines = arena_strdup(arena, text);

    for (char *c = lines; *c != '\0'; c++)
        if (*c == separator)
            *c = '\n';
    return lines;
}

const char *
pipeline_list(struct arena *arena, const char *text, char separator,
              struct opp_error *err)
{
    return text[0] == '@' ? read_list_file(arena, text + 1, err)
                          : split_list(arena, text, separator);
}

static enum opp_status
set_option(struct opp_pipeline *pipeline, struct pipeline_item *item,
           const char *key, const char *value, char separator,
           struct opp_error *err)
{
    const struct pass *const pass = item->pass;
    const size_t i = option_index(pass, key);
    const char *const name = pass->options[i].name;

    if (name == NULL)
        return fail_option(pass, key, err);
    switch (pass->options[i].kind) {
    case OPTION_FLAG:
        if (!is_flag(value))
            return error_set(err, OPP_EUSAGE,
                             "option `%s` of pass `%s` is true or false",
                             name, pass->name);
        break;
    case OPTION_NUMBER:
        if (!is_number(value))
            return error_set(err, OPP_EUSAGE,
                             "option `%s` of pass `%s` is a number, not `%s`",
                             name, pass->name, value);
        break;
    case OPTION_LIST:
        value = pipeline_list(&pipeline->arena, value, separator, err);
        if (value == NULL)
            return OPP_EUSAGE;
        break;
    case OPTION_TEXT:
        break;
    }
    item->values[i] = arena_strdup(&pipeline->arena, value);
    return OPP_OK;
}

static const char *
pass_name_at(const void *list, size_t i)
{
    const struct pass *const *const passes = list;

    return passes[i] == NULL ? NULL : passes[i]->name;
}

static const char *
preset_name_at(const void *list, size_t i)
{
    return ((const struct preset *)list)[i].name;
}

static enum opp_status
fail_name(const char *what, const char *name, const char *near,
          struct opp_error *err)
{
    error_set(err, OPP_EUSAGE, "there is no %s `%s`", what, name);
    if (near != NULL)
        error_help(err, "did you mean `%s`?", near);
    else
        error_help(err, "`passes list` names them all");
    return OPP_EUSAGE;
}

static struct pipeline_item *
add_item(struct opp_pipeline *pipeline, const struct pass *pass)
{
    struct pipeline_item *item;

    pipeline->items = arena_grow(&pipeline->arena, pipeline->items,
                                 pipeline->n_items, sizeof *pipeline->items);
    item = &pipeline->items[pipeline->n_items++];
    *item = (struct pipeline_item){.pass = pass};
    return item;
}

/* name (':' key '=' value)*, cut in place. */
static enum opp_status
parse_pass(struct opp_pipeline *pipeline, char *text, struct opp_error *err)
{
    char *rest = NULL;
    const char *const name = strtok_r(text, ":", &rest);
    const struct pass *const pass = pass_find(name == NULL ? "" : name);
    struct pipeline_item *item;

    if (pass == NULL)
        return fail_name(
            "pass", name == NULL ? "" : name,
            suggest_near(name == NULL ? "" : name, pass_name_at,
                         pass_registry),
            err);
    item = add_item(pipeline, pass);
    for (char *pair; (pair = strtok_r(NULL, ":", &rest)) != NULL;) {
        char *const equals = strchr(pair, '=');
        enum opp_status status;
        if (equals == NULL)
            return error_set(err, OPP_EUSAGE,
                             "option `%s` of pass `%s` has no value", pair,
                             pass->name);
        *equals = '\0';
        status = set_option(pipeline, item, pair, equals + 1, '+', err);
        if (status != OPP_OK)
            return status;
    }
    return OPP_OK;
}

static enum opp_status
parse_item(struct opp_pipeline *pipeline, char *text, struct opp_error *err)
{
    const struct preset *preset;

    if (text[0] != '@')
        return parse_pass(pipeline, text, err);
    preset = preset_find(text + 1);
    if (preset == NULL)
        return fail_name(
            "preset", text + 1,
            suggest_near(text + 1, preset_name_at, preset_registry), err);
    return pipeline_parse(pipeline, preset->pipeline, err);
}

static bool
has_empty_item(const char *text)
{
    const size_t n = strlen(text);

    return n > 0 && (text[0] == ',' || text[n - 1] == ',' ||
                     strstr(text, ",,") != NULL);
}

enum opp_status
pipeline_parse(struct opp_pipeline *pipeline, const char *text,
               struct opp_error *err)
{
    char *const copy = arena_strdup(&pipeline->arena, text);
    char *rest = NULL;
    enum opp_status status = OPP_OK;

    if (has_empty_item(text))
        return error_set(err, OPP_EUSAGE,
                         "an item of the pipeline `%s` is empty", text);
    for (char *item = strtok_r(copy, ",", &rest);
         item != NULL && status == OPP_OK; item = strtok_r(NULL, ",", &rest))
        status = parse_item(pipeline, item, err);
    return status;
}

enum opp_status
pipeline_set(struct opp_pipeline *pipeline, const char *pass,
             const char *key, const char *value, struct opp_error *err)
{
    const bool all = strcmp(pass, "*") == 0;
    bool found = false;

    for (size_t i = 0; i < pipeline->n_items; i++) {
        const struct pass *const at = pipeline->items[i].pass;
        enum opp_status status;
        if (all ? at->options[option_index(at, key)].name == NULL
                : strcmp(at->name, pass) != 0)
            continue;
        found = true;
        status = set_option(pipeline, &pipeline->items[i], key, value, ',',
                            err);
        if (status != OPP_OK)
            return status;
    }
    if (!found && all)
        return error_set(err, OPP_EUSAGE,
                         "no pass of the pipeline has the option `%s`", key);
    if (!found)
        return error_set(err, OPP_EUSAGE,
                         "the pipeline has no pass `%s`", pass);
    return OPP_OK;
}

static const char *
join_list(struct arena *arena, const char *lines)
{
    char *const text = arena_strdup(arena, lines);

    for (char *c = text; *c != '\0'; c++)
        if (*c == '\n')
            *c = '+';
    return text;
}

const char *
pipeline_text(const struct opp_pipeline *pipeline, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < pipeline->n_items; i++) {
        const struct pipeline_item *const item = &pipeline->items[i];
        text = arena_printf(arena, "%s%s%s", text, i > 0 ? "," : "",
                            item->pass->name);
        for (size_t k = 0; item->pass->options[k].name != NULL; k++)
            if (item->values[k] != NULL)
                text = arena_printf(arena, "%s:%s=%s", text,
                                    item->pass->options[k].name,
                                    join_list(arena, item->values[k]));
    }
    return text;
}
