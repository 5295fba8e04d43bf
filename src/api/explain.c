/* explain.c: the part of the API that explains. */
#include "api/internal.h"
#include "model/tensor.h"
#include "pass/pipeline.h"
#include "plan/explain.h"
#include "plan/pages.h"

/* All that an explanation says of sizes and constants is computed again. */
static enum opp_status
explain(struct opp_model *model, const char *patterns, enum opp_format format,
        struct writer *writer, struct opp_error *err)
{
    struct module *const module = &model->module;
    const int to = model->plan->to;
    struct explain_input input = {.plan = model->plan};
    struct constants constants;
    struct explanation explanation;
    struct pattern_list list;
    const char *const lines = pipeline_list(module->arena, patterns, ',', err);
    enum opp_status status =
        lines == NULL ? OPP_EUSAGE
                      : pattern_list_parse(&list, module->arena, lines, err);

    if (status == OPP_OK)
        status =
            facts_compute(&model->facts, module, FACT_TYPES | FACT_SHAPES, err);
    if (status == OPP_OK && to != ELEM_FLOAT)
        status = constants_sweep(&constants, module->arena, module,
                                 tensor_format(to), NULL, NULL, err);
    if (status != OPP_OK)
        return status;
    input.types = model->facts.types;
    input.shapes = model->facts.shapes;
    input.constants = to == ELEM_FLOAT ? NULL : &constants;
    status = explain_nodes(&explanation, &input, &list, err);
    return status == OPP_OK ? explain_write(&explanation, format, writer, err)
                            : status;
}

enum opp_status
opp_explain_write(struct opp_model *model, const char *patterns,
                  enum opp_format format, opp_write_fn write, void *payload,
                  struct opp_error *err)
{
    struct writer writer;

    if (model->plan == NULL || model->plan->changes != model->module.changes)
        return error_set(err, OPP_EUSAGE,
                         "no plan for the model as it is: run plan-precision "
                         "last");
    if (setjmp(model->unwind) != 0)
        return api_fail_memory(err);
    writer_init(&writer, write, payload);
    return explain(model, patterns, format, &writer, err);
}

enum opp_status
opp_rule_write(const char *name, enum opp_format format, opp_write_fn write,
               void *payload, struct opp_error *err)
{
    struct writer writer;

    writer_init(&writer, write, payload);
    return pages_write(name, format, &writer, err);
}
