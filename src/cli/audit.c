#include <string.h>

#include "cli/policy_use.h"

/* In the order of the words of --fail-on. */
enum fail_on { FAIL_ERROR, FAIL_WARNING, FAIL_NOTE, FAIL_NEVER };

struct audit {
    const char *output;
    int fail_on; /* enum fail_on */
    bool exit_zero;
};

static const struct option_row rows[] = {
    {.name = "output",
     .letter = 'o',
     .alias = "output-file",
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = offsetof(struct audit, output),
     .group = GROUP_OUTPUT,
     .help = "write the report to FILE (default -: standard output)",
     .more = "The file is replaced in one step or not at all."},
    {.name = "fail-on",
     .argument = "error|warning|note|never",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct audit, fail_on),
     .group = GROUP_OUTPUT,
     .help = "exit with 1 on a finding of this level or above (default error)"},
    {.name = "exit-zero",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct audit, exit_zero),
     .group = GROUP_OUTPUT,
     .help = "exit with 0 whatever is found; errors still count",
     .more = "An input that cannot be read still exits with 2 to 5."},
    {.name = NULL},
};

static bool
has_report(const struct call *call)
{
    const struct audit *const audit = call->own;

    return !call->common.quiet || audit->output != NULL;
}

static bool
has_failed(const struct audit *audit, const struct opp_report *report)
{
    if (audit->exit_zero)
        return false;
    switch ((enum fail_on)audit->fail_on) {
    case FAIL_ERROR:
        return opp_report_findings(report, OPP_ERROR) > 0;
    case FAIL_WARNING:
        return opp_report_findings(report, OPP_WARNING) > 0;
    case FAIL_NOTE:
        return opp_report_findings(report, OPP_NOTE) > 0;
    case FAIL_NEVER:
        return false;
    }
    return false;
}

static enum opp_status
audit_model(struct call *call, const char *path, struct opp_report **report,
            struct opp_error *err)
{
    struct opp_model *model = NULL;
    struct opp_pipeline *pipeline = NULL;
    struct text found = {0};
    const char *policy;
    enum opp_status status = policy_use_find(call, path, &found, &policy, err);

    if (status == OPP_OK)
        status = opp_pipeline_parse(
            &pipeline, policy == NULL ? "@audit" : "@audit,check-policy", err);
    if (status == OPP_OK)
        status = policy_use_set(call, pipeline, policy, err);
    text_free(&found);
    if (status == OPP_OK)
        status = call_set_ranges(call, pipeline, "find-hazards", err);
    if (status == OPP_OK)
        status = call_load(call, path, &model, err);
    if (status == OPP_OK)
        status = call_run(call, model, pipeline, NULL, report, err);
    progress_erase(&call->progress);
    opp_pipeline_free(pipeline);
    opp_model_free(model);
    return status;
}

/* What stands before report `n`. */
static enum opp_status
separate(const struct call *call, struct sink *sink, int n, const char *path)
{
    struct text line = {0};

    if (call->common.format == OPP_JSON)
        text_string(&line, n == 0 ? "[\n" : ",\n");
    else if (call->input_count > 1)
        text_printf(&line, "%s==> %s <==\n", n == 0 ? "" : "\n", path);
    sink_write(sink, text_get(&line), line.size);
    text_free(&line);
    return sink->error == 0 ? OPP_OK : OPP_EOUTPUT;
}

/* Audits input `i` as report `*n` of the sink; returns its exit code. */
static int
audit_input(struct call *call, struct sink *sink, int i, int *n)
{
    struct opp_report *report = NULL;
    struct opp_error err = {0};
    enum opp_status status = audit_model(call, call->inputs[i], &report, &err);
    int code;

    if (status == OPP_OK && has_report(call)) {
        status = separate(call, sink, (*n)++, call->inputs[i]);
        if (status == OPP_OK)
            status =
                opp_report_write(report, (enum opp_format)call->common.format,
                                 sink_write, sink, &err);
    }
    /* A failed write is told once, when the sink is closed. */
    if (sink->error != 0)
        code = OPP_EOUTPUT;
    else if (status != OPP_OK)
        code = call_fail(call, &err);
    else
        code = has_failed(call->own, report) ? 1 : 0;
    opp_report_free(report);
    return code;
}

static int
run(const struct command *self, int argc, char **argv)
{
    struct audit audit = {0};
    struct call call;
    struct sink sink;
    struct opp_error err = {0};
    int code = 0, n = 0;

    if (!call_begin(&call, self, &audit, argc, argv))
        return call_end(&call, call.exit);
    if (call_check_outputs(&call, (const char *[]){audit.output}, 1, &err) !=
        OPP_OK)
        return call_end(&call, call_fail(&call, &err));
    sink_open_report(&sink, audit.output, stdout, call.screen.color);
    for (int i = 0; i < call.input_count && sink.error == 0; i++) {
        const int one = audit_input(&call, &sink, i, &n);
        code = one > code ? one : code;
    }
    if (call.common.format == OPP_JSON && has_report(&call))
        sink_write(&sink, n == 0 ? "[]\n" : "]\n", n == 0 ? 3 : 2);
    if (sink_close(&sink, &err) != OPP_OK)
        code = call_fail(&call, &err);
    return call_end(&call, code);
}

const struct command command_audit = {
    .name = "audit",
    .path = "audit",
    .summary = "Lists the casts, low-precision tensors and precision hazards "
               "of models.",
    .usage = "[options] INPUT...",
    .details =
        "Nothing is changed. INPUT is an .onnx file, or - for standard "
        "input. With several inputs an unusable one does not stop the "
        "others; the exit code is the largest of all.\n"
        "A policy file is held against the models as they stand.\n"
        "With --format json the result is an array with one report for each "
        "input that could be read, in order.",
    .examples =
        {
            {"what FP16 would do to this model", "audit model.onnx"},
            {"stop a build on warnings, findings as JSON",
             "audit --fail-on warning -f json -o audit.json *.onnx"},
            {"the exit code alone", "audit -q model.onnx"},
        },
    .rows = rows,
    .common = COMMON_HELP | COMMON_READ | COMMON_FORMAT | COMMON_QUIET |
              COMMON_POLICY | COMMON_FIND | COMMON_TODAY | COMMON_RANGES,
    .least_inputs = 1,
    .most_inputs = -1,
    .run = run,
};
