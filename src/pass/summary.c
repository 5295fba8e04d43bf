#include "pass/summary.h"

#include "facts/type_text.h"
#include "model/save.h"
#include "model/tensor.h"

/* Element types from a file may be any number; what is none counts as
 * ELEM_UNDEFINED. */
static int
index_of(int elem)
{
    return elem_bit(elem) == 0 ? ELEM_UNDEFINED : elem;
}

static void
add_tensor(struct model_summary *out, const Onnx__TensorProto *tensor)
{
    const int elem = index_of(tensor->data_type);

    out->weights[elem]++;
    out->weight_bytes[elem] += tensor_bytes(tensor);
}

/* As one weight of the type of its values; the indices are part of it. */
static void
add_sparse(struct model_summary *out, const Onnx__SparseTensorProto *sparse)
{
    if (sparse->values == NULL)
        return;
    add_tensor(out, sparse->values);
    if (sparse->indices != NULL)
        out->weight_bytes[index_of(sparse->values->data_type)] +=
            tensor_bytes(sparse->indices);
}

static void
add_constant(struct model_summary *out, const struct node *node)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const Onnx__AttributeProto *const attr = node->proto->attribute[i];
        if (attr->t != NULL)
            add_tensor(out, attr->t);
        else if (attr->sparse_tensor != NULL)
            add_sparse(out, attr->sparse_tensor);
    }
}

/* A conversion of values; BitCast reads the same bits as another type. */
static bool
is_cast(const struct node *node)
{
    if (node->op == NULL || node->op->class != OP_CONVERT)
        return false;
    for (size_t i = 0; i < node->op->n_rules; i++)
        if (op_rule(node->op, i)->kind == OP_RULE_BITS)
            return false;
    return true;
}

static bool
is_float(struct value_type type)
{
    return type.known && elem_is_float(type.elem);
}

static void
add_cast(struct model_summary *out, const struct types *types,
         const struct node *node)
{
    const bool from_float =
        node->n_inputs > 0 && is_float(types_of_use(types, &node->inputs[0]));
    const bool to_float = node->n_outputs > 0 && node->outputs[0] != NULL &&
                          is_float(types->of[node->outputs[0]->id]);

    if (from_float && to_float)
        out->casts++;
    else
        out->other_casts++;
}

static void
add_node(struct model_summary *out, const struct types *types,
         const struct node *node)
{
    if (node_is_constant(node))
        add_constant(out, node);
    else if (is_cast(node))
        add_cast(out, types, node);
    else
        out->nodes[node_precision(types, node)]++;
}

static void
add_initializers(struct model_summary *out, const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_initializers; i++) {
        const struct value *const value = graph->initializers[i];
        if (value->tensor != NULL)
            add_tensor(out, value->tensor);
        else if (value->sparse != NULL)
            add_sparse(out, value->sparse);
    }
}

void
summary_make(struct model_summary *out, const struct module *module,
             const struct types *types)
{
    const struct model *const model = module->model;

    *out = (struct model_summary){.known = true};
    for (uint32_t i = 0; i < module->n_graphs; i++) {
        add_initializers(out, module->graphs[i]);
        for_each_node (module->graphs[i], node)
            add_node(out, types, node);
    }
    out->file_bytes =
        model->changed ? model_output_size(model) : model_total_size(model);
}
