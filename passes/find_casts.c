/* find-casts: lists the Cast nodes between float types, and those of them that
 * deserve a look as findings.
 * needs types; edits nothing. */
#include "graph/casts.h"
#include "pass/pass.h"

enum { COUNT_CASTS, COUNT_FINDINGS };

struct cast_types {
    int before; /* of the input of the Cast before; ELEM_UNDEFINED if none */
    int from, to;
};

static struct cast_types
cast_types(const struct pass_run *run, const struct node *cast)
{
    const struct types *const types = run->facts->types;
    const struct node *const before = cast_before(cast);
    struct cast_types t = {
        .from = types->of[cast->inputs[0].value->id].elem,
        .to = cast_to(cast),
    };

    if (before != NULL)
        t.before = types->of[before->inputs[0].value->id].elem;
    return t;
}

static bool
is_pair(struct cast_types t)
{
    return elem_is_float(t.before) && t.before == t.to && t.from != t.to;
}

static void
check(struct pass_run *run, const struct node *cast, const struct node *twin,
      struct cast_types t)
{
    const char *const place = node_place(run->module, cast);
    const char *const name = cast->inputs[0].value->name;
    struct report *const report = run->report;

    if (t.from == t.to)
        report_find(report, OPP105, place, 0, "`%s` is %s already", name,
                    elem_name(t.to));
    if (is_pair(t) && elem_bits(t.from) <= elem_bits(t.to))
        report_find(report, OPP103, place, 0,
                    "%s -> %s -> %s rounds, it is no no-op",
                    elem_name(t.before), elem_name(t.from), elem_name(t.to));
    if (is_pair(t) && elem_bits(t.from) > elem_bits(t.to))
        report_find(report, OPP104, place, 0,
                    "%s -> %s -> %s with nothing between", elem_name(t.before),
                    elem_name(t.from), elem_name(t.to));
    if (value_constant(cast->inputs[0].value) != NULL)
        report_find(report, OPP107, place, 0,
                    "the constant `%s` is cast to %s each time", name,
                    elem_name(t.to));
    if (twin != NULL)
        report_find(report, OPP109, place, 0,
                    "`%s` is cast to %s by %s already", name, elem_name(t.to),
                    node_place(run->module, twin));
}

static uint64_t
count_findings(const struct report *report)
{
    return report_findings(report, OPP_NOTE);
}

static enum opp_status
find_casts(struct pass_run *run, struct opp_error *err)
{
    const uint64_t before = count_findings(run->report);
    struct cast_index index;

    (void)err;
    cast_index_init(&index, run->scratch, run->module);
    for (uint32_t i = 0; i < run->module->n_nodes; i++) {
        struct node *const cast = run->module->nodes[i];
        struct cast_types t;
        if (cast == NULL || !node_is_cast(cast))
            continue;
        t = cast_types(run, cast);
        if (!elem_is_float(t.from) || !elem_is_float(t.to))
            continue;
        run->counts[COUNT_CASTS]++;
        report_cast(run->report, node_place(run->module, cast),
                    cast->inputs[0].value->name, t.from, t.to);
        check(run, cast, cast_index_twin(&index, cast), t);
    }
    run->counts[COUNT_FINDINGS] = count_findings(run->report) - before;
    return OPP_OK;
}

const struct pass pass_find_casts = {
    .name = "find-casts",
    .summary = "list casts between float types, and which deserve a look",
    .needs = FACT_TYPES,
    .keeps = FACT_TYPES,
    .counts = {"casts", "findings"},
    .run = find_casts,
};
