/* opp.c: the public API over the layers below. Running out of memory unwinds
 * to here: every entry point sets the place to come back to. */
#include "api/internal.h"

#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "graph/print.h"
#include "graph/verify.h"
#include "model/save.h"
#include "pass/listing.h"
#include "pass/runner.h"
#include "pass/seeds.h"
#include "pass/summary.h"
#include "plan/print.h"

struct opp_report {
    struct report report;
};

enum opp_status
api_fail_memory(struct opp_error *err)
{
    error_set(err, OPP_ENOMEM, "memory is used up");
    error_help(err, "raise the limit: --memory-limit SIZE");
    return OPP_ENOMEM;
}

const char *
opp_version(void)
{
    return OPP_VERSION;
}

/* ---- models ---------------------------------------------------------- */

static struct opp_model *
model_new(void)
{
    struct opp_model *const model = calloc(1, sizeof *model);

    if (model == NULL)
        return NULL;
    arena_init(&model->facts.arena, SIZE_MAX, &model->unwind);
    arena_init(&model->scratch, SIZE_MAX, &model->unwind);
    return model;
}

void
opp_model_free(struct opp_model *model)
{
    if (model == NULL)
        return;
    arena_free(&model->facts.arena);
    arena_free(&model->scratch);
    model_close(&model->model);
    free(model);
}

struct origin {
    const char *path; /* NULL for memory */
    const void *data;
    size_t size;
};

static enum opp_status
read_signatures(struct opp_model *model, const char *const *paths,
                struct opp_error *err)
{
    enum opp_status status = OPP_OK;

    signatures_init(&model->signatures, &model->model.arena);
    for (size_t i = 0; status == OPP_OK && paths != NULL && paths[i] != NULL;
         i++)
        status = signatures_read(&model->signatures, paths[i], err);
    return status;
}

static enum opp_status
load(struct opp_model *model, const struct origin *origin,
     const struct opp_load_options *options, struct opp_error *err)
{
    enum opp_status status;

    if (setjmp(model->unwind) != 0)
        return api_fail_memory(err);
    if (origin->path != NULL)
        status = model_load_file(&model->model, origin->path, options,
                                 &model->unwind, err);
    else
        status = model_load_memory(&model->model, origin->data, origin->size,
                                   options, &model->unwind, err);
    return status == OPP_OK
               ? read_signatures(model, options->op_signatures, err)
               : status;
}

static enum opp_status
load_new(struct opp_model **out, const struct origin *origin,
         const struct opp_load_options *options, struct opp_error *err)
{
    const struct opp_load_options defaults = {0};
    struct opp_model *const model = model_new();
    enum opp_status status;

    *out = NULL;
    if (model == NULL)
        return api_fail_memory(err);
    status = load(model, origin, options != NULL ? options : &defaults, err);
    if (status != OPP_OK) {
        opp_model_free(model);
        return status;
    }
    model->facts.arena.limit = model->model.arena.limit;
    model->scratch.limit = model->model.arena.limit;
    *out = model;
    return OPP_OK;
}

enum opp_status
opp_load_file(struct opp_model **out, const char *path,
              const struct opp_load_options *options, struct opp_error *err)
{
    const struct origin origin = {.path = path};

    return load_new(out, &origin, options, err);
}

enum opp_status
opp_load_memory(struct opp_model **out, const void *data, size_t size,
                const struct opp_load_options *options,
                struct opp_error *err)
{
    const struct origin origin = {.data = data, .size = size};

    return load_new(out, &origin, options, err);
}

const char *
opp_model_note(const struct opp_model *model, size_t i)
{
    const struct model_note *note = model->model.notes;

    while (note != NULL && i-- > 0)
        note = note->next;
    return note == NULL ? NULL : note->text;
}

static enum opp_status
refuse_broken(struct opp_error *err)
{
    return error_set(err, OPP_EUSAGE,
                     "the last run on this model failed; load it again");
}

enum opp_status
opp_save_file(struct opp_model *model, const char *path,
              const struct opp_save_options *options, struct opp_error *err)
{
    const struct opp_save_options defaults = {0};

    if (model->broken)
        return refuse_broken(err);
    if (setjmp(model->unwind) != 0)
        return api_fail_memory(err);
    return model_save_file(&model->model, path,
                           options != NULL ? options : &defaults, err);
}

