#include "base/config_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static enum opp_status read_record(struct config_reader *r,
                                   const struct config_record *record,
                                   const yaml_node_t *node, void *out);

static const yaml_node_t *
node_at(const struct config_reader *r, int id)
{
    return yaml_document_get_node(r->document, id);
}

/* ---- lists --------------------------------------------------------------- */

static size_t
entries_of(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_SEQUENCE_NODE:
        return (size_t)(node->data.sequence.items.top -
                        node->data.sequence.items.start);
    case YAML_MAPPING_NODE:
        return (size_t)(node->data.mapping.pairs.top -
                        node->data.mapping.pairs.start);
    case YAML_SCALAR_NODE:
    case YAML_NO_NODE:
        break;
    }
    return 1;
}

static enum opp_status
fail_count(const struct config_reader *r, const struct config_key *key,
           const struct config_list *list)
{
    const bool few = list->count < (size_t)key->least;

    return config_fail(r->err, r->path, list->at,
                       "`%s` has %zu entries, it must have %s %lld", key->name,
                       list->count, few ? "at least" : "at most",
                       (long long)(few ? key->least : key->most));
}

/* Prepares a list of `count` items for the value of `key`. */
static enum opp_status
begin_list(const struct config_reader *r, const struct config_key *key,
           const yaml_node_t *node, struct config_list *out)
{
    const size_t sizes[] = {
        [CONFIG_TEXTS] = sizeof(struct config_text),
        [CONFIG_NUMBERS] = sizeof(struct config_number),
        [CONFIG_RECORDS] = key->record == NULL ? 0 : key->record->size,
        [CONFIG_MAP] = sizeof(struct config_entry),
    };

    out->at = config_node_place(node);
    if (out->count < (size_t)key->least ||
        (key->most != 0 && out->count > (size_t)key->most))
        return fail_count(r, key, out);
    out->items = config_allocate(r, out->count, sizes[key->kind]);
    return out->items == NULL ? config_fail_memory(r->err) : OPP_OK;
}

static const char *
word_at(const void *list, size_t i)
{
    return ((const char *const *)list)[i];
}

static enum opp_status
fail_word(const struct config_reader *r, const struct config_key *key,
          const struct config_text *text)
{
    char words[200] = "";
    size_t used = 0;

    config_fail(r->err, r->path, text->at, "`%s` cannot be `%s`", key->name,
                text->text);
    if (config_suggest(r->err, text->text, word_at, key->words))
        return OPP_EUSAGE;
    for (size_t i = 0; key->words[i] != NULL && used < sizeof words; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, "%s%s",
                                 i == 0 ? "" : ", ", key->words[i]);
    error_help(r->err, "it is one of %s", words);
    return OPP_EUSAGE;
}

/* A text, or one of a list, that must be one of the words of the key. */
static enum opp_status
read_word(struct config_reader *r, const struct config_key *key,
          const struct config_site *site, struct config_text *out)
{
    const enum opp_status status = config_read_text(r, site, out);

    if (status != OPP_OK || key->words == NULL)
        return status;
    for (size_t i = 0; key->words[i] != NULL; i++)
        if (strcmp(key->words[i], out->text) == 0)
            return OPP_OK;
    return fail_word(r, key, out);
}

static enum opp_status
read_scalar(struct config_reader *r, const struct config_key *key,
            const struct config_site *site, void *items, size_t i)
{
    if (key->kind == CONFIG_NUMBERS)
        return config_read_number(r, site, (struct config_number *)items + i);
    return read_word(r, key, site, (struct config_text *)items + i);
}

