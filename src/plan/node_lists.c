#include "plan/node_lists.h"

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
