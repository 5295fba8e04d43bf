#include "facts/shapes.h"

unsigned
facts_present(const struct facts *facts)
{
    return (facts->types != NULL ? FACT_TYPES : 0u) |
           (facts->shapes != NULL ? FACT_SHAPES : 0u);
}

void
facts_drop(struct facts *facts, unsigned which)
{
    if ((which & FACT_TYPES) != 0)
        facts->types = NULL;
    if ((which & FACT_SHAPES) != 0)
        facts->shapes = NULL;
    if (facts_present(facts) == 0)
        arena_free(&facts->arena);
}

enum opp_status
facts_compute(struct facts *facts, struct module *module, unsigned which,
              struct opp_error *err)
{
    const unsigned missing = which & ~facts_present(facts);

    /* Shapes are computed from types. */
    if (missing != 0 && facts->types == NULL) {
        const enum opp_status status =
            types_compute(&facts->types, &facts->arena, module, err);
        if (status != OPP_OK)
            return status;
    }
    if ((missing & FACT_SHAPES) != 0)
        facts->shapes = shapes_compute(&facts->arena, module, facts->types);
    return OPP_OK;
}
