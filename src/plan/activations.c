/* activations.c: computed values of which a range says that they leave what the
 * low-precision type holds: what makes them and what reads them stays wide,
 * unless all readers map infinity to the same bound as what it stands for. What
 * saturates with a constant (roles.h) does not leave it. */
#include "plan/decide.h"

#include <math.h>

#include "plan/absorption.h"
#include "plan/evidence.h"
#include "plan/walk.h"

/* The largest magnitude that is reached. What is infinite anyway (the logarithm
 * of zero) does not count. */
static double
reached(const struct value_range *range)
{
    const double lo = fabs(range->reach_lo), hi = fabs(range->reach_hi);

    return fmax(isinf(lo) ? 0 : lo, isinf(hi) ? 0 : hi);
}

static enum known
overflow_known(const struct walk *walk, const struct value_range *range)
{
    const double limit = walk->format->max_finite;
    const enum known known = range_known(range, limit);

    return known == KNOWN_EXCEEDS && reached(range) <= limit ? KNOWN_MAY_EXCEED
                                                             : known;
}

/* What is known of values that vanish: they do when the largest that is
 * computed of constants, or that a measurement has seen, is below the smallest
 * normal number. (At the ends of a declared range many are: exponentials,
 * shares.) */
static enum known
vanishing_known(const struct walk *walk, const struct value_range *range)
{
    if (!range_has_reach(range) || range->reach_basis == RANGE_DECLARED ||
        reached(range) == 0)
        return KNOWN_NOTHING;
    return reached(range) < walk->format->min_normal ? KNOWN_EXCEEDS
                                                     : KNOWN_FITS;
}

static bool
find_danger(struct walk *walk, const struct value *value)
{
    struct plan *const plan = walk->plan;
    struct arena *const arena = plan->module->arena;
    const struct value_range *const range = ranges_of(plan->ranges, value);
    const enum known known = overflow_known(walk, range);

    if (evidence_keeps(plan, DANGER_ACTIVATION, known) &&
        !overflow_is_absorbed(walk, value)) {
        walk_begin(walk, REASON_ACTIVATION, value->def, value,
                   known == KNOWN_EXCEEDS
                       ? arena_printf(arena, "`%s` reaches %g", value->name,
                                      reached(range))
                       : arena_printf(arena, "`%s` may reach %g", value->name,
                                      fmax(fabs(range->lo), fabs(range->hi))));
        walk->certainty = evidence_certainty(known);
        if (known == KNOWN_EXCEEDS && range->reach_basis == RANGE_MEASURED)
            walk->certainty = CERTAINTY_MEASURED;
        return true;
    }
    if (!evidence_keeps(plan, DANGER_VANISHING, vanishing_known(walk, range)))
        return false;
    walk_begin(walk, REASON_VANISHING, value->def, value,
               arena_printf(arena, "`%s` reaches %g at most", value->name,
                            reached(range)));
    return true;
}

/* The users of an input of the model, too: rounding it makes it infinite. */
static void
keep_around(struct walk *walk, const struct value *value)
{
    walk_keep(walk, plan_value_item(walk->plan, value), value->def);
    if (value->def != NULL && value->def->op != NULL &&
        value->def->n_bodies == 0)
        walk_keep_node(walk, value->def);
    for_each_use (value, use)
        walk_keep(walk, plan_use_item(walk->plan, use), use->user);
}

void
decide_activations(struct plan *plan, const struct types *types,
                   const struct constants *constants)
{
    struct walk walk;

    if (plan->ranges == NULL)
        return;
    walk_init(&walk, plan, types, constants);
    for (uint32_t i = 0; i < plan->module->n_values; i++) {
        const struct value *const value = plan->module->values[i];
        if (value == NULL || !plan_decides(plan, types->of[i].elem) ||
            walk_is_constant(&walk, value) ||
            plan_saturation(plan, value) > 0 || !find_danger(&walk, value))
            continue;
        keep_around(&walk, value);
    }
}
