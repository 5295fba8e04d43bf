#include "plan/roles.h"

#include <math.h>
#include <string.h>

#include "facts/ranges.h"
#include "model/tensor.h"

/* Values that one constant is followed to. */
enum { REACH = 1024, MEETINGS = 16 };

/* Stand-ins that are summed and summed again end at a quarter of the range: the
 * sum of three of them and of what is no stand-in is still finite, and so is
 * the product with a whole number of up to 4. (A sum that is -inf in a whole
 * row makes NaN of its Softmax.) What is no stand-in there is expected to be
 * smaller by SMALL. */
enum { PARTS = 3, SHARE = 4, SMALL = 16 };

enum sign { NEGATIVE = 1 << 0, POSITIVE = 1 << 1, EITHER = 3 };
enum treatment { FOLLOWED, AT_LIMIT };
enum { ANY = -1 };

enum role_id {
#define EFFECT(op, effect)
#define PLACE(op, slot, role)
#define ROLE(id, signs, treatment, text) ROLE_##id,
#include "plan/roles.def"
#undef ROLE
    ROLE_COUNT,
};

struct role {
    enum sign signs;
    enum treatment treatment;
    const char *text;
};

static const struct role roles_table[] = {
#define ROLE(id, signs, treatment, text) {signs, treatment, text},
#include "plan/roles.def"
#undef ROLE
#undef PLACE
};

struct place {
    const char *op;
    int slot;
    enum role_id role;
};

static const struct place places[] = {
#define ROLE(id, signs, treatment, text)
#define PLACE(op, slot, role) {#op, slot, ROLE_##role},
#include "plan/roles.def"
#undef PLACE
#undef EFFECT
};

enum effect { NONE, FLOORS, LARGEST, SMALLEST };

static const struct {
    const char *op;
    enum effect effect;
} effects[] = {
#define PLACE(op, slot, role)
#define EFFECT(op, effect) {#op, effect},
#include "plan/roles.def"
#undef EFFECT
#undef PLACE
#undef ROLE
};

/* A value with stand-ins: where it is on the way. */
struct standin {
    const struct value *value;
    uint8_t signs; /* enum sign: which they may have */
    uint8_t parts; /* stand-ins that one of its elements may be the sum of */
    bool alone;    /* the constant, moved only */
    bool padding;  /* there is something else beside each stand-in */
    bool waits;    /* for its users to be looked at */
};

struct roles {
    struct walk *walk;
    struct standin list[REACH];
    uint32_t n;
    uint32_t *at;  /* by value id: one more than the index in the list */
    bool whole;    /* all elements of the constant are stand-ins */
    bool added;    /* one is added, or multiplied */
    bool compared; /* one is compared as it is */
    bool failed;
    /* Sums that the constant itself is an operand of. */
    const struct node *sums[MEETINGS];
    uint32_t n_sums;
    enum role_id role; /* ROLE_COUNT: not known yet */
    const struct standin *from; /* whose users are looked at */
};

struct roles *
roles_new(struct walk *walk)
{
    struct arena *const arena = walk->plan->module->arena;
    struct roles *const roles = arena_new(arena, struct roles);

    roles->walk = walk;
    roles->at = arena_array(arena, walk->plan->module->n_values, uint32_t);
    return roles;
}

/* ---- the list ------------------------------------------------------------ */

static struct standin *
standin_of(struct roles *roles, const struct value *value)
{
    const uint32_t at = value == NULL ? 0 : roles->at[value->id];

    return at == 0 ? NULL : &roles->list[at - 1];
}

/* What is known of a value only ever becomes less, so this ends. */
static void
add(struct roles *roles, const struct standin *standin)
{
    struct standin *const old = standin_of(roles, standin->value);
    const struct value_type type =
        roles->walk->types->of[standin->value->id];

    if (old != NULL) {
        struct standin joined = *old;
        joined.signs |= standin->signs;
        joined.parts =
            old->parts > standin->parts ? old->parts : standin->parts;
        joined.alone &= standin->alone;
        joined.padding &= standin->padding;
        joined.waits |= joined.signs != old->signs ||
                        joined.parts != old->parts ||
                        joined.alone != old->alone ||
                        joined.padding != old->padding;
        *old = joined;
        return;
    }
    roles->failed |= roles->n == REACH || standin->parts > PARTS ||
                     !type.known || type.container != OP_TENSOR;
    if (roles->failed)
        return;
    roles->list[roles->n] = *standin;
    roles->list[roles->n++].waits = true;
    roles->at[standin->value->id] = roles->n;
}

