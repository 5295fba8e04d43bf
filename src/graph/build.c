/* build.c: lays the index over an unpacked model. */
#include "graph/internal.h"

#include <assert.h>

/* An operand whose name no scope knew when it was met: legal only in a graph
 * that is not sorted, so it is looked up again once all is declared. */
struct pending {
    struct use *use;
    const char *name;
    struct pending *next;
};

struct builder {
    struct module *module;
    struct pending *pending, **tail;
    struct opp_error *err;
};

static enum opp_status build_graph(struct builder *b, struct graph *graph);

struct value *
value_new(struct module *module, struct graph *graph, enum value_kind kind,
          const char *name)
{
    struct value *const value = arena_new(module->arena, struct value);

    value->kind = kind;
    value->name = name;
    value->graph = graph;
    value->id = module->n_values;
    module->values = arena_grow(module->arena, module->values,
                                module->n_values, sizeof *module->values);
    module->values[module->n_values++] = value;
    map_put(&graph->names, name, value);
    map_put(&module->names, name, value);
    return value;
}

static struct graph *
graph_new(struct module *module, enum graph_kind kind, struct graph *parent)
{
    struct graph *const graph = arena_new(module->arena, struct graph);

    graph->kind = kind;
    graph->parent = parent;
    graph->id = module->n_graphs;
    map_init(&graph->names, module->arena);
    module->graphs = arena_grow(module->arena, module->graphs,
                                module->n_graphs, sizeof(struct graph *));
    module->graphs[module->n_graphs++] = graph;
    return graph;
}

static struct graph *
find_function(struct module *module, const Onnx__NodeProto *proto)
{
    if (module->functions.count == 0)
        return NULL;
    return map_get(&module->functions,
                   function_key(module, proto->domain, proto->op_type,
                                proto->overload));
}

static const struct op_schema *
find_op(const struct module *module, const struct graph *graph,
        const char *domain, const char *name)
{
    const int64_t opset = graph_opset(module, graph, domain);
    const struct op_schema *const op = ops_find(domain, name, opset);

    return op != NULL ? op
                      : signatures_find(module->signatures, domain, name,
                                        opset);
}

void
node_resolve(struct module *module, struct node *node)
{
    const Onnx__NodeProto *const proto = node->proto;
    const char *const domain = proto->domain == NULL ? "" : proto->domain;

    node->function = find_function(module, proto);
    node->op = node->function != NULL
                   ? NULL
                   : find_op(module, node->graph, domain, proto->op_type);
}

struct node *
node_new(struct module *module, struct graph *graph, Onnx__NodeProto *proto)
{
    struct node *const node = arena_new(module->arena, struct node);

    node->proto = proto;
    node->graph = graph;
    node->id = module->n_nodes;
    node->n_inputs = (uint32_t)proto->n_input;
    node->n_outputs = (uint32_t)proto->n_output;
    node->inputs = arena_array(module->arena, proto->n_input, struct use);
    node->outputs = arena_array(module->arena, proto->n_output,
                                struct value *);
    node_resolve(module, node);
    for (uint32_t i = 0; i < node->n_inputs; i++)
        node->inputs[i] =
            (struct use){.user = node, .graph = graph, .slot = i};
    module->nodes = arena_grow(module->arena, module->nodes, module->n_nodes,
                               sizeof *module->nodes);
    module->nodes[module->n_nodes++] = node;
    return node;
}

static enum opp_status
fail_duplicate(struct builder *b, const struct graph *graph, const char *name)
{
    error_set(b->err, OPP_EINPUT, "two values are called `%s`", name);
    error_where(b->err, "%s%s", b->module->model->path,
                graph_path(b->module, graph));
    error_why(b->err, "a name may be given once in each scope");
    return OPP_EINPUT;
}

/* Binds `use` to the value that `name` means here, now or later. */
static void
resolve(struct builder *b, struct use *use, const char *name)
{
    struct value *const value = graph_find(use->graph, name);
    struct pending *pending;

    if (value != NULL) {
        use_link(use, value);
        return;
    }
    pending = arena_new(b->module->arena, struct pending);
    pending->use = use;
    pending->name = name;
    *b->tail = pending;
    b->tail = &pending->next;
}

