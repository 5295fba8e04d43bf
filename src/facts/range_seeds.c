/* range_seeds.c: the seeds of ranges.h, and their application. */
#include "facts/range_seeds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "facts/range_rules.h"

/* What one name has. */
struct seed_pair {
    struct range_seed *of[2]; /* declared, measured; NULL where not */
};

/* Runs that nobody measured may go beyond those that somebody did. */
static const double HEADROOM = 2;

void
range_seeds_init(struct range_seeds *seeds, struct arena *arena)
{
    *seeds = (struct range_seeds){.arena = arena};
    map_init(&seeds->index, arena);
}

static int
place_of(enum range_basis basis)
{
    return basis == RANGE_DECLARED ? 0 : 1;
}

static void
merge(struct range_seed *into, const struct range_seed *seed)
{
    into->lo = fmin(into->lo, seed->lo);
    into->hi = fmax(into->hi, seed->hi);
    into->min_abs = fmin(into->min_abs, seed->min_abs);
    into->nan += seed->nan;
    into->inf += seed->inf;
    into->samples += seed->samples;
}

void
range_seeds_add(struct range_seeds *seeds, const struct range_seed *seed)
{
    struct seed_pair *pair = map_get(&seeds->index, seed->name);
    struct range_seed *copy;
    uint32_t order;
    const int at = place_of(seed->basis);

    if (pair == NULL) {
        pair = arena_new(seeds->arena, struct seed_pair);
        map_put(&seeds->index, arena_strdup(seeds->arena, seed->name), pair);
    }
    if (pair->of[at] != NULL && seed->basis == RANGE_MEASURED) {
        merge(pair->of[at], seed);
        return;
    }
    copy = pair->of[at] != NULL ? pair->of[at]
                                : arena_new(seeds->arena, struct range_seed);
    if (pair->of[at] == NULL) {
        seeds->items = arena_grow(seeds->arena, seeds->items, seeds->n,
                                  sizeof(struct range_seed *));
        seeds->items[seeds->n++] = copy;
        pair->of[at] = copy;
    }
    order = copy->name != NULL ? copy->order : seeds->n - 1;
    *copy = *seed;
    copy->order = order;
    copy->name = arena_strdup(seeds->arena, seed->name);
}

const struct range_seed *
range_seeds_find(const struct range_seeds *seeds, const char *name,
                 enum range_basis basis)
{
    const struct seed_pair *const pair = map_get(&seeds->index, name);

    return pair == NULL ? NULL : pair->of[place_of(basis)];
}

/* ---- "NAME=LO:HI" ----------------------------------------------------- */

/* Reads a number that ends at `end` (':' or the end of the text). */
static bool
read_number(const char **text, char end, double *out)
{
    char *rest;

    if (**text == '\0' || **text == ' ')
        return false;
    *out = strtod(*text, &rest);
    if (rest == *text || *rest != end || isnan(*out))
        return false;
    *text = end == '\0' ? rest : rest + 1;
    return true;
}

static bool
read_ends(const char *text, struct range_seed *seed)
{
    const char *const last = strrchr(text, ':');
    const bool three = last != NULL && strchr(text, ':') != last;

    if (last == NULL || !read_number(&text, ':', &seed->lo) ||
        !read_number(&text, three ? ':' : '\0', &seed->hi) ||
        (three && !read_number(&text, '\0', &seed->min_abs)))
        return false;
    return seed->lo <= seed->hi && seed->min_abs >= 0 &&
           isfinite(seed->min_abs) && seed->lo < INFINITY &&
           seed->hi > -INFINITY;
}

enum opp_status
range_seeds_parse(struct range_seeds *seeds, const char *text,
                  struct opp_error *err)
{
    const char *const equals = strrchr(text, '=');
    struct range_seed seed = {.basis = RANGE_DECLARED};

    if (equals == NULL || equals == text || !read_ends(equals + 1, &seed)) {
        error_set(err, OPP_EUSAGE, "`%s` is no range", text);
        error_help(err, "NAME=LO:HI, as in input=-1:1");
        return OPP_EUSAGE;
    }
    seed.name = arena_memdup(seeds->arena, text, (size_t)(equals - text));
    range_seeds_add(seeds, &seed);
    return OPP_OK;
}

/* ---- names ------------------------------------------------------------ */

const char *
range_seed_path(const struct module *module, const struct value *value)
{
    static const char word[] = "function ";
    const char *path;

    if (value->graph->kind == GRAPH_MAIN)
        return value->name;
    path = graph_path(module, value->graph);
    if (strncmp(path, word, sizeof word - 1) == 0)
        path += sizeof word - 1;
    return arena_printf(module->arena, "%s%s", path, value->name);
}

static const char *
name_at(const void *list, size_t i)
{
    const struct module *const module = list;

    for (; i < module->n_values; i++)
        if (module->values[i] != NULL)
            return module->values[i]->name;
    return NULL;
}

