#include "graph/flush.h"

#include "graph/internal.h"

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

static void
flush(struct module *module, struct graph *graph)
{
    if (!graph->dirty)
        return;
    flush_nodes(module, graph);
    if (graph->proto != NULL)
        flush_initializers(module, graph);
    graph->dirty = false;
}

void
flush_with_bodies(struct module *module, struct graph *graph)
{
    flush(module, graph);
    for_each_node (graph, node)
        for (uint32_t i = 0; i < node->n_bodies; i++)
            flush_with_bodies(module, node->bodies[i]);
}

/* Copies of functions stand behind those of the file. */
static void
flush_functions(struct module *module)
{
    Onnx__ModelProto *const proto = module->model->proto;
    Onnx__FunctionProto **list;
    size_t n = 0;

    for (uint32_t i = 0; i < module->n_graphs; i++)
        n += module->graphs[i]->kind == GRAPH_FUNCTION;
    if (n == proto->n_functions)
        return;
    list = arena_array(module->arena, n, Onnx__FunctionProto *);
    n = 0;
    for (uint32_t i = 0; i < module->n_graphs; i++)
        if (module->graphs[i]->kind == GRAPH_FUNCTION)
            list[n++] = module->graphs[i]->function;
    proto->functions = list;
    proto->n_functions = n;
}

void
graph_flush(struct module *module)
{
    for (uint32_t i = 0; i < module->n_graphs; i++)
        flush(module, module->graphs[i]);
    flush_functions(module);
}
