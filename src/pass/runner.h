/* runner.h: the one loop that runs pipelines, the same in every build: compute
 * the facts that a pass needs, run it, drop the facts that its changes made
 * stale, verify, count, time, print. */
#ifndef PASS_RUNNER_H
#define PASS_RUNNER_H

#include "pass/pipeline.h"

/* What a run works on; the plan is left for the caller. */
struct session {
    struct module *module;
    struct facts *facts;
    struct plan *plan;
    struct report *report;
    struct arena *scratch; /* emptied after each pass; freed by the caller
                              when memory runs out */
};

enum opp_status runner_run(struct session *session,
                           const struct opp_pipeline *pipeline,
                           const struct opp_run_options *options,
                           struct opp_error *err);

#endif
