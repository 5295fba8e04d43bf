#include "rewrite/constant.h"

#include <string.h>

#include "model/tensor.h"

enum { IR_FREE_INITIALIZERS = 4 };

/* The attribute of a Constant node that holds floats as such, or NULL. */
static const Onnx__AttributeProto *
float_attr(const struct value *value)
{
    const Onnx__AttributeProto *attr;

    if (value->def == NULL || !node_is_constant(value->def))
        return NULL;
    attr = node_attr(value->def, "value_float");
    if (attr == NULL)
        attr = node_attr(value->def, "value_floats");
    return attr == NULL || attr_is_reference(attr) ? NULL : attr;
}

bool
constant_is(const struct value *value)
{
    return value->kind == VALUE_INITIALIZER ||
           (value->def != NULL && node_is_constant(value->def));
}

bool
constant_is_small(const struct value *value, size_t most)
{
    const Onnx__TensorProto *const tensor = value_constant(value);
    const Onnx__AttributeProto *attr;

    if (tensor != NULL)
        return tensor->data_type == ELEM_FLOAT && tensor->n_dims <= SHAPE_MAX &&
               tensor_count(tensor) > 0 && tensor_count(tensor) <= most;
    attr = float_attr(value);
    return attr != NULL &&
           (attr->has_f || (attr->n_floats > 0 && attr->n_floats <= most));
}

static bool
read_tensor(struct module *module, const Onnx__TensorProto *tensor,
            struct arena *arena, struct constant *out)
{
    const size_t most = (size_t)tensor_count(tensor);
    double *const values = arena_array(arena, most, double);

    if (!tensor_get_f64(module->model, tensor, values, most, &out->n))
        return false;
    out->values = arena_array(arena, most, float);
    for (size_t i = 0; i < out->n; i++)
        out->values[i] = (float)values[i];
    out->rank = (uint32_t)tensor->n_dims;
    for (uint32_t i = 0; i < out->rank; i++)
        out->dims[i] = tensor->dims[i];
    return true;
}

static void
read_attr(const Onnx__AttributeProto *attr, struct arena *arena,
          struct constant *out)
{
    const bool is_one = attr->has_f != 0;

    out->n = is_one ? 1 : attr->n_floats;
    out->rank = is_one ? 0 : 1;
    out->dims[0] = (int64_t)out->n;
    out->values = arena_array(arena, out->n, float);
    memcpy(out->values, is_one ? &attr->f : attr->floats,
           out->n * sizeof(float));
}

bool
constant_read(struct module *module, const struct value *value, size_t most,
              struct arena *arena, struct constant *out)
{
    *out = (struct constant){0};
    if (!constant_is_small(value, most))
        return false;
    if (value_constant(value) != NULL)
        return read_tensor(module, value_constant(value), arena, out);
    read_attr(float_attr(value), arena, out);
    return true;
}

bool
constant_scalar(struct module *module, const struct value *value,
                double *number, uint32_t *rank)
{
    const Onnx__TensorProto *const tensor = value_constant(value);
    const Onnx__AttributeProto *attr;
    size_t n;

    if (!constant_is_small(value, 1))
        return false;
    if (tensor != NULL) {
        *rank = (uint32_t)tensor->n_dims;
        return tensor_get_f64(module->model, tensor, number, 1, &n);
    }
    attr = float_attr(value);
    *rank = attr->has_f ? 0 : 1;
    *number = (double)(attr->has_f ? attr->f : attr->floats[0]);
    return true;
}

bool
constant_number(struct module *module, const struct value *value,
                double *number, uint32_t *rank)
{
    const Onnx__TensorProto *const tensor = value_constant(value);
    size_t n;

    if (tensor == NULL)
        return constant_scalar(module, value, number, rank);
    *rank = (uint32_t)tensor->n_dims;
    return tensor_get_f64(module->model, tensor, number, 1, &n) && n == 1;
}

static Onnx__TensorProto *
named_tensor_new(struct module *module, const char *name,
                 const struct constant *constant)
{
    return tensor_new(module->model, name, ELEM_FLOAT, constant->dims,
                      constant->rank, constant->values,
                      constant->n * sizeof(float));
}

Onnx__TensorProto *
constant_tensor_new(struct module *module, const struct constant *constant)
{
    return named_tensor_new(module, NULL, constant);
}

struct value *
constant_new(struct module *module, struct node *user, const char *stem,
             const struct constant *constant)
{
    const struct position before = {user->graph, user};
    const char *const name = edit_fresh_name(module, stem, "");
    struct node *node;

    if (user->graph->kind != GRAPH_FUNCTION &&
        module->model->proto->ir_version >= IR_FREE_INITIALIZERS)
        return edit_add_initializer(module, user->graph,
                                    named_tensor_new(module, name, constant));
    node = edit_insert_node(module, before, "Constant", NULL, name);
    edit_set_attr_tensor(module, node, "value",
                         constant_tensor_new(module, constant));
    return node->outputs[0];
}

struct value *
constant_new_scalar(struct module *module, struct node *user, const char *stem,
                    float value)
{
    const struct constant constant = {.values = &value, .n = 1};

    return constant_new(module, user, stem, &constant);
}
