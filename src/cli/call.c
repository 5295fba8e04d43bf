#include "cli/call.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/options.h"

/* Prints the help or the version that was asked for. */
static enum opp_status
show(const struct call *call, struct opp_error *err)
{
    const char *const which = call->common.help.value;
    struct text page = {0};

    if (which != NULL && strcmp(which, "full") != 0) {
        message_set(err, OPP_EUSAGE, "no help called `%s`", which);
        message_help(err, "--help or --help=full");
        return OPP_EUSAGE;
    }
    if (call->common.help.state != 0)
        help_write(&page, call->command,
                   which == NULL ? HELP_SHORT : HELP_FULL);
    else
        help_write_version(&page, call->common.json);
    return sink_print(&page, err);
}

static enum opp_status
check_inputs(const struct call *call, struct opp_error *err)
{
    const struct command *const command = call->command;
    int from_stdin = 0;

    for (int i = 0; i < call->input_count; i++)
        from_stdin += strcmp(call->inputs[i], "-") == 0;
    if (command->most_inputs >= 0 && call->input_count > command->most_inputs)
        message_set(err, OPP_EUSAGE, "one argument too many: `%s`",
                    call->inputs[command->most_inputs]);
    else if (call->input_count < command->least_inputs)
        message_set(err, OPP_EUSAGE, "no input file");
    else if (from_stdin > 1)
        message_set(err, OPP_EUSAGE, "standard input is given twice");
    else
        return OPP_OK;
    message_help(err, "usage: " PROGRAM " %s %s", command->path,
                 command->usage);
    return OPP_EUSAGE;
}

bool
call_begin(struct call *call, const struct command *command, void *own,
           int argc, char **argv)
{
    struct opp_error err = {0};
    enum opp_status status;
    bool is_shown;

    *call = (struct call){.command = command, .own = own};
    status = options_parse(command, own, &call->common, argc, argv,
                           &call->input_count, &err);
    call->inputs = argv + 1;
    call->screen = (struct screen){
        .color = (enum color_when)call->common.color,
        .verbosity = call->common.quiet ? 0 : call->common.verbose,
    };
    is_shown = call->common.help.state != 0 || call->common.version;
    if (status == OPP_OK)
        status = is_shown ? show(call, &err) : check_inputs(call, &err);
    if (status != OPP_OK)
        call->exit = call_fail(call, &err);
    return status == OPP_OK && !is_shown;
}

int
call_end(struct call *call, int code)
{
    options_free(call->command, call->own, &call->common);
    return code;
}

int
call_fail(struct call *call, const struct opp_error *err)
{
    progress_erase(&call->progress);
    return message_error(&call->screen, err);
}

/* Whether two outputs would overwrite each other. */
static bool
collide(const char *a, const char *b)
{
    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
        return strcmp(a, b) == 0;
    return strcmp(a, b) == 0 || sink_same_file(a, b);
}

static enum opp_status
check_read_files(const struct call *call, const char *output,
                 struct opp_error *err)
{
    const char *const *name = call->common.op_signatures.names;

    if (call->common.policy != NULL &&
        sink_same_file(output, call->common.policy))
        return message_set(err, OPP_EUSAGE, "output `%s` is read by --policy",
                           output);
    for (; *name != NULL; name++)
        if (sink_same_file(output, *name))
            return message_set(err, OPP_EUSAGE,
                               "output `%s` is read by --op-signature", output);
    return OPP_OK;
}

enum opp_status
call_check_outputs(const struct call *call, const char *const *outputs,
                   size_t count, struct opp_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (outputs[i] == NULL)
            continue;
        if (check_read_files(call, outputs[i], err) != OPP_OK)
            return OPP_EUSAGE;
        for (size_t j = 0; j < i; j++)
            if (outputs[j] != NULL && collide(outputs[i], outputs[j]))
                return message_set(err, OPP_EUSAGE,
                                   "two outputs with the name `%s`",
                                   outputs[i]);
        for (int j = 0; j < call->input_count; j++)
            if (sink_same_file(outputs[i], call->inputs[j])) {
                message_set(err, OPP_EUSAGE, "output `%s` is the input",
                            outputs[i]);
                message_help(err, "choose another name, an input is never "
                                  "overwritten");
                return OPP_EUSAGE;
            }
    }
    return OPP_OK;
}

enum opp_status
call_check_model(const char *path, struct opp_error *err)
{
    if (path == NULL || strcmp(path, "-") != 0 || isatty(STDOUT_FILENO) != 1)
        return OPP_OK;
    message_set(err, OPP_EUSAGE, "will not write a model to a terminal");
    message_help(err, "-o FILE, or pipe the output into a program");
    return OPP_EUSAGE;
}

/* Notes how long a step took. */
static void
note_step(struct call *call, double start, const char *verb, const char *name)
{
    progress_erase(&call->progress);
    message_note(&call->screen, 1, "%s %s (%.3f s)", verb, name,
                 progress_clock() - start);
}