static bool
is_decided(const struct roles *roles, const struct value *value)
{
    const struct value_type type = roles->walk->types->of[value->id];

    return type.known && plan_decides(roles->walk->plan, type.elem);
}

/* On to what the user makes; what is no float any more has lost the sight of
 * a stand-in. */
static bool
go_on(struct roles *roles, const struct node *node, struct standin next)
{
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        next.value = node->outputs[i];
        if (next.value == NULL)
            continue;
        if (!is_decided(roles, next.value))
            return false;
        add(roles, &next);
    }
    return true;
}

static void
hand_on(void *payload, const struct value *value)
{
    struct roles *const roles = payload;
    struct standin next = *roles->from;

    next.value = value;
    add(roles, &next);
}

/* In and out of bodies and functions; nothing follows an output of the
 * model. */
static bool
leave(struct roles *roles, const struct use *use)
{
    const uint32_t before = roles->n;
    struct flow *const flow = &roles->walk->flow;

    flow_forward(flow, use, hand_on, roles);
    return use->user == NULL ? use->graph->kind != GRAPH_MAIN
                             : roles->n > before ||
                                   use->user->n_bodies > 0 ||
                                   use->user->function != NULL;
}

/* ---- what an op makes of a stand-in --------------------------------------- */

static uint8_t
flipped(uint8_t signs)
{
    return (uint8_t)((signs & NEGATIVE ? POSITIVE : 0) |
                     (signs & POSITIVE ? NEGATIVE : 0));
}

static const struct value_range *
range_of(const struct roles *roles, const struct value *value)
{
    return ranges_of(roles->walk->plan->ranges, value);
}

static enum effect
effect_of(const struct node *node)
{
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (node != NULL && node->op != NULL &&
            op_domain(node->op)[0] == '\0' &&
            strcmp(effects[i].op, op_name(node->op)) == 0)
            return effects[i].effect;
    return NONE;
}

static const struct place *
place_of(const struct use *use)
{
    if (op_domain(use->user->op)[0] != '\0')
        return NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(places[i].op, op_name(use->user->op)) == 0 &&
            (places[i].slot == ANY || places[i].slot == (int)use->slot))
            return &places[i];
    return NULL;
}

/* Values of which one is chosen: the largest of something negative and of
 * padding is never that; elsewhere a row may have nothing else. */
static bool
choose(struct roles *roles, const struct node *node)
{
    const struct standin *const from = roles->from;
    const uint8_t loses =
        effect_of(node) == LARGEST ? NEGATIVE : POSITIVE;
    struct standin next = *from;

    if (from->signs != loses)
        return false;
    next.alone = next.padding = false;
    for (uint32_t i = 0; !from->padding && i < node->n_outputs; i++) {
        next.value = node->outputs[i];
        if (next.value != NULL && is_decided(roles, next.value))
            add(roles, &next);
    }
    return true;
}

/* A product with a whole number, of a mask that is 0 or 1, or with a fraction
 * that leaves a stand-in large. */
static bool
multiply(struct roles *roles, const struct use *use)
{
    const struct node *const node = use->user;
    struct standin next = *roles->from;
    const struct value_range *by;

    if (node->n_inputs != 2 || node->inputs[0].value == NULL ||
        node->inputs[1].value == NULL ||
        standin_of(roles, node->inputs[1 - use->slot].value) != NULL)
        return false;
    by = range_of(roles, node->inputs[1 - use->slot].value);
    if (!(by->integer && !range_exceeds(by, SHARE)) &&
        !(by->lo >= 1.0 / SMALL && by->hi <= 1) &&
        !(by->lo >= -1 && by->hi <= -1.0 / SMALL))
        return false;
    if (by->hi <= 0)
        next.signs = flipped(next.signs);
    else if (by->lo < 0)
        next.signs = EITHER;
    next.alone = next.padding = false;
    roles->added = true;
    return go_on(roles, node, next);
}

static bool
divide(struct roles *roles, const struct use *use)
{
    const struct node *const node = use->user;
    struct standin next = *roles->from;
    const struct value_range *by;

    if (use->slot != 0 || node->n_inputs != 2)
        return false;
    by = range_of(roles, node->inputs[1].value);
    next.alone = next.padding = false;
    roles->added = true;
    return by->lo >= 1 && by->hi <= SMALL && go_on(roles, node, next);
}

