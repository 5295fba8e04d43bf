#include "plan/clamp.h"

#include <jansson.h>
#include <math.h>

#include "plan/damage.h"
#include "plan/islands.h"

/* ---- limits ------------------------------------------------------------- */

bool
plan_clamp(struct plan *plan, double min_positive, double max_finite)
{
    const struct numeric_format_info *const format =
        numeric_format_info(tensor_format(plan->to));

    if (!(min_positive > format->min_positive / 2 &&
          min_positive <= max_finite && max_finite <= format->max_finite))
        return false;
    plan->clamp = (struct numeric_clamp){(float)min_positive,
                                         (float)max_finite};
    return true;
}

/* As JSON writes numbers, whatever the locale; 0 for anything else. */
static double
parse_number(const char *text)
{
    json_t *const value = json_loads(text, JSON_DECODE_ANY, NULL);
    const double number = json_number_value(value);

    json_decref(value);
    return number;
}

enum opp_status
plan_set_clamp(struct plan *plan, const char *min_positive,
               const char *max_finite, struct opp_error *err)
{
    const struct numeric_format_info *const format =
        numeric_format_info(tensor_format(plan->to));

    if (min_positive[0] == '\0' && max_finite[0] == '\0')
        return OPP_OK;
    if (plan_clamp(plan, parse_number(min_positive), parse_number(max_finite)))
        return OPP_OK;
    error_set(err, OPP_EUSAGE, "cannot clamp constants to `%s` and `%s`",
              min_positive, max_finite);
    error_help(err, "the smallest number above zero and the largest one, such "
                    "as 1e-7 and 10000, within the range of %s: %g to %g",
               elem_name(plan->to), format->min_positive, format->max_finite);
    return OPP_EUSAGE;
}

/* ---- telling ------------------------------------------------------------ */

struct changed {
    const struct numeric_clamp *clamp;
    uint64_t large, small;
};

static bool
count_changed(void *payload, const float *values, size_t n)
{
    struct changed *const c = payload;

    for (size_t i = 0; i < n; i++) {
        const float magnitude = fabsf(values[i]);
        c->large += magnitude > c->clamp->max_finite && !isinf(magnitude);
        c->small += magnitude > 0 && magnitude < c->clamp->min_positive;
    }
    return true;
}

static bool
is_out_of_range(const struct plan *plan, const struct numeric_range *range)
{
    return numeric_range_max_abs(range) > plan->clamp.max_finite ||
           range->min_abs < plan->clamp.min_positive;
}

void
clamp_record(struct plan *plan, const char *name)
{
    char hash[DAMAGE_HASH];

    damage_hash(name, hash);
    plan->clamped = plan->clamped == NULL
                        ? arena_strdup(plan->module->arena, hash)
                        : arena_printf(plan->module->arena, "%s %s",
                                       plan->clamped, hash);
}

/* "20 to 10000", or "". */
static const char *
count_text(struct arena *arena, uint64_t n, float limit)
{
    return n == 0 ? ""
                  : arena_printf(arena, "%llu to %g", (unsigned long long)n,
                                 (double)limit);
}

static void
tell(struct report *report, const struct plan *plan, const struct value *value,
     const struct numeric_range *range, const struct changed *c)
{
    struct arena *const arena = plan->module->arena;
    const char *const path = graph_path(plan->module, value->graph);
    const uint64_t bytes = range->count * sizeof(float);
    const float limit = c->large > 0 ? plan->clamp.max_finite
                                     : plan->clamp.min_positive;

    if (range->count == 1)
        report_find(report, OPP205, path, bytes, "`%s` = %g is clamped to %g",
                    value->name, (double)range->max,
                    (double)copysignf(limit, range->max));
    else
        report_find(report, OPP205, path, bytes,
                    "of %llu values of `%s`, %s%s%s are clamped (magnitudes "
                    "%g to %g)",
                    (unsigned long long)range->count, value->name,
                    count_text(arena, c->large, plan->clamp.max_finite),
                    c->large > 0 && c->small > 0 ? " and " : "",
                    count_text(arena, c->small, plan->clamp.min_positive),
                    (double)range->min_abs,
                    (double)numeric_range_max_abs(range));
}

enum opp_status
report_clamped(struct report *report, struct plan *plan,
               const struct constants *constants, struct opp_error *err)
{
    enum opp_status status = OPP_OK;

    for (uint32_t i = 0; status == OPP_OK && i < plan->module->n_values; i++) {
        const struct value *const value = plan->module->values[i];
        const struct numeric_range *const range = constants->of[i];
        struct changed changed = {.clamp = &plan->clamp};
        if (plan->clamp.max_finite == 0 || range == NULL ||
            !is_out_of_range(plan, range) || !plan_narrows(plan, value))
            continue;
        status = constants_each(plan->module, value, count_changed, &changed,
                                err);
        clamp_record(plan, value->name);
        tell(report, plan, value, range, &changed);
    }
    return status;
}
