/* config_internal.h: what the files of config share; nobody else includes it.
 * config_file.c loads a file, config_scalar.c reads texts and numbers,
 * config.c what is made of them.
 *
 * The nodes of a document are libyaml's, which come from malloc: between
 * config_file_load and config_file_free nobody may allocate from an arena in a
 * way that unwinds. */
#ifndef BASE_CONFIG_INTERNAL_H
#define BASE_CONFIG_INTERNAL_H

#include <yaml.h>

#include "base/config.h"

enum { CONFIG_FILE_MOST = 1 << 20 }; /* bytes */

/* A document on its way into structs. */
struct config_reader {
    const char *path;
    yaml_document_t *document;
    struct arena *arena;
    struct opp_error *err;
    size_t amount; /* of values and bytes, so far */
};

/* A value and what messages call it. */
struct config_site {
    const yaml_node_t *node;
    const char *key;
    bool is_entry; /* one of the values of the key */
};

/* ---- config_file.c ---- */

/* Loads the only document of a file, which has a root. After a failure there
 * is nothing to free. `hash` is that of its bytes. */
enum opp_status config_file_load(yaml_document_t *document, const char *path,
                                 char hash[HASH128_TEXT],
                                 struct opp_error *err);

void config_file_free(yaml_document_t *document);

struct config_place config_file_place(yaml_mark_t mark);

/* ---- config_scalar.c ---- */

enum opp_status config_fail_memory(struct opp_error *err);

/* What a node is, for messages: "a list". */
const char *config_kind_text(const yaml_node_t *node);

/* A value that is not what it must be. `wanted` is in the same form. */
enum opp_status config_fail_kind(const struct config_reader *r,
                                 const struct config_site *site,
                                 const char *wanted);

struct config_place config_node_place(const yaml_node_t *node);

/* What every value has to pass, whatever its kind, and once. */
enum opp_status config_check_value(struct config_reader *r,
                                   const yaml_node_t *node);

/* `count` zeroed items, NULL when memory runs out. */
void *config_allocate(const struct config_reader *r, size_t count, size_t size);

enum opp_status config_read_text(struct config_reader *r,
                                 const struct config_site *site,
                                 struct config_text *out);
enum opp_status config_read_integer(struct config_reader *r,
                                    const struct config_key *key,
                                    const yaml_node_t *node,
                                    struct config_integer *out);
enum opp_status config_read_flag(struct config_reader *r,
                                 const struct config_site *site,
                                 struct config_flag *out);
enum opp_status config_read_number(struct config_reader *r,
                                   const struct config_site *site,
                                   struct config_number *out);

/* The key of a map. */
enum opp_status config_read_name(struct config_reader *r,
                                 const yaml_node_t *node,
                                 struct config_text *out);

#endif
