#include "pass/seeds.h"

#include <string.h>

#include "model/tensor.h"
#include "pass/pipeline.h"

typedef enum opp_status add_fn(struct range_seeds *seeds, const char *item,
                               struct opp_error *err);

static enum opp_status
add_each(struct range_seeds *seeds, const char *lines, add_fn *add,
         struct opp_error *err)
{
    enum opp_status status = OPP_OK;

    while (status == OPP_OK && *lines != '\0') {
        const size_t n = strcspn(lines, "\n");
        if (n > 0)
            status = add(seeds, arena_memdup(seeds->arena, lines, n), err);
        lines += n + (lines[n] == '\n');
    }
    return status;
}

enum opp_status
seeds_add(struct range_seeds *seeds, const char *declared, const char *files,
          const struct module *module, struct opp_error *err)
{
    enum opp_status status = add_each(seeds, declared, range_seeds_parse, err);

    if (status == OPP_OK)
        status = add_each(seeds, files, range_seeds_read, err);
    return status == OPP_OK ? range_seeds_check(seeds, module, err) : status;
}

enum opp_status
seeds_parse(struct range_seeds *seeds, const struct pass_run *run,
            struct opp_error *err)
{
    range_seeds_init(seeds, run->scratch);
    return seeds_add(seeds, pass_option(run, "range"),
                     pass_option(run, "ranges"), run->module, err);
}

static const char *
list_of(const struct seeds_view *view, const char *text, struct opp_error *err)
{
    return text == NULL ? "" : pipeline_list(view->scratch, text, ',', err);
}

static enum opp_status
view_seeds(const struct seeds_view *view, struct range_seeds *seeds,
           struct opp_error *err)
{
    const char *const declared = list_of(view, view->options->declared, err);
    const char *const measured = list_of(view, view->options->measured, err);

    range_seeds_init(seeds, view->scratch);
    if (declared == NULL || measured == NULL)
        return OPP_EUSAGE;
    return seeds_add(seeds, declared, measured, view->module, err);
}

enum opp_status
seeds_show(const struct seeds_view *view, struct writer *writer,
           struct opp_error *err)
{
    const struct facts *const facts = view->facts;
    struct range_seeds seeds;
    struct constants constants;
    enum opp_status status = view_seeds(view, &seeds, err);

    if (status == OPP_OK)
        status = constants_sweep(&constants, view->scratch, view->module,
                                 tensor_format(ELEM_FLOAT16), NULL, NULL, err);
    if (status != OPP_OK)
        return status;
    return ranges_print(view->module, facts->types,
                        ranges_compute(view->scratch, view->module,
                                       facts->types, facts->shapes, &constants,
                                       &seeds),
                        view->format, writer, err);
}
