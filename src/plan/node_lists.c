#include "plan/node_lists.h"

#include "base/suggest.h"

/* Nodes of the main graph have no path. */
static bool
is_in_main(const struct node *node)
{
    return node->graph->kind == GRAPH_MAIN;
}

static const char *
full_label(const struct module *module, const struct node *node)
{
    return arena_printf(module->arena, "%s%s", graph_path(module, node->graph),
                        node_label(module, node));
}

void
node_list_know(struct pattern_list *list, const struct module *module)
{
    for (uint32_t i = 0; list->n > 0 && i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (node == NULL)
            continue;
        pattern_list_know(list, node_label(module, node));
        if (!is_in_main(node))
            pattern_list_know(list, full_label(module, node));
    }
}

static const struct pattern *
match_one(struct pattern_list *list, const struct module *module,
          const struct node *node)
{
    const struct pattern *const pattern =
        pattern_list_match(list, node_label(module, node));

    return pattern != NULL || is_in_main(node)
               ? pattern
               : pattern_list_match(list, full_label(module, node));
}

const struct pattern *
node_list_match(struct pattern_list *list, const struct module *module,
                const struct node *node)
{
    const struct pattern *pattern;

    if (list->n == 0)
        return NULL;
    pattern = match_one(list, module, node);
    return pattern != NULL || node->original == NULL
               ? pattern
               : match_one(list, module, node->original);
}

const struct pattern *
op_list_match(struct pattern_list *list, const struct module *module,
              const struct node *node)
{
    (void)module;
    return pattern_list_match(list, node_op_type(node));
}

static const char *
node_name_at(const void *list, size_t i)
{
    const struct module *const module = list;

    if (i >= module->n_nodes)
        return NULL;
    return module->nodes[i] == NULL ? ""
                                    : node_label(module, module->nodes[i]);
}

static const char *
op_name_at(const void *list, size_t i)
{
    const struct module *const module = list;

    if (i >= module->n_nodes)
        return NULL;
    return module->nodes[i] == NULL ? "" : node_op_type(module->nodes[i]);
}

static enum opp_status
fail_unused(const struct pattern *pattern, const struct module *module,
            const char *what, suggest_name_fn name_at, struct opp_error *err)
{
    const char *near;

    if (pattern == NULL)
        return OPP_OK;
    near = suggest_near(pattern->text, name_at, module);
    error_set(err, OPP_EUSAGE, "pattern `%s` matches no %s", pattern->text,
              what);
    error_where(err, "%s", module->model->path);
    if (near != NULL)
        error_help(err, "did you mean `%s`?", near);
    else
        error_help(err, "`print %s` lists the nodes",
                   module->model->path);
    return OPP_EUSAGE;
}

enum opp_status
node_list_fail_unused(const struct pattern_list *list,
                      const struct module *module, struct opp_error *err)
{
    return fail_unused(pattern_list_unused(list), module, "node",
                       node_name_at, err);
}

/* Casts of the file may have been folded away before anything is decided. */
static bool
converts(const char *op)
{
    const struct op_schema *const schema = ops_find("", op, INT64_MAX);

    return schema != NULL && schema->class == OP_CONVERT;
}

enum opp_status
op_list_fail_unused(const struct pattern_list *list,
                    const struct module *module, struct opp_error *err)
{
    const struct pattern *unused = NULL;

    for (size_t i = 0; i < list->n && unused == NULL; i++)
        if (list->items[i].matches == 0 && !converts(list->items[i].text))
            unused = &list->items[i];
    return fail_unused(unused, module, "operator", op_name_at, err);
}