static bool
names_a_value(const struct module *module, const struct range_seed *seed)
{
    const char *const slash = strrchr(seed->name, '/');

    if (map_get(&module->graphs[0]->names, seed->name) != NULL)
        return true;
    for (uint32_t i = 0; slash != NULL && i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        const size_t n = value == NULL ? 0 : strlen(value->name);
        const size_t all = strlen(seed->name);
        if (value == NULL || value->graph->kind == GRAPH_MAIN || n >= all ||
            strcmp(seed->name + all - n, value->name) != 0)
            continue;
        if (strcmp(range_seed_path(module, value), seed->name) == 0)
            return true;
    }
    return false;
}

enum opp_status
range_seeds_check(const struct range_seeds *seeds, const struct module *module,
                  struct opp_error *err)
{
    for (uint32_t i = 0; i < seeds->n; i++) {
        const char *const name = seeds->items[i]->name;
        const char *near;
        if (names_a_value(module, seeds->items[i]))
            continue;
        near = suggest_near(name, name_at, module);
        error_set(err, OPP_EUSAGE, "the model has no value `%s`", name);
        error_why(err, "a range names it");
        if (near != NULL)
            error_help(err, "`%s`?", near);
        return OPP_EUSAGE;
    }
    return OPP_OK;
}

/* ---- application ------------------------------------------------------ */

/* An infinite end declares nothing that occurs. */
static void
drop_infinite(struct range_draft *draft)
{
    for (int i = 0; i < WITNESSES; i++)
        if (isinf(draft->at[i].lo) || isinf(draft->at[i].hi)) {
            draft->at[i] = span_none();
            draft->halves = draft->halves && i != HALF_EACH;
        }
}

/* Inputs that share a bit count as dependent. */
static uint64_t
input_bit(uint32_t order)
{
    return UINT64_C(1) << (order < 63 ? order : 63);
}

static void
declare(struct range_draft *draft, const struct range_seed *seed,
        const struct value *value)
{
    const bool input = value->kind == VALUE_INPUT &&
                       value->graph->kind == GRAPH_MAIN;
    const struct span reach = span_meet(draft->bound,
                                        span_of(seed->lo, seed->hi));

    draft->bound = span_is_none(reach) ? span_of(seed->lo, seed->hi) : reach;
    draft->bound_basis = RANGE_DECLARED;
    draft->min_abs = fmax(draft->min_abs, seed->min_abs);
    draft->reach_basis = RANGE_DECLARED;
    draft->usual = (struct usual){0};
    draft->source = value->id + 1;
    draft->inputs = input_bit(seed->order);
    draft->at[ALL_LOW] = draft->bound;
    draft->at[ALL_HIGH] = draft->at[HALF_EACH] = span_none();
    draft->halves = false;
    if (!input) {
        draft->inputs = UINT64_MAX;
        return;
    }
    draft->at[ALL_LOW].hi = draft->bound.lo;
    draft->at[ALL_HIGH] = span_of(draft->bound.hi, draft->bound.hi);
    draft->at[HALF_EACH] = draft->bound;
    draft->halves = true;
}

static double
below(double x)
{
    return x < 0 ? x * HEADROOM : x / HEADROOM;
}

static double
above(double x)
{
    return x > 0 ? x * HEADROOM : x / HEADROOM;
}

static void
measure(struct range_draft *draft, const struct range_seed *seed,
        const struct value *value)
{
    const struct span seen = {seed->lo, seed->hi};

    if (span_is_none(seen))
        return;
    draft->reach_basis = RANGE_MEASURED;
    draft->usual = (struct usual){0};
    draft->source = value->id + 1;
    draft->inputs = UINT64_MAX;
    draft->at[ALL_LOW] = seen;
    draft->at[ALL_HIGH] = draft->at[HALF_EACH] = span_none();
    draft->halves = false;
    if (seed->inf > 0)
        return;
    if (below(seen.lo) > draft->bound.lo) {
        draft->bound.lo = below(seen.lo);
        draft->bound_basis = RANGE_MEASURED;
    }
    if (above(seen.hi) < draft->bound.hi) {
        draft->bound.hi = above(seen.hi);
        draft->bound_basis = RANGE_MEASURED;
    }
}

void
range_apply_seed(const struct range_sweep *sweep, const struct value *value,
                 struct range_draft *draft)
{
    const struct range_seed *seed;
    const char *name;

    if (sweep->seeds == NULL || sweep->seeds->n == 0)
        return;
    name = range_seed_path(sweep->module, value);
    seed = range_seeds_find(sweep->seeds, name, RANGE_DECLARED);
    if (seed != NULL) {
        declare(draft, seed, value);
        drop_infinite(draft);
        return;
    }
    seed = range_seeds_find(sweep->seeds, name, RANGE_MEASURED);
    if (seed != NULL)
        measure(draft, seed, value);
}
