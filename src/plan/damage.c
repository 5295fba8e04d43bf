#include "plan/damage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "facts/traits.h"
#include "graph/edit.h"
#include "plan/decide.h"

enum side { LARGEST, SMALLEST };
enum frequency { ALONE, OFTEN };

struct mark {
    float value, low;
    enum side side;
    enum frequency frequency;
    const char *maker;
};

struct role {
    const char *op;
    int slot;
    int nature;
    const char *text[2]; /* by enum side */
};

enum { ANY = -1 };
enum nature { EXACT, SATURATES, DIVIDES };

#define ROLE(op, slot, nature, large, small)
#define MARK(value, low, side, frequency, maker)                              \
    {value, low, side, frequency, maker},
static const struct mark marks[] = {
#include "plan/damage.def"
};
#undef MARK
#undef ROLE

#define MARK(value, low, side, frequency, maker)
#define ROLE(op, slot, nature, large, small)                                  \
    {#op, slot, nature, {large, small}},
static const struct role roles[] = {
#include "plan/damage.def"
};
#undef MARK
#undef ROLE

enum { N_MARKS = sizeof marks / sizeof marks[0] };

/* A constant that has the value of a mark as an extreme. */
struct suspect {
    const struct value *value;
    const struct numeric_range *range;
    const struct mark *mark;
    float found;
    uint64_t hits, near; /* values there, and a little on its inner side */
    const struct role *role; /* or NULL */
    bool is_low, is_certain;
    struct suspect *next;
};

struct search {
    struct module *module;
    const struct types *types;
    const struct constants *constants;
    const char *clamped; /* of the metadata; "" where there is none */
    bool stamped;        /* this tool made the model */
    float smallest;      /* of all float16 constants */
    struct suspect *first, **tail;
};

/* ---- what the model says of itself --------------------------------------- */

void
damage_hash(const char *name, char text[DAMAGE_HASH])
{
    snprintf(text, DAMAGE_HASH, "%08x",
             (unsigned)(XXH3_64bits(name, strlen(name)) & 0xffffffffu));
}

/* Copies are called as the original, with a suffix. */
static bool
is_recorded(const struct search *s, const char *name)
{
    const char *const suffix = strstr(name, "_fp16");
    char *const original = arena_strdup(s->module->arena, name);
    char text[DAMAGE_HASH];

    damage_hash(name, text);
    if (strstr(s->clamped, text) != NULL)
        return true;
    if (suffix == NULL)
        return false;
    original[suffix - name] = '\0';
    damage_hash(original, text);
    return strstr(s->clamped, text) != NULL;
}

/* ---- roles -------------------------------------------------------------- */

/* The first user that computes, looking through what moves and casts. */
static const struct use *
computing_use(const struct value *value)
{
    for (int i = 0; i < 8; i++) {
        const struct use *use = value->uses;
        while (use != NULL && use->user == NULL)
            use = use->next;
        if (use == NULL || use->user->op == NULL)
            return use;
        if ((!node_only_moves(use->user) ||
             use->user->n_inputs > 2 || use->slot != 0) &&
            use->user->op->class != OP_CONVERT)
            return use;
        if (use->user->n_outputs == 0 || use->user->outputs[0] == NULL)
            return use;
        value = use->user->outputs[0];
    }
    return NULL;
}

/* What the constant is to its user, or NULL. */
static const struct role *
role_of(const struct value *value)
{
    const struct use *const use = computing_use(value);

    if (use == NULL || use->user == NULL || use->user->op == NULL ||
        op_domain(use->user->op)[0] != '\0')
        return NULL;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].op, op_name(use->user->op)) == 0 &&
            (roles[i].slot == ANY || roles[i].slot == (int)use->slot))
            return &roles[i];
    return NULL;
}

/* ---- counting ----------------------------------------------------------- */

/* By chance, half as many values lie at the smallest one as in the stretch up
 * to three times that. Several times more, and so many that it is no luck, are
 * no chance. */
