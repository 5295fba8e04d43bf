#include <string.h>

#include "cli/call.h"
#include "cli/convert.h"
#include "cli/options.h"
#include "cli/policy_use.h"

struct explain {
    struct convert convert; /* first: convert's rows are lent */
    struct option_list nodes;
    bool list;
    const char *output;
    int format; /* enum opp_format */
};

#define AT(field) offsetof(struct explain, field)

static const struct option_row rows[] = {
    {.name = "node",
     .letter = 'n',
     .argument = "PATTERNS",
     .kind = OPTION_LIST,
     .offset = AT(nodes),
     .group = GROUP_PLAN,
     .help = "why these nodes of MODEL have their type, such as '/enc/*'",
     .more = "PATTERNS are those of --node-block-list. For each node: the "
             "operands and their types, the reason and how sure it is, the "
             "chain of facts behind it, what would have to be known for FP16, "
             "and the casts that it costs."},
    {.name = "list",
     .kind = OPTION_FLAG,
     .offset = AT(list),
     .group = GROUP_OUTPUT,
     .help = "the rules and reasons that there are"},
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = AT(output),
     .group = GROUP_OUTPUT,
     .help = "write to FILE (default -: standard output)"},
    {.name = "format",
     .letter = 'f',
     .argument = "text|json|markdown",
     .kind = OPTION_CHOICE,
     .offset = AT(format),
     .group = GROUP_OUTPUT,
     .help = "form of the result (default text); markdown for rules only"},
    {.name = NULL},
};

static enum opp_status
fail_use(struct opp_error *err, const char *what)
{
    message_set(err, OPP_EUSAGE, "%s", what);
    message_help(err, "explain CODE, explain --list, or explain --node "
                      "PATTERNS MODEL");
    return OPP_EUSAGE;
}

static enum opp_status
check(const struct call *call, const struct explain *own, struct opp_error *err)
{
    if (own->list && (own->nodes.given || call->input_count > 0))
        return fail_use(err, "--list goes with no name and no model");
    if (!own->list && call->input_count == 0)
        return fail_use(err,
                        own->nodes.given ? "no model" : "nothing to explain");
    if (own->nodes.given && own->format == OPP_MARKDOWN)
        return fail_use(err, "nodes are explained as text or json");
    if (!own->nodes.given)
        return OPP_OK;
    return call_check_outputs(call, (const char *[]){own->output}, 1, err);
}

/* Decides as convert would, and changes nothing after that. */
static enum opp_status
explain_nodes(struct call *call, struct sink *sink, struct opp_error *err)
{
    static const struct opp_run_options options = {.stop_after =
                                                       "plan-precision"};
    const struct explain *const own = call->own;
    struct opp_model *model = NULL;
    struct opp_pipeline *pipeline = NULL;
    struct opp_report *report = NULL;
    struct text found = {0};
    const char *policy;
    enum opp_status status =
        policy_use_find(call, call->inputs[0], &found, &policy, err);

    if (status == OPP_OK)
        status = convert_pipeline(call, policy, &pipeline, err);
    if (status == OPP_OK)
        status = call_load(call, call->inputs[0], &model, err);
    if (status == OPP_OK)
        status = call_run(call, model, pipeline, &options, &report, err);
    progress_erase(&call->progress);
    if (status == OPP_OK)
        status = opp_explain_write(model, option_list_get(&own->nodes),
                                   (enum opp_format)own->format, sink_write,
                                   sink, err);
    text_free(&found);
    opp_report_free(report);
    opp_pipeline_free(pipeline);
    opp_model_free(model);
    return status;
}

static int
run(const struct command *self, int argc, char **argv)
{
    struct explain own = {.convert = CONVERT_DEFAULTS};
    struct call call;
    struct sink sink;
    struct opp_error err = {0};
    enum opp_status status;

    if (!call_begin(&call, self, &own, argc, argv))
        return call_end(&call, call.exit);
    if (check(&call, &own, &err) != OPP_OK)
        return call_end(&call, call_fail(&call, &err));
    sink_open(&sink, own.output, stdout);
    if (own.nodes.given)
        status = explain_nodes(&call, &sink, &err);
    else
        status = opp_rule_write(own.list ? NULL : call.inputs[0],
                                (enum opp_format)own.format, sink_write, &sink,
                                &err);
    if (status == OPP_OK)
        status = sink_close(&sink, &err);
    else
        sink_drop(&sink, &err);
    return call_end(&call, status == OPP_OK ? 0 : call_fail(&call, &err));
}

const struct command command_explain = {
    .name = "explain",
    .path = "explain",
    .summary = "Says why a node has its type, or what a rule means.",
    .usage = "[options] --node PATTERNS MODEL | CODE",
    .details =
        "With --node the types are decided as convert would decide them with "
        "the same options, and nothing is written. CODE is a rule of a report "
        "(OPP304, or its name square-overflow) or a reason of a plan "
        "(epsilon).",
    .examples =
        {
            {"why a node stays FP32", "explain --node '/enc/*' model.onnx"},
            {"what a rule is about", "explain OPP304"},
            {"all rules and reasons", "explain --list"},
        },
    .rows = rows,
    .lent = convert_rows,
    .common = COMMON_HELP | COMMON_READ | COMMON_RANGES | COMMON_POLICY |
              COMMON_FIND | COMMON_TODAY,
    .least_inputs = 0,
    .most_inputs = 1,
    .run = run,
};
