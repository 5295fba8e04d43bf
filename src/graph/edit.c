#include "graph/edit.h"

#include <assert.h>
#include <string.h>

#include "graph/internal.h"

bool
change_begin(struct module *module, const char *reason)
{
    assert(module->change == NULL);
    if (module->changes >= module->change_limit) {
        module->limited++;
        return false;
    }
    module->changes++;
    module->change = reason;
    return true;
}

void
change_resume(struct module *module, const char *reason)
{
    assert(module->change == NULL);
    module->change = reason;
}

void
change_end(struct module *module)
{
    assert(module->change != NULL);
    module->change = NULL;
}

void
edit_touch(const struct module *module, struct graph *graph)
{
    assert(module->change != NULL);
    graph->dirty = true;
    module->model->changed = true;
}

struct position
position_after(const struct value *value)
{
    struct graph *const graph = value->graph;

    return (struct position){
        .graph = graph,
        .before = value->def == NULL ? graph->first : value->def->next,
    };
}

/* The name that the file gives for an operand slot. */
static void
set_proto_name(const struct use *use, const struct value *value)
{
    if (use->user != NULL)
        use->user->proto->input[use->slot] = proto_string(value->name);
    else if (use->graph->proto != NULL)
        use->graph->proto->output[use->slot]->name =
            proto_string(value->name);
    else
        use->graph->function->output[use->slot] = proto_string(value->name);
}

static Onnx__NodeProto *
node_proto_new(struct module *module, const char *op_type, const char *input,
               const char *output)
{
    Onnx__NodeProto *const proto = arena_new(module->arena, Onnx__NodeProto);

    onnx__node_proto__init(proto);
    proto->name = proto_string(edit_fresh_name(module, output, ""));
    names_reserve(module, proto->name);
    proto->op_type = proto_string(op_type);
    proto->n_input = input == NULL ? 0 : 1;
    proto->n_output = 1;
    proto->input = arena_array(module->arena, 1, char *);
    proto->output = arena_array(module->arena, 1, char *);
    proto->input[0] = proto_string(input);
    proto->output[0] = proto_string(output);
    return proto;
}

struct node *
edit_insert_node(struct module *module, struct position at,
                 const char *op_type, struct value *input, const char *output)
{
    Onnx__NodeProto *const proto =
        node_proto_new(module, op_type, input == NULL ? NULL : input->name,
                       output);
    struct node *node;

    edit_import_default(module, at.graph);
    node = node_new(module, at.graph, proto);
    edit_touch(module, at.graph);
    node_link(node, at.before);
    if (input != NULL)
        use_link(&node->inputs[0], input);
    node->outputs[0] = value_new(module, at.graph, VALUE_NODE, output);
    node->outputs[0]->def = node;
    return node;
}

static void
remove_value(struct module *module, struct value *value)
{
    assert(value->uses == NULL);
    edit_drop_info(module, value);
    map_put(&value->graph->names, value->name, NULL);
    module->values[value->id] = NULL;
}

void
edit_remove_node(struct module *module, struct node *node)
{
    struct graph *const graph = node->graph;

    edit_touch(module, graph);
    for (uint32_t i = 0; i < node->n_inputs; i++)
        use_unlink(&node->inputs[i]);
    for (uint32_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL)
            remove_value(module, node->outputs[i]);
    *(node->prev == NULL ? &graph->first : &node->prev->next) = node->next;
    *(node->next == NULL ? &graph->last : &node->next->prev) = node->prev;
    module->nodes[node->id] = NULL;
}

/* The entry of graph.output behind a slot; NULL for slots of nodes and of
 * functions, which have none. */
static Onnx__ValueInfoProto *
output_info(const struct use *use)
{
    return use->user == NULL && use->graph->proto != NULL
               ? use->graph->proto->output[use->slot]
               : NULL;
}

void
edit_set_use(struct module *module, struct use *use, struct value *value)
{
    edit_touch(module, use->graph);
    assert(use->user != NULL || use->graph->kind == GRAPH_BODY);
    if (use->value != NULL && use->value->info == output_info(use))
        use->value->info = NULL;
    use_unlink(use);
    use_link(use, value);
    set_proto_name(use, value);
}

