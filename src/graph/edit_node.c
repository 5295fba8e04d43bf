/* edit_node.c: the verbs of edit.h that make one op of a node into another. */
#include "graph/edit.h"

#include <assert.h>
#include <string.h>

#include "graph/internal.h"

bool
edit_can_set_op(struct module *module, const struct graph *graph,
                const char *op_type)
{
    const struct op_schema *const op =
        ops_find("", op_type, graph_new_opset(module, graph));

    return op != NULL && (op->flags & (OP_EXTENSION | OP_DEPRECATED)) == 0 &&
           (module->functions.count == 0 ||
            map_get(&module->functions,
                    function_key(module, "", op_type, "")) == NULL);
}

void
edit_set_op(struct module *module, struct node *node, const char *op_type,
            struct value *const *inputs, uint32_t n_inputs)
{
    Onnx__NodeProto *const proto = node->proto;

    assert(node->n_bodies == 0 && node->function == NULL);
    edit_touch(module, node->graph);
    for (uint32_t i = 0; i < node->n_inputs; i++)
        use_unlink(&node->inputs[i]);
    proto->op_type = proto_string(op_type);
    proto->n_attribute = 0;
    proto->n_input = n_inputs;
    proto->input = arena_array(module->arena, n_inputs, char *);
    node->n_inputs = n_inputs;
    node->inputs = arena_array(module->arena, n_inputs, struct use);
    for (uint32_t i = 0; i < n_inputs; i++) {
        node->inputs[i] =
            (struct use){.user = node, .graph = node->graph, .slot = i};
        use_link(&node->inputs[i], inputs[i]);
        proto->input[i] = proto_string(inputs[i]->name);
    }
    node_resolve(module, node);
    assert(node->op != NULL);
}

static bool
has_key(const Onnx__NodeProto *proto, const char *key)
{
    for (size_t i = 0; i < proto->n_metadata_props; i++) {
        const char *const other = proto->metadata_props[i]->key;
        if (other != NULL && strcmp(other, key) == 0)
            return true;
    }
    return false;
}

void
edit_take_metadata(struct module *module, struct node *node,
                   const struct node *from)
{
    Onnx__NodeProto *const to = node->proto;
    const Onnx__NodeProto *const old = from->proto;
    Onnx__StringStringEntryProto **list;

    if (old->n_metadata_props == 0)
        return;
    edit_touch(module, node->graph);
    list =
        arena_array(module->arena, to->n_metadata_props + old->n_metadata_props,
                    Onnx__StringStringEntryProto *);
    if (to->n_metadata_props > 0)
        memcpy(list, to->metadata_props, to->n_metadata_props * sizeof *list);
    to->metadata_props = list;
    for (size_t i = 0; i < old->n_metadata_props; i++)
        if (old->metadata_props[i]->key != NULL &&
            !has_key(to, old->metadata_props[i]->key))
            list[to->n_metadata_props++] = old->metadata_props[i];
}
