#include <string.h>

#include "cli/call.h"
#include "cli/dispatch.h"
#include "cli/policy_use.h"

struct passes_list {
    const char *output;
};

static const struct option_row list_rows[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = offsetof(struct passes_list, output),
     .group = GROUP_OUTPUT,
     .help = "write to FILE (default -: standard output)"},
    {.name = NULL},
};

static int
run_list(const struct command *self, int argc, char **argv)
{
    struct passes_list list = {0};
    struct call call;
    struct sink sink;
    struct opp_error err = {0};
    enum opp_status status;

    if (!call_begin(&call, self, &list, argc, argv))
        return call_end(&call, call.exit);
    sink_open(&sink, list.output, stdout);
    status = opp_passes_write((enum opp_format)call.common.format, sink_write,
                              &sink, &err);
    if (status == OPP_OK)
        status = sink_close(&sink, &err);
    else
        sink_drop(&sink, &err);
    return call_end(&call, status == OPP_OK ? 0 : call_fail(&call, &err));
}

static const struct command command_passes_list = {
    .name = "list",
    .path = "passes list",
    .summary = "Lists the passes and presets with their options and counts.",
    .usage = "[options]",
    .examples = {{"all of them", "passes list"},
                 {"for a script", "passes list -f json | jq ."}},
    .rows = list_rows,
    .common = COMMON_HELP | COMMON_FORMAT,
    .run = run_list,
};

struct passes_run {
    const char *pipeline;
    const char *output;
    const char *plan_out;
    bool verify_each;
    bool stats;
    const char *print_after;
    const char *stop_after;
    struct option_number change_limit;
};

#define AT(field) offsetof(struct passes_run, field)

static const struct option_row run_rows[] = {
    {.name = "pipeline",
     .letter = 'p',
     .argument = "PIPELINE",
     .kind = OPTION_STRING,
     .offset = AT(pipeline),
     .group = GROUP_PIPELINE,
     .help = "passes to run, in order; '' runs none",
     .more = "Passes and presets (@NAME) apart by commas; options of a pass "
             "after colons: plan-precision:to=float16,apply-plan."},
    {.name = "verify-each",
     .kind = OPTION_FLAG,
     .offset = AT(verify_each),
     .group = GROUP_PIPELINE,
     .help = "check every invariant of the model after each pass"},
    {.name = "print-after",
     .argument = "PASS",
     .kind = OPTION_STRING,
     .offset = AT(print_after),
     .group = GROUP_PIPELINE,
     .help = "print the model after PASS, all passes, or changed (ones that "
             "edited), to standard error"},
    {.name = "stop-after",
     .argument = "PASS",
     .kind = OPTION_STRING,
     .offset = AT(stop_after),
     .group = GROUP_PIPELINE,
     .help = "run no pass after PASS"},
    {.name = "change-limit",
     .argument = "N",
     .kind = OPTION_NUMBER,
     .offset = AT(change_limit),
     .group = GROUP_PIPELINE,
     .help = "make the first N changes only, to find a bad one",
     .more = "Halve N until the change is found that breaks the model; "
             "--stats tells how many there are."},
    {.name = "plan-out",
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = AT(plan_out),
     .group = GROUP_OUTPUT,
     .help = "write the plan that plan-precision made to FILE, as JSON"},
    {.name = "stats",
     .alias = "time",
     .kind = OPTION_FLAG,
     .offset = AT(stats),
     .group = GROUP_OUTPUT,
     .help = "report counts and time of each pass, not what they found"},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = AT(output),
     .group = GROUP_OUTPUT,
     .help = "write the model here (- for standard output); default: nowhere",
     .more = "To a temporary file that is renamed at the end: FILE is the old "
             "one or the whole new one. It may not be INPUT. A model that no "
             "pass changed is copied byte by byte."},
    {.name = NULL},
};

static enum opp_status
check(const struct call *call, const struct passes_run *own,
      struct opp_error *err)
{
    const char *const outputs[] = {own->output, own->plan_out,
                                   call->common.report_file};

