#include "pass/rewrite.h"

#include <assert.h>

#include "facts/constants.h"
#include "model/tensor.h"
#include "ops/elem.h"

const char *
elem_suffix(int elem)
{
    if (elem == ELEM_FLOAT)
        return "_fp32";
    return elem == ELEM_BFLOAT16 ? "_bf16" : "_fp16";
}

static Onnx__TensorProto *
convert(struct module *module, const Onnx__TensorProto *tensor,
        const char *name, const struct conversion *to)
{
    if (to->clamp.max_finite > 0 && tensor->data_type == ELEM_FLOAT &&
        to->elem != ELEM_FLOAT)
        tensor = tensor_clamp(module->model, tensor, to->clamp);
    return tensor_convert(module->model, tensor, name, to->elem,
                          constants_overflow(to->elem));
}

/* The value of a Constant node as a float32 tensor, whatever its spelling. */
static const Onnx__TensorProto *
constant_tensor(struct module *module, const struct node *node)
{
    const Onnx__AttributeProto *attr = node_attr(node, "value");
    int64_t n;

    if (attr != NULL)
        return attr->t;
    attr = node_attr(node, "value_float");
    if (attr != NULL)
        return tensor_new(module->model, NULL, ELEM_FLOAT, NULL, 0, &attr->f,
                          sizeof attr->f);
    attr = node_attr(node, "value_floats");
    assert(attr != NULL);
    n = (int64_t)attr->n_floats;
    return tensor_new(module->model, NULL, ELEM_FLOAT, &n, 1, attr->floats,
                      attr->n_floats * sizeof *attr->floats);
}

static void
set_constant(struct module *module, struct node *node,
             Onnx__TensorProto *tensor)
{
    edit_remove_attr(module, node, "value_float");
    edit_remove_attr(module, node, "value_floats");
    edit_set_attr_tensor(module, node, "value", tensor);
}

void
constant_convert(struct module *module, struct value *value,
                 const struct conversion *to)
{
    if (value->tensor != NULL)
        edit_set_tensor(module, value,
                        convert(module, value->tensor, NULL, to));
    else
        set_constant(module, value->def,
                     convert(module, constant_tensor(module, value->def), NULL,
                             to));
    edit_set_elem_type(module, value, to->elem);
}

struct value *
constant_copy(struct module *module, struct value *value,
              const struct conversion *to)
{
    const char *const name =
        edit_fresh_name(module, value->name, elem_suffix(to->elem));
    struct node *node;

    if (value->tensor != NULL)
        return edit_add_initializer(
            module, value->graph,
            convert(module, value->tensor, name, to));
    node = edit_insert_node(module, position_after(value), "Constant", NULL,
                            name);
    edit_set_attr_tensor(
        module, node, "value",
        convert(module, constant_tensor(module, value->def), NULL, to));
    return node->outputs[0];
}

/* As TensorProto.DataType spells it: "FLOAT16". */
static const char *
elem_constant_name(struct arena *arena, int elem)
{
    char *const name = arena_strdup(arena, elem_name(elem));

    for (char *c = name; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return name;
}

void
cast_set_to(struct module *module, struct node *cast, int elem)
{
    const struct op_rule *const rule = op_rule_for(cast->op, "to");

    if (rule->kind != OP_RULE_NAME) {
        edit_set_attr_int(module, cast, "to", elem);
        return;
    }
    edit_set_attr_text(module, cast, "to",
                       elem_constant_name(module->arena, elem));
    edit_declare(module, cast->outputs[0], elem);
}

static struct value *
scalar_constant(struct module *module, struct position at, const char *stem,
                float number)
{
    const char *const name = edit_fresh_name(module, stem, "_limit");
    struct node *const node =
        edit_insert_node(module, at, "Constant", NULL, name);

    edit_set_attr_tensor(module, node, "value",
                         tensor_new(module->model, NULL, ELEM_FLOAT, NULL, 0,
                                    &number, sizeof number));
    return node->outputs[0];
}

/* The bounds of Clip became operands with opset 11. */
enum { CLIP_OPERANDS = 11 };

void
bound_operand(struct module *module, struct node *node, float limit)
{
    struct value *const value = node->inputs[0].value;
    const struct position at = {node->graph, node};
    struct node *clip;

    if (graph_new_opset(module, node->graph) < CLIP_OPERANDS) {
        clip = edit_insert_node(module, at, "Clip", value,
                                edit_fresh_name(module, value->name, "_clip"));
        edit_set_attr_float(module, clip, "min", -limit);
        edit_set_attr_float(module, clip, "max", limit);
    } else {
        struct value *const low =
            scalar_constant(module, at, value->name, -limit);
        struct value *const high =
            scalar_constant(module, at, value->name, limit);
        clip = edit_insert_node(module, at, "Clip", value,
                                edit_fresh_name(module, value->name, "_clip"));
        edit_set_op(module, clip, "Clip",
                    (struct value *[]){value, low, high}, 3);
    }
    edit_set_use(module, &node->inputs[0], clip->outputs[0]);
}

void
convert_tensor_attr(struct module *module, struct node *node,
                    const char *name, const struct conversion *to)
{
    const Onnx__AttributeProto *const attr = node_attr(node, name);
    const int64_t one = 1;
    const float zero = 0;
    const Onnx__TensorProto *const tensor =
        attr != NULL && attr->t != NULL
            ? attr->t
            : tensor_new(module->model, NULL, ELEM_FLOAT, &one, 1, &zero,
                         sizeof zero);

    edit_set_attr_tensor(module, node, name,
                         convert(module, tensor, NULL, to));
}