enum opp_status
opp_save_callback(struct opp_model *model, opp_write_fn write, void *payload,
                  const struct opp_save_options *options,
                  struct opp_error *err)
{
    const struct opp_save_options defaults = {0};

    if (model->broken)
        return refuse_broken(err);
    if (setjmp(model->unwind) != 0)
        return api_fail_memory(err);
    return model_save_callback(&model->model, write, payload,
                               options != NULL ? options : &defaults, err);
}

/* ---- pipelines of passes --------------------------------------------- */

enum opp_status
opp_pipeline_parse(struct opp_pipeline **out, const char *text,
                   struct opp_error *err)
{
    struct opp_pipeline *const pipeline = calloc(1, sizeof *pipeline);
    enum opp_status status;

    *out = NULL;
    if (pipeline == NULL)
        return api_fail_memory(err);
    arena_init(&pipeline->arena, SIZE_MAX, &pipeline->unwind);
    if (setjmp(pipeline->unwind) != 0)
        status = api_fail_memory(err);
    else
        status = pipeline_parse(pipeline, text, err);
    if (status != OPP_OK) {
        opp_pipeline_free(pipeline);
        return status;
    }
    *out = pipeline;
    return OPP_OK;
}

enum opp_status
opp_pipeline_set(struct opp_pipeline *pipeline, const char *pass,
                 const char *key, const char *value, struct opp_error *err)
{
    if (setjmp(pipeline->unwind) != 0)
        return api_fail_memory(err);
    return pipeline_set(pipeline, pass, key, value, err);
}

void
opp_pipeline_free(struct opp_pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    arena_free(&pipeline->arena);
    free(pipeline);
}

/* Builds the index at the first call that needs it. */
enum opp_status
api_index_model(struct opp_model *model, struct opp_error *err)
{
    enum opp_status status;

    if (model->indexed)
        return OPP_OK;
    status = graph_build(&model->module, &model->model, &model->signatures,
                         err);
    if (status == OPP_OK)
        status = graph_verify(&model->module, err);
    model->indexed = status == OPP_OK;
    return status;
}

static enum opp_status
run_session(struct opp_model *model, const struct opp_pipeline *pipeline,
            const struct opp_run_options *options, struct report *report,
            struct opp_error *err)
{
    struct session session = {
        .module = &model->module,
        .facts = &model->facts,
        .plan = model->plan,
        .report = report,
        .scratch = &model->scratch,
    };
    enum opp_status status = api_index_model(model, err);

    if (status == OPP_OK)
        status = facts_compute(&model->facts, &model->module, FACT_TYPES, err);
    if (status != OPP_OK)
        return status;
    summary_make(&report->before, &model->module, model->facts.types);
    model->broken = true;
    status = runner_run(&session, pipeline, options, err);
    model->plan = session.plan;
    if (status != OPP_OK)
        return status;
    status = facts_compute(&model->facts, &model->module, FACT_TYPES, err);
    if (status != OPP_OK)
        return status;
    summary_make(&report->after, &model->module, model->facts.types);
    model->broken = false;
    return OPP_OK;
}

static enum opp_status
run_guarded(struct opp_model *model, const struct opp_pipeline *pipeline,
            const struct opp_run_options *options, struct report *report,
            struct opp_error *err)
{
    if (setjmp(model->unwind) != 0) {
        arena_free(&model->scratch);
        return api_fail_memory(err);
    }
    report_init(report, model->model.path, &model->unwind);
    report->arena.limit = model->model.arena.limit;
    return run_session(model, pipeline, options, report, err);
}

enum opp_status
opp_run(struct opp_model *model, const struct opp_pipeline *pipeline,
        const struct opp_run_options *options, struct opp_report **out,
        struct opp_error *err)
{
    const struct opp_run_options defaults = {0};
    struct opp_report *const report = calloc(1, sizeof *report);
    enum opp_status status;

    if (out != NULL)
        *out = NULL;
    if (report == NULL)
        return api_fail_memory(err);
    if (model->broken) {
        opp_report_free(report);
        return refuse_broken(err);
    }
    status = run_guarded(model, pipeline, options != NULL ? options : &defaults,
                         &report->report, err);
    if (status != OPP_OK || out == NULL)
        opp_report_free(report);
    else
        *out = report;
    return status;
}

static enum opp_status
run_preset(struct opp_model *model, const char *preset, const char *to,
           struct opp_report **out, struct opp_error *err)
{
    struct opp_pipeline *pipeline;
    enum opp_status status = opp_pipeline_parse(&pipeline, preset, err);

