/* config.h: reads a YAML file into structs, as tables of keys say. It knows
 * nothing of what a file is about: a kind of file is a table, and what its
 * values mean is checked by whoever reads it.
 *
 * The language is YAML 1.1 as libyaml reads it, so JSON as well, with these
 * limits: one document of at most 1 MiB, 32 lists and maps in each other, 100
 * anchors, no tags, and aliases may not make the values more than a file
 * without them can hold. Values have no types of their
 * own: the table says whether `yes` or `1` is text. One scalar or map will do
 * where a list is expected. Every value carries its place, for messages.
 *
 * All that is read lives in the caller's arena. Errors are OPP_EUSAGE, with
 * the place, or OPP_ENOMEM. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/hash128.h"
#include "base/suggest.h"

/* Where a value begins, from 1; 0 where nothing was given. */
struct config_place {
    uint32_t line, column;
};

struct config_text {
    const char *text; /* NULL when the key is not given */
    struct config_place at;
};

struct config_integer {
    int64_t value;
    struct config_place at;
};

/* A number that need not be whole: finite, decimal, as JSON writes it. */
struct config_number {
    double value;
    struct config_place at;
};

struct config_flag {
    bool value;
    struct config_place at;
};

struct config_list {
    void *items;
    size_t count;
    struct config_place at;
};

/* An entry of a map. */
struct config_entry {
    struct config_text name;
    struct config_list texts; /* of struct config_text */
};

/* What the value of a key is, and what its offset points to. */
enum config_kind {
    CONFIG_TEXT,    /* struct config_text */
    CONFIG_FLAG,    /* struct config_flag; true or false */
    CONFIG_INTEGER, /* struct config_integer; decimal */
    CONFIG_NUMBER,  /* struct config_number */
    CONFIG_NUMBERS, /* struct config_list of struct config_number */
    CONFIG_TEXTS,   /* struct config_list of struct config_text */
    CONFIG_RECORDS, /* struct config_list of what `record` says */
    CONFIG_MAP,     /* struct config_list of struct config_entry: names that
                       the file chooses, each with a list of texts */
};

struct config_record;

struct config_key {
    const char *name; /* NULL ends a table */
    enum config_kind kind;
    bool required;
    size_t offset;
    int64_t least, most; /* of an integer, or of the entries of a list or
                            map; `most` 0: any number of them,
                            which CONFIG_MAP, whose names are compared with
                            each other, does not take */
    const struct config_record *record; /* CONFIG_RECORDS */
    const char *const *words; /* CONFIG_TEXT, CONFIG_TEXTS: what is allowed,
                                 ended by NULL; NULL: any text */
    const char *help;         /* for references: one line, or NULL */
};

/* A map with fixed keys, and the struct that it is read into, whose first
 * member is a struct config_place. What a key that is not given points to
 * stays zero. */
struct config_record {
    const char *name; /* for messages, with its article: "an op" */
    size_t size;
    const struct config_key *keys;
};

/* Reads the file into `out`, a zeroed struct of `record`. */
enum opp_status config_read(void *out, const struct config_record *record,
                            const char *path, struct arena *arena,
                            struct opp_error *err);

/* The same, and the hash of the bytes of the file. */
enum opp_status config_read_hashed(void *out,
                                   const struct config_record *record,
                                   const char *path, struct arena *arena,
                                   char hash[HASH128_TEXT],
                                   struct opp_error *err);

/* For whoever finds fault with a value: sets an OPP_EUSAGE error at its place,
 * respectively adds the near name as the way out. config_suggest returns false
 * when nothing is near. */
enum opp_status config_fail(struct opp_error *err, const char *path,
                            struct config_place at, const char *format, ...)
    PRINTF_LIKE(4, 5);
bool config_suggest(struct opp_error *err, const char *typed,
                    suggest_name_fn name_at, const void *list);

#endif