/* Moves the outputs of the value's own graph from one value to another. */
static void
move_output_uses(struct value *from, struct value *to)
{
    struct use *next;

    for (struct use *use = from->uses; use != NULL; use = next) {
        next = use->next;
        if (use->user == NULL && use->graph == from->graph) {
            use_unlink(use);
            use_link(use, to);
            set_proto_name(use, to);
        }
    }
}

static void
set_declared_name(const struct value *value, const char *name)
{
    if (value->kind == VALUE_NODE)
        value->def->proto->output[value->slot] = proto_string(name);
    if (value->kind == VALUE_INPUT)
        value->graph->proto->input[value->slot]->name = proto_string(name);
    if (value->tensor != NULL)
        value->tensor->name = proto_string(name);
    if (value->sparse != NULL && value->sparse->values != NULL)
        value->sparse->values->name = proto_string(name);
}

void
edit_rename_value(struct module *module, struct value *value,
                  const char *name)
{
    edit_touch(module, value->graph);
    map_put(&value->graph->names, value->name, NULL);
    value->name = name;
    map_put(&value->graph->names, name, value);
    map_put(&module->names, name, value);
    set_declared_name(value, name);
    for_each_use (value, use)
        set_proto_name(use, value);
    if (value->info != NULL)
        value->info->name = proto_string(name);
    for (const struct info_entry *e = value->more_infos; e != NULL;
         e = e->next)
        e->info->name = proto_string(name);
}

struct node *
edit_take_output(struct module *module, struct value *value,
                 const char *suffix, const char *op_type)
{
    const char *const public_name = value->name;
    Onnx__ValueInfoProto *const info = value->info;
    struct info_entry *const more_infos = value->more_infos;
    struct node *node;

    assert(value->def != NULL);
    value->info = NULL;
    value->more_infos = NULL;
    edit_rename_value(module, value,
                      edit_fresh_name(module, public_name, suffix));
    node = edit_insert_node(module, position_after(value), op_type, value,
                            public_name);
    node->outputs[0]->info = info;
    node->outputs[0]->more_infos = more_infos;
    move_output_uses(value, node->outputs[0]);
    return node;
}

void
edit_return_output(struct module *module, struct node *node)
{
    struct value *const inner = node->inputs[0].value;
    struct value *const output = node->outputs[0];
    struct node *const maker = inner->def;

    assert(maker != NULL && maker->graph == node->graph);
    use_unlink(&node->inputs[0]);
    while (inner->uses != NULL)
        edit_set_use(module, inner->uses, output);
    node->outputs[0] = NULL;
    edit_remove_node(module, node);
    output->def = maker;
    output->slot = inner->slot;
    maker->outputs[inner->slot] = output;
    maker->proto->output[inner->slot] = proto_string(output->name);
    remove_value(module, inner);
}

/* The tensor type inside sequences and optionals, or NULL. */
static Onnx__TypeProto__Tensor *
innermost_tensor(Onnx__TypeProto *type)
{
    while (type != NULL) {
        switch (type->value_case) {
        case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
            return type->tensor_type;
        case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE:
            type = type->sequence_type->elem_type;
            continue;
        case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE:
            type = type->optional_type->elem_type;
            continue;
        case ONNX__TYPE_PROTO__VALUE__NOT_SET:
        case ONNX__TYPE_PROTO__VALUE_MAP_TYPE:
        case ONNX__TYPE_PROTO__VALUE_OPAQUE_TYPE:
        case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
        case _ONNX__TYPE_PROTO__VALUE__CASE_IS_INT_SIZE:
            return NULL;
        }
        return NULL;
    }
    return NULL;
}

static void
set_info_elem(struct module *module, struct graph *graph,
              const Onnx__ValueInfoProto *info, int elem)
{
    Onnx__TypeProto__Tensor *const tensor =
        info == NULL ? NULL : innermost_tensor(info->type);

    if (tensor == NULL || tensor->elem_type == elem)
        return;
    edit_touch(module, graph);
    tensor->has_elem_type = 1;
    tensor->elem_type = elem;
}

