/* Prints what facts/shapes knows of models, one line of JSON for each file
 * named on the command line: its graphs but those of local functions, in the
 * order of the index, each an object of the values. For test_shapes_oracle.py.
 */
#include "facts/shapes.h"
#include "graph/edit.h"
#include "graph/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void
print_text(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c != 0; c++)
        if (*c < 0x20 || *c == '"' || *c == '\\')
            printf("\\u%04x", *c);
        else
            putchar(*c);
    putchar('"');
}

static void
print_dim(const struct shapes *shapes, struct dim dim)
{
    printf("{\"assumed\": %d, \"is\": ", dim.assumed);
    switch ((enum dim_kind)dim.kind) {
    case DIM_KNOWN:
        printf("%" PRId64, dim.n);
        break;
    case DIM_SYMBOL:
        print_text(shapes_symbol(shapes, dim));
        break;
    case DIM_UNKNOWN:
        printf("null");
        break;
    }
    printf("}");
}

static void
print_dims(const struct shapes *shapes, const struct dim *dims, uint32_t n)
{
    printf("[");
    for (uint32_t i = 0; i < n; i++) {
        printf("%s", i > 0 ? ", " : "");
        print_dim(shapes, dims[i]);
    }
    printf("]");
}

static void
print_value(const struct shapes *shapes, const struct value *value)
{
    const struct shape *const shape = shapes_of(shapes, value);

    print_text(value->name);
    if (!shape->known) {
        printf(": null");
        return;
    }
    printf(": {\"assumed\": %d, \"dims\": ", shape->assumed);
    print_dims(shapes, shape->dims, shape->rank);
    printf(", \"ints\": ");
    if (shape->has_ints)
        print_dims(shapes, shape->ints, shape->n_ints);
    else
        printf("null");
    printf("}");
}

static bool
in_function(const struct graph *graph)
{
    while (graph->parent != NULL)
        graph = graph->parent;
    return graph->kind == GRAPH_FUNCTION;
}

static void
print_module(const struct module *module, const struct shapes *shapes)
{
    int n_graphs = 0;

    printf("[");
    for (uint32_t g = 0; g < module->n_graphs; g++) {
        int n_values = 0;
        if (in_function(module->graphs[g]))
            continue;
        printf("%s{", n_graphs++ > 0 ? ", " : "");
        for (uint32_t i = 0; i < module->n_values; i++) {
            if (module->values[i]->graph != module->graphs[g])
                continue;
            printf("%s", n_values++ > 0 ? ", " : "");
            print_value(shapes, module->values[i]);
        }
        printf("}");
    }
    printf("]\n");
}

/* As the pass sort-nodes does: some real files are not sorted. */
static enum opp_status
sort(struct module *module, struct opp_error *err)
{
    enum opp_status status;

    module->change_limit = UINT64_MAX;
    if (graph_verify_order(module, NULL) == OPP_OK ||
        !change_begin(module, "the nodes are not sorted"))
        return OPP_OK;
    status = edit_sort_nodes(module, err);
    change_end(module);
    return status;
}

static enum opp_status
dump(const char *path, struct opp_error *err)
{
    const struct opp_load_options options = {0};
    struct model model = {0};
    struct module module = {0};
    struct facts facts = {0};
    jmp_buf unwind;
    enum opp_status status;

    if (setjmp(unwind) != 0)
        exit(OPP_ENOMEM);
    arena_init(&facts.arena, SIZE_MAX, &unwind);
    status = model_load_file(&model, path, &options, &unwind, err);
    if (status == OPP_OK)
        status = graph_build(&module, &model, NULL, err);
    if (status == OPP_OK)
        status = sort(&module, err);
    if (status == OPP_OK)
        status = facts_compute(&facts, &module, FACT_SHAPES, err);
    if (status == OPP_OK)
        print_module(&module, facts.shapes);
    facts_drop(&facts, FACT_TYPES | FACT_SHAPES);
    model_close(&model);
    return status;
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct opp_error err = {0};
        const enum opp_status status = dump(argv[i], &err);
        if (status != OPP_OK) {
            fprintf(stderr, "%s: %s\n", argv[i], err.what);
            return (int)status;
        }
    }
    return 0;
}
