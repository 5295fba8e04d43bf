#include "cli/convert.h"

#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/options.h"
#include "cli/policy_use.h"

/* In the order of the words of --accum. */
static const char *const accums[] = {"unknown", "fp32", "fp16"};

/* Of --residual. */
static const char *const residuals[] = {"auto", "fp32", "fp16"};

/* Where nothing is decided about nodes, nothing can be said about them. */
static enum opp_status
check_weights_only(const struct call *call, struct opp_error *err)
{
    const struct convert *const convert = call->own;
    const struct {
        bool given;
        const char *name;
    } others[] = {
        {convert->keep_io.state != 0, "keep-io-types"},
        {convert->rewrite.state != 0, "rewrite"},
        {convert->op_block.given, "op-block-list"},
        {convert->node_block.given, "node-block-list"},
        {convert->op_include.given, "op-include-list"},
        {convert->node_include.given, "node-include-list"},
        {convert->keep_islands.state != 0, "keep-islands"},
        {convert->clamp, "clamp-constants"},
        {convert->island_cost != NULL, "island-cost"},
        {convert->max_casts != NULL, "max-casts"},
        {convert->plan != NULL, "plan"},
        {convert->plan_out != NULL, "plan-out"},
        {call->common.range.given, "range"},
        {call->common.ranges.given, "ranges"},
        {call->common.policy != NULL, "policy"},
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (!convert->weights_only || !others[i].given)
            continue;
        message_set(err, OPP_EUSAGE, "--%s does not go with --weights-only",
                    others[i].name);
        message_help(err, "with --weights-only all nodes stay as they are");
        return OPP_EUSAGE;
    }
    return OPP_OK;
}

static enum opp_status
check_clamp(const struct convert *convert, struct opp_error *err)
{
    if (convert->clamp ||
        (convert->min_positive == NULL && convert->max_finite == NULL))
        return OPP_OK;
    message_set(err, OPP_EUSAGE, "--%s goes with --clamp-constants",
                convert->min_positive != NULL ? "min-positive-val"
                                              : "max-finite-val");
    message_help(err, "without it nothing is clamped");
    return OPP_EUSAGE;
}

static enum opp_status
check(const struct call *call, const struct convert *convert,
      struct opp_error *err)
{
    const char *const outputs[] = {convert->dry_run ? NULL : convert->output,
                                   convert->plan_out, call->common.report_file};

    if (convert->output == NULL && !convert->dry_run) {
        message_set(err, OPP_EUSAGE, "no output file");
        message_help(err, "add -o FILE, or --dry-run to see the report and "
                          "write no model");
        return OPP_EUSAGE;
    }
    if (check_weights_only(call, err) != OPP_OK ||
        check_clamp(convert, err) != OPP_OK)
        return OPP_EUSAGE;
    if (convert->rewrite_scale.given && convert->rewrite.state == 0) {
        message_set(err, OPP_EUSAGE, "--rewrite-scale needs --rewrite");
        return OPP_EUSAGE;
    }
    if (call_check_model(outputs[0], err) != OPP_OK)
        return OPP_EUSAGE;
    return call_check_outputs(call, outputs, 3, err);
}

/* The limit, or its default; NULL where nothing is clamped. */
static const char *
limit(const struct convert *convert, const char *given, const char *missing)
{
    if (!convert->clamp)
        return NULL;
    return given != NULL ? given : missing;
}

/* Passes the options on to the passes that decide, by names of their own. */
static enum opp_status
set_options(const struct convert *convert, struct opp_pipeline *pipeline,
            struct opp_error *err)
{
    const struct option_switch *const io = &convert->keep_io;
    const struct {
        const char *key;
        const char *value; /* NULL: leave the default */
        bool is_list;
    } values[] = {
        {"to", convert->to, false},
        {"keep-io", io->state == 0  ? NULL
                    : io->state < 0 ? "none"
                    : io->value     ? io->value
                                    : "all",
         false},
        {"op-block", option_list_get(&convert->op_block), true},
        {"node-block", option_list_get(&convert->node_block), true},
        {"op-include", option_list_get(&convert->op_include), true},
        {"node-include", option_list_get(&convert->node_include), true},
        {"keep-islands", convert->keep_islands.state < 0 ? "false" : NULL,
         false},
        {"island-cost", convert->island_cost, false},
        {"max-casts", convert->max_casts, false},
        {"strict", convert->strict ? "true" : NULL, false},
        {"accum", convert->accum < 0 ? NULL : accums[convert->accum], false},
        {"residual",
         convert->residual < 0 ? NULL : residuals[convert->residual], false},
        {"min-positive", limit(convert, convert->min_positive, "1e-7"), false},
        {"max-finite", limit(convert, convert->max_finite, "1e4"), false},
        {"plan", convert->plan, false},
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        enum opp_status status = OPP_OK;
        if (values[i].value == NULL)
            continue;
        if (values[i].is_list)
            status = opp_pipeline_set(pipeline, "split-functions",
                                      values[i].key, values[i].value, err);
        if (status == OPP_OK)
            status = opp_pipeline_set(pipeline, "plan-precision",
                                      values[i].key, values[i].value, err);
        if (status != OPP_OK)
            return status;
    }
    return OPP_OK;
}

static enum opp_status
set_rewrite(const struct convert *convert, struct opp_pipeline *pipeline,
            struct opp_error *err)
{
    char scale[24];
    enum opp_status status = OPP_OK;

    if (convert->rewrite.value != NULL)
        status = opp_pipeline_set(pipeline, "rewrite-exact", "rules",
                                  convert->rewrite.value, err);
    if (status != OPP_OK || !convert->rewrite_scale.given)
        return status;
    snprintf(scale, sizeof scale, "%llu",
             (unsigned long long)convert->rewrite_scale.value);
    return opp_pipeline_set(pipeline, "rewrite-exact", "scale", scale, err);
}

