/* links.c: the list of the nodes of a graph, and that of the uses of a
 * value. */
#include "graph/internal.h"

void
node_link(struct node *node, struct node *before)
{
    struct graph *const graph = node->graph;

    node->next = before;
    node->prev = before == NULL ? graph->last : before->prev;
    *(node->prev == NULL ? &graph->first : &node->prev->next) = node;
    *(before == NULL ? &graph->last : &before->prev) = node;
}

void
use_link(struct use *use, struct value *value)
{
    use->value = value;
    use->next = NULL;
    use->prev = value->last_use;
    *(value->last_use == NULL ? &value->uses : &value->last_use->next) = use;
    value->last_use = use;
}

void
use_unlink(struct use *use)
{
    struct value *const value = use->value;

    if (value == NULL)
        return;
    *(use->prev == NULL ? &value->uses : &use->prev->next) = use->next;
    *(use->next == NULL ? &value->last_use : &use->next->prev) = use->prev;
    use->value = NULL;
    use->next = use->prev = NULL;
}
