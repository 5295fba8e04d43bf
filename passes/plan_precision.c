/* plan-precision: decides the element type of every class of float operands,
 * with a reason, and changes nothing.
 * needs types and shapes; edits nothing. */
#include <string.h>

#include "facts/ranges.h"
#include "model/tensor.h"
#include "pass/policy.h"
#include "pass/seeds.h"
#include "plan/clamp.h"
#include "plan/damage.h"
#include "plan/decide.h"
#include "plan/islands.h"
#include "plan/placement.h"
#include "plan/print.h"
#include "plan/refuse.h"

/* What the policy file converts to, where nothing else says it. */
static const char *
policy_to(const struct policy_matches *policy)
{
    const struct policy_defaults *const defaults =
        policy->file == NULL ? NULL : policy_file_defaults(policy->file);

    if (defaults == NULL || defaults->precision.text == NULL ||
        elem_parse(defaults->precision.text) == ELEM_FLOAT)
        return "";
    return defaults->precision.text;
}

static enum opp_status
parse_to(const struct pass_run *run, const struct policy_matches *policy,
         int *to, struct opp_error *err)
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
        *to = (int)elem_parse(policy_to(policy));
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
parse_accumulation(const struct pass_run *run,
                   const struct policy_matches *policy, struct plan *plan,
                   struct opp_error *err)
{
    static const char *const names[] = {
        [ACCUMULATION_UNKNOWN] = "unknown",
        [ACCUMULATION_FLOAT] = "fp32",
        [ACCUMULATION_LOW] = "fp16",
    };
    const char *text = pass_option(run, "accum");

    if (text[0] == '\0')
        text = policy->file == NULL || policy->file->accum.text == NULL
                   ? names[ACCUMULATION_UNKNOWN]
                   : policy->file->accum.text;
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

static enum opp_status
parse_residual(const struct pass_run *run, struct plan *plan,
               struct opp_error *err)
{
    static const char *const names[] = {
        [RESIDUAL_BY_EVIDENCE] = "auto",
        [RESIDUAL_FLOAT] = "fp32",
        [RESIDUAL_LOW] = "fp16",
    };
    const char *const text = pass_option(run, "residual");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            plan->residual = (enum residual)i;
            return OPP_OK;
        }
    error_set(err, OPP_EUSAGE, "`%s` is no type of residual streams", text);
    error_help(err, "auto, fp32 or fp16");
    return OPP_EUSAGE;
}

static enum opp_status
set_clamp(const struct pass_run *run, struct plan *plan, struct opp_error *err)
{
    return plan->to == ELEM_FLOAT
               ? OPP_OK
               : plan_set_clamp(plan, pass_option(run, "min-positive"),
                                pass_option(run, "max-finite"), err);
}

static enum opp_status
sweep(struct pass_run *run, const struct plan *plan,
      struct constants *constants, struct opp_error *err)
{
    return constants_sweep(constants, run->scratch, run->module,
                           tensor_format(plan->to), run->progress,
                           run->progress_payload, err);
}

/* The ranges that the policy file declares. */
static enum opp_status
add_policy_seeds(const struct pass_run *run,
                 const struct policy_matches *policy, struct range_seeds *seeds,
                 struct opp_error *err)
{
    const size_t n = policy->file == NULL ? 0 : policy->file->ranges.count;
    enum opp_status status = OPP_OK;

    for (size_t i = 0; status == OPP_OK && i < n; i++) {
        const struct policy_range *const range =
            (const struct policy_range *)policy->file->ranges.items + i;
        const struct config_number *const ends = range->range.items;
        const struct range_seed seed = {.name = range->name.text,
                                        .basis = RANGE_DECLARED,
                                        .lo = ends[0].value,
                                        .hi = ends[1].value};
        range_seeds_add(seeds, &seed);
        status = range_seeds_check(seeds, run->module, err);
        if (status != OPP_OK)
            error_where(err, "%s:%u:%u", policy->file->path,
                        range->name.at.line, range->name.at.column);
    }
    return status;
}