enum { NEAR = 3, CHANCE = 3, MANY = 8 };

static bool
count_values(void *payload, const float *values, size_t n)
{
    struct suspect *const s = payload;

    for (size_t i = 0; i < n; i++) {
        const float magnitude = fabsf(values[i]);
        s->hits += magnitude == s->found;
        s->near += magnitude > s->found && magnitude <= NEAR * s->found;
    }
    return true;
}

/* Whether a converter leaves a constant with such extremes. */
static bool
is_marked(const struct numeric_range *range, const struct mark *mark,
          float value)
{
    if (isinf(mark->value))
        return range->infinite > 0;
    if (mark->value == 0)
        return range->count == 1 && range->min == 0 && range->max == 0;
    return mark->side == LARGEST ? numeric_range_max_abs(range) == value
                                 : range->min_abs == value;
}

static bool
is_no_chance(const struct suspect *p)
{
    return p->hits > CHANCE * p->near;
}

/* Several values at the limit say that it was one; where all are the same, they
 * are as good as one. */
static bool
has_several(const struct suspect *p)
{
    if (p->hits < 2 || p->hits == p->range->count)
        return false;
    return p->mark->side == LARGEST || (p->hits >= MANY && is_no_chance(p));
}

/* A zero that is added to a divisor or a logarithm's operand, or bounds it,
 * also before a root: nobody writes that. */
static bool
guards_division(const struct value *value)
{
    const struct use *use = computing_use(value);
    int roots = 0;

    while (use != NULL && use->user != NULL && use->user->n_outputs > 0 &&
           use->user->outputs[0] != NULL && roots++ <= 1) {
        const struct value *const made = use->user->outputs[0];
        const struct role *const role = role_of(made);
        use = computing_use(made);
        if ((role != NULL && role->nature == DIVIDES) ||
            (use != NULL && node_has_trait(use->user, TRAIT_LOGARITHM)))
            return true;
        if (use == NULL || !node_has_trait(use->user, TRAIT_ROOT))
            return false;
    }
    return false;
}

/* A single one says so where people do not write it: in float16, or where it is
 * no stand-in for more. What this tool rounded to the smallest value was not
 * clamped. */
static bool
is_certain(const struct search *s, const struct suspect *p)
{
    const bool exact = p->role != NULL && p->role->nature != SATURATES;
    const bool written = !p->is_low || s->stamped;

    if (isinf(p->mark->value))
        return exact;
    if (p->mark->value == 0)
        return p->is_low && guards_division(p->value);
    if (p->mark->side == SMALLEST && p->is_low && s->stamped)
        return false;
    if (has_several(p))
        return true;
    if (p->mark->frequency == OFTEN || p->hits != p->range->count)
        return p->hits == p->range->count && p->hits > 1 && exact &&
               p->mark->side == LARGEST;
    return written ? exact && p->mark->side == LARGEST : true;
}

static enum opp_status
add_suspect(struct search *s, const struct value *value,
            const struct mark *mark, float found, struct opp_error *err)
{
    struct suspect *const p = arena_new(s->module->arena, struct suspect);
    enum opp_status status;

    p->value = value;
    p->range = s->constants->of[value->id];
    p->mark = mark;
    p->found = found;
    p->role = role_of(value);
    p->is_low = type_is(s->types->of[value->id], ELEM_FLOAT16);
    status = constants_each(s->module, value, count_values, p, err);
    p->is_certain = is_certain(s, p);
    *s->tail = p;
    s->tail = &p->next;
    return status;
}

/* A float model may hold what was float16 before. */
static enum opp_status
look_at(struct search *s, const struct value *value, struct opp_error *err)
{
    const struct numeric_range *const range = s->constants->of[value->id];
    const bool is_float = type_is(s->types->of[value->id], ELEM_FLOAT);
    enum opp_status status = OPP_OK;

    for (size_t i = 0; status == OPP_OK && i < N_MARKS; i++) {
        const struct mark *const mark = &marks[i];
        if (is_marked(range, mark, mark->low))
            status = add_suspect(s, value, mark, mark->low, err);
        else if (is_float && is_marked(range, mark, mark->value))
            status = add_suspect(s, value, mark, mark->value, err);
    }
    return status;
}

