#include "pass/runner.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "facts/types.h"
#include "graph/flush.h"
#include "graph/print.h"
#include "graph/verify.h"
#include "model/digest.h"

struct loop {
    struct session *session;
    const struct opp_run_options *options;
    struct opp_error *err;
    bool verified;   /* the types of the model as it came */
    bool sorted;     /* it was, or a pass has done it */
    uint64_t before; /* changes of the module before the run */
};

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *const *
option_values(struct arena *scratch, const struct pipeline_item *item)
{
    const char **const values =
        arena_array(scratch, PASS_MAX_OPTIONS, const char *);

    for (size_t i = 0; item->pass->options[i].name != NULL; i++)
        values[i] = item->values[i] != NULL ? item->values[i]
                                            : item->pass->options[i].missing;
    return values;
}

static enum opp_status
verify(struct loop *loop)
{
    struct session *const s = loop->session;
    enum opp_status status = graph_verify(s->module, loop->err);

    if (status == OPP_OK && loop->sorted)
        status = graph_verify_order(s->module, loop->err);
    if (status == OPP_OK)
        status = facts_compute(s->facts, s->module, FACT_TYPES, loop->err);
    if (status == OPP_OK)
        status = types_verify(s->facts->types, s->module, loop->err);
    return status;
}

/* A model that contradicts itself is the user's to mend; what is found after
 * an edit is ours. So it is looked at before the first pass that edits. */
static enum opp_status
verify_before(struct loop *loop, const struct pass *pass)
{
    struct session *const s = loop->session;
    enum opp_status status;

    if (loop->verified || !pass->edits)
        return OPP_OK;
    loop->verified = true;
    status = facts_compute(s->facts, s->module, FACT_TYPES, loop->err);
    return status == OPP_OK
               ? types_verify(s->facts->types, s->module, loop->err)
               : status;
}

/* A pass that breaks a model is a bug of ours. (One that was not sorted before
 * need not be afterwards, unless a pass has sorted it.) */
static enum opp_status
verify_after(struct loop *loop, const struct pass *pass)
{
    loop->sorted = loop->sorted ||
                   graph_verify_order(loop->session->module, NULL) == OPP_OK;
    if (verify(loop) == OPP_OK)
        return OPP_OK;
    error_why(loop->err, "found after pass `%s`, which broke the model",
              pass->name);
    if (loop->err != NULL)
        loop->err->status = OPP_EBUG;
    return OPP_EBUG;
}

static bool
wants_print(const struct loop *loop, const struct pass *pass, bool changed)
{
    const char *const which = loop->options->print_after;

    if (which == NULL || loop->options->log == NULL)
        return false;
    return strcmp(which, "all") == 0 || strcmp(which, pass->name) == 0 ||
           (changed && strcmp(which, "changed") == 0);
}

static enum opp_status
print_after(struct loop *loop, const struct pass *pass)
{
    struct writer writer;

    writer_init(&writer, loop->options->log, loop->options->log_payload);
    writer_printf(&writer, "-- after %s\n", pass->name);
    graph_print(loop->session->module, NULL, &writer);
    return writer_flush(&writer, loop->err);
}

/* Development builds hold a pass to what it says it keeps. */
static void
check_kept(const struct session *session, const struct pass *pass)
{
#ifdef OPP_CHECK_FACTS
    const struct types *const kept = session->facts->types;
    struct types *now = NULL;

    if ((pass->keeps & FACT_TYPES) == 0 || kept == NULL)
        return;
    assert(types_compute(&now, session->scratch, session->module, NULL) ==
           OPP_OK);
    for (uint32_t i = 0; i < kept->n; i++)
        assert(session->module->values[i] == NULL ||
               (kept->of[i].known == now->of[i].known &&
                kept->of[i].elem == now->of[i].elem));
#else
    (void)session;
    (void)pass;
#endif
}

static struct pass_run
prepare(const struct loop *loop, const struct pipeline_item *item)
{
    struct session *const s = loop->session;

    return (struct pass_run){
        .module = s->module,
        .facts = s->facts,
        .plan = &s->plan,
        .report = s->report,
        .scratch = s->scratch,
        .changes = s->module->changes - loop->before,
        .pass = item->pass,
        .values = option_values(s->scratch, item),
        .progress = loop->options->progress,
        .progress_payload = loop->options->progress_payload,
    };
}

static void
begin_passes(const struct loop *loop, const struct opp_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->n_items; i++) {
        struct pass_run run = prepare(loop, &pipeline->items[i]);
        if (run.pass->begin != NULL)
            run.pass->begin(&run);
    }
    arena_free(loop->session->scratch);
}

static enum opp_status
run_pass(struct loop *loop, const struct pipeline_item *item,
         struct pass_record *record)
{
    struct session *const s = loop->session;
    const struct pass *const pass = item->pass;
    struct pass_run run = prepare(loop, item);
    const uint64_t changes = s->module->changes;
    enum opp_status status = pass->run(&run, loop->err);

    record->changes = s->module->changes - changes;
    assert(pass->edits || record->changes == 0);
    memcpy(record->count_names, pass->counts, sizeof pass->counts);
    memcpy(record->counts, run.counts, sizeof run.counts);
    if (record->changes > 0) {
        check_kept(s, pass);
        facts_drop(s->facts, ~pass->keeps);
        graph_flush(s->module);
    }
    return status;
}

static enum opp_status
run_item(struct loop *loop, const struct pipeline_item *item)
{
    struct session *const s = loop->session;
    struct pass_record *const record =
        report_pass(s->report, item->pass->name);
    const double start = now();
    enum opp_status status = verify_before(loop, item->pass);

    if (status == OPP_OK)
        status =
            facts_compute(s->facts, s->module, item->pass->needs, loop->err);
    if (status == OPP_OK)
        status = run_pass(loop, item, record);
    arena_free(s->scratch);
    record->seconds = now() - start;
    if (status == OPP_OK && record->changes > 0 && loop->options->verify_each)
        status = verify_after(loop, item->pass);
    if (status == OPP_OK &&
        wants_print(loop, item->pass, record->changes > 0))
        status = print_after(loop, item->pass);
    return status;
}

enum opp_status
runner_run(struct session *session, const struct opp_pipeline *pipeline,
           const struct opp_run_options *options, struct opp_error *err)
{
    struct loop loop = {
        .session = session,
        .options = options,
        .err = err,
        .before = session->module->changes,
    };
    enum opp_status status = OPP_OK;

    loop.sorted = graph_verify_order(session->module, NULL) == OPP_OK;
    session->module->change_limit =
        options->limit_changes ? options->change_limit : UINT64_MAX;
    begin_passes(&loop, pipeline);
    for (size_t i = 0; status == OPP_OK && i < pipeline->n_items; i++) {
        const struct pass *const pass = pipeline->items[i].pass;
        status = run_item(&loop, &pipeline->items[i]);
        if (options->stop_after != NULL &&
            strcmp(options->stop_after, pass->name) == 0)
            break;
    }
    digest_stop(session->module->model);
    session->report->changes = session->module->changes - loop.before;
    if (status == OPP_OK && session->report->changes > 0 &&
        !options->verify_each)
        status = verify_after(
            &loop, pipeline->items[pipeline->n_items - 1].pass);
    return status;
}
