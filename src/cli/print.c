#include "cli/call.h"
#include "cli/options.h"

struct print {
    const char *output;
    bool show_ranges;
};

static const struct option_row rows[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .kind = OPTION_STRING,
     .offset = offsetof(struct print, output),
     .group = GROUP_OUTPUT,
     .help = "write to FILE (default -: standard output)",
     .more = "The file is replaced in one step or not at all."},
    {.name = "show-ranges",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct print, show_ranges),
     .group = GROUP_OUTPUT,
     .help = "show the range of each value as well, as far as it is known",
     .more = "The bound, what it rests on (proven, declared, measured), and "
             "the values that are known to occur, where those are others. "
             "Reads all weights. With -f json the ranges alone. --range and "
             "--ranges turn it on as well."},
    {.name = NULL},
};

static enum opp_status
print_ranges(const struct call *call, struct opp_model *model,
             struct sink *sink, struct opp_error *err)
{
    const struct opp_range_options options = {
        .declared = option_list_get(&call->common.range),
        .measured = option_list_get(&call->common.ranges),
    };

    return opp_ranges_write(model, &options,
                            (enum opp_format)call->common.format, sink_write,
                            sink, err);
}

static enum opp_status
print_model(struct call *call, struct sink *sink, struct opp_error *err)
{
    const struct print *const print = call->own;
    struct opp_model *model;
    enum opp_status status = call_load(call, call->inputs[0], &model, err);

    progress_erase(&call->progress);
    if (status != OPP_OK)
        return status;
    if (print->show_ranges || call->common.range.given ||
        call->common.ranges.given)
        status = print_ranges(call, model, sink, err);
    else
        status = opp_print(model, (enum opp_format)call->common.format,
                           sink_write, sink, err);
    opp_model_free(model);
    return status;
}

static int
run(const struct command *self, int argc, char **argv)
{
    struct print print = {0};
    struct call call;
    struct sink sink;
    struct opp_error err = {0};
    enum opp_status status;

    if (!call_begin(&call, self, &print, argc, argv))
        return call_end(&call, call.exit);
    status = call_check_outputs(&call, (const char *[]){print.output}, 1, &err);
    if (status != OPP_OK)
        return call_end(&call, call_fail(&call, &err));
    sink_open(&sink, print.output, stdout);
    status = print_model(&call, &sink, &err);
    if (status == OPP_OK)
        status = sink_close(&sink, &err);
    else
        sink_drop(&sink, &err);
    return call_end(&call, status == OPP_OK ? 0 : call_fail(&call, &err));
}

const struct command command_print = {
    .name = "print",
    .path = "print",
    .summary = "Prints a model as text: graphs, nodes, and the element type "
               "of each value.",
    .usage = "[options] INPUT",
    .details = "Types are inferred from the operator schemas; weights are "
               "named, not printed. INPUT is an .onnx file, or - for standard "
               "input.",
    .examples =
        {
            {"read a model", "print model.onnx | less"},
            {"keep the text, to compare it later",
             "print model.onnx -o model.txt"},
            {"for a script", "print -f json model.onnx | jq ."},
        },
    .rows = rows,
    .common = COMMON_HELP | COMMON_READ | COMMON_FORMAT | COMMON_RANGES,
    .least_inputs = 1,
    .most_inputs = 1,
    .run = run,
};
