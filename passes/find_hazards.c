/* find-hazards: lists what breaks or is not known in low precision: constants,
 * sums of squares, integers in float, operators that no table knows,
 * value_info that says something else, nodes of one name, nodes that are not
 * sorted.
 * needs types and shapes; edits nothing. */
#include "facts/ranges.h"
#include "graph/names.h"
#include "graph/verify.h"
#include "pass/seeds.h"
#include "plan/decide.h"
#include "plan/islands.h"

static void
find_unknown_ops(struct pass_run *run)
{
    for (uint32_t i = 0; i < run->module->n_nodes; i++) {
        const struct node *const node = run->module->nodes[i];
        const char *domain, *way_out = "; declare it with --op-signature";
        if (node == NULL || node->op != NULL || node->function != NULL)
            continue;
        domain = node->proto->domain;
        if (domain == NULL || domain[0] == '\0')
            domain = "ai.onnx";
        /* Known in another opset: a signature would be refused. */
        if (ops_find(domain, node->proto->op_type, INT64_MAX) != NULL)
            way_out = "";
        report_find(run->report, OPP409, node_place(run->module, node), 0,
                    "the operator `%s` of domain `%s` is not known in opset "
                    "%lld%s",
                    node->proto->op_type, domain,
                    (long long)graph_opset(run->module, node->graph, domain),
                    way_out);
        run->counts[0]++;
    }
}

/* An entry that declares a type which the graph does not give. */
static void
find_stale_infos(struct pass_run *run)
{
    for (uint32_t i = 0; i < run->module->n_values; i++) {
        const struct value *const value = run->module->values[i];
        const struct value_type type = run->facts->types->of[i];
        struct value_type declared;
        if (value == NULL || value->info == NULL || value->info->type == NULL)
            continue;
        declared = type_from_proto(value->info->type);
        if (!declared.known || !type.known || declared.elem == type.elem)
            continue;
        report_find(run->report, OPP404,
                    graph_path(run->module, value->graph), 0,
                    "`%s` is declared %s, but the graph gives %s",
                    value->name, elem_name(declared.elem),
                    elem_name(type.elem));
        run->counts[1]++;
    }
}

static void
find_duplicates(struct pass_run *run)
{
    struct node *const *const twins = node_twins(run->module, run->scratch);

    for (uint32_t i = 0; i < run->module->n_nodes; i++) {
        if (twins[i] == NULL)
            continue;
        report_find(run->report, OPP410,
                    node_place(run->module, run->module->nodes[i]), 0,
                    "another node (%s) has the name already",
                    twins[i]->proto->op_type);
        run->counts[2]++;
    }
}

static void
find_unsorted(struct pass_run *run)
{
    struct opp_error problem;

    if (graph_verify_order(run->module, &problem) != OPP_OK)
        report_find(run->report, OPP403, problem.where, 0, "%s: %s",
                    problem.what, problem.why);
}

/* What a conversion would keep wide, were nothing asked for. */
static void
find_arithmetic(struct pass_run *run, const struct constants *constants,
                const struct range_seeds *seeds)
{
    const struct types *const types = run->facts->types;
    struct plan *const plan = plan_new(run->module, types, ELEM_FLOAT16);

    plan->ranges = ranges_compute(run->scratch, run->module, types,
                                  run->facts->shapes, constants, seeds);
    plan->shapes = run->facts->shapes;
    decide_legality(plan, types);
    decide_quirks(plan);
    decide_numeric(plan, types, constants);
    decide_rest(plan);
    report_hazards(run->report, plan);
}

static enum opp_status
find_hazards(struct pass_run *run, struct opp_error *err)
{
    struct constants constants;
    struct range_seeds seeds;
    enum opp_status status = seeds_parse(&seeds, run, err);

    if (status == OPP_OK)
        status =
            constants_sweep(&constants, run->scratch, run->module, NUMERIC_F16,
                            run->progress, run->progress_payload, err);
    if (status != OPP_OK)
        return status;
    report_constants(run->report, run->module, &constants, ELEM_FLOAT16);
    find_arithmetic(run, &constants, &seeds);
    find_unknown_ops(run);
    find_stale_infos(run);
    find_duplicates(run);
    find_unsorted(run);
    return OPP_OK;
}

const struct pass pass_find_hazards = {
    .name = "find-hazards",
    .summary = "list constants, arithmetic and operators unsafe in float16",
    .needs = FACT_TYPES | FACT_SHAPES,
    .keeps = FACT_TYPES | FACT_SHAPES,
    .options =
        {
            {"range", OPTION_LIST, "", "as of plan-precision"},
            {"ranges", OPTION_LIST, "", "as of plan-precision"},
        },
    .counts = {"unknown-ops", "stale-infos", "duplicates"},
    .run = find_hazards,
};
