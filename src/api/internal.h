/* internal.h: what the files of the API share; nobody else includes it. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include <setjmp.h>

#include "opp.h"

#include "facts/types.h"
#include "model/model.h"
#include "plan/plan.h"

struct opp_model {
    jmp_buf unwind;
    struct model model;
    struct op_signatures signatures; /* in the arena of `model` */
    struct module module;
    struct facts facts;
    struct arena scratch;
    struct plan *plan;
    bool indexed; /* module is built */
    bool broken;  /* a run failed half way: the model must not be saved */
};

/* OPP_ENOMEM, with the way out. */
enum opp_status api_fail_memory(struct opp_error *err);

/* Builds the index at the first call that needs it. */
enum opp_status api_index_model(struct opp_model *model, struct opp_error *err);

#endif