    if (out != NULL)
        *out = NULL;
    if (status == OPP_OK && to != NULL)
        status = opp_pipeline_set(pipeline, "plan-precision", "to", to, err);
    if (status == OPP_OK)
        status = opp_run(model, pipeline, NULL, out, err);
    opp_pipeline_free(pipeline);
    return status;
}

enum opp_status
opp_audit(struct opp_model *model, struct opp_report **out,
          struct opp_error *err)
{
    return run_preset(model, "@audit", NULL, out, err);
}

enum opp_status
opp_plan(struct opp_model *model, const char *to, struct opp_report **out,
         struct opp_error *err)
{
    return run_preset(model, "@plan", to, out, err);
}

enum opp_status
opp_convert(struct opp_model *model, const char *to, struct opp_report **out,
            struct opp_error *err)
{
    return run_preset(model, "@convert", to, out, err);
}

/* ---- results ---------------------------------------------------------- */

enum opp_status
opp_report_write(const struct opp_report *report, enum opp_format format,
                 opp_write_fn write, void *payload, struct opp_error *err)
{
    struct writer writer;

    writer_init(&writer, write, payload);
    return format == OPP_JSON
               ? report_write_json(&report->report, &writer, err)
               : report_write_text(&report->report, &writer, err);
}

enum opp_status
opp_report_write_passes(const struct opp_report *report,
                        enum opp_format format, opp_write_fn write,
                        void *payload, struct opp_error *err)
{
    struct writer writer;

    writer_init(&writer, write, payload);
    return report_write_passes(&report->report, format, &writer, err);
}

size_t
opp_report_findings(const struct opp_report *report,
                    enum opp_severity severity)
{
    return report_findings(&report->report, severity);
}

size_t
opp_report_rule_findings(const struct opp_report *report, int code)
{
    size_t n = 0;

    for (const struct finding *f = report->report.findings; f != NULL;
         f = f->next)
        n += (int)f->rule == code;
    return n;
}

uint64_t
opp_report_changes(const struct opp_report *report)
{
    return report->report.changes;
}

void
opp_report_free(struct opp_report *report)
{
    if (report == NULL)
        return;
    arena_free(&report->report.arena);
    free(report);
}

enum opp_status
opp_plan_write(struct opp_model *model, enum opp_format format,
               opp_write_fn write, void *payload, struct opp_error *err)
{
    struct writer writer;

    if (model->plan == NULL)
        return error_set(err, OPP_EUSAGE,
                         "no plan was made: run plan-precision first");
    if (setjmp(model->unwind) != 0)
        return api_fail_memory(err);
    writer_init(&writer, write, payload);
    return plan_write(model->plan, format, &writer, err);
}

enum opp_status
opp_print(struct opp_model *model, enum opp_format format, opp_write_fn write,
          void *payload, struct opp_error *err)
{
    struct writer writer;
    enum opp_status status;

    if (setjmp(model->unwind) != 0)
        return api_fail_memory(err);
    writer_init(&writer, write, payload);
    status = api_index_model(model, err);
    if (status == OPP_OK)
        status = facts_compute(&model->facts, &model->module, FACT_TYPES, err);
    if (status != OPP_OK)
        return status;
    return types_print(&model->module, model->facts.types, format, &writer,
                       err);
}

enum opp_status
opp_ranges_write(struct opp_model *model,
                 const struct opp_range_options *options,
                 enum opp_format format, opp_write_fn write, void *payload,
                 struct opp_error *err)
{
    struct writer writer;
    enum opp_status status;

    if (setjmp(model->unwind) != 0)
        return api_fail_memory(err);
    writer_init(&writer, write, payload);
    status = api_index_model(model, err);
    if (status == OPP_OK)
        status = facts_compute(&model->facts, &model->module,
                               FACT_TYPES | FACT_SHAPES, err);
    if (status == OPP_OK)
        status = seeds_show(
            &(struct seeds_view){&model->module, &model->facts,
                                 &model->scratch, options, format},
            &writer, err);
    arena_free(&model->scratch);
    return status;
}

enum opp_status
opp_passes_write(enum opp_format format, opp_write_fn write, void *payload,
                 struct opp_error *err)
{
    struct writer writer;

    writer_init(&writer, write, payload);
    return passes_write(format, &writer, err);
}
