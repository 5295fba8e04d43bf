/* plan-precision: decides the element type of every class of float operands,
 * with a reason, and changes nothing.
 * needs types and shapes; edits nothing. */
#include <string.h>

#include "facts/ranges.h"
#include "model/tensor.h"
#include "pass/policy.h"
#include "pass/seeds.h"
#include "plan/decide.h"
#include "plan/islands.h"
#include "plan/placement.h"
#include "plan/print.h"
#include "plan/refuse.h"

static enum opp_status
parse_to(const struct pass_run *run, int *to, struct opp_error *err)
{
    const char *const text = pass_option(run, "to");
    const char *const file = pass_option(run, "plan");
    enum opp_status status = OPP_OK;

    *to = (int)elem_parse(text);
    if (text[0] == '\0' && file[0] != '\0')
        status = plan_read_to(to, file, err);
    if (status != OPP_OK)
        return status;
    if (text[0] == '\0' && *to == ELEM_UNDEFINED)
        *to = ELEM_FLOAT16;
    if (*to == ELEM_FLOAT16 || *to == ELEM_BFLOAT16 || *to == ELEM_FLOAT)
        return OPP_OK;
    error_set(err, OPP_EUSAGE, "cannot convert to `%s`",
              text[0] == '\0' ? elem_name(*to) : text);
    error_help(err, "float16 (fp16, half), bfloat16 (bf16) or float32 (fp32)");
    return OPP_EUSAGE;
}

static enum opp_status
parse_accumulation(const struct pass_run *run, struct plan *plan,
                   struct opp_error *err)
{
    static const char *const names[] = {
        [ACCUMULATION_UNKNOWN] = "unknown",
        [ACCUMULATION_FLOAT] = "fp32",
        [ACCUMULATION_LOW] = "fp16",
    };
    const char *const text = pass_option(run, "accum");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            plan->accumulation = (enum accumulation)i;
            return OPP_OK;
        }
    error_set(err, OPP_EUSAGE, "`%s` is no type that sums are added up in",
              text);
    error_help(err, "fp32, fp16 or unknown");
    return OPP_EUSAGE;
}

/* What the file shows, and what follows from it. */
static enum opp_status
decide_by_evidence(struct pass_run *run, struct plan *plan,
                   struct constants *constants, struct opp_error *err)
{
    const struct types *const types = run->facts->types;
    struct range_seeds seeds;
    enum opp_status status;

    status = seeds_parse(&seeds, run, err);
    if (status != OPP_OK)
        return status;
    if (pass_option_flag(run, "keep-islands"))
        decide_written(plan, types);
    status = constants_sweep(
        constants, run->scratch, run->module,
        tensor_format(plan->to), run->progress, run->progress_payload, err);
    if (status != OPP_OK)
        return status;
    plan->ranges = ranges_compute(run->scratch, run->module, types,
                                  run->facts->shapes, constants, &seeds);
    plan->shapes = run->facts->shapes;
    decide_numeric(plan, types, constants);
    return OPP_OK;
}

/* 100,000 nodes take up to 7 million operations, in 0.25 s (bench/cut.c). */
static const uint64_t cut_limit = 20 * 1000 * 1000;

/* All that is still free. */
static enum opp_status
place(struct pass_run *run, struct plan *plan,
      const struct constants *constants, struct opp_error *err)
{
    const char *const cost = pass_option(run, "island-cost");
    const char *const max_casts = pass_option(run, "max-casts");
    const struct placement placement = {
        .types = run->facts->types,
        .shapes = run->facts->shapes,
        .constants = constants,
        .cost = (enum island_cost)island_cost_parse(cost),
        .max_casts = max_casts[0] == '\0'
                         ? UINT64_MAX
                         : pass_option_number(run, "max-casts"),
        .limit = cut_limit,
        .scratch = run->scratch,
    };
    struct placement_result result;

    if (island_cost_parse(cost) < 0) {
        error_set(err, OPP_EUSAGE, "no cost of islands is called `%s`", cost);
        error_help(err, "casts, bytes or none");
        return OPP_EUSAGE;
    }
    result = place_free(plan, &placement);
    report_placement(run->report, &placement, &result);
    return OPP_OK;
}

