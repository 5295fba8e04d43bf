#include <math.h>

#include "model/tensor.h"
#include "plan/roles_internal.h"

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

struct standin *
roles_standin_of(struct roles *roles, const struct value *value)
{
    const uint32_t at = value == NULL ? 0 : roles->at[value->id];

    return at == 0 ? NULL : &roles->list[at - 1];
}

/* What is known of a value only ever becomes less, so this ends. */
void
roles_add(struct roles *roles, const struct standin *standin)
{
    struct standin *const old = roles_standin_of(roles, standin->value);
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

/* ---- following ----------------------------------------------------------- */

/* True where the constant meets what is made of it: m * big - big. */
static bool
is_met(struct roles *roles, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct standin *const met =
            roles_standin_of(roles, node->inputs[i].value);
        if (met != NULL && !met->alone)
            return true;
    }
    return false;
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
                roles->failed |= !roles_follow(roles, use);
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
    roles_add(roles, &(struct standin){.value = value,
                                       .signs = signs,
                                       .parts = 1,
                                       .alone = alone});
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
        role_info(roles->role)->text;
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