/* The ranges that the user declares and has measured; what comes later weighs
 * more. */
static enum opp_status
read_seeds(struct pass_run *run, const struct policy_matches *policy,
           struct range_seeds *seeds, struct opp_error *err)
{
    enum opp_status status;

    range_seeds_init(seeds, run->scratch);
    status = add_policy_seeds(run, policy, seeds, err);
    return status == OPP_OK
               ? seeds_add(seeds, pass_option(run, "range"),
                           pass_option(run, "ranges"), run->module, err)
               : status;
}

/* What this tool has made was decided by what the model held before it was
 * rounded, which says more. */
static void
keep_own(const struct pass_run *run, struct plan *plan)
{
    if (edit_get_metadata(run->module, "opp.plan") == NULL)
        return;
    for (uint32_t i = 0; i < plan->n_items; i++)
        if (plan->parent[i] == i && plan_is_low(plan, i) &&
            plan_is_free(plan, i))
            plan->of[i].reason = REASON_OTHER_TYPE;
}

/* What the file shows, and what follows from it. */
static enum opp_status
decide_by_evidence(struct pass_run *run, const struct policy_matches *policy,
                   struct plan *plan, struct constants *constants,
                   struct opp_error *err)
{
    const struct types *const types = run->facts->types;
    struct range_seeds seeds;
    enum opp_status status;

    status = read_seeds(run, policy, &seeds, err);
    if (status != OPP_OK)
        return status;
    if (pass_option_flag(run, "keep-islands")) {
        decide_written(plan, types);
        keep_own(run, plan);
    }
    status = sweep(run, plan, constants, err);
    if (status != OPP_OK)
        return status;
    plan->ranges = ranges_compute(run->scratch, run->module, types,
                                  run->facts->shapes, constants, &seeds);
    plan->shapes = run->facts->shapes;
    decide_numeric(plan, types, constants);
    plan_settle_low(plan);
    report_overrides(run->report, plan);
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

/* What becomes of the constants that the plan converts, and what has become of
 * others before. */
static enum opp_status
report_values(struct pass_run *run, struct plan *plan,
              const struct constants *constants, struct opp_error *err)
{
    enum opp_status status = report_damage(run->report, run->module,
                                           run->facts->types, constants, err);

    report_narrowed(run->report, plan, constants);
    if (status != OPP_OK || plan->clamp.max_finite > 0)
        return status != OPP_OK
                   ? status
                   : report_clamped(run->report, plan, constants, err);
    report_flushed(run->report, plan, constants);
    report_saturated(run->report, plan, constants);
    return OPP_OK;
}

/* The numeric steps, and placement. Widening needs neither. */
static enum opp_status
decide_free(struct pass_run *run, const struct policy_matches *policy,
            struct plan *plan, struct opp_error *err)
{
    struct constants constants;
    enum opp_status status;

    if (plan->to == ELEM_FLOAT) {
        decide_conversions(plan);
        decide_rest(plan);
        return OPP_OK;
    }
    status = decide_by_evidence(run, policy, plan, &constants, err);
    if (status == OPP_OK)
        status = place(run, plan, &constants, err);
    if (status != OPP_OK)
        return status;
    return report_values(run, plan, &constants, err);
}

/* The plan file says what becomes of classes; what is done to constants is
 * told again, and stamped. */
static enum opp_status
replay(struct pass_run *run, struct plan *plan, struct constants *constants,
       struct opp_error *err)
{
    enum opp_status status = plan_read(plan, pass_option(run, "plan"), err);