enum opp_status
call_load(struct call *call, const char *path, struct opp_model **out,
          struct opp_error *err)
{
    const struct opp_load_options options = {
        .memory_limit = call->common.memory_limit.value,
        .external_root = call->common.external_root,
        .follow_links = call->common.follow_links,
        .op_signatures = call->common.op_signatures.names,
    };
    const double start = progress_clock();
    enum opp_status status;

    progress_start(&call->progress, call->common.progress.state);
    status = opp_load_file(out, path, &options, err);
    if (status == OPP_OK)
        note_step(call, start, "loaded", path);
    return status;
}

/* With -vv: the table of passes, on standard error. */
static enum opp_status
note_passes(struct call *call, const struct opp_report *report,
            struct opp_error *err)
{
    struct sink sink;

    if (call->screen.verbosity < 2)
        return OPP_OK;
    sink_open(&sink, NULL, stderr);
    opp_report_write_passes(report, OPP_TEXT, sink_write, &sink, err);
    return sink_close(&sink, err);
}

enum opp_status
call_run(struct call *call, struct opp_model *model,
         const struct opp_pipeline *pipeline,
         const struct opp_run_options *options, struct opp_report **out,
         struct opp_error *err)
{
    struct opp_run_options all = {0};
    const double start = progress_clock();
    enum opp_status status;

    if (options != NULL)
        all = *options;
    all.progress = progress_step;
    all.progress_payload = &call->progress;
    status = opp_run(model, pipeline, &all, out, err);
    if (status != OPP_OK)
        return status;
    note_step(call, start, "ran", "the pipeline");
    return note_passes(call, *out, err);
}

/* What happened to the files; said once, at the end. */
static void
print_notes(const struct call *call, const struct opp_model *model)
{
    const char *note;

    for (size_t i = 0; (note = opp_model_note(model, i)) != NULL; i++)
        message_note(&call->screen, 0, "%s", note);
}

/* Behind a link the file that it names is written, as every other output of
 * the tool is; the library by itself would replace the link. */
static enum opp_status
save_to_file(struct opp_model *model, const char *path,
             const struct opp_save_options *options, struct opp_error *err)
{
    char *const real = realpath(path, NULL);
    struct stat st;
    enum opp_status status;

    if (real != NULL && stat(real, &st) == 0 && S_ISREG(st.st_mode))
        status = opp_save_file(model, real, options, err);
    else
        status = opp_save_file(model, path, options, err);
    free(real);
    return status;
}

enum opp_status
call_save(struct call *call, struct opp_model *model, const char *path,
          struct opp_error *err)
{
    const struct common *const common = &call->common;
    const bool all = common->external_threshold.given &&
                     common->external_threshold.value == 0;
    const struct opp_save_options options = {
        .external_data = common->external_data.state > 0,
        .external_data_name = common->external_data.value,
        /* The library takes 0 for the default; one byte means all as well. */
        .external_data_threshold = all ? 1 : common->external_threshold.value,
        .threads = (unsigned)common->threads.value,
        .progress = progress_step,
        .progress_payload = &call->progress,
    };
    const double start = progress_clock();
    struct sink sink;
    enum opp_status status;

    if (strcmp(path, "-") != 0) {
        status = save_to_file(model, path, &options, err);
    } else {
        sink_open(&sink, NULL, stdout);
        status = opp_save_callback(model, sink_write, &sink, &options, err);
        if (status == OPP_OK)
            status = sink_close(&sink, err);
        else
            sink_drop(&sink, err);
    }
    if (status == OPP_OK)
        note_step(call, start, "wrote", path);
    print_notes(call, model);
    return status;
}

enum opp_status
call_save_plan(struct opp_model *model, const char *path,
               struct opp_error *err)
{
    struct sink sink;
    enum opp_status status;

    sink_open(&sink, path, stdout);
    status = opp_plan_write(model, OPP_JSON, sink_write, &sink, err);
    if (status == OPP_OK)
        return sink_close(&sink, err);
    sink_drop(&sink, err);
    return status;
}

enum opp_status
call_report(struct call *call, const struct opp_report *report, bool passes,
            bool stdout_is_taken, struct opp_error *err)
{
    const struct common *const common = &call->common;
    struct sink sink;
    enum opp_status status;

    progress_erase(&call->progress);
    if (common->quiet && common->report_file == NULL)
        return OPP_OK;
    sink_open_report(&sink, common->report_file,
                     stdout_is_taken ? stderr : stdout, call->screen.color);
    status = (passes ? opp_report_write_passes : opp_report_write)(
        report, (enum opp_format)common->format, sink_write, &sink, err);
    if (status == OPP_OK)
        return sink_close(&sink, err);
    sink_drop(&sink, err);
    return status;
}

enum opp_status
call_set_ranges(const struct call *call, struct opp_pipeline *pipeline,
                const char *pass, struct opp_error *err)
{
    const char *const declared = option_list_get(&call->common.range);
    const char *const measured = option_list_get(&call->common.ranges);
    enum opp_status status = OPP_OK;

    if (declared != NULL)
        status = opp_pipeline_set(pipeline, pass, "range", declared, err);
    if (status == OPP_OK && measured != NULL)
        status = opp_pipeline_set(pipeline, pass, "ranges", measured, err);
    return status;
}
