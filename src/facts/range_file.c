/* range_file.c: files with measured ranges. docs/ranges.md has the format. */
#include "facts/range_seeds.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { FILE_VERSION = 1 };

/* What was read, until the tree of the file is freed. */
struct read_seed {
    struct range_seed seed;
    struct read_seed *next;
};

struct seed_file {
    struct arena *arena;
    const char *path;
    const char *name; /* of the tensor that is being read, or NULL */
    struct read_seed *first, **last;
};

static enum opp_status
fail_file(const struct seed_file *file, const char *what,
          struct opp_error *err)
{
    error_set(err, OPP_EINPUT, "the file with ranges: %s", what);
    if (file->name == NULL)
        error_where(err, "%s", file->path);
    else
        error_where(err, "%s  tensor `%s`", file->path, file->name);
    error_help(err, "docs/ranges.md has the format");
    return OPP_EINPUT;
}

/* null, and what is not there, is `missing`. */
static bool
get_number(const json_t *entry, const char *key, double missing, double *out)
{
    const json_t *const item = json_object_get(entry, key);

    *out = missing;
    if (item == NULL || json_is_null(item))
        return true;
    if (!json_is_number(item))
        return false;
    *out = json_number_value(item);
    return isfinite(*out);
}

static bool
get_count(const json_t *entry, const char *key, uint64_t *out)
{
    const json_t *const item = json_object_get(entry, key);

    *out = 0;
    if (item == NULL || json_is_null(item))
        return true;
    if (!json_is_integer(item) || json_integer_value(item) < 0)
        return false;
    *out = (uint64_t)json_integer_value(item);
    return true;
}

static enum opp_status
check_keys(const struct seed_file *file, json_t *entry, struct opp_error *err)
{
    static const char *const known[] = {"min", "max", "min_abs_nonzero",
                                        "nan", "inf", "samples"};
    const char *key;
    json_t *item;

    json_object_foreach(entry, key, item) {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found = found || strcmp(key, known[i]) == 0;
        if (!found)
            return fail_file(file, "it has a key that nobody knows", err);
    }
    return OPP_OK;
}

/* Allocates without unwinding: the JSON tree would be lost. */
static enum opp_status
read_entry(struct seed_file *file, json_t *entry, struct opp_error *err)
{
    struct range_seed seed = {.basis = RANGE_MEASURED};
    struct read_seed *read;
    char *name;
    size_t size;
    enum opp_status status;

    if (!json_is_object(entry))
        return fail_file(file, "it is no object", err);
    status = check_keys(file, entry, err);
    if (status != OPP_OK)
        return status;
    if (!get_number(entry, "min", INFINITY, &seed.lo) ||
        !get_number(entry, "max", -INFINITY, &seed.hi) ||
        !get_number(entry, "min_abs_nonzero", INFINITY, &seed.min_abs) ||
        seed.min_abs < 0)
        return fail_file(file, "min, max and min_abs_nonzero are finite "
                               "numbers or null", err);
    if (!get_count(entry, "nan", &seed.nan) ||
        !get_count(entry, "inf", &seed.inf) ||
        !get_count(entry, "samples", &seed.samples))
        return fail_file(file, "nan, inf and samples are counts", err);
    if (isinf(seed.lo) != isinf(seed.hi) ||
        (isfinite(seed.lo) && seed.lo > seed.hi))
        return fail_file(file, "min and max are no range", err);
    size = strlen(file->name) + 1;
    read = arena_try_alloc(file->arena, sizeof *read);
    name = arena_try_alloc(file->arena, size);
    if (read == NULL || name == NULL)
        return error_set(err, OPP_ENOMEM, "memory is used up");
    memcpy(name, file->name, size);
    seed.name = name;
    *read = (struct read_seed){.seed = seed};
    *file->last = read;
    file->last = &read->next;
    return OPP_OK;
}

static enum opp_status
read_root(struct seed_file *file, const json_t *root, struct opp_error *err)
{
    json_t *const tensors = json_object_get(root, "tensors");
    enum opp_status status = OPP_OK;
    const char *name;
    json_t *entry;

    if (json_integer_value(json_object_get(root, "opp_ranges")) !=
        FILE_VERSION)
        return fail_file(file, "`opp_ranges` is not 1", err);
    if (!json_is_object(tensors))
        return fail_file(file, "`tensors` is no object", err);
    json_object_foreach(tensors, name, entry) {
        file->name = name;
        status = read_entry(file, entry, err);
        if (status != OPP_OK)
            return status;
    }
    return status;
}

enum opp_status
range_seeds_read(struct range_seeds *seeds, const char *path,
                 struct opp_error *err)
{
    struct seed_file file = {.arena = seeds->arena, .path = path};
    json_error_t problem;
    json_t *const root = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    enum opp_status status;

    if (root == NULL) {
        error_set(err, OPP_EINPUT, "cannot read the ranges: %s", problem.text);
        if (problem.line > 0)
            error_where(err, "%s:%d:%d", path, problem.line, problem.column);
        else
            error_where(err, "%s", path);
        return OPP_EINPUT;
    }
    file.last = &file.first;
    status = read_root(&file, root, err);
    json_decref(root);
    if (status != OPP_OK)
        return status;
    for (const struct read_seed *read = file.first; read != NULL;
         read = read->next)
        range_seeds_add(seeds, &read->seed);
    return OPP_OK;
}