/* True for x - max(x), which is not positive. */
static bool
is_below_largest(const struct node *node)
{
    const struct node *const maker =
        node->n_inputs == 2 ? walk_maker(node->inputs[1].value) : NULL;

    return maker != NULL && effect_of(maker) == LARGEST &&
           maker->n_inputs > 0 &&
           maker->inputs[0].value == node->inputs[0].value;
}

/* True for an operand that leaves the sum with a stand-in one. */
static bool
is_small(const struct roles *roles, const struct value *value)
{
    const double limit = roles->walk->format->max_finite;
    const struct numeric_range *const range =
        roles->walk->constants->of[value->id];

    if (range == NULL)
        return !range_exceeds(range_of(roles, value), limit / SHARE);
    return (double)range->max <= limit / SMALL &&
           (range->overflow > 0 || (double)range->min >= -limit / SMALL);
}

/* A constant that is a stand-in throughout is no mask but an addend, unless it
 * meets what is made of it: m * big - big. */
static bool
is_met(struct roles *roles, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct standin *const met =
            standin_of(roles, node->inputs[i].value);
        if (met != NULL && !met->alone)
            return true;
    }
    return false;
}

static bool
sum(struct roles *roles, const struct use *use)
{
    const struct node *const node = use->user;
    const bool below = is_below_largest(node);
    struct standin next = *roles->from;

    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const other = node->inputs[i].value;
        const struct standin *const met = standin_of(roles, other);
        if (i == use->slot || other == NULL)
            continue;
        if (met != NULL && !below)
            next.parts = (uint8_t)(next.parts + met->parts);
        else if (met == NULL && !is_small(roles, other))
            return false;
    }
    if (roles->from->alone && roles->whole) {
        if (roles->n_sums == MEETINGS)
            return false;
        roles->sums[roles->n_sums++] = node;
    }
    if (use->slot > 0 && node_has_trait(node, TRAIT_DIFFERENCE))
        next.signs = below ? NEGATIVE : flipped(next.signs);
    next.alone = next.padding = false;
    roles->added = true;
    return next.parts <= PARTS && go_on(roles, node, next);
}

/* Bounds whose result is no stand-in, and others, which hand it on. */
static bool
bound(struct roles *roles, const struct node *node)
{
    struct standin next = *roles->from;

    if (node->n_outputs > 0 &&
        range_fits(range_of(roles, node->outputs[0]),
                   roles->walk->format->max_finite / SMALL))
        return true;
    next.alone = next.padding = false;
    return go_on(roles, node, next);
}

static bool
move(struct roles *roles, const struct use *use, const struct place *place)
{
    const struct node *const node = use->user;
    struct standin next = *roles->from;

    for (uint32_t i = 0; i < node->n_inputs; i++)
        next.alone &= i == use->slot || node->inputs[i].value == NULL ||
                      !is_decided(roles, node->inputs[i].value);
    next.padding |= place != NULL && place->role == ROLE_PADDING;
    return go_on(roles, node, next);
}

static bool
compute(struct roles *roles, const struct use *use)
{
    const struct node *const node = use->user;
    const uint8_t signs = roles->from->signs;
    const enum effect effect = effect_of(node);

    if (node_has_trait(node, TRAIT_INDIFFERENT) ||
        node_has_trait(node, TRAIT_SATURATES))
        return true;
    if (node_has_trait(node, TRAIT_SHARES))
        return signs != POSITIVE;
    if (effect == FLOORS)
        return signs == NEGATIVE;
    if (effect != NONE)
        return choose(roles, node);
    if (node_has_trait(node, TRAIT_SELF_SQUARE))
        return multiply(roles, use);
    if (node_has_trait(node, TRAIT_DIVIDES))
        return divide(roles, use);
    if (node_has_trait(node, TRAIT_BOUNDS))
        return bound(roles, node);
    return node_has_trait(node, TRAIT_PASSES) && sum(roles, use);
}

/* False where the user makes something else of the constant than of what it
 * saturates at. */
static bool
follow(struct roles *roles, const struct use *use)
{
    const struct place *place;
    const struct role *role;

    if (use->user == NULL || use->user->op == NULL || use->user->n_bodies > 0)
        return leave(roles, use);
    place = place_of(use);
    role = place == NULL ? NULL : &roles_table[place->role];
    if (role != NULL && roles->role == ROLE_COUNT)
        roles->role = place->role;
    if (role != NULL && role->treatment == AT_LIMIT && roles->from->alone) {
        roles->compared = true;
        return (roles->from->signs & ~(unsigned)role->signs) == 0;
    }
    if (use->user->op->class == OP_CONVERT || node_only_moves(use->user))
        return move(roles, use, place);
    if (place != NULL && place->role == ROLE_MASK &&
        node_has_trait(use->user, TRAIT_HEAVY)) {
        roles->added = true;
        return roles->from->signs == NEGATIVE;
    }
    return compute(roles, use);
}