static bool
is_missing(const char *name)
{
    return name == NULL || name[0] == '\0';
}

static void
add_body(struct builder *b, struct node *node, const char *name,
         Onnx__GraphProto *proto)
{
    struct graph *const body =
        graph_new(b->module, GRAPH_BODY, node->graph);
    struct arena *const arena = b->module->arena;

    body->proto = proto;
    body->owner = node;
    node->bodies = arena_grow(arena, node->bodies, node->n_bodies,
                              sizeof *node->bodies);
    node->body_names = arena_grow(arena, node->body_names, node->n_bodies,
                                  sizeof *node->body_names);
    node->bodies[node->n_bodies] = body;
    node->body_names[node->n_bodies++] = name == NULL ? "" : name;
}

static enum opp_status
build_bodies(struct builder *b, struct node *node)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *const attr = node->proto->attribute[i];
        if (attr->g != NULL)
            add_body(b, node, attr->name, attr->g);
        for (size_t k = 0; k < attr->n_graphs; k++)
            add_body(b, node, attr->name, attr->graphs[k]);
    }
    for (uint32_t i = 0; i < node->n_bodies; i++) {
        const enum opp_status status = build_graph(b, node->bodies[i]);
        if (status != OPP_OK)
            return status;
    }
    return OPP_OK;
}

/* Where there are functions, a new one must not get the name of any op. */
static void
reserve_op(struct builder *b, char *op_type, char *overload)
{
    if (b->module->functions.count == 0)
        return;
    names_reserve(b->module, op_type);
    names_reserve(b->module, overload);
}

static enum opp_status
build_node(struct builder *b, struct graph *graph, Onnx__NodeProto *proto)
{
    struct node *node;
    enum opp_status status;

    if (is_missing(proto->op_type)) {
        error_set(b->err, OPP_EINPUT, "node `%s` has no op_type",
                  proto->name == NULL ? "" : proto->name);
        error_where(b->err, "%s  %s", b->module->model->path,
                    graph_path(b->module, graph));
        return OPP_EINPUT;
    }
    node = node_new(b->module, graph, proto);
    node_link(node, NULL);
    names_reserve(b->module, proto->name);
    reserve_op(b, proto->op_type, proto->overload);
    for (uint32_t i = 0; i < node->n_inputs; i++)
        if (!is_missing(proto->input[i]))
            resolve(b, &node->inputs[i], proto->input[i]);
    status = build_bodies(b, node);
    if (status != OPP_OK)
        return status;
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        const char *const name = proto->output[i];
        if (is_missing(name))
            continue;
        if (map_get(&graph->names, name) != NULL)
            return fail_duplicate(b, graph, name);
        node->outputs[i] = value_new(b->module, graph, VALUE_NODE, name);
        node->outputs[i]->def = node;
        node->outputs[i]->slot = i;
    }
    return OPP_OK;
}

static enum opp_status
declare_input(struct builder *b, struct graph *graph, const char *name,
              Onnx__ValueInfoProto *info)
{
    struct value *value;

    if (map_get(&graph->names, name) != NULL)
        return fail_duplicate(b, graph, name);
    value = value_new(b->module, graph, VALUE_INPUT, name);
    value->slot = graph->n_inputs;
    value->info = info;
    graph->inputs[graph->n_inputs++] = value;
    return OPP_OK;
}

/* An initializer may have the name of an input: then it is its default. */
static struct value *
declare_initializer(struct builder *b, struct graph *graph, const char *name)
{
    struct value *value = map_get(&graph->names, name);

    if (value == NULL)
        value = value_new(b->module, graph, VALUE_INITIALIZER, name);
    graph->initializers =
        arena_grow(b->module->arena, graph->initializers,
                   graph->n_initializers, sizeof *graph->initializers);
    graph->initializers[graph->n_initializers++] = value;
    return value;
}