/* The texts or numbers of `site`, a list or one scalar. */
static enum opp_status
read_scalars(struct config_reader *r, const struct config_key *key,
             const struct config_site *site, struct config_list *out)
{
    const yaml_node_t *const node = site->node;
    const bool is_list = node->type == YAML_SEQUENCE_NODE;
    enum opp_status status = OPP_OK;

    if (node->type == YAML_MAPPING_NODE)
        return config_fail_kind(r, site,
                                key->kind == CONFIG_NUMBERS
                                    ? "a list of numbers"
                                    : "a list of texts");
    out->count = is_list ? entries_of(node) : 1;
    if (is_list)
        status = config_check_value(r, node);
    if (status == OPP_OK)
        status = begin_list(r, key, node, out);
    for (size_t i = 0; status == OPP_OK && i < out->count; i++) {
        const struct config_site entry = {
            is_list ? node_at(r, node->data.sequence.items.start[i]) : node,
            site->key, is_list};
        status = read_scalar(r, key, &entry, out->items, i);
    }
    return status;
}

static enum opp_status
read_records(struct config_reader *r, const struct config_key *key,
             const yaml_node_t *node, struct config_list *out)
{
    const bool is_list = node->type == YAML_SEQUENCE_NODE;
    const struct config_site site = {node, key->name, false};
    enum opp_status status = OPP_OK;

    if (node->type == YAML_SCALAR_NODE)
        return config_fail_kind(r, &site, "a list of maps");
    out->count = is_list ? entries_of(node) : 1;
    if (is_list)
        status = config_check_value(r, node);
    if (status == OPP_OK)
        status = begin_list(r, key, node, out);
    for (size_t i = 0; status == OPP_OK && i < out->count; i++) {
        const yaml_node_t *const item =
            is_list ? node_at(r, node->data.sequence.items.start[i]) : node;
        status = read_record(r, key->record, item,
                             (char *)out->items + i * key->record->size);
    }
    return status;
}

/* ---- maps ---------------------------------------------------------------- */

static enum opp_status
fail_twice(const struct config_reader *r, const struct config_text *name,
           struct config_place first)
{
    config_fail(r->err, r->path, name->at, "`%s` is given twice", name->text);
    error_why(r->err, "the first is in line %u", first.line);
    return OPP_EUSAGE;
}

static enum opp_status
read_entry(struct config_reader *r, const yaml_node_pair_t *pair,
           const struct config_entry *before, struct config_entry *out)
{
    const enum opp_status status =
        config_read_name(r, node_at(r, pair->key), &out->name);
    const struct config_key texts = {
        .name = out->name.text, .kind = CONFIG_TEXTS, .least = 1};

    if (status != OPP_OK)
        return status;
    for (const struct config_entry *e = before; e < out; e++)
        if (strcmp(e->name.text, out->name.text) == 0)
            return fail_twice(r, &out->name, e->name.at);
    return read_scalars(
        r, &texts,
        &(struct config_site){node_at(r, pair->value), out->name.text, false},
        &out->texts);
}

static enum opp_status
read_map(struct config_reader *r, const struct config_key *key,
         const yaml_node_t *node, struct config_list *out)
{
    const struct config_site site = {node, key->name, false};
    enum opp_status status = config_check_value(r, node);

    assert(key->most > 0);
    if (status == OPP_OK && node->type != YAML_MAPPING_NODE)
        return config_fail_kind(r, &site, "a map");
    out->count = entries_of(node);
    if (status == OPP_OK)
        status = begin_list(r, key, node, out);
    for (size_t i = 0; status == OPP_OK && i < out->count; i++) {
        struct config_entry *const items = out->items;
        status =
            read_entry(r, &node->data.mapping.pairs.start[i], items, &items[i]);
    }
    return status;
}

/* ---- records ------------------------------------------------------------- */

static const char *
key_name_at(const void *list, size_t i)
{
    return ((const struct config_key *)list)[i].name;
}

static enum opp_status
fail_unknown(const struct config_reader *r, const struct config_record *record,
             const struct config_text *name)
{
    char names[200] = "";
    size_t used = 0;

    config_fail(r->err, r->path, name->at, "%s has no key `%s`", record->name,
                name->text);
    if (config_suggest(r->err, name->text, key_name_at, record->keys))
        return OPP_EUSAGE;
    for (const struct config_key *k = record->keys;
         k->name != NULL && used < sizeof names; k++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 used == 0 ? "" : ", ", k->name);
    error_help(r->err, "its keys are %s", names);
    return OPP_EUSAGE;
}