static bool
follow_all(struct roles *roles)
{
    bool found = true;

    while (found && !roles->failed) {
        found = false;
        for (uint32_t i = 0; i < roles->n && !roles->failed; i++) {
            if (!roles->list[i].waits)
                continue;
            roles->list[i].waits = false;
            roles->from = &roles->list[i];
            found = true;
            for_each_use (roles->from->value, use)
                roles->failed |= !follow(roles, use);
        }
    }
    for (uint32_t i = 0; i < roles->n_sums; i++)
        roles->failed |= !is_met(roles, roles->sums[i]);
    return !roles->failed && !(roles->added && roles->compared);
}

/* ---- constants ----------------------------------------------------------- */

/* Counts what is neither a stand-in nor small beside one. */
struct middle {
    double small, limit;
    uint64_t n;
};

static bool
count_middle(void *payload, const float *values, size_t n)
{
    struct middle *const m = payload;

    for (size_t i = 0; i < n; i++) {
        const double magnitude = fabs((double)values[i]);
        m->n += magnitude > m->small && magnitude <= m->limit;
    }
    return true;
}

/* A file that cannot be read says so when it is converted. */
static bool
has_middle(const struct roles *roles, const struct value *constant)
{
    const struct walk *const walk = roles->walk;
    const double limit = walk->format->max_finite;
    struct middle middle = {limit / SMALL, limit, 0};
    struct opp_error err = {0};

    return constants_each(walk->plan->module, constant, count_middle,
                          &middle, &err) != OPP_OK ||
           middle.n > 0;
}

static void
start(struct roles *roles, const struct value *value, uint8_t signs,
      bool alone)
{
    for (uint32_t i = 0; i < roles->n; i++)
        roles->at[roles->list[i].value->id] = 0;
    roles->n = roles->n_sums = 0;
    roles->added = roles->compared = roles->failed = false;
    roles->role = ROLE_COUNT;
    add(roles, &(struct standin){
                   .value = value, .signs = signs, .parts = 1, .alone = alone});
}

static void
record(struct roles *roles)
{
    struct plan *const plan = roles->walk->plan;
    const double limit = roles->walk->format->max_finite;
    const float end = (float)(roles->added ? limit / SHARE : limit);

    if (plan->saturates == NULL) {
        plan->n_saturates = plan->module->n_values;
        plan->saturates = arena_array(plan->module->arena, plan->n_saturates,
                                      struct saturation);
    }
    for (uint32_t i = 0; i < roles->n; i++) {
        struct saturation *const at =
            &plan->saturates[roles->list[i].value->id];
        if (at->limit == 0 || at->limit > end)
            at->limit = end;
    }
    plan->saturates[roles->list[0].value->id].role =
        roles_table[roles->role].text;
}

/* What the user includes is converted as it is. */
static bool
is_included(const struct plan *plan, const struct value *constant)
{
    for_each_use (constant, use) {
        const uint32_t item = plan_use_item(plan, use);
        if (item != ITEM_FIXED &&
            plan_decision(plan, item)->reason == REASON_INCLUDED)
            return true;
    }
    return false;
}

bool
roles_saturate(struct roles *roles, const struct value *constant)
{
    const struct numeric_range *const range =
        roles->walk->constants->of[constant->id];
    const double limit = roles->walk->format->max_finite;
    const uint8_t signs =
        (uint8_t)(((double)range->min < -limit ? NEGATIVE : 0) |
                  ((double)range->max > limit ? POSITIVE : 0));

    if (signs == EITHER || constant->held || constant->kind == VALUE_INPUT ||
        is_included(roles->walk->plan, constant))
        return false;
    roles->whole = range->overflow == range->count;
    start(roles, constant, signs, true);
    if (!follow_all(roles) || roles->role == ROLE_COUNT ||
        (!roles->whole && has_middle(roles, constant)))
        return false;
    record(roles);
    return true;
}

bool
roles_masks(struct roles *roles, const struct value *value)
{
    if (plan_saturation(roles->walk->plan, value) > 0)
        return true;
    start(roles, value, EITHER, false);
    return follow_all(roles);
}

const char *
roles_text(const char *text)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (strcmp(roles_table[i].text, text) == 0)
            return roles_table[i].text;
    return NULL;
}
