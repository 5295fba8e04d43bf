#include "graph/bodies.h"

const struct op_body *
node_body_layout(const struct node *node, uint32_t i)
{
    const struct op_rule *const rule =
        node->op == NULL ? NULL : op_rule_for(node->op, node->body_names[i]);

    return rule == NULL || rule->kind != OP_RULE_GRAPH ? NULL
                                                       : op_rule_body(rule);
}

const struct op_body *
graph_body_layout(const struct graph *body)
{
    const struct node *const owner = body->owner;

    for (uint32_t i = 0; i < owner->n_bodies; i++)
        if (owner->bodies[i] == body)
            return node_body_layout(owner, i);
    return NULL;
}

bool
node_bodies_known(const struct node *node)
{
    for (uint32_t i = 0; i < node->n_bodies; i++)
        if (node_body_layout(node, i) == NULL)
            return false;
    return true;
}

uint32_t
node_body_carried(const struct node *node, const struct op_body *layout)
{
    const char *const but = op_body_but(layout);
    int64_t n;

    if (!layout->carried || layout->node_in == OP_NONE)
        return 0;
    n = (int64_t)node->n_inputs - layout->node_in;
    if (but != NULL)
        n -= node_attr_int(node, but, 0);
    return n > 0 ? (uint32_t)n : 0;
}

bool
op_rule_joins(const struct op_rule *rule)
{
    return rule->kind == OP_RULE_SEQUENCE_OF ||
           rule->kind == OP_RULE_OPTIONAL_OF || rule->kind == OP_RULE_MAP_OF;
}