/* ---- telling ------------------------------------------------------------ */

/* Few values in each of several weights, and nothing smaller in any. */
static bool
is_floor(const struct search *s, const struct suspect *p)
{
    uint64_t hits = 0;

    if (p->mark->side != SMALLEST || p->found == 0x1p-24f ||
        p->found > s->smallest)
        return false;
    for (const struct suspect *q = s->first; q != NULL; q = q->next)
        if (q->mark == p->mark && q->is_low && is_no_chance(q))
            hits += q->hits;
    return hits >= MANY && is_no_chance(p);
}

/* What people write as well, and few values, are believed to be a trace where
 * the model has a certain one of the same converter, or one from its other
 * end. */
static bool
is_supported(const struct search *s, const struct suspect *p)
{
    if (!p->is_low || s->stamped || isinf(p->mark->value) ||
        p->mark->value == 0)
        return false;
    if (!constant_is_short(p->range))
        return is_floor(s, p);
    for (const struct suspect *q = s->first; q != NULL; q = q->next)
        if (strcmp(q->mark->maker, p->mark->maker) == 0 && q->is_low &&
            (q->is_certain || q->mark->side != p->mark->side))
            return true;
    return false;
}

static const char *
extent(const struct mark *mark)
{
    if (mark->value == 0)
        return "below 3e-8";
    return mark->side == LARGEST ? "larger" : "smaller";
}

static void
tell(struct report *report, const struct search *s, const struct suspect *p)
{
    struct arena *const arena = s->module->arena;
    const struct numeric_range *const range = p->range;
    const bool negative = isinf(p->found) ? range->max <= 0 : range->max < 0;
    const char *const role =
        p->role == NULL
            ? ""
            : arena_printf(arena, ", %s", p->role->text[p->mark->side]);
    const char *const what =
        range->count == 1
            ? arena_printf(arena, "`%s` = %g%s", p->value->name,
                           (double)(negative ? -p->found : p->found), role)
            : arena_printf(arena, "%llu of %llu values of `%s` are %g in "
                                  "magnitude%s",
                           (unsigned long long)p->hits,
                           (unsigned long long)range->count, p->value->name,
                           (double)p->found, role);

    report_find(report, OPP205, graph_path(s->module, p->value->graph),
                range->count * (p->is_low ? 2 : 4),
                "%s: what %s makes of anything %s", what, p->mark->maker,
                extent(p->mark));
}

static float
smallest_low(const struct search *s)
{
    float smallest = INFINITY;

    for (uint32_t i = 0; i < s->module->n_values; i++)
        if (s->constants->of[i] != NULL &&
            type_is(s->types->of[i], ELEM_FLOAT16))
            smallest = fminf(smallest, s->constants->of[i]->min_abs);
    return smallest;
}

enum opp_status
report_damage(struct report *report, struct module *module,
              const struct types *types, const struct constants *constants,
              struct opp_error *err)
{
    struct search s = {
        .module = module, .types = types, .constants = constants};
    enum opp_status status = OPP_OK;

    s.tail = &s.first;
    s.clamped = edit_get_metadata(module, CLAMPED_KEY);
    s.clamped = s.clamped == NULL ? "" : s.clamped;
    s.stamped = edit_get_metadata(module, "opp.version") != NULL;
    s.smallest = smallest_low(&s);
    for (uint32_t i = 0; status == OPP_OK && i < module->n_values; i++)
        if (constants->of[i] != NULL && module->values[i]->uses != NULL &&
            !is_recorded(&s, module->values[i]->name))
            status = look_at(&s, module->values[i], err);
    for (const struct suspect *p = s.first; p != NULL; p = p->next)
        if (p->is_certain || is_supported(&s, p))
            tell(report, &s, p);
    return status;
}
