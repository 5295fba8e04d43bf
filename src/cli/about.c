#include "cli/call.h"
#include "cli/dispatch.h"
#include "cli/help.h"

static int
print_page(struct call *call, struct text *page)
{
    struct opp_error err = {0};

    return call_end(
        call, sink_print(page, &err) == OPP_OK ? 0 : call_fail(call, &err));
}

static int
run_version(const struct command *self, int argc, char **argv)
{
    struct call call;
    struct text line = {0};

    if (!call_begin(&call, self, NULL, argc, argv))
        return call_end(&call, call.exit);
    help_write_version(&line, call.common.json);
    return print_page(&call, &line);
}

const struct command command_version = {
    .name = "version",
    .path = "version",
    .summary = "Prints the version, as --version does.",
    .usage = "[--json]",
    .examples = {{"the version", "version"},
                 {"for a script", "version --json"}},
    .common = COMMON_HELP | COMMON_JSON,
    .run = run_version,
};

struct help {
    int format;
};

/* In the order of the words of --format. */
enum { FORMAT_TEXT, FORMAT_MARKDOWN };

static const struct option_row help_rows[] = {
    {.name = "format",
     .letter = 'f',
     .argument = "text|markdown",
     .kind = OPTION_CHOICE,
     .offset = offsetof(struct help, format),
     .group = GROUP_OUTPUT,
     .help = "text (default), or the reference of all commands as Markdown"},
    {.name = NULL},
};

static int
run_help(const struct command *self, int argc, char **argv)
{
    struct help help = {0};
    struct call call;
    struct opp_error err = {0};
    const struct command *about = &command_root;
    struct text page = {0};

    if (!call_begin(&call, self, &help, argc, argv))
        return call_end(&call, call.exit);
    for (int i = 0; i < call.input_count; i++) {
        const struct command *const child =
            dispatch_find(about, call.inputs[i], &err);
        if (child == NULL)
            return call_end(&call, call_fail(&call, &err));
        about = child;
    }
    if (help.format == FORMAT_MARKDOWN)
        help_write_markdown(&page);
    else
        help_write(&page, about, HELP_FULL);
    return print_page(&call, &page);
}

const struct command command_help = {
    .name = "help",
    .path = "help",
    .summary = "Prints all about a command, as COMMAND --help=full does.",
    .usage = "[COMMAND...]",
    .examples = {{"all options of convert", "help convert"},
                 {"of a command of a command", "help passes run"},
                 {"the reference as Markdown", "help -f markdown"}},
    .rows = help_rows,
    .common = COMMON_HELP,
    .most_inputs = -1,
    .run = run_help,
};

static const struct command *const commands[] = {
    &command_audit, &command_convert, &command_explain, &command_passes,
    &command_policy,
    &command_print, &command_help,    &command_version, NULL,
};

const struct command command_root = {
    .name = "",
    .path = "",
    .summary = "Makes the numeric precision of an ONNX model explicit: finds "
               "where it is fragile in FP16, and rewrites it with FP32 islands "
               "there.",
    .usage = "COMMAND [options] INPUT... [-o OUTPUT]",
    .details =
        "Standard output carries the result, standard error all messages. An "
        "input is never overwritten, and an output is whole or not there. "
        "The same input, options and version give the same bytes.\n"
        "A word @FILE stands for the words in FILE, apart by white space and "
        "quoted as in a shell; an underscore in the name of an option is a "
        "dash.",
    .examples =
        {
            {"what FP16 would do to this model", "audit model.onnx"},
            {"convert it, and say why some nodes stay FP32",
             "convert model.onnx -o model.fp16.onnx"},
            {"all options of a command", "help convert"},
        },
    .common = COMMON_HELP | COMMON_VERSION,
    .most_inputs = -1,
    .children = commands,
    .run = dispatch_group,
};
