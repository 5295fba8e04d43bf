#include <string.h>

#include "cli/call.h"
#include "cli/dispatch.h"
#include "cli/policy_use.h"

struct policy {
    const char *output;
};

static const struct option_row rows[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = offsetof(struct policy, output),
     .group = GROUP_OUTPUT,
     .help = "write to FILE (default -: standard output)",
     .more = "The file is replaced in one step or not at all."},
    {.name = NULL},
};

/* What a command writes to the sink. `model` is NULL when none was given;
 * *code is the exit code. */
typedef enum opp_status (*write_fn)(struct call *call, struct opp_model *model,
                                    struct sink *sink, int *code,
                                    struct opp_error *err);

/* Loads input `model_at`, if there is one, and writes. */
static enum opp_status
work(struct call *call, int model_at, write_fn write, int *code,
     struct opp_error *err)
{
    const struct policy *const own = call->own;
    struct opp_model *model = NULL;
    struct sink sink;
    enum opp_status status =
        call_check_outputs(call, (const char *[]){own->output}, 1, err);

    if (status == OPP_OK && call->input_count > model_at)
        status = call_load(call, call->inputs[model_at], &model, err);
    progress_erase(&call->progress);
    if (status != OPP_OK)
        return status;
    sink_open(&sink, own->output, stdout);
    status = write(call, model, &sink, code, err);
    if (status == OPP_OK)
        status = sink_close(&sink, err);
    else
        sink_drop(&sink, err);
    opp_model_free(model);
    return status;
}

static int
run(const struct command *self, int argc, char **argv, int model_at,
    write_fn write)
{
    struct policy own = {0};
    struct call call;
    struct opp_error err = {0};
    int code = 0;

    if (!call_begin(&call, self, &own, argc, argv))
        return call_end(&call, call.exit);
    if (work(&call, model_at, write, &code, &err) != OPP_OK)
        code = call_fail(&call, &err);
    return call_end(&call, code);
}

/* ---- policy init --------------------------------------------------------- */

static enum opp_status
write_init(struct call *call, struct opp_model *model, struct sink *sink,
           int *code, struct opp_error *err)
{
    (void)call;
    (void)code;
    return opp_policy_init(model, sink_write, sink, err);
}

static int
run_init(const struct command *self, int argc, char **argv)
{
    return run(self, argc, argv, 0, write_init);
}

static const struct command command_policy_init = {
    .name = "init",
    .path = "policy init",
    .summary = "Writes a policy file to begin with.",
    .usage = "[options] [MODEL]",
    .details = "As it is the file changes nothing. It holds a rule for each "
               "named pattern, as a comment; with MODEL, for those that the "
               "model has, and how many nodes they are.",
    .examples = {{"for a model", "policy init model.onnx -o policy.yaml"},
                 {"all named patterns", "policy init"}},
    .rows = rows,
    .common = COMMON_HELP | COMMON_READ,
    .most_inputs = 1,
    .run = run_init,
};

/* ---- policy check -------------------------------------------------------- */

static enum opp_status
write_check(struct call *call, struct opp_model *model, struct sink *sink,
            int *code, struct opp_error *err)
{
    char today[POLICY_DATE_TEXT];
    const struct opp_policy_options options = {
        .path = call->inputs[0],
        .today = today,
        .format = (enum opp_format)call->common.format,
    };
    enum opp_status status = policy_use_today(call, today, err);
    size_t errors;

    if (status != OPP_OK)
        return status;
    status = opp_policy_check(model, &options, sink_write, sink, &errors, err);
    *code = errors > 0 ? 1 : 0;
    return status;
}

static int
run_check(const struct command *self, int argc, char **argv)
{
    return run(self, argc, argv, 1, write_check);
}

static const struct command command_policy_check = {
    .name = "check",
    .path = "policy check",
    .summary = "Reads a policy file and says what is wrong with it.",
    .usage = "[options] POLICY [MODEL]",
    .details = "With MODEL: how many nodes each rule matches, which patterns "
               "match nothing, and which rules never apply because an earlier "
               "one matches first. The exit code is 1 when a pattern matches "
               "nothing, 2 when the file cannot be read at all.",
    .examples = {{"the file alone", "policy check policy.yaml"},
                 {"with the nodes that each rule matches",
                  "policy check policy.yaml model.onnx"}},
    .rows = rows,
    .common = COMMON_HELP | COMMON_READ | COMMON_FORMAT | COMMON_TODAY,
    .least_inputs = 1,
    .most_inputs = 2,
    .run = run_check,
};

/* ---- policy show --------------------------------------------------------- */

static enum opp_status
write_show(struct call *call, struct opp_model *model, struct sink *sink,
           int *code, struct opp_error *err)
{
    const struct opp_policy_options options = {
        .path = call->inputs[0],
        .format = (enum opp_format)call->common.format,
    };

    (void)code;
    return opp_policy_show(model, &options, sink_write, sink, err);
}

static int
run_show(const struct command *self, int argc, char **argv)
{
    return run(self, argc, argv, 1, write_show);
}

static const struct command command_policy_show = {
    .name = "show",
    .path = "policy show",
    .summary = "Lists the nodes of a model with the rule that decides each.",
    .usage = "[options] POLICY MODEL",
    .details = "Only what the policy says: convert --dry-run --plan-out - "
               "shows what becomes of it.",
    .examples = {{"all nodes", "policy show policy.yaml model.onnx"},
                 {"for a script",
                  "policy show -f json policy.yaml model.onnx | jq ."}},
    .rows = rows,
    .common = COMMON_HELP | COMMON_READ | COMMON_FORMAT,
    .least_inputs = 2,
    .most_inputs = 2,
    .run = run_show,
};

/* ---- policy schema ------------------------------------------------------- */

static enum opp_status
write_schema(struct call *call, struct opp_model *model, struct sink *sink,
             int *code, struct opp_error *err)
{
    (void)call;
    (void)model;
    (void)code;
    return opp_policy_schema(sink_write, sink, err);
}

static int
run_schema(const struct command *self, int argc, char **argv)
{
    return run(self, argc, argv, 0, write_schema);
}

static const struct command command_policy_schema = {
    .name = "schema",
    .path = "policy schema",
    .summary = "Prints the JSON Schema of policy files, for editors.",
    .usage = "[options]",
    .examples = {{"keep it", "policy schema -o policy.schema.json"}},
    .rows = rows,
    .common = COMMON_HELP,
    .run = run_schema,
};

/* ---- the group ----------------------------------------------------------- */

static const struct command *const children[] = {
    &command_policy_init, &command_policy_check, &command_policy_show,
    &command_policy_schema, NULL};

const struct command command_policy = {
    .name = "policy",
    .path = "policy",
    .summary = "Begins, checks and explains policy files: rules about the "
               "precision of nodes.",
    .usage = "init|check|show|schema [options]",
    .examples =
        {
            {"begin a file", "policy init model.onnx -o policy.yaml"},
            {"what its rules match", "policy check policy.yaml model.onnx"},
            {"obey it", "convert --policy policy.yaml model.onnx -o out.onnx"},
        },
    .common = COMMON_HELP,
    .most_inputs = -1,
    .children = children,
    .run = dispatch_group,
};