/* The numeric steps, and placement. Widening needs neither. */
static enum opp_status
decide_free(struct pass_run *run, struct plan *plan, struct opp_error *err)
{
    struct constants constants;
    enum opp_status status;

    if (plan->to == ELEM_FLOAT) {
        decide_conversions(plan);
        decide_rest(plan);
        return OPP_OK;
    }
    status = decide_by_evidence(run, plan, &constants, err);
    if (status == OPP_OK)
        status = place(run, plan, &constants, err);
    if (status != OPP_OK)
        return status;
    report_flushed(run->report, plan, &constants);
    report_saturated(run->report, plan, &constants);
    return OPP_OK;
}

/* The steps of decide.h, or the plan file in the place of all but the first. */
static enum opp_status
decide(struct pass_run *run, struct plan *plan, struct opp_error *err)
{
    const char *const file = pass_option(run, "plan");
    const struct types *const types = run->facts->types;
    struct policy policy;
    enum opp_status status;

    status = parse_accumulation(run, plan, err);
    if (status != OPP_OK)
        return status;
    plan->strict = pass_option_flag(run, "strict");
    decide_legality(plan, types);
    decide_quirks(plan);
    if (file[0] != '\0')
        return plan_read(plan, file, err);
    status = decide_io(plan, pass_option(run, "keep-io"), err);
    if (status == OPP_OK)
        status = policy_parse(&policy, run, err);
    if (status == OPP_OK)
        status = decide_policy(plan, &policy, err);
    return status == OPP_OK ? decide_free(run, plan, err) : status;
}

static void
count(struct pass_run *run, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->n_items; i++) {
        if (plan->parent[i] != i || !plan_converts(plan, plan->of[i].from))
            continue;
        run->counts[0]++;
        run->counts[1] += plan->of[i].elem == plan->to;
    }
}

static enum opp_status
plan_precision(struct pass_run *run, struct opp_error *err)
{
    struct plan *plan;
    enum opp_status status;
    int to;

    status = refuse_bad_imports(run->module, err);
    if (status == OPP_OK && !pass_option_flag(run, "allow-duplicates"))
        status = refuse_duplicates(run->module, run->scratch, err);
    if (status == OPP_OK)
        status = parse_to(run, &to, err);
    if (status != OPP_OK)
        return status;
    plan = plan_new(run->module, run->facts->types, to);
    status = decide(run, plan, err);
    if (status != OPP_OK)
        return status;
    report_islands(run->report, plan);
    count(run, plan);
    plan->ranges = NULL;
    plan->shapes = NULL;
    *run->plan = plan;
    return OPP_OK;
}

const struct pass pass_plan_precision = {
    .name = "plan-precision",
    .summary = "decide the element type of every float operand, with a reason",
    .needs = FACT_TYPES | FACT_SHAPES,
    .keeps = FACT_TYPES | FACT_SHAPES,
    .options =
        {
            {"to", OPTION_TEXT, "",
             "element type to convert to; that of the plan, or float16"},
            {"keep-io", OPTION_LIST, "all",
             "inputs and outputs that keep their type: all, none, or names"},
            {"node-block", OPTION_LIST, "", "nodes that stay as they are"},
            {"node-include", OPTION_LIST, "",
             "nodes that are converted whatever the numeric rules say"},
            {"op-block", OPTION_LIST, "", "operators that stay as they are"},
            {"op-include", OPTION_LIST, "",
             "operators that are converted whatever the numeric rules say"},
            {"keep-islands", OPTION_FLAG, "true",
             "keep what is FP32 between low-precision nodes in the file"},
            {"island-cost", OPTION_TEXT, "casts",
             "what islands are made for: few casts, few bytes, or none"},
            {"max-casts", OPTION_NUMBER, "",
             "casts that are not to be exceeded, if that can be"},
            {"strict", OPTION_FLAG, "false",
             "keep what is not known to fit, too"},
            {"accum", OPTION_TEXT, "unknown",
             "type that sums are added up in: fp32, fp16 or unknown"},
            {"plan", OPTION_TEXT, "", "file with a plan to replay"},
            {"range", OPTION_LIST, "",
             "declared ranges of values, NAME=LO:HI"},
            {"ranges", OPTION_LIST, "", "files with measured ranges"},
            {"allow-duplicates", OPTION_FLAG, "false",
             "true accepts nodes of one name"},
        },
    .counts = {"classes", "converted"},
    .run = plan_precision,
};
