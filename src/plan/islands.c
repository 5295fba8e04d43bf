#include "plan/islands.h"

#include "model/tensor.h"
#include "plan/clamp.h"
#include "plan/decide.h"

struct island_group {
    enum reason reason;
    enum certainty certainty;
    const char *detail;
    const struct node *first, *last;
    const char **names; /* of the nodes; casts do not count */
    uint64_t nodes;
    struct island_group *next;
};

struct grouping {
    struct map by_text;
    struct island_group *first, **tail;
    struct arena *arena;
    const struct module *module;
};

/* The decision that keeps a node wide: that of its first kept item. */
static const struct decision *
keeping(const struct plan *plan, const struct node *node)
{
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++) {
        const struct decision *const d = plan_decision(plan, i);
        if (plan_decides(plan, d->from) && d->elem != plan->to)
            return d;
    }
    return NULL;
}

static void
add_to_group(struct grouping *g, const struct node *node,
             const struct decision *d)
{
    const char *const key =
        arena_printf(g->arena, "%d %d %s", (int)d->reason, (int)d->certainty,
                     d->detail);
    struct island_group *group = map_get(&g->by_text, key);

    if (group == NULL) {
        group = arena_new(g->arena, struct island_group);
        group->reason = d->reason;
        group->certainty = (enum certainty)d->certainty;
        group->detail = d->detail;
        group->first = node;
        map_put(&g->by_text, key, group);
        *g->tail = group;
        g->tail = &group->next;
    }
    group->last = node;
    if (node->op->class == OP_CONVERT)
        return;
    group->names =
        arena_grow(g->arena, group->names, group->nodes, sizeof *group->names);
    group->names[group->nodes++] =
        arena_printf(g->arena, "%s%s", graph_path(g->module, node->graph),
                     node_label(g->module, node));
}

static const char *
reason_text(struct arena *arena, const struct island_group *group)
{
    const struct reason_info *const info = reason_info(group->reason);
    const char *const code =
        info->rule == 0 ? "" : arena_printf(arena, "OPP%d ", info->rule);

    return arena_printf(arena, "%s%s%s%s", code, info->text,
                        group->detail[0] == '\0' ? "" : ": ", group->detail);
}

static struct grouping
group_kept(const struct plan *plan)
{
    const struct module *const module = plan->module;
    struct grouping g = {.arena = module->arena, .module = module};

    map_init(&g.by_text, module->arena);
    g.tail = &g.first;
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        const struct decision *const d =
            node == NULL ? NULL : keeping(plan, node);
        if (d != NULL)
            add_to_group(&g, node, d);
    }
    return g;
}

/* A value in the file, a schema and a wish of the user speak for themselves,
 * and so does what is no claim about numbers. */
static bool
tells_certainty(enum certainty certainty)
{
    switch (certainty) {
    case CERTAINTY_GIVEN:
    case CERTAINTY_PROVEN:
    case CERTAINTY_ASSUMED:
        return false;
    case CERTAINTY_EVIDENCED:
    case CERTAINTY_MEASURED:
    case CERTAINTY_POSSIBLE:
    case CERTAINTY_COUNT:
        return true;
    }
    return true;
}

void
report_islands(struct report *report, const struct plan *plan)
{
    const struct module *const module = plan->module;
    const struct grouping g = group_kept(plan);

    for (const struct island_group *p = g.first; p != NULL; p = p->next)
        report_island(
            report,
            &(struct island){
                .first = node_place(module, p->first),
                .last = p->last != p->first ? node_place(module, p->last)
                                            : NULL,
                .nodes = p->nodes,
                .names = p->names,
                .reason = reason_text(module->arena, p),
                .name = reason_info(p->reason)->name,
                .detail = p->detail,
                .certainty = certainty_name(p->certainty),
                .tells_certainty = tells_certainty(p->certainty),
                .rule = reason_info(p->reason)->rule,
            });
}

static struct cast_figures
figures_of(struct cast_sum sum)
{
    return (struct cast_figures){sum.casts, sum.bytes, sum.unknown};
}

void
report_placement(struct report *report, const struct placement *placement,
                 const struct placement_result *result)
{
    report->placement = (struct placement_record){
        .cost = island_cost_name(placement->cost),
        .plan = figures_of(result->sum),
        .every = figures_of(result->every),
        .max_casts = placement->max_casts,
        .guessed = result->guessed,
    };
}

/* The rules that report_hazards speaks of. */
static bool
is_hazard(int rule)
{
    return rule == OPP108 || rule == OPP301 || rule == OPP303 ||
           rule == OPP304 || rule == OPP306 || rule == OPP601 ||
           rule == OPP603;
}

void
report_hazards(struct report *report, const struct plan *plan)
{
    const struct module *const module = plan->module;
    const struct grouping g = group_kept(plan);

    for (const struct island_group *p = g.first; p != NULL; p = p->next) {
        const struct reason_info *const info = reason_info(p->reason);
        if (!is_hazard(info->rule))
            continue;
        report_find(report, (enum rule)info->rule,
                    node_place(module, p->first), 0, "%s%s%s (%llu node%s)",
                    info->text, p->detail[0] == '\0' ? "" : ": ", p->detail,
                    (unsigned long long)p->nodes, p->nodes == 1 ? "" : "s");
    }
}

/* What happened to a constant: "is beyond the range of float16". */
struct constant_fault {
    enum rule rule;
    uint64_t affected;     /* values */
    const char *one, *many; /* the verb for one and for several */
    const char *rest;       /* what follows the verb */
};