/* What --fix, --rewrite and a policy add to the pipeline. */
static enum opp_status
parse_pipeline(const struct convert *convert, bool has_policy,
               struct opp_pipeline **pipeline, struct opp_error *err)
{
    struct text text = {0};
    enum opp_status status;

    text_printf(&text, "%s%s%s%s", convert->fix ? "rename-duplicates," : "",
                convert->rewrite.state != 0
                    ? "sort-nodes,fold-casts,rewrite-exact,"
                    : "",
                convert->weights_only ? "@weights-only" : "@convert",
                has_policy && !convert->weights_only ? ",check-policy" : "");
    status = opp_pipeline_parse(pipeline, text_get(&text), err);
    text_free(&text);
    return status;
}

enum opp_status
convert_pipeline(struct call *call, const char *policy,
                 struct opp_pipeline **pipeline, struct opp_error *err)
{
    const struct convert *const convert = call->own;
    enum opp_status status =
        parse_pipeline(convert, policy != NULL, pipeline, err);

    if (status == OPP_OK && convert->stamp.state < 0)
        status = opp_pipeline_set(*pipeline, "stamp-model", "enabled", "false",
                                  err);
    if (status == OPP_OK && convert->rewrite.state != 0)
        status = set_rewrite(convert, *pipeline, err);
    if (status != OPP_OK)
        return status;
    if (!convert->weights_only) {
        status = policy_use_set(call, *pipeline, policy, err);
        if (status == OPP_OK)
            status = call_set_ranges(call, *pipeline, "plan-precision", err);
        return status == OPP_OK ? set_options(convert, *pipeline, err)
                                : status;
    }
    return convert->to == NULL ? OPP_OK
                               : opp_pipeline_set(*pipeline, "store-weights",
                                                  "to", convert->to, err);
}

/* What is done once the pipeline has run: plan, model, report. */
static enum opp_status
write_results(struct call *call, struct opp_model *model,
              const struct opp_report *report, struct opp_error *err)
{
    const struct convert *const convert = call->own;
    const bool model_to_stdout =
        !convert->dry_run && sink_is_stdout(convert->output);
    enum opp_status status = OPP_OK;

    if (convert->plan_out != NULL)
        status = call_save_plan(model, convert->plan_out, err);
    if (status == OPP_OK && !convert->dry_run)
        status = call_save(call, model, convert->output, err);
    if (status == OPP_OK)
        status = call_report(call, report, false,
                             sink_is_stdout(convert->plan_out) ||
                                 model_to_stdout, err);
    return status;
}

/* Nothing is decided about weights that are only stored. */
static enum opp_status
find_policy(struct call *call, struct text *found, const char **path,
            struct opp_error *err)
{
    const struct convert *const convert = call->own;

    *path = NULL;
    return convert->weights_only
               ? OPP_OK
               : policy_use_find(call, call->inputs[0], found, path, err);
}

static enum opp_status
convert_model(struct call *call, int *code, struct opp_error *err)
{
    struct opp_model *model = NULL;
    struct opp_pipeline *pipeline = NULL;
    struct opp_report *report = NULL;
    struct text found = {0};
    const char *policy;
    enum opp_status status = find_policy(call, &found, &policy, err);

    if (status == OPP_OK)
        status = convert_pipeline(call, policy, &pipeline, err);
    if (status == OPP_OK)
        status = call_load(call, call->inputs[0], &model, err);
    if (status == OPP_OK)
        status = call_run(call, model, pipeline, NULL, &report, err);
    if (status == OPP_OK)
        status = write_results(call, model, report, err);
    if (status == OPP_OK)
        *code = policy_use_code(report);
    text_free(&found);
    opp_report_free(report);
    opp_pipeline_free(pipeline);
    opp_model_free(model);
    return status;
}

static int
run(const struct command *self, int argc, char **argv)
{
    struct convert convert = CONVERT_DEFAULTS;
    struct call call;
    struct opp_error err = {0};
    enum opp_status status;
    int code = 0;

    if (!call_begin(&call, self, &convert, argc, argv))
        return call_end(&call, call.exit);
    status = check(&call, &convert, &err);
    if (status == OPP_OK)
        status = convert_model(&call, &code, &err);
    return call_end(&call, status == OPP_OK ? code : call_fail(&call, &err));
}

const struct command command_convert = {
    .name = "convert",
    .path = "convert",
    .summary = "Rewrites a model to FP16, with FP32 islands where FP16 would "
               "break it.",
    .usage = "[options] INPUT -o OUTPUT",
    .details =
        "INPUT is an .onnx file, or - for standard input. The report says how "
        "many nodes and weights have which type, how many casts there are, "
        "before and after, and why each island is FP32.\n"
        "Nothing is clamped unless asked for: a constant that FP16 cannot hold "
        "keeps its consumers in FP32. In a model that is FP16 already, what "
        "breaks there becomes FP32.\n"
        "A model that violates its policy file is written and reported, and "
        "the exit code is 1.",
    .examples =
        {
            {"inputs and outputs stay FP32", "convert in.onnx -o out.onnx"},
            {"see and keep the decisions, write no model",
             "convert in.onnx --dry-run --plan-out plan.json"},
            {"keep some nodes in FP32",
             "convert in.onnx -o out.onnx --node-block-list '/head/*'"},
        },
    .rows = convert_rows,
    .common = COMMON_HELP | COMMON_READ | COMMON_WRITE | COMMON_FORMAT |
              COMMON_REPORT | COMMON_QUIET | COMMON_RANGES | COMMON_POLICY |
              COMMON_FIND | COMMON_TODAY,
    .least_inputs = 1,
    .most_inputs = 1,
    .run = run,
};
