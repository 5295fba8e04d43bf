/* sort.c: topological order, as close to the order of the file as it can be:
 * among the nodes that are ready the first of the file comes first, so a
 * sorted graph stays as it is. */
#include "graph/edit.h"
#include "graph/internal.h"

struct sorter {
    const struct graph *graph;
    struct node **nodes;  /* in the order of the file */
    uint32_t *position;   /* by node id: index in `nodes` */
    uint32_t *waits;      /* by position: operands that are not made yet */
    uint32_t *heap;       /* positions of ready nodes, the least on top */
    uint32_t n, n_heap;
};

static void
swap(uint32_t *a, uint32_t *b)
{
    const uint32_t t = *a;

    *a = *b;
    *b = t;
}

static void
heap_push(struct sorter *s, uint32_t position)
{
    uint32_t i = s->n_heap++;

    s->heap[i] = position;
    for (; i > 0 && s->heap[(i - 1) / 2] > s->heap[i]; i = (i - 1) / 2)
        swap(&s->heap[i], &s->heap[(i - 1) / 2]);
}

static uint32_t
heap_pop(struct sorter *s)
{
    const uint32_t top = s->heap[0];
    uint32_t i = 0;

    s->heap[0] = s->heap[--s->n_heap];
    for (;;) {
        uint32_t least = i;
        for (uint32_t k = 2 * i + 1; k <= 2 * i + 2 && k < s->n_heap; k++)
            if (s->heap[k] < s->heap[least])
                least = k;
        if (least == i)
            return top;
        swap(&s->heap[i], &s->heap[least]);
        i = least;
    }
}

static void
sorter_init(struct sorter *s, const struct module *module,
            const struct graph *graph, uint32_t *position)
{
    uint32_t n = 0;

    *s = (struct sorter){.graph = graph};
    for_each_node (graph, node)
        s->n++;
    s->nodes = arena_array(module->arena, s->n, struct node *);
    s->position = position;
    s->waits = arena_array(module->arena, s->n, uint32_t);
    s->heap = arena_array(module->arena, s->n, uint32_t);
    for_each_node (graph, node) {
        s->position[node->id] = n;
        s->nodes[n++] = node;
    }
}

/* Tells the nodes of the graph that read what `node` makes, themselves or in
 * their bodies, to wait for it, or that it is made. */
static void
tell_readers(struct sorter *s, const struct node *node, bool made)
{
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        if (node->outputs[i] == NULL)
            continue;
        for_each_use (node->outputs[i], use) {
            const struct node *const reader =
                use->user == NULL ? NULL
                                  : node_ancestor_in(use->user, s->graph);
            uint32_t *wait;
            if (reader == NULL)
                continue;
            wait = &s->waits[s->position[reader->id]];
            if (!made)
                (*wait)++;
            else if (--*wait == 0)
                heap_push(s, s->position[reader->id]);
        }
    }
}

/* The positions of the nodes in the new order; fewer than n in a cycle. */
static uint32_t
sort(struct sorter *s, uint32_t *order)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n; i++)
        tell_readers(s, s->nodes[i], false);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->waits[i] == 0)
            heap_push(s, i);
    while (s->n_heap > 0) {
        order[n] = heap_pop(s);
        tell_readers(s, s->nodes[order[n++]], true);
    }
    return n;
}

static enum opp_status
fail_cycle(const struct module *module, const struct sorter *s,
           struct opp_error *err)
{
    uint32_t i = 0;

    while (s->waits[i] == 0)
        i++;
    error_set(err, OPP_EINPUT, "the nodes form a cycle");
    error_where(err, "%s  %s", module->model->path,
                node_place(module, s->nodes[i]));
    return OPP_EINPUT;
}

static enum opp_status
sort_graph(struct module *module, struct graph *graph, uint32_t *position,
           struct opp_error *err)
{
    struct sorter s;
    uint32_t *order;

    sorter_init(&s, module, graph, position);
    order = arena_array(module->arena, s.n, uint32_t);
    if (sort(&s, order) < s.n)
        return fail_cycle(module, &s, err);
    graph->first = graph->last = NULL;
    for (uint32_t i = 0; i < s.n; i++)
        node_link(s.nodes[order[i]], NULL);
    edit_touch(module, graph);
    return OPP_OK;
}

enum opp_status
edit_sort_nodes(struct module *module, struct opp_error *err)
{
    uint32_t *const position =
        arena_array(module->arena, module->n_nodes, uint32_t);
    enum opp_status status = OPP_OK;

    for (uint32_t i = 0; status == OPP_OK && i < module->n_graphs; i++)
        status = sort_graph(module, module->graphs[i], position, err);
    return status;
}
