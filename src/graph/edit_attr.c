/* edit_attr.c: the verbs of edit.h that are about attributes. */
#include "graph/edit.h"

#include <string.h>

#include "graph/internal.h"

static Onnx__AttributeProto *
attr_new(struct module *module, struct node *node, const char *name)
{
    Onnx__NodeProto *const proto = node->proto;
    Onnx__AttributeProto *const attr =
        arena_new(module->arena, Onnx__AttributeProto);
    Onnx__AttributeProto **const list = arena_array(
        module->arena, proto->n_attribute + 1, Onnx__AttributeProto *);

    onnx__attribute_proto__init(attr);
    attr->name = proto_string(name);
    if (proto->n_attribute > 0)
        memcpy(list, proto->attribute,
               proto->n_attribute * sizeof(Onnx__AttributeProto *));
    list[proto->n_attribute++] = attr;
    proto->attribute = list;
    return attr;
}

static Onnx__AttributeProto *
attr_open(struct module *module, struct node *node, const char *name)
{
    Onnx__AttributeProto *const attr =
        (Onnx__AttributeProto *)(uintptr_t)node_attr(node, name);

    edit_touch(module, node->graph);
    if (attr == NULL)
        return attr_new(module, node, name);
    attr->ref_attr_name = NULL;
    return attr;
}

void
edit_set_attr_int(struct module *module, struct node *node, const char *name,
                  int64_t value)
{
    Onnx__AttributeProto *const attr = attr_open(module, node, name);

    attr->has_type = 1;
    attr->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    attr->has_i = 1;
    attr->i = value;
}

void
edit_set_attr_ints(struct module *module, struct node *node, const char *name,
                   const int64_t *values, size_t n)
{
    Onnx__AttributeProto *const attr = attr_open(module, node, name);

    attr->has_type = 1;
    attr->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    attr->n_ints = n;
    attr->ints = arena_array(module->arena, n, int64_t);
    if (n > 0)
        memcpy(attr->ints, values, n * sizeof *values);
}

void
edit_set_attr_float(struct module *module, struct node *node, const char *name,
                    float value)
{
    Onnx__AttributeProto *const attr = attr_open(module, node, name);

    attr->has_type = 1;
    attr->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    attr->has_f = 1;
    attr->f = value;
}

void
edit_set_attr_text(struct module *module, struct node *node, const char *name,
                   const char *text)
{
    Onnx__AttributeProto *const attr = attr_open(module, node, name);

    attr->has_type = 1;
    attr->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    attr->has_s = 1;
    attr->s.len = strlen(text);
    attr->s.data = (uint8_t *)proto_string(text);
}

void
edit_set_attr_tensor(struct module *module, struct node *node,
                     const char *name, Onnx__TensorProto *tensor)
{
    Onnx__AttributeProto *const attr = attr_open(module, node, name);

    attr->has_type = 1;
    attr->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
    attr->t = tensor;
}

void
edit_remove_attr(struct module *module, struct node *node, const char *name)
{
    Onnx__NodeProto *const proto = node->proto;
    const Onnx__AttributeProto *const attr = node_attr(node, name);
    size_t kept = 0;

    edit_touch(module, node->graph);
    for (size_t i = 0; i < proto->n_attribute; i++)
        if (proto->attribute[i] != attr)
            proto->attribute[kept++] = proto->attribute[i];
    proto->n_attribute = kept;
}
