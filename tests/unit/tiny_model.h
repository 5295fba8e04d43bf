/* tiny_model.h: models of a few nodes, built in memory for unit tests. Text is
 * cut at spaces: operands are "x y", typed values "x:1 y:10" (a number is an
 * element type; "s1" a sequence of it, none is no type), "-" an omitted
 * operand. All of it lives in the arena of the struct model. */
#ifndef TESTS_TINY_MODEL_H
#define TESTS_TINY_MODEL_H

#include <stdlib.h>
#include <string.h>

#include "facts/types.h"

struct tiny {
    jmp_buf unwind;
    struct model model;
    struct module module;
    struct types *types;
    struct opp_error err;
    Onnx__GraphProto *graph;
};

static inline char *
tiny_copy(struct tiny *t, const char *text)
{
    return arena_strdup(&t->model.arena, text);
}

/* Cuts `text` (not NULL) at spaces. */
static inline char **
tiny_words(struct tiny *t, const char *text, size_t *n)
{
    char **const words = arena_array(&t->model.arena, strlen(text) + 1, char *);
    char *rest = tiny_copy(t, text);

    *n = 0;
    for (char *w = strtok(rest, " "); w != NULL; w = strtok(NULL, " "))
        words[(*n)++] = strcmp(w, "-") == 0 ? tiny_copy(t, "") : w;
    return words;
}

static inline Onnx__TypeProto *
tiny_tensor_type(struct tiny *t, int elem)
{
    Onnx__TypeProto *const type = arena_new(&t->model.arena, Onnx__TypeProto);
    Onnx__TypeProto__Tensor *const tensor =
        arena_new(&t->model.arena, Onnx__TypeProto__Tensor);

    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    tensor->has_elem_type = 1;
    tensor->elem_type = elem;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    return type;
}

static inline Onnx__TypeProto *
tiny_sequence_type(struct tiny *t, int elem)
{
    Onnx__TypeProto *const type = arena_new(&t->model.arena, Onnx__TypeProto);
    Onnx__TypeProto__Sequence *const sequence =
        arena_new(&t->model.arena, Onnx__TypeProto__Sequence);

    onnx__type_proto__init(type);
    onnx__type_proto__sequence__init(sequence);
    sequence->elem_type = tiny_tensor_type(t, elem);
    type->value_case = ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE;
    type->sequence_type = sequence;
    return type;
}

/* "name", "name:1" or "name:s1". */
static inline Onnx__ValueInfoProto *
tiny_info(struct tiny *t, const char *text)
{
    Onnx__ValueInfoProto *const info =
        arena_new(&t->model.arena, Onnx__ValueInfoProto);
    char *colon;

    onnx__value_info_proto__init(info);
    info->name = tiny_copy(t, text);
    colon = strchr(info->name, ':');
    if (colon == NULL)
        return info;
    *colon = '\0';
    info->type = colon[1] == 's' ? tiny_sequence_type(t, atoi(colon + 2))
                                 : tiny_tensor_type(t, atoi(colon + 1));
    return info;
}

static inline Onnx__ValueInfoProto **
tiny_infos(struct tiny *t, const char *text, size_t *n)
{
    char **const words = tiny_words(t, text, n);
    Onnx__ValueInfoProto **const infos =
        arena_array(&t->model.arena, *n, Onnx__ValueInfoProto *);

    for (size_t i = 0; i < *n; i++)
        infos[i] = tiny_info(t, words[i]);
    return infos;
}

static inline Onnx__GraphProto *
tiny_graph(struct tiny *t, const char *inputs, const char *outputs)
{
    Onnx__GraphProto *const graph =
        arena_new(&t->model.arena, Onnx__GraphProto);

    onnx__graph_proto__init(graph);
    graph->name = tiny_copy(t, "g");
    graph->input = tiny_infos(t, inputs, &graph->n_input);
    graph->output = tiny_infos(t, outputs, &graph->n_output);
    return graph;
}

static inline Onnx__NodeProto *
tiny_node(struct tiny *t, Onnx__GraphProto *graph, const char *op,
          const char *inputs, const char *outputs)
{
    Onnx__NodeProto *const node = arena_new(&t->model.arena, Onnx__NodeProto);

    onnx__node_proto__init(node);
    node->op_type = tiny_copy(t, op);
    node->input = tiny_words(t, inputs, &node->n_input);
    node->output = tiny_words(t, outputs, &node->n_output);
    graph->node = arena_grow(&t->model.arena, graph->node, graph->n_node,
                             sizeof *graph->node);
    graph->node[graph->n_node++] = node;
    return node;
}

static inline Onnx__AttributeProto *
tiny_attr(struct tiny *t, Onnx__NodeProto *node, const char *name)
{
    Onnx__AttributeProto *const attr =
        arena_new(&t->model.arena, Onnx__AttributeProto);

    onnx__attribute_proto__init(attr);
    attr->name = tiny_copy(t, name);
    node->attribute = arena_grow(&t->model.arena, node->attribute,
                                 node->n_attribute, sizeof *node->attribute);
    node->attribute[node->n_attribute++] = attr;
    return attr;
}

static inline void
tiny_attr_int(struct tiny *t, Onnx__NodeProto *node, const char *name,
              int64_t value)
{
    Onnx__AttributeProto *const attr = tiny_attr(t, node, name);

    attr->has_i = 1;
    attr->i = value;
}

static inline Onnx__TensorProto *
tiny_tensor(struct tiny *t, const char *name, int elem, int64_t count)
{
    Onnx__TensorProto *const tensor =
        arena_new(&t->model.arena, Onnx__TensorProto);

    onnx__tensor_proto__init(tensor);
    tensor->name = tiny_copy(t, name);
    tensor->has_data_type = 1;
    tensor->data_type = elem;
    tensor->dims = arena_array(&t->model.arena, 1, int64_t);
    tensor->dims[0] = count;
    tensor->n_dims = 1;
    return tensor;
}

static inline void
tiny_initializer(struct tiny *t, Onnx__GraphProto *graph,
                 Onnx__TensorProto *tensor)
{
    graph->initializer =
        arena_grow(&t->model.arena, graph->initializer, graph->n_initializer,
                   sizeof *graph->initializer);
    graph->initializer[graph->n_initializer++] = tensor;
}

/* Starts a model of opset 21 whose main graph has these ends. */
static inline void
tiny_begin(struct tiny *t, const char *inputs, const char *outputs)
{
    Onnx__ModelProto *proto;

    *t = (struct tiny){.model.path = "m.onnx"};
    arena_init(&t->model.arena, SIZE_MAX, &t->unwind);
    proto = arena_new(&t->model.arena, Onnx__ModelProto);
    onnx__model_proto__init(proto);
    proto->opset_import =
        arena_array(&t->model.arena, 1, Onnx__OperatorSetIdProto *);
    proto->opset_import[0] =
        arena_new(&t->model.arena, Onnx__OperatorSetIdProto);
    onnx__operator_set_id_proto__init(proto->opset_import[0]);
    proto->opset_import[0]->has_version = 1;
    proto->opset_import[0]->version = 21;
    proto->n_opset_import = 1;
    t->graph = proto->graph = tiny_graph(t, inputs, outputs);
    t->model.proto = proto;
}

/* Index and types. */
static inline enum opp_status
tiny_index(struct tiny *t)
{
    enum opp_status status =
        graph_build(&t->module, &t->model, NULL, &t->err);

    if (status == OPP_OK)
        status = types_compute(&t->types, &t->model.arena, &t->module, &t->err);
    return status;
}

static inline void
tiny_end(struct tiny *t)
{
    arena_free(&t->model.arena);
}

#endif
