/* call.h: one call of a command: what its words said, and the steps that
 * commands share (load, run, save, report) done as they said. A command owns
 * a struct call on its stack, from call_begin to call_end. */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "cli/command.h"
#include "cli/message.h"
#include "cli/progress.h"
#include "cli/sink.h"
#include "opp.h"

/* Values of the options in common_rows. */
struct common {
    struct option_switch help;
    bool version;
    bool json;
    struct option_switch progress;
    int color;  /* enum color_when */
    int format; /* enum opp_format */
    bool quiet;
    bool follow_links;
    unsigned verbose;
    struct option_number memory_limit;
    const char *external_root;
    struct option_files op_signatures;
    struct option_number threads;
    struct option_switch external_data;
    struct option_number external_threshold;
    const char *report_file;
    struct option_list range, ranges;
    const char *policy;
    const char *today;
    bool isolated;
};

struct call {
    const struct command *command;
    void *own; /* the command's struct of options */
    struct common common;
    char **inputs;
    int input_count;
    struct screen screen;
    struct progress progress;
    int exit; /* exit code when call_begin says that there is nothing to do */
};

/* Reads the words. `own` is what the offsets of command->rows point into.
 * False when the call is over (help was asked for, or an error is printed):
 * return call_end(call, call->exit). */
bool call_begin(struct call *call, const struct command *command, void *own,
                int argc, char **argv);

/* Frees; returns `code`. */
int call_end(struct call *call, int code);

/* Prints the error and returns its exit code. */
int call_fail(struct call *call, const struct opp_error *err);

/* Refuses two outputs with one name and an output that is an input, before
 * any work is done. NULL entries of `outputs` are skipped; "-" is standard
 * output. OPP_EUSAGE. */
enum opp_status call_check_outputs(const struct call *call,
                                   const char *const *outputs, size_t count,
                                   struct opp_error *err);

/* Refuses to write a model to a terminal. `path` may be NULL. */
enum opp_status call_check_model(const char *path, struct opp_error *err);

enum opp_status call_load(struct call *call, const char *path,
                          struct opp_model **out, struct opp_error *err);

/* `options` may be NULL; its progress is set here. */
enum opp_status call_run(struct call *call, struct opp_model *model,
                         const struct opp_pipeline *pipeline,
                         const struct opp_run_options *options,
                         struct opp_report **out, struct opp_error *err);

/* Writes the model to `path`, "-" for standard output. */
enum opp_status call_save(struct call *call, struct opp_model *model,
                          const char *path, struct opp_error *err);

/* Writes the plan of the last run as JSON to `path`, - for standard output. */
enum opp_status call_save_plan(struct opp_model *model, const char *path,
                               struct opp_error *err);

/* Writes the report (`passes`: its table of passes) where the options say: to
 * --output-file, else to standard output, or standard error when that is
 * taken by a model or a plan. With --quiet only to --output-file. */
enum opp_status call_report(struct call *call, const struct opp_report *report,
                            bool passes, bool stdout_is_taken,
                            struct opp_error *err);

/* Gives the options range and ranges to a pass of the pipeline. */
enum opp_status call_set_ranges(const struct call *call,
                                struct opp_pipeline *pipeline,
                                const char *pass, struct opp_error *err);

#endif
