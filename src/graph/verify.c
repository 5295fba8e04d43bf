#include "graph/verify.h"

#include <string.h>

struct check {
    const struct module *module;
    struct opp_error *err;
};

static enum opp_status
fail_node(const struct check *check, const struct node *node,
          const char *what)
{
    error_set(check->err, OPP_EINPUT, "%s", what);
    error_where(check->err, "%s  %s", check->module->model->path,
                node_place(check->module, node));
    return OPP_EINPUT;
}

static enum opp_status
fail_graph(const struct check *check, const struct graph *graph,
           const char *what, const char *name)
{
    error_set(check->err, OPP_EINPUT, "%s `%s`", what, name);
    error_where(check->err, "%s  %s", check->module->model->path,
                graph_path(check->module, graph));
    return OPP_EINPUT;
}

static bool
is_linked(const struct use *use)
{
    const struct value *const value = use->value;

    return (use->prev == NULL ? value->uses : use->prev->next) == use &&
           (use->next == NULL ? value->last_use : use->next->prev) == use;
}

static enum opp_status
check_operand(const struct check *check, const struct node *node,
              const struct use *use)
{
    const struct value *const value = use->value;

    if (value == NULL)
        return OPP_OK;
    if (!is_linked(use) || check->module->values[value->id] != value ||
        strcmp(node->proto->input[use->slot], value->name) != 0)
        return fail_node(check, node, "an operand is not linked to its value");
    if (node_ancestor_in(node, value->graph) == NULL)
        return fail_node(check, node, "an operand is out of scope");
    return OPP_OK;
}

static enum opp_status
check_node(const struct check *check, const struct node *node)
{
    enum opp_status status = OPP_OK;

    if (check->module->nodes[node->id] != node)
        return fail_node(check, node, "a node is not in the index");
    for (uint32_t i = 0; status == OPP_OK && i < node->n_inputs; i++)
        status = check_operand(check, node, &node->inputs[i]);
    for (uint32_t i = 0; status == OPP_OK && i < node->n_outputs; i++) {
        const struct value *const value = node->outputs[i];
        if (value != NULL &&
            (value->def != node || value->slot != i ||
             graph_find(node->graph, value->name) != value ||
             strcmp(node->proto->output[i], value->name) != 0))
            status = fail_node(check, node,
                               "an output is not linked to its value");
    }
    return status;
}

static enum opp_status
check_outputs(const struct check *check, const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_outputs; i++) {
        const struct use *const use = &graph->outputs[i];
        const char *const name = graph->proto != NULL
                                     ? graph->proto->output[i]->name
                                     : graph->function->output[i];
        if (use->value == NULL)
            continue;
        if (!is_linked(use) || strcmp(name, use->value->name) != 0)
            return fail_graph(check, graph,
                              "an output is not linked to its value:", name);
    }
    return OPP_OK;
}

enum opp_status
graph_verify(const struct module *module, struct opp_error *err)
{
    const struct check check = {module, err};
    enum opp_status status = OPP_OK;

    for (uint32_t i = 0; status == OPP_OK && i < module->n_graphs; i++) {
        for (const struct node *node = module->graphs[i]->first;
             status == OPP_OK && node != NULL; node = node->next)
            status = check_node(&check, node);
        if (status == OPP_OK)
            status = check_outputs(&check, module->graphs[i]);
    }
    return status;
}

/* ---- order --------------------------------------------------------------- */

static uint32_t *
positions(const struct module *module)
{
    uint32_t *const position =
        arena_array(module->arena, module->n_nodes, uint32_t);
    uint32_t n = 0;

    for (uint32_t i = 0; i < module->n_graphs; i++)
        for_each_node (module->graphs[i], node)
            position[node->id] = n++;
    return position;
}

enum opp_status
graph_verify_order(const struct module *module, struct opp_error *err)
{
    const struct check check = {module, err};
    const uint32_t *const position = positions(module);

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        if (value == NULL || value->def == NULL)
            continue;
        for_each_use (value, use) {
            const struct node *const user =
                use->user == NULL ? NULL
                                  : node_ancestor_in(use->user, value->graph);
            if (user == NULL || position[value->def->id] < position[user->id])
                continue;
            fail_node(&check, use->user, "the nodes are not sorted");
            error_why(err, "it uses `%s`, which a later node makes",
                      value->name);
            return OPP_EINPUT;
        }
    }
    return OPP_OK;
}
