/* outside.c: what refers to values by name and is no operand of a node:
 * graphs for training and their bindings (IR.md, "Training Related
 * Information"), and parameters of quantisation. The initializers that it
 * names are held: they must stay as they are. */
#include "graph/internal.h"

/* Names that a graph for training, or a body in it, declares. */
struct scope {
    struct map names;
    const struct scope *outer;
};

static void visit_graph(struct module *module, const Onnx__GraphProto *proto,
                        const struct scope *outer);

static bool
is_known(const struct scope *scope, const char *name)
{
    for (; scope != NULL; scope = scope->outer)
        if (map_get(&scope->names, name) != NULL)
            return true;
    return false;
}

/* `name`, which may be NULL, is read in `graph` by something outside. */
static void
hold(struct module *module, const struct graph *graph, const char *name)
{
    struct value *const value =
        name == NULL ? NULL : graph_find(graph, name);

    names_reserve(module, name);
    if (value != NULL && (value->tensor != NULL || value->sparse != NULL))
        value->held = true;
}

static void
declare(struct module *module, struct scope *scope, char *name)
{
    if (name == NULL || name[0] == '\0')
        return;
    names_reserve(module, name);
    map_put(&scope->names, name, name);
}

static void
declare_all(struct module *module, const Onnx__GraphProto *proto,
            struct scope *scope)
{
    for (size_t i = 0; i < proto->n_input; i++)
        declare(module, scope, proto->input[i]->name);
    for (size_t i = 0; i < proto->n_initializer; i++)
        declare(module, scope, proto->initializer[i]->name);
    for (size_t i = 0; i < proto->n_sparse_initializer; i++)
        if (proto->sparse_initializer[i]->values != NULL)
            declare(module, scope, proto->sparse_initializer[i]->values->name);
    for (size_t i = 0; i < proto->n_node; i++) {
        names_reserve(module, proto->node[i]->name);
        for (size_t k = 0; k < proto->node[i]->n_output; k++)
            declare(module, scope, proto->node[i]->output[k]);
    }
}

static void
visit_name(struct module *module, const struct scope *scope, const char *name)
{
    if (name != NULL && !is_known(scope, name))
        hold(module, module->graphs[0], name);
}

static void
visit_node(struct module *module, const Onnx__NodeProto *node,
           const struct scope *scope)
{
    for (size_t i = 0; i < node->n_input; i++)
        visit_name(module, scope, node->input[i]);
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *const attr = node->attribute[i];
        if (attr->g != NULL)
            visit_graph(module, attr->g, scope);
        for (size_t k = 0; k < attr->n_graphs; k++)
            visit_graph(module, attr->graphs[k], scope);
    }
}

static void
visit_graph(struct module *module, const Onnx__GraphProto *proto,
            const struct scope *outer)
{
    struct scope scope = {.outer = outer};

    if (proto == NULL)
        return;
    map_init(&scope.names, module->arena);
    declare_all(module, proto, &scope);
    for (size_t i = 0; i < proto->n_node; i++)
        visit_node(module, proto->node[i], &scope);
    for (size_t i = 0; i < proto->n_output; i++)
        visit_name(module, &scope, proto->output[i]->name);
    for (size_t i = 0; i < proto->n_value_info; i++)
        names_reserve(module, proto->value_info[i]->name);
}

/* Keys are initializers that a step of training sets, values are what it sets
 * them to. */
static void
visit_bindings(struct module *module,
               Onnx__StringStringEntryProto *const *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hold(module, module->graphs[0], entries[i]->key);
        hold(module, module->graphs[0], entries[i]->value);
    }
}

static void
visit_annotation(struct module *module, const struct graph *graph,
                 const Onnx__TensorAnnotation *annotation)
{
    names_reserve(module, annotation->tensor_name);
    for (size_t i = 0; i < annotation->n_quant_parameter_tensor_names; i++)
        hold(module, graph, annotation->quant_parameter_tensor_names[i]->value);
}

void
graph_hold_named(struct module *module)
{
    const Onnx__ModelProto *const model = module->model->proto;

    for (size_t i = 0; i < model->n_training_info; i++) {
        const Onnx__TrainingInfoProto *const info = model->training_info[i];
        visit_graph(module, info->initialization, NULL);
        visit_graph(module, info->algorithm, NULL);
        visit_bindings(module, info->initialization_binding,
                       info->n_initialization_binding);
        visit_bindings(module, info->update_binding, info->n_update_binding);
    }
    for (uint32_t i = 0; i < module->n_graphs; i++) {
        const struct graph *const graph = module->graphs[i];
        const Onnx__GraphProto *const proto = graph->proto;
        for (size_t k = 0;
             proto != NULL && k < proto->n_quantization_annotation; k++)
            visit_annotation(module, graph,
                             proto->quantization_annotation[k]);
    }
}
