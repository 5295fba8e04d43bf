/* lookup.c: questions to the index that need no more than a few steps. */
#include "graph/internal.h"

#include <string.h>

struct value *
graph_find(const struct graph *graph, const char *name)
{
    for (; graph != NULL; graph = graph->parent) {
        struct value *const value = map_get(&graph->names, name);
        if (value != NULL)
            return value;
    }
    return NULL;
}

static const char *
text_or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static const char *
canonical_domain(const char *domain)
{
    domain = text_or_empty(domain);
    return strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

const char *
function_key(struct module *module, const char *domain, const char *name,
             const char *overload)
{
    return arena_printf(module->arena, "%s\n%s\n%s", canonical_domain(domain),
                        text_or_empty(name), text_or_empty(overload));
}

static int64_t
find_import(Onnx__OperatorSetIdProto *const *imports, size_t n,
            const char *domain)
{
    int64_t version = 0;

    for (size_t i = 0; i < n; i++)
        if (strcmp(canonical_domain(imports[i]->domain), domain) == 0 &&
            imports[i]->version > 0)
            version = imports[i]->version;
    return version;
}

/* The version imported for a canonical domain; 0 for none. */
static int64_t
imported_version(const struct module *module, const struct graph *graph,
                 const char *domain)
{
    const Onnx__ModelProto *const model = module->model->proto;
    int64_t version = 0;

    while (graph->parent != NULL)
        graph = graph->parent;
    if (graph->kind == GRAPH_FUNCTION)
        version = find_import(graph->function->opset_import,
                              graph->function->n_opset_import, domain);
    return version != 0 ? version
                        : find_import(model->opset_import,
                                      model->n_opset_import, domain);
}

const struct graph *
graph_root(const struct graph *graph)
{
    while (graph->parent != NULL)
        graph = graph->parent;
    return graph;
}

int64_t
graph_opset(const struct module *module, const struct graph *graph,
            const char *domain)
{
    const char *const name = canonical_domain(domain);
    const int64_t version = imported_version(module, graph, name);

    return version == 0 && name[0] == '\0' ? 1 : version;
}

bool
graph_imports(const struct module *module, const struct graph *graph,
              const char *domain)
{
    return imported_version(module, graph, canonical_domain(domain)) != 0;
}

bool
function_imports(const Onnx__FunctionProto *function, const char *domain)
{
    return find_import(function->opset_import, function->n_opset_import,
                       canonical_domain(domain)) != 0;
}

/* The first opset that came with each ir_version (ONNX Versioning.md, "Released
 * Versions"): every runtime that reads the file has it. */
static const struct {
    int64_t ir_version, opset;
} first_opsets[] = {{3, 8},  {4, 9},  {5, 10}, {6, 11},
                    {7, 12}, {8, 15}, {9, 19}, {10, 21}};

static int64_t
first_opset(const Onnx__ModelProto *model)
{
    int64_t opset = first_opsets[0].opset;

    for (size_t i = 0; i < sizeof first_opsets / sizeof *first_opsets; i++)
        if (model->ir_version >= first_opsets[i].ir_version)
            opset = first_opsets[i].opset;
    return opset;
}

bool
model_imports_nothing(const Onnx__ModelProto *model)
{
    return model->ir_version < ONNX__VERSION__IR_VERSION_2017_11_3 &&
           model->n_opset_import == 0;
}

int64_t
graph_new_opset(const struct module *module, const struct graph *graph)
{
    return graph_imports(module, graph, "") ||
                   model_imports_nothing(module->model->proto)
               ? graph_opset(module, graph, "")
               : first_opset(module->model->proto);
}

const Onnx__AttributeProto *
node_attr(const struct node *node, const char *name)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++)
        if (strcmp(text_or_empty(node->proto->attribute[i]->name), name) == 0)
            return node->proto->attribute[i];
    return NULL;
}

bool
attr_is_reference(const Onnx__AttributeProto *attr)
{
    return text_or_empty(attr->ref_attr_name)[0] != '\0';
}

int64_t
node_attr_int(const struct node *node, const char *name, int64_t missing)
{
    const Onnx__AttributeProto *const attr = node_attr(node, name);

    return attr == NULL || !attr->has_i ? missing : attr->i;
}

int
attr_named_elem(const Onnx__AttributeProto *attr)
{
    char text[32] = "";
    const char *name = text;

    if (!attr->has_s || attr->s.len >= sizeof text)
        return ELEM_UNDEFINED;
    memcpy(text, attr->s.data, attr->s.len);
    if (strncmp(name, "TO_", 3) == 0)
        name += 3;
    return (int)elem_parse(name);
}

bool
node_is_constant(const struct node *node)
{
    return strcmp(node->proto->op_type, "Constant") == 0 &&
           canonical_domain(node->proto->domain)[0] == '\0' &&
           node->function == NULL;
}

const Onnx__TensorProto *
value_constant(const struct value *value)
{
    const Onnx__AttributeProto *attr;

    if (value->kind == VALUE_INITIALIZER)
        return value->tensor;
    if (value->def == NULL || !node_is_constant(value->def))
        return NULL;
    attr = node_attr(value->def, "value");
    return attr == NULL ? NULL : attr->t;
}

bool
value_is_output(const struct value *value)
{
    for_each_use (value, use)
        if (use->user == NULL)
            return true;
    return false;
}

const struct node *
node_ancestor_in(const struct node *node, const struct graph *graph)
{
    while (node != NULL && node->graph != graph)
        node = node->graph->owner;
    return node;
}

static const char *
body_name(const struct graph *body)
{
    for (uint32_t i = 0; i < body->owner->n_bodies; i++)
        if (body->owner->bodies[i] == body)
            return text_or_empty(body->owner->body_names[i]);
    return "";
}

const char *
graph_path(const struct module *module, const struct graph *graph)
{
    const char *path = "";

    for (; graph->parent != NULL; graph = graph->parent)
        path = arena_printf(module->arena, "%s.%s/%s",
                            node_label(module, graph->owner),
                            body_name(graph), path);
    if (graph->kind == GRAPH_FUNCTION)
        path = arena_printf(module->arena, "function %s/%s",
                            text_or_empty(graph->function->name), path);
    return path;
}

const char *
node_label(const struct module *module, const struct node *node)
{
    const char *const name = text_or_empty(node->proto->name);

    if (name[0] != '\0')
        return name;
    return arena_printf(module->arena, "%s#%u", node_op_type(node), node->id);
}

const struct node *
node_original(const struct node *node)
{
    return node->original == NULL ? node : node->original;
}

const char *
node_op_type(const struct node *node)
{
    const struct graph *const function = node->function;

    return function == NULL || function->original == NULL
               ? node->proto->op_type
               : function->original->function->name;
}

const char *
node_place(const struct module *module, const struct node *node)
{
    return arena_printf(module->arena, "node `%s%s` (%s)",
                        graph_path(module, node->graph),
                        node_label(module, node), node->proto->op_type);
}