    if (status != OPP_OK || plan->to == ELEM_FLOAT ||
        (plan->clamp.max_finite == 0 && plan->saturates == NULL))
        return status;
    status = sweep(run, plan, constants, err);
    if (status == OPP_OK && plan->clamp.max_finite > 0)
        return report_clamped(run->report, plan, constants, err);
    if (status == OPP_OK)
        report_saturated(run->report, plan, constants);
    return status;
}

/* What the user asked for: the command line weighs more than the file. */
static enum opp_status
decide_as_asked(struct pass_run *run, struct plan *plan,
                const struct policy_matches *matches, struct opp_error *err)
{
    const char *keep = pass_option(run, "keep-io");
    struct policy policy;
    enum opp_status status;

    if (keep[0] == '\0')
        keep = matches->file == NULL
                   ? "all"
                   : policy_kept_ends(plan, matches->file, err);
    if (keep == NULL)
        return OPP_EUSAGE;
    status = decide_io(plan, keep, err);
    if (status == OPP_OK)
        status = policy_parse(&policy, run, err);
    if (status == OPP_OK)
        status = decide_policy(plan, &policy, err);
    if (status == OPP_OK && matches->file != NULL)
        status = decide_rules(plan, matches, err);
    return status;
}

/* The steps of decide.h, or the plan file in the place of all but the first. */
static enum opp_status
decide(struct pass_run *run, struct plan *plan,
       const struct policy_matches *matches, struct opp_error *err)
{
    const char *const file = pass_option(run, "plan");
    const struct types *const types = run->facts->types;
    struct constants constants;
    enum opp_status status;

    status = parse_accumulation(run, matches, plan, err);
    if (status == OPP_OK)
        status = parse_residual(run, plan, err);
    if (status != OPP_OK)
        return status;
    plan->strict = pass_option_flag(run, "strict");
    decide_legality(plan, types);
    decide_quirks(plan);
    status = set_clamp(run, plan, err);
    if (status != OPP_OK)
        return status;
    if (file[0] != '\0')
        return replay(run, plan, &constants, err);
    status = decide_as_asked(run, plan, matches, err);
    return status == OPP_OK ? decide_free(run, matches, plan, err) : status;
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
    struct policy_matches policy;
    struct plan *plan;
    enum opp_status status;
    int to;

    status = refuse_bad_imports(run->module, err);
    if (status == OPP_OK && !pass_option_flag(run, "allow-duplicates"))
        status = refuse_duplicates(run->module, run->scratch, err);
    if (status == OPP_OK)
        status = policy_load(&policy, run, err);
    if (status == OPP_OK)
        status = parse_to(run, &policy, &to, err);
    if (status != OPP_OK)
        return status;
    plan = plan_new(run->module, run->facts->types, to);
    status = decide(run, plan, &policy, err);
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
            {"keep-io", OPTION_LIST, "",
             "inputs and outputs that keep their type: all, none, or names; "
             "as the policy says, or all"},
            {"node-block", OPTION_LIST, "", "nodes that stay as they are"},
            {"node-include", OPTION_LIST, "",
             "nodes that are converted whatever the numeric rules say"},
            {"op-block", OPTION_LIST, "", "operators that stay as they are"},
            {"op-include", OPTION_LIST, "",
             "operators that are converted whatever the numeric rules say"},
            {"keep-islands", OPTION_FLAG, "true",
             "keep what is FP32 between low-precision nodes in the file"},
            {"policy", OPTION_TEXT, "", "file with rules about precision"},
            {"island-cost", OPTION_TEXT, "casts",
             "what islands are made for: few casts, few bytes, or none"},
            {"max-casts", OPTION_NUMBER, "",
             "casts that are not to be exceeded, if that can be"},
            {"strict", OPTION_FLAG, "false",
             "keep what is not known to fit, too"},
            {"residual", OPTION_TEXT, "auto",
             "type of the sums of residual streams: auto, fp32 or fp16"},
            {"accum", OPTION_TEXT, "",
             "type that sums are added up in: fp32, fp16 or unknown; as the "
             "policy says, or unknown"},
            {"min-positive", OPTION_TEXT, "",
             "smaller magnitudes of converted constants become this"},
            {"max-finite", OPTION_TEXT, "",
             "larger ones become this; both or none"},
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
