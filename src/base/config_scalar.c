#include "base/config_internal.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Values and bytes of text. No file of the allowed size has more, unless
 * aliases repeat them: a value takes a byte at least, and escapes make at most
 * three bytes of two. */
enum { AMOUNT_MOST = 4 * CONFIG_FILE_MOST };

/* ---- errors -------------------------------------------------------------- */

enum opp_status
config_fail(struct opp_error *err, const char *path, struct config_place at,
            const char *format, ...)
{
    char text[1024]; /* longer than an error, which marks the cut */
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(err, OPP_EUSAGE, "%s", text);
    error_where(err, "%s:%u:%u", path, at.line, at.column);
    return OPP_EUSAGE;
}

bool
config_suggest(struct opp_error *err, const char *typed,
               suggest_name_fn name_at, const void *list)
{
    const char *const near = suggest_near(typed, name_at, list);

    if (near != NULL)
        error_help(err, "did you mean `%s`?", near);
    return near != NULL;
}

struct config_place
config_node_place(const yaml_node_t *node)
{
    return config_file_place(node->start_mark);
}

static bool
is_plain(const yaml_node_t *node)
{
    return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* What YAML calls null: nothing, or one of its names, without quotes. */
static bool
is_null(const yaml_node_t *node)
{
    static const char *const names[] = {"", "~", "null", "Null", "NULL"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_plain(node) &&
            strcmp((const char *)node->data.scalar.value, names[i]) == 0)
            return true;
    return false;
}

const char *
config_kind_text(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return is_null(node) ? "nothing" : "text";
    case YAML_SEQUENCE_NODE:
        return "a list";
    case YAML_MAPPING_NODE:
        return "a map";
    case YAML_NO_NODE:
        break;
    }
    return "nothing";
}

enum opp_status
config_fail_kind(const struct config_reader *r, const struct config_site *site,
                 const char *wanted)
{
    return config_fail(r->err, r->path, config_node_place(site->node),
                       "%s`%s` must be %s, not %s",
                       site->is_entry ? "what stands in " : "", site->key,
                       wanted, config_kind_text(site->node));
}

enum opp_status
config_fail_memory(struct opp_error *err)
{
    return error_set(err, OPP_ENOMEM, "memory is used up");
}

/* ---- nodes --------------------------------------------------------------- */

/* libyaml gives a node without a tag that of its type. */
static bool
has_own_tag(const yaml_node_t *node)
{
    static const char *const defaults[] = {
        [YAML_SCALAR_NODE] = YAML_DEFAULT_SCALAR_TAG,
        [YAML_SEQUENCE_NODE] = YAML_DEFAULT_SEQUENCE_TAG,
        [YAML_MAPPING_NODE] = YAML_DEFAULT_MAPPING_TAG,
    };

    return node->tag != NULL &&
           strcmp((const char *)node->tag, defaults[node->type]) != 0;
}

enum opp_status
config_check_value(struct config_reader *r, const yaml_node_t *node)
{
    r->amount += node->type == YAML_SCALAR_NODE ? node->data.scalar.length : 0;
    if (++r->amount > AMOUNT_MOST)
        return config_fail(r->err, r->path, config_node_place(node),
                           "aliases repeat too many values");
    if (has_own_tag(node))
        return config_fail(r->err, r->path, config_node_place(node),
                           "tags such as `%s` are not understood",
                           (const char *)node->tag);
    return OPP_OK;
}

void *
config_allocate(const struct config_reader *r, size_t count, size_t size)
{
    void *const memory = arena_try_alloc(r->arena, count * size);

    return memory == NULL ? NULL : memset(memory, 0, count * size);
}

/* ---- scalars ------------------------------------------------------------- */

static enum opp_status
check_scalar(struct config_reader *r, const struct config_site *site,
             const char *wanted)
{
    const yaml_node_t *const node = site->node;
    const enum opp_status status = config_check_value(r, node);

    if (status != OPP_OK)
        return status;
    if (node->type != YAML_SCALAR_NODE || is_null(node))
        return config_fail_kind(r, site, wanted);
    if (memchr(node->data.scalar.value, '\0', node->data.scalar.length) != NULL)
        return config_fail(r->err, r->path, config_node_place(node),
                           "the text holds a NUL character");
    return OPP_OK;
}