static enum opp_status
declare_proto_values(struct builder *b, struct graph *graph)
{
    Onnx__GraphProto *const proto = graph->proto;

    graph->inputs =
        arena_array(b->module->arena, proto->n_input, struct value *);
    for (size_t i = 0; i < proto->n_input; i++) {
        Onnx__ValueInfoProto *const info = proto->input[i];
        const enum opp_status status = declare_input(
            b, graph, info->name == NULL ? "" : info->name, info);
        if (status != OPP_OK)
            return status;
    }
    for (size_t i = 0; i < proto->n_initializer; i++) {
        Onnx__TensorProto *const tensor = proto->initializer[i];
        struct value *const value = declare_initializer(
            b, graph, tensor->name == NULL ? "" : tensor->name);
        if (value->tensor != NULL)
            return fail_duplicate(b, graph, value->name);
        value->tensor = tensor;
    }
    for (size_t i = 0; i < proto->n_sparse_initializer; i++) {
        Onnx__SparseTensorProto *const sparse = proto->sparse_initializer[i];
        const bool named = sparse->values != NULL &&
                           sparse->values->name != NULL;
        struct value *const value = declare_initializer(
            b, graph, named ? sparse->values->name : "");
        if (value->tensor != NULL || value->sparse != NULL)
            return fail_duplicate(b, graph, value->name);
        value->sparse = sparse;
    }
    return OPP_OK;
}

static enum opp_status
declare_function_values(struct builder *b, struct graph *graph)
{
    const Onnx__FunctionProto *const proto = graph->function;

    graph->inputs =
        arena_array(b->module->arena, proto->n_input, struct value *);
    for (size_t i = 0; i < proto->n_input; i++) {
        const enum opp_status status =
            declare_input(b, graph, proto->input[i], NULL);
        if (status != OPP_OK)
            return status;
    }
    return OPP_OK;
}

/* Names of outputs may be unknown here only in an unsorted graph, but then
 * all nodes have been seen; resolve() covers both. */
static void
build_outputs(struct builder *b, struct graph *graph)
{
    const size_t n = graph->proto != NULL ? graph->proto->n_output
                                          : graph->function->n_output;

    graph->outputs = arena_array(b->module->arena, n, struct use);
    for (size_t i = 0; i < n; i++) {
        struct use *const use = &graph->outputs[graph->n_outputs++];
        const char *const name = graph->proto != NULL
                                     ? graph->proto->output[i]->name
                                     : graph->function->output[i];
        *use = (struct use){.graph = graph, .slot = (uint32_t)i};
        if (!is_missing(name))
            resolve(b, use, name);
    }
}

/* An entry of value_info is about a value of this scope or of an outer one,
 * which may be declared later in a graph that is not sorted. */
static void
attach_info(struct builder *b, struct graph *graph, Onnx__ValueInfoProto *info)
{
    struct value *const value =
        is_missing(info->name) ? NULL : graph_find(graph, info->name);
    struct info_entry *entry;

    names_reserve(b->module, info->name);
    if (value == NULL)
        return;
    if (value->info == NULL && value->graph == graph) {
        value->info = info;
        return;
    }
    entry = arena_new(b->module->arena, struct info_entry);
    *entry = (struct info_entry){info, graph, value->more_infos};
    value->more_infos = entry;
}

static void
attach_output(struct builder *b, const struct graph *graph,
              Onnx__ValueInfoProto *info)
{
    struct value *const value =
        is_missing(info->name) ? NULL : map_get(&graph->names, info->name);

    names_reserve(b->module, info->name);
    if (value != NULL && value->info == NULL)
        value->info = info;
}

/* The graph's outputs come first: their entry is part of the interface, a
 * value_info entry of the same name is a remark. */
static void
attach_infos(struct builder *b, struct graph *graph)
{
    if (graph->proto == NULL) {
        for (size_t i = 0; i < graph->function->n_value_info; i++)
            attach_info(b, graph, graph->function->value_info[i]);
        return;
    }
    for (size_t i = 0; i < graph->proto->n_output; i++)
        attach_output(b, graph, graph->proto->output[i]);
    for (size_t i = 0; i < graph->proto->n_value_info; i++)
        attach_info(b, graph, graph->proto->value_info[i]);
}

