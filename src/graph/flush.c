#include "graph/flush.h"

static void
flush_nodes(struct module *module, struct graph *graph)
{
    Onnx__NodeProto **list;
    size_t n = 0;

    for_each_node (graph, node)
        n++;
    list = arena_array(module->arena, n, Onnx__NodeProto *);
    n = 0;
    for_each_node (graph, node)
        list[n++] = node->proto;
    if (graph->proto != NULL) {
        graph->proto->node = list;
        graph->proto->n_node = n;
    } else {
        graph->function->node = list;
        graph->function->n_node = n;
    }
}

static void
flush_initializers(struct module *module, struct graph *graph)
{
    Onnx__TensorProto **const list = arena_array(
        module->arena, graph->n_initializers, Onnx__TensorProto *);
    size_t n = 0;

    for (uint32_t i = 0; i < graph->n_initializers; i++)
        if (graph->initializers[i]->tensor != NULL)
            list[n++] = graph->initializers[i]->tensor;
    graph->proto->initializer = list;
    graph->proto->n_initializer = n;
}

void
graph_flush(struct module *module)
{
    for (uint32_t i = 0; i < module->n_graphs; i++) {
        struct graph *const graph = module->graphs[i];
        if (!graph->dirty)
            continue;
        flush_nodes(module, graph);
        if (graph->proto != NULL)
            flush_initializers(module, graph);
        graph->dirty = false;
    }
}
