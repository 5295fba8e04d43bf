/* opp_policy.c: the public API for policy files. */
#include <stdlib.h>

#include "api/internal.h"
#include "opp.h"
#include "pass/summary.h"
#include "plan/policy_check.h"
#include "plan/policy_print.h"

/* One call: a place to come back to when memory runs out, with or without a
 * model, and what was allocated meanwhile. */
struct job {
    jmp_buf unwind;
    struct arena arena;
    struct report report;
    struct opp_model *model; /* may be NULL */
    const struct opp_policy_options *options;
    struct writer writer;
    struct policy_file file;
    struct policy_matches matches;
};

static struct job *
job_new(struct opp_model *model, const struct opp_policy_options *options,
        opp_write_fn write, void *payload)
{
    struct job *const job = calloc(1, sizeof *job);

    if (job == NULL)
        return NULL;
    job->model = model;
    job->options = options;
    arena_init(&job->arena, SIZE_MAX, &job->unwind);
    writer_init(&job->writer, write, payload);
    return job;
}

static enum opp_status
job_end(struct job *job, enum opp_status status)
{
    arena_free(&job->arena);
    arena_free(&job->report.arena);
    free(job);
    return status;
}

static enum opp_status
index_with_types(struct job *job, struct opp_error *err)
{
    struct opp_model *const model = job->model;
    enum opp_status status;

    if (model == NULL)
        return OPP_OK;
    status = api_index_model(model, err);
    if (status != OPP_OK)
        return status;
    return facts_compute(&model->facts, &model->module, FACT_TYPES, err);
}

static enum opp_status
match(struct job *job, struct opp_error *err)
{
    enum opp_status status =
        policy_file_read(&job->file, job->options->path, &job->arena, err);

    if (status == OPP_OK)
        status = index_with_types(job, err);
    if (status != OPP_OK)
        return status;
    job->matches =
        (struct policy_matches){.file = &job->file, .arena = &job->arena};
    if (job->model != NULL)
        policy_match(&job->matches, &job->file, &job->model->module,
                     job->model->facts.types, &job->arena);
    return OPP_OK;
}

static enum opp_status
run_check(struct job *job, struct opp_error *err)
{
    const enum opp_status status = match(job, err);

    if (status != OPP_OK)
        return status;
    if (job->model != NULL)
        report_rules(&job->report, &job->matches);
    report_expired(&job->report, &job->file, job->options->today);
    return policy_write_check(&job->matches, &job->report, job->options->format,
                              &job->writer, err);
}

static enum opp_status
run_show(struct job *job, struct opp_error *err)
{
    const enum opp_status status = match(job, err);

    return status == OPP_OK
               ? policy_write_nodes(&job->matches, job->options->format,
                                    &job->writer, err)
               : status;
}

static enum opp_status
run_init(struct job *job, struct opp_error *err)
{
    struct model_summary summary;
    const enum opp_status status = index_with_types(job, err);

    if (status != OPP_OK)
        return status;
    if (job->model == NULL)
        return policy_write_start(NULL, NULL, NULL, &job->arena, &job->writer,
                                  err);
    summary_make(&summary, &job->model->module, job->model->facts.types);
    return policy_write_start(&job->model->module, job->model->facts.types,
                              &summary, &job->arena, &job->writer, err);
}

typedef enum opp_status (*job_fn)(struct job *job, struct opp_error *err);

static enum opp_status
run(struct job *job, job_fn work, struct opp_error *err)
{
    if (setjmp(job->unwind) != 0)
        return api_fail_memory(err);
    if (job->model != NULL && setjmp(job->model->unwind) != 0)
        return api_fail_memory(err);
    report_init(&job->report, "", &job->unwind);
    return work(job, err);
}

enum opp_status
opp_policy_check(struct opp_model *model,
                 const struct opp_policy_options *options, opp_write_fn write,
                 void *payload, size_t *errors, struct opp_error *err)
{
    struct job *const job = job_new(model, options, write, payload);
    enum opp_status status;

    *errors = 0;
    if (job == NULL)
        return api_fail_memory(err);
    status = run(job, run_check, err);
    *errors = report_findings(&job->report, OPP_ERROR);
    return job_end(job, status);
}

enum opp_status
opp_policy_show(struct opp_model *model,
                const struct opp_policy_options *options, opp_write_fn write,
                void *payload, struct opp_error *err)
{
    struct job *const job = job_new(model, options, write, payload);

    if (job == NULL)
        return api_fail_memory(err);
    return job_end(job, run(job, run_show, err));
}

enum opp_status
opp_policy_init(struct opp_model *model, opp_write_fn write, void *payload,
                struct opp_error *err)
{
    struct job *const job = job_new(model, NULL, write, payload);

    if (job == NULL)
        return api_fail_memory(err);
    return job_end(job, run(job, run_init, err));
}

enum opp_status
opp_policy_schema(opp_write_fn write, void *payload, struct opp_error *err)
{
    struct writer writer;

    writer_init(&writer, write, payload);
    return policy_write_schema(&writer, err);
}
