/* ranges_print.c: the graphs with the range of each value. */
#include "facts/ranges.h"

#include <math.h>

#include "base/json_tree.h"
#include "facts/type_text.h"
#include "graph/print.h"

enum { PRINT_SCHEMA = 1 };

const char *
range_basis_name(enum range_basis basis)
{
    switch (basis) {
    case RANGE_PROVEN:
        return "proven";
    case RANGE_DECLARED:
        return "declared";
    case RANGE_MEASURED:
        return "measured";
    case RANGE_UNKNOWN:
        return "unknown";
    }
    return "";
}

/* ---- text ----------------------------------------------------------- */

struct text_ranges {
    const struct types *types;
    const struct ranges *ranges;
    struct arena *arena;
};

static const char *
value_text(const void *payload, const struct value *value)
{
    const struct text_ranges *const t = payload;
    const struct value_range *const range = ranges_of(t->ranges, value);
    char type[TYPE_TEXT];
    const char *text =
        arena_strdup(t->arena, type_text_short(type, t->types->of[value->id]));

    if (range_is_bounded(range))
        text = arena_printf(
            t->arena, "%s [%.6g, %.6g] %s", text, range->lo, range->hi,
            range_basis_name((enum range_basis)range->bound_basis));
    if (range_has_reach(range) &&
        (range->reach_lo != range->lo || range->reach_hi != range->hi ||
         range->reach_basis != range->bound_basis))
        text = arena_printf(
            t->arena, "%s, reaches [%.6g, %.6g] %s", text, range->reach_lo,
            range->reach_hi,
            range_basis_name((enum range_basis)range->reach_basis));
    if (range->usual > 0)
        text = arena_printf(t->arena, "%s, usually up to %.3g assumed", text,
                            range->usual);
    return text;
}

static enum opp_status
print_text(const struct module *module, const struct types *types,
           const struct ranges *ranges, struct writer *writer,
           struct opp_error *err)
{
    const struct text_ranges payload = {types, ranges, module->arena};
    const struct type_printer printer = {value_text, &payload};

    graph_print(module, &printer, writer);
    return writer_flush(writer, err);
}

/* ---- JSON ----------------------------------------------------------- */

static json_t *
number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static void
set_range(struct json_tree *tree, json_t *values, const struct value *value,
          const struct value_range *range)
{
    json_t *const object = json_tree_set_object(tree, values, value->name);
    json_t *reach;

    json_tree_set(tree, object, "lo", number(range->lo));
    json_tree_set(tree, object, "hi", number(range->hi));
    json_tree_set(tree, object, "min_abs", number(range->min_abs));
    json_tree_set(tree, object, "integer", json_boolean(range->integer));
    json_tree_set(tree, object, "basis",
                  json_tree_text(range_basis_name(
                      (enum range_basis)range->bound_basis)));
    if (range->usual > 0)
        json_tree_set(tree, object, "usual", number(range->usual));
    if (!range_has_reach(range))
        return;
    reach = json_tree_set_array(tree, object, "reach");
    json_tree_add(tree, reach, number(range->reach_lo));
    json_tree_add(tree, reach, number(range->reach_hi));
    json_tree_set(tree, object, "reach_basis",
                  json_tree_text(range_basis_name(
                      (enum range_basis)range->reach_basis)));
}

static enum opp_status
print_json(const struct module *module, const struct ranges *ranges,
           struct writer *writer, struct opp_error *err)
{
    const char **const paths =
        arena_array(module->arena, module->n_graphs, const char *);
    json_t **const values =
        arena_array(module->arena, module->n_graphs, json_t *);
    struct json_tree tree;
    json_t *graphs;

    /* All that needs the arena comes before the tree, which it could leak. */
    for (uint32_t i = 0; i < module->n_graphs; i++)
        paths[i] = graph_path(module, module->graphs[i]);
    json_tree_init(&tree);
    json_tree_set(&tree, tree.root, "schema", json_integer(PRINT_SCHEMA));
    graphs = json_tree_set_array(&tree, tree.root, "graphs");
    for (uint32_t i = 0; i < module->n_graphs; i++) {
        json_t *const graph = json_tree_add_object(&tree, graphs);
        json_tree_set(&tree, graph, "path", json_tree_text(paths[i]));
        values[i] = json_tree_set_object(&tree, graph, "values");
    }
    for (uint32_t i = 0; i < module->n_values; i++)
        if (module->values[i] != NULL)
            set_range(&tree, values[module->values[i]->graph->id],
                      module->values[i], &ranges->of[i]);
    return json_tree_write(&tree, writer, err);
}

enum opp_status
ranges_print(const struct module *module, const struct types *types,
             const struct ranges *ranges, enum opp_format format,
             struct writer *writer, struct opp_error *err)
{
    return format == OPP_JSON ? print_json(module, ranges, writer, err)
                              : print_text(module, types, ranges, writer, err);
}