static enum opp_status
build_graph(struct builder *b, struct graph *graph)
{
    const bool is_function = graph->kind == GRAPH_FUNCTION;
    const size_t n = is_function ? graph->function->n_node
                                 : graph->proto->n_node;
    Onnx__NodeProto **const protos =
        is_function ? graph->function->node : graph->proto->node;
    enum opp_status status = is_function ? declare_function_values(b, graph)
                                         : declare_proto_values(b, graph);

    for (size_t i = 0; status == OPP_OK && i < n; i++)
        status = build_node(b, graph, protos[i]);
    if (status != OPP_OK)
        return status;
    build_outputs(b, graph);
    return OPP_OK;
}

static enum opp_status
fail_unknown_name(const struct builder *b, const struct pending *pending)
{
    const struct use *const use = pending->use;

    error_set(b->err, OPP_EINPUT, "no value is called `%s`", pending->name);
    if (use->user == NULL)
        error_where(b->err, "%s  %soutput %u", b->module->model->path,
                    graph_path(b->module, use->graph), use->slot);
    else
        error_where(b->err, "%s  %s, input %u", b->module->model->path,
                    node_place(b->module, use->user), use->slot);
    return OPP_EINPUT;
}

static enum opp_status
resolve_pending(struct builder *b)
{
    for (struct pending *p = b->pending; p != NULL; p = p->next) {
        struct value *const value = graph_find(p->use->graph, p->name);
        if (value == NULL)
            return fail_unknown_name(b, p);
        use_link(p->use, value);
    }
    return OPP_OK;
}

/* ---- the whole ----------------------------------------------------------- */

static struct graph *
declare_function(struct builder *b, Onnx__FunctionProto *function)
{
    struct module *const module = b->module;
    struct graph *const graph = graph_new(module, GRAPH_FUNCTION, NULL);

    graph->function = function;
    map_put(&module->functions,
            function_key(module, function->domain, function->name,
                         function->overload),
            graph);
    reserve_op(b, function->name, function->overload);
    return graph;
}

/* What needs all values of the graphs from `first` on to be known. */
static enum opp_status
finish(struct builder *b, uint32_t first)
{
    const enum opp_status status = resolve_pending(b);

    for (uint32_t i = first; status == OPP_OK && i < b->module->n_graphs; i++)
        attach_infos(b, b->module->graphs[i]);
    return status;
}

struct graph *
function_new(struct module *module, Onnx__FunctionProto *proto)
{
    struct builder b = {.module = module};
    const uint32_t first = module->n_graphs;
    struct graph *graph;
    enum opp_status status;

    b.tail = &b.pending;
    graph = declare_function(&b, proto);
    status = build_graph(&b, graph);
    if (status == OPP_OK)
        status = finish(&b, first);
    assert(status == OPP_OK);
    return graph;
}

/* Functions are declared before any node is built, so that calls find them
 * whatever the order in the file. */
enum opp_status
graph_build(struct module *module, struct model *model,
            const struct op_signatures *signatures, struct opp_error *err)
{
    struct builder b = {.module = module, .err = err};
    const Onnx__ModelProto *const proto = model->proto;
    enum opp_status status;

    *module = (struct module){.model = model,
                              .signatures = signatures,
                              .arena = &model->arena,
                              .change_limit = UINT64_MAX};
    map_init(&module->functions, module->arena);
    map_init(&module->names, module->arena);
    map_init(&module->fresh, module->arena);
    b.tail = &b.pending;
    graph_new(module, GRAPH_MAIN, NULL)->proto = proto->graph;
    for (size_t i = 0; i < proto->n_functions; i++)
        declare_function(&b, proto->functions[i]);
    status = build_graph(&b, module->graphs[0]);
    for (uint32_t i = 1; status == OPP_OK && i <= proto->n_functions; i++)
        status = build_graph(&b, module->graphs[i]);
    if (status == OPP_OK)
        status = finish(&b, 0);
    if (status == OPP_OK)
        graph_hold_named(module);
    return status;
}