enum opp_status
config_read_text(struct config_reader *r, const struct config_site *site,
                 struct config_text *out)
{
    const enum opp_status status = check_scalar(r, site, "text");
    size_t length;
    char *copy;

    if (status != OPP_OK)
        return status;
    length = site->node->data.scalar.length;
    copy = config_allocate(r, length + 1, 1);
    if (copy == NULL)
        return config_fail_memory(r->err);
    memcpy(copy, site->node->data.scalar.value, length);
    *out = (struct config_text){copy, config_node_place(site->node)};
    return OPP_OK;
}

enum opp_status
config_read_flag(struct config_reader *r, const struct config_site *site,
                 struct config_flag *out)
{
    const enum opp_status status = check_scalar(r, site, "true or false");
    const char *text;

    if (status != OPP_OK)
        return status;
    text = (const char *)site->node->data.scalar.value;
    out->at = config_node_place(site->node);
    out->value = strcmp(text, "true") == 0;
    if (is_plain(site->node) && (out->value || strcmp(text, "false") == 0))
        return OPP_OK;
    return config_fail(r->err, r->path, out->at,
                       "`%s` must be true or false, not `%s`", site->key, text);
}

/* As JSON reads it, which no locale changes, and which has no names and no
 * hexadecimal digits. */
static bool
parse_number(const yaml_node_t *node, double *out)
{
    json_t *const number = json_loadb(
        (const char *)node->data.scalar.value, node->data.scalar.length,
        JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    const bool is_number = is_plain(node) && json_is_real(number);

    *out = json_real_value(number);
    json_decref(number);
    return is_number;
}

enum opp_status
config_read_number(struct config_reader *r, const struct config_site *site,
                   struct config_number *out)
{
    const enum opp_status status = check_scalar(r, site, "a number");

    if (status != OPP_OK)
        return status;
    out->at = config_node_place(site->node);
    if (parse_number(site->node, &out->value))
        return OPP_OK;
    return config_fail(r->err, r->path, out->at,
                       "`%s` must be a finite number, not `%s`", site->key,
                       (const char *)site->node->data.scalar.value);
}

/* Decimal, and no zero in front, which YAML takes for octal. */
static bool
parse_integer(const yaml_node_t *node, int64_t *out)
{
    const char *c = (const char *)node->data.scalar.value;
    const bool is_negative = *c == '-';
    int64_t value = 0;

    c += is_negative ? 1 : 0;
    if (!is_plain(node) || *c == '\0' || (*c == '0' && c[1] != '\0'))
        return false;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (value > (INT64_MAX - 9) / 10)
            return false;
        value = 10 * value + (*c - '0');
    }
    *out = is_negative ? -value : value;
    return *c == '\0';
}

enum opp_status
config_read_integer(struct config_reader *r, const struct config_key *key,
                    const yaml_node_t *node, struct config_integer *out)
{
    const struct config_site site = {node, key->name, false};
    const enum opp_status status = check_scalar(r, &site, "a whole number");
    const char *text;

    if (status != OPP_OK)
        return status;
    text = (const char *)node->data.scalar.value;
    out->at = config_node_place(node);
    if (parse_integer(node, &out->value) && out->value >= key->least &&
        out->value <= key->most)
        return OPP_OK;
    if (key->least == key->most)
        return config_fail(r->err, r->path, out->at,
                           "`%s` must be %lld, not `%s`", key->name,
                           (long long)key->least, text);
    return config_fail(r->err, r->path, out->at,
                       "`%s` must be a whole number from %lld to %lld, not "
                       "`%s`",
                       key->name, (long long)key->least, (long long)key->most,
                       text);
}

enum opp_status
config_read_name(struct config_reader *r, const yaml_node_t *node,
                 struct config_text *out)
{
    const struct config_site site = {node, "a key", false};

    if (node->type != YAML_SCALAR_NODE || is_null(node))
        return config_fail(r->err, r->path, config_node_place(node),
                           "a key must be text, not %s",
                           config_kind_text(node));
    return config_read_text(r, &site, out);
}
