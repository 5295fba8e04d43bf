#include "model/walk.h"

#include <stdio.h>
#include <string.h>

struct walk {
    walk_fn fn;
    void *payload;
};

static const char initializer_kind[] = "initializer";

bool
walk_is_initializer(const struct walk_place *place)
{
    return place->kind == initializer_kind;
}

static enum opp_status walk_graph(const struct walk *walk,
                                  const Onnx__GraphProto *graph,
                                  const struct walk_place *place);

static enum opp_status
walk_sparse(const struct walk *walk, const Onnx__SparseTensorProto *sparse,
            const struct walk_place *place)
{
    const struct walk_place values = {place, "values", NULL, 0};
    const struct walk_place indices = {place, "indices", NULL, 0};
    enum opp_status status = OPP_OK;

    if (sparse->values != NULL)
        status = walk->fn(walk->payload, sparse->values, &values);
    if (status == OPP_OK && sparse->indices != NULL)
        status = walk->fn(walk->payload, sparse->indices, &indices);
    return status;
}

static enum opp_status
walk_attribute(const struct walk *walk, const Onnx__AttributeProto *attribute,
               const struct walk_place *place)
{
    enum opp_status status = OPP_OK;

    if (attribute->t != NULL)
        status = walk->fn(walk->payload, attribute->t, place);
    for (size_t i = 0; status == OPP_OK && i < attribute->n_tensors; i++)
        status = walk->fn(walk->payload, attribute->tensors[i], place);
    if (status == OPP_OK && attribute->sparse_tensor != NULL)
        status = walk_sparse(walk, attribute->sparse_tensor, place);
    for (size_t i = 0; status == OPP_OK && i < attribute->n_sparse_tensors; i++)
        status = walk_sparse(walk, attribute->sparse_tensors[i], place);
    if (status == OPP_OK && attribute->g != NULL)
        status = walk_graph(walk, attribute->g, place);
    for (size_t i = 0; status == OPP_OK && i < attribute->n_graphs; i++)
        status = walk_graph(walk, attribute->graphs[i], place);
    return status;
}

static enum opp_status
walk_attributes(const struct walk *walk, Onnx__AttributeProto *const *list,
                size_t n, const struct walk_place *parent)
{
    enum opp_status status = OPP_OK;

    for (size_t i = 0; status == OPP_OK && i < n; i++) {
        const struct walk_place place = {parent, "attribute", list[i]->name, i};
        status = walk_attribute(walk, list[i], &place);
    }
    return status;
}

static enum opp_status
walk_nodes(const struct walk *walk, Onnx__NodeProto *const *nodes, size_t n,
           const struct walk_place *parent)
{
    enum opp_status status = OPP_OK;

    for (size_t i = 0; status == OPP_OK && i < n; i++) {
        const struct walk_place place = {parent, "node", nodes[i]->name, i};
        status = walk_attributes(walk, nodes[i]->attribute,
                                 nodes[i]->n_attribute, &place);
    }
    return status;
}

static enum opp_status
walk_graph(const struct walk *walk, const Onnx__GraphProto *graph,
           const struct walk_place *parent)
{
    const struct walk_place in = {parent, "graph", graph->name, 0};
    enum opp_status status = walk_nodes(walk, graph->node, graph->n_node, &in);

    for (size_t i = 0; status == OPP_OK && i < graph->n_initializer; i++) {
        Onnx__TensorProto *const tensor = graph->initializer[i];
        const struct walk_place place = {&in, initializer_kind, tensor->name,
                                         i};
        status = walk->fn(walk->payload, tensor, &place);
    }
    for (size_t i = 0; status == OPP_OK && i < graph->n_sparse_initializer;
         i++) {
        const Onnx__SparseTensorProto *const sparse =
            graph->sparse_initializer[i];
        const char *const name =
            sparse->values != NULL ? sparse->values->name : NULL;
        const struct walk_place place = {&in, "sparse initializer", name, i};
        status = walk_sparse(walk, sparse, &place);
    }
    return status;
}

static enum opp_status
walk_training(const struct walk *walk, const Onnx__ModelProto *proto)
{
    enum opp_status status = OPP_OK;

    for (size_t i = 0; status == OPP_OK && i < proto->n_training_info; i++) {
        const Onnx__TrainingInfoProto *const info = proto->training_info[i];
        const struct walk_place place = {NULL, "training_info", NULL, i};
        if (info->initialization != NULL)
            status = walk_graph(walk, info->initialization, &place);
        if (status == OPP_OK && info->algorithm != NULL)
            status = walk_graph(walk, info->algorithm, &place);
    }
    return status;
}

static enum opp_status
walk_function(const struct walk *walk, const Onnx__FunctionProto *function,
              size_t index)
{
    const struct walk_place place = {NULL, "function", function->name, index};
    const enum opp_status status =
        walk_nodes(walk, function->node, function->n_node, &place);

    if (status != OPP_OK)
        return status;
    return walk_attributes(walk, function->attribute_proto,
                           function->n_attribute_proto, &place);
}

enum opp_status
walk_tensors(const Onnx__ModelProto *proto, walk_fn fn, void *payload)
{
    const struct walk walk = {fn, payload};
    enum opp_status status = OPP_OK;

    if (proto->graph != NULL)
        status = walk_graph(&walk, proto->graph, NULL);
    if (status == OPP_OK)
        status = walk_training(&walk, proto);
    for (size_t i = 0; status == OPP_OK && i < proto->n_functions; i++)
        status = walk_function(&walk, proto->functions[i], i);
    return status;
}

void
walk_describe(const struct walk_place *place, char *text, size_t size)
{
    size_t at = 0;

    text[0] = '\0';
    for (; place != NULL && at + 1 < size; place = place->parent) {
        const char *const comma = at == 0 ? "" : ", ";
        int need;
        if (place->name != NULL && place->name[0] != '\0')
            need = snprintf(text + at, size - at, "%s%s `%s`", comma,
                            place->kind, place->name);
        else
            need = snprintf(text + at, size - at, "%s%s number %zu", comma,
                            place->kind, place->index);
        at += need < 0 ? 0 : (size_t)need;
    }
}