static enum opp_status
read_value(struct config_reader *r, const struct config_key *key,
           const yaml_node_t *node, void *field)
{
    const struct config_site site = {node, key->name, false};

    switch (key->kind) {
    case CONFIG_TEXT:
        return read_word(r, key, &site, field);
    case CONFIG_FLAG:
        return config_read_flag(r, &site, field);
    case CONFIG_NUMBER:
        return config_read_number(r, &site, field);
    case CONFIG_INTEGER:
        return config_read_integer(r, key, node, field);
    case CONFIG_TEXTS:
    case CONFIG_NUMBERS:
        return read_scalars(r, key, &site, field);
    case CONFIG_RECORDS:
        return read_records(r, key, node, field);
    case CONFIG_MAP:
        return read_map(r, key, node, field);
    }
    return OPP_EBUG;
}

/* The first of `count` pairs of a map that has this key; NULL for none. */
static const yaml_node_t *
find_key(const struct config_reader *r, const yaml_node_t *node, size_t count,
         const char *name)
{
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *const key =
            node_at(r, node->data.mapping.pairs.start[i].key);
        if (strcmp((const char *)key->data.scalar.value, name) == 0)
            return key;
    }
    return NULL;
}

static enum opp_status
read_pair(struct config_reader *r, const struct config_record *record,
          const yaml_node_t *node, size_t i, void *out)
{
    const yaml_node_pair_t *const pair = &node->data.mapping.pairs.start[i];
    const struct config_key *key = record->keys;
    const yaml_node_t *first;
    struct config_text name;
    const enum opp_status status =
        config_read_name(r, node_at(r, pair->key), &name);

    if (status != OPP_OK)
        return status;
    while (key->name != NULL && strcmp(key->name, name.text) != 0)
        key++;
    if (key->name == NULL)
        return fail_unknown(r, record, &name);
    first = find_key(r, node, i, name.text);
    if (first != NULL)
        return fail_twice(r, &name, config_node_place(first));
    return read_value(r, key, node_at(r, pair->value),
                      (char *)out + key->offset);
}

static enum opp_status
check_missing(const struct config_reader *r, const struct config_record *record,
              const yaml_node_t *node)
{
    for (const struct config_key *k = record->keys; k->name != NULL; k++)
        if (k->required && find_key(r, node, entries_of(node), k->name) == NULL)
            return config_fail(r->err, r->path, config_node_place(node),
                               "%s must have the key `%s`", record->name,
                               k->name);
    return OPP_OK;
}

static enum opp_status
read_record(struct config_reader *r, const struct config_record *record,
            const yaml_node_t *node, void *out)
{
    enum opp_status status = config_check_value(r, node);

    if (status != OPP_OK)
        return status;
    if (node->type != YAML_MAPPING_NODE)
        return config_fail(r->err, r->path, config_node_place(node),
                           "%s must be a map, not %s", record->name,
                           config_kind_text(node));
    *(struct config_place *)out = config_node_place(node);
    for (size_t i = 0; status == OPP_OK && i < entries_of(node); i++)
        status = read_pair(r, record, node, i, out);
    return status == OPP_OK ? check_missing(r, record, node) : status;
}

enum opp_status
config_read_hashed(void *out, const struct config_record *record,
                   const char *path, struct arena *arena,
                   char hash[HASH128_TEXT], struct opp_error *err)
{
    yaml_document_t document;
    struct config_reader reader = {
        .path = path, .document = &document, .arena = arena, .err = err};
    enum opp_status status = config_file_load(&document, path, hash, err);

    if (status != OPP_OK)
        return status;
    status = read_record(&reader, record,
                         yaml_document_get_root_node(&document), out);
    config_file_free(&document);
    return status;
}

enum opp_status
config_read(void *out, const struct config_record *record, const char *path,
            struct arena *arena, struct opp_error *err)
{
    char hash[HASH128_TEXT];

    return config_read_hashed(out, record, path, arena, hash, err);
}