void
edit_set_elem_type(struct module *module, struct value *value, int elem)
{
    set_info_elem(module, value->graph, value->info, elem);
    for (const struct info_entry *e = value->more_infos; e != NULL;
         e = e->next)
        set_info_elem(module, e->graph, e->info, elem);
    for_each_use (value, use)
        set_info_elem(module, use->graph, output_info(use), elem);
}

static Onnx__TypeProto *
tensor_type_new(struct arena *arena, int elem)
{
    Onnx__TypeProto *const type = arena_new(arena, Onnx__TypeProto);

    onnx__type_proto__init(type);
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = arena_new(arena, Onnx__TypeProto__Tensor);
    onnx__type_proto__tensor__init(type->tensor_type);
    type->tensor_type->has_elem_type = 1;
    type->tensor_type->elem_type = elem;
    return type;
}

void
edit_declare(struct module *module, struct value *value, int elem)
{
    Onnx__GraphProto *const proto = value->graph->proto;
    Onnx__ValueInfoProto **list;
    Onnx__ValueInfoProto *info;

    if (value->info != NULL || proto == NULL)
        return;
    edit_touch(module, value->graph);
    info = arena_new(module->arena, Onnx__ValueInfoProto);
    onnx__value_info_proto__init(info);
    info->name = proto_string(value->name);
    info->type = tensor_type_new(module->arena, elem);
    list = arena_array(module->arena, proto->n_value_info + 1,
                       Onnx__ValueInfoProto *);
    if (proto->n_value_info > 0)
        memcpy(list, proto->value_info, proto->n_value_info * sizeof *list);
    list[proto->n_value_info++] = info;
    proto->value_info = list;
    value->info = info;
}

static void
drop_from(Onnx__ValueInfoProto **infos, size_t *n,
          const Onnx__ValueInfoProto *info)
{
    size_t kept = 0;

    for (size_t i = 0; i < *n; i++)
        if (infos[i] != info)
            infos[kept++] = infos[i];
    *n = kept;
}

static void
drop_info(struct module *module, struct graph *graph,
          const Onnx__ValueInfoProto *info)
{
    if (info == NULL)
        return;
    edit_touch(module, graph);
    if (graph->proto != NULL)
        drop_from(graph->proto->value_info, &graph->proto->n_value_info, info);
    else
        drop_from(graph->function->value_info,
                  &graph->function->n_value_info, info);
}

void
edit_drop_info(struct module *module, struct value *value)
{
    drop_info(module, value->graph, value->info);
    for (const struct info_entry *e = value->more_infos; e != NULL;
         e = e->next)
        drop_info(module, e->graph, e->info);
    value->info = NULL;
    value->more_infos = NULL;
}

struct value *
edit_add_initializer(struct module *module, struct graph *graph,
                     Onnx__TensorProto *tensor)
{
    struct value *const value =
        value_new(module, graph, VALUE_INITIALIZER, tensor->name);

    edit_touch(module, graph);
    value->tensor = tensor;
    graph->initializers =
        arena_grow(module->arena, graph->initializers, graph->n_initializers,
                   sizeof *graph->initializers);
    graph->initializers[graph->n_initializers++] = value;
    return value;
}

void
edit_set_tensor(struct module *module, struct value *initializer,
                Onnx__TensorProto *tensor)
{
    edit_touch(module, initializer->graph);
    tensor->name = proto_string(initializer->name);
    initializer->tensor = tensor;
}

void
edit_remove_initializer(struct module *module, struct value *initializer)
{
    struct graph *const graph = initializer->graph;
    uint32_t kept = 0;

    assert(initializer->uses == NULL);
    edit_touch(module, graph);
    edit_drop_info(module, initializer);
    for (uint32_t i = 0; i < graph->n_initializers; i++)
        if (graph->initializers[i] != initializer)
            graph->initializers[kept++] = graph->initializers[i];
    graph->n_initializers = kept;
    map_put(&graph->names, initializer->name, NULL);
    module->values[initializer->id] = NULL;
}