/* "`eps` = 1e-12 becomes zero in float16", "3 of 768 values of `w` become zero
 * in float16 (magnitudes 1e-12 to 0.5)". */
static void
report_fault(struct report *report, const struct module *module,
             const struct value *value, const struct numeric_range *range,
             const struct constant_fault *fault)
{
    const char *const path = graph_path(module, value->graph);
    const uint64_t bytes = range->count * sizeof(float);

    if (range->count == 1)
        report_find(report, fault->rule, path, bytes, "`%s` = %g %s %s",
                    value->name, (double)range->max, fault->one,
                    fault->rest);
    else
        report_find(report, fault->rule, path, bytes,
                    "%llu of %llu values of `%s` %s %s (magnitudes %g to %g)",
                    (unsigned long long)fault->affected,
                    (unsigned long long)range->count, value->name,
                    fault->affected == 1 ? fault->one : fault->many,
                    fault->rest, (double)range->min_abs,
                    (double)numeric_range_max_abs(range));
}

void
report_constants(struct report *report, const struct module *module,
                 const struct constants *constants, int to)
{
    struct arena *const arena = module->arena;
    const char *const range_text =
        arena_printf(arena, "beyond the range of %s", elem_name(to));
    const char *const zero_text =
        arena_printf(arena, "zero in %s", elem_name(to));

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct numeric_range *const range = constants->of[i];
        const struct value *const value = module->values[i];
        if (range == NULL || value->uses == NULL)
            continue;
        if (range->overflow > 0)
            report_fault(report, module, value, range,
                         &(struct constant_fault){OPP201, range->overflow,
                                                  "is", "are", range_text});
        if (range->flushed > 0)
            report_fault(report, module, value, range,
                         &(struct constant_fault){
                             constant_is_short(range) ? OPP202 : OPP203,
                             range->flushed, "becomes", "become", zero_text});
    }
}

bool
plan_narrows(const struct plan *plan, const struct value *value)
{
    for_each_use (value, use) {
        const uint32_t item = plan_use_item(plan, use);
        if (item != ITEM_FIXED && !plan_is_low(plan, item) &&
            plan_decision(plan, item)->elem == plan->to)
            return true;
    }
    return false;
}

void
report_flushed(struct report *report, const struct plan *plan,
               const struct constants *constants)
{
    const struct module *const module = plan->module;
    const char *const zero_text =
        arena_printf(module->arena, "zero in %s", elem_name(plan->to));

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct numeric_range *const range = constants->of[i];
        const struct value *const value = module->values[i];
        if (range != NULL && range->flushed > 0 && plan_narrows(plan, value))
            report_fault(report, module, value, range,
                         &(struct constant_fault){OPP203, range->flushed,
                                                  "becomes", "become",
                                                  zero_text});
    }
}

/* "`m` = -1e+09 is a mask, saturated at -65504". */
static void
report_role(struct report *report, const struct module *module,
            const struct value *value, const struct numeric_range *range,
            const struct saturation *at)
{
    const float end = range->max > at->limit ? at->limit : -at->limit;

    report_fault(report, module, value, range,
                 &(struct constant_fault){
                     OPP209, range->overflow, "is", "are",
                     arena_printf(module->arena, "%s, saturated at %g",
                                  at->role, (double)end)});
}

/* OPP209 where values are saturated, OPP201 where they are out of range. */
static void
report_overflow(struct report *report, const struct module *module,
                const struct value *value, const struct numeric_range *range,
                int to)
{
    const bool saturates = constants_overflow(to) == NUMERIC_SATURATE;
    struct constant_fault fault = {.affected = range->overflow,
                                   .one = "is",
                                   .many = "are"};

    if (saturates) {
        fault.rule = OPP209;
        fault.rest = arena_printf(
            module->arena, "saturated at %g",
            numeric_format_info(tensor_format(to))->max_finite);
    } else {
        fault.rule = OPP201;
        fault.rest = arena_printf(module->arena, "beyond the range of %s",
                                  elem_name(to));
    }
    report_fault(report, module, value, range, &fault);
}

void
report_saturated(struct report *report, struct plan *plan,
                 const struct constants *constants)
{
    const struct module *const module = plan->module;

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct numeric_range *const range = constants->of[i];
        const struct value *const value = module->values[i];
        const struct saturation *const at =
            i < plan->n_saturates ? &plan->saturates[i] : NULL;
        if (range == NULL || range->overflow == 0 ||
            !plan_narrows(plan, value))
            continue;
        if (constants_overflow(plan->to) == NUMERIC_SATURATE)
            report_overflow(report, module, value, range, plan->to);
        else if (at != NULL && at->role != NULL) {
            report_role(report, module, value, range, at);
            clamp_record(plan, value->name);
        }
    }
}

void
report_narrowed(struct report *report, const struct plan *plan,
                const struct constants *constants)
{
    report->narrowed.to = plan->to;
    for (uint32_t i = 0; i < plan->module->n_values; i++) {
        const struct numeric_range *const range = constants->of[i];
        if (range == NULL || !plan_narrows(plan, plan->module->values[i]))
            continue;
        report->narrowed.tensors++;
        report->narrowed.exact += range->inexact == 0;
    }
}

void
report_weight_faults(struct report *report, const struct module *module,
                     const struct value *value,
                     const struct numeric_range *range, int to)
{
    if (range->overflow > 0)
        report_overflow(report, module, value, range, to);
    else if (range->flushed > 0)
        report_fault(report, module, value, range,
                     &(struct constant_fault){
                         OPP203, range->flushed, "becomes", "become",
                         arena_printf(module->arena, "zero in %s",
                                      elem_name(to))});
}
