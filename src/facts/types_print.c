/* types_print.c: the graphs with the type of each value. */
#include "facts/types.h"

#include "base/json_tree.h"
#include "facts/type_text.h"
#include "graph/print.h"

enum { PRINT_SCHEMA = 1 };

/* ---- text ----------------------------------------------------------- */

struct text_types {
    const struct types *types;
    struct arena *arena;
};

static const char *
value_text(const void *payload, const struct value *value)
{
    const struct text_types *const t = payload;
    char text[TYPE_TEXT];

    return arena_strdup(t->arena,
                        type_text_short(text, t->types->of[value->id]));
}

static enum opp_status
print_text(const struct module *module, const struct types *types,
           struct writer *writer, struct opp_error *err)
{
    const struct text_types payload = {types, module->arena};
    const struct type_printer printer = {value_text, &payload};

    graph_print(module, &printer, writer);
    return writer_flush(writer, err);
}

/* ---- JSON ----------------------------------------------------------- */

struct json_printer {
    const struct module *module;
    const struct types *types;
    const char **paths; /* of the graphs, by id */
    json_t **values;    /* object "values" of the graphs, by id */
    struct json_tree tree;
};

static const char *
kind_name(enum graph_kind kind)
{
    switch (kind) {
    case GRAPH_MAIN:
        return "main";
    case GRAPH_BODY:
        return "body";
    case GRAPH_FUNCTION:
        return "function";
    }
    return "";
}

static const char *
name_of(const struct value *value)
{
    return value == NULL ? "" : value->name;
}

static void
set_values(struct json_tree *tree, json_t *object, const char *key,
           struct value *const *values, uint32_t n)
{
    json_t *const names = json_tree_set_array(tree, object, key);

    for (uint32_t i = 0; i < n; i++)
        json_tree_add(tree, names, json_tree_text(name_of(values[i])));
}

static void
set_uses(struct json_tree *tree, json_t *object, const char *key,
         const struct use *uses, uint32_t n)
{
    json_t *const names = json_tree_set_array(tree, object, key);

    for (uint32_t i = 0; i < n; i++)
        json_tree_add(tree, names, json_tree_text(name_of(uses[i].value)));
}

static void
add_node(struct json_printer *p, json_t *nodes, const struct node *node)
{
    struct json_tree *const tree = &p->tree;
    const int precision = node_precision(p->types, node);
    json_t *const object = json_tree_add_object(tree, nodes);

    json_tree_set(tree, object, "id", json_integer(node->id));
    json_tree_set(tree, object, "name", json_tree_text(node->proto->name));
    json_tree_set(tree, object, "op", json_tree_text(node->proto->op_type));
    json_tree_set(tree, object, "domain", json_tree_text(node->proto->domain));
    set_uses(tree, object, "inputs", node->inputs, node->n_inputs);
    set_values(tree, object, "outputs", node->outputs, node->n_outputs);
    json_tree_set(tree, object, "precision",
                  precision == ELEM_UNDEFINED
                      ? json_null()
                      : json_tree_text(elem_name(precision)));
}

static void
add_graph(struct json_printer *p, json_t *graphs, const struct graph *graph)
{
    struct json_tree *const tree = &p->tree;
    json_t *const object = json_tree_add_object(tree, graphs);
    json_t *nodes;

    json_tree_set(tree, object, "path", json_tree_text(p->paths[graph->id]));
    json_tree_set(tree, object, "kind", json_tree_text(kind_name(graph->kind)));
    set_values(tree, object, "inputs", graph->inputs, graph->n_inputs);
    set_uses(tree, object, "outputs", graph->outputs, graph->n_outputs);
    p->values[graph->id] = json_tree_set_object(tree, object, "values");
    nodes = json_tree_set_array(tree, object, "nodes");
    for_each_node (graph, node)
        add_node(p, nodes, node);
}

static void
set_types(struct json_printer *p)
{
    char text[TYPE_TEXT];

    for (uint32_t i = 0; i < p->module->n_values; i++) {
        const struct value *const value = p->module->values[i];
        const struct value_type type = p->types->of[i];
        if (value != NULL)
            json_tree_set(&p->tree, p->values[value->graph->id], value->name,
                          type.known ? json_tree_text(type_text(text, type))
                                     : json_null());
    }
}

static enum opp_status
print_json(const struct module *module, const struct types *types,
           struct writer *writer, struct opp_error *err)
{
    struct json_printer p = {.module = module, .types = types};
    json_t *graphs;

    /* All that needs the arena comes before the tree, which it could leak. */
    p.paths = arena_array(module->arena, module->n_graphs, const char *);
    p.values = arena_array(module->arena, module->n_graphs, json_t *);
    for (uint32_t i = 0; i < module->n_graphs; i++)
        p.paths[i] = graph_path(module, module->graphs[i]);
    json_tree_init(&p.tree);
    json_tree_set(&p.tree, p.tree.root, "schema", json_integer(PRINT_SCHEMA));
    graphs = json_tree_set_array(&p.tree, p.tree.root, "graphs");
    for (uint32_t i = 0; i < module->n_graphs; i++)
        add_graph(&p, graphs, module->graphs[i]);
    set_types(&p);
    return json_tree_write(&p.tree, writer, err);
}

enum opp_status
types_print(const struct module *module, const struct types *types,
            enum opp_format format, struct writer *writer,
            struct opp_error *err)
{
    return format == OPP_JSON ? print_json(module, types, writer, err)
                              : print_text(module, types, writer, err);
}