    if (own->pipeline == NULL) {
        message_set(err, OPP_EUSAGE, "no pipeline");
        message_help(err, "add -p PIPELINE; " PROGRAM
                          " passes list shows what there is");
        return OPP_EUSAGE;
    }
    if (call_check_model(own->output, err) != OPP_OK)
        return OPP_EUSAGE;
    return call_check_outputs(call, outputs, 3, err);
}

static enum opp_status
run_pipeline(struct call *call, struct opp_model *model,
             const struct opp_pipeline *pipeline, struct opp_report **report,
             struct opp_error *err)
{
    const struct passes_run *const own = call->own;
    struct sink log;
    const struct opp_run_options options = {
        .verify_each = own->verify_each,
        .print_after = own->print_after,
        .stop_after = own->stop_after,
        .limit_changes = own->change_limit.given,
        .change_limit = own->change_limit.value,
        .log = sink_write,
        .log_payload = &log,
    };
    enum opp_status status;

    sink_open(&log, NULL, stderr);
    status = call_run(call, model, pipeline, &options, report, err);
    if (status == OPP_OK)
        return sink_close(&log, err);
    sink_drop(&log, err);
    return status;
}

static enum opp_status
run_on_model(struct call *call, struct opp_error *err)
{
    const struct passes_run *const own = call->own;
    const bool to_stdout = sink_is_stdout(own->output) ||
                           sink_is_stdout(own->plan_out);
    struct opp_model *model = NULL;
    struct opp_pipeline *pipeline = NULL;
    struct opp_report *report = NULL;
    enum opp_status status = opp_pipeline_parse(&pipeline, own->pipeline, err);

    if (status == OPP_OK)
        status = policy_use_set(call, pipeline, call->common.policy, err);
    if (status == OPP_OK)
        status = call_load(call, call->inputs[0], &model, err);
    if (status == OPP_OK)
        status = run_pipeline(call, model, pipeline, &report, err);
    if (status == OPP_OK && own->plan_out != NULL)
        status = call_save_plan(model, own->plan_out, err);
    if (status == OPP_OK && own->output != NULL)
        status = call_save(call, model, own->output, err);
    if (status == OPP_OK)
        status = call_report(call, report, own->stats, to_stdout, err);
    opp_report_free(report);
    opp_pipeline_free(pipeline);
    opp_model_free(model);
    return status;
}

static int
run_run(const struct command *self, int argc, char **argv)
{
    struct passes_run own = {0};
    struct call call;
    struct opp_error err = {0};
    enum opp_status status;

    if (!call_begin(&call, self, &own, argc, argv))
        return call_end(&call, call.exit);
    status = check(&call, &own, &err);
    if (status == OPP_OK)
        status = run_on_model(&call, &err);
    return call_end(&call, status == OPP_OK ? 0 : call_fail(&call, &err));
}

static const struct command command_passes_run = {
    .name = "run",
    .path = "passes run",
    .summary = "Runs a pipeline of passes on a model.",
    .usage = "[options] -p PIPELINE INPUT [-o OUTPUT]",
    .details = "INPUT is an .onnx file, or - for standard input.",
    .examples =
        {
            {"list the casts of a model", "passes run -p find-casts in.onnx"},
            {"convert, with the invariants checked after each pass",
             "passes run -p @convert --verify-each in.onnx -o out.onnx"},
            {"copy a model byte by byte",
             "passes run -p '' in.onnx -o out.onnx"},
        },
    .rows = run_rows,
    .common = COMMON_HELP | COMMON_READ | COMMON_WRITE | COMMON_FORMAT |
              COMMON_REPORT | COMMON_QUIET | COMMON_POLICY,
    .least_inputs = 1,
    .most_inputs = 1,
    .run = run_run,
};

static const struct command *const children[] = {&command_passes_list,
                                                 &command_passes_run, NULL};

const struct command command_passes = {
    .name = "passes",
    .path = "passes",
    .summary = "Lists passes, or runs a pipeline of them.",
    .usage = "list|run [options]",
    .examples =
        {
            {"what there is", "passes list"},
            {"list the casts of a model", "passes run -p find-casts in.onnx"},
            {"decide and rewrite, but do not tidy the casts",
             "passes run -p plan-precision,apply-plan a.onnx -o b.onnx"},
        },
    .common = COMMON_HELP,
    .most_inputs = -1,
    .children = children,
    .run = dispatch_group,
};
