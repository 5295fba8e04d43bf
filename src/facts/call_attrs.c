#include "facts/call_attrs.h"

#include <string.h>

static const Onnx__AttributeProto *
find_attr(Onnx__AttributeProto *const *attrs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (attrs[i]->name != NULL && strcmp(attrs[i]->name, name) == 0)
            return attrs[i];
    return NULL;
}

/* A reference has the name of the outer attribute; here it is `name`. */
static Onnx__AttributeProto *
renamed(struct arena *arena, const Onnx__AttributeProto *attr,
        const char *name)
{
    Onnx__AttributeProto *const named = arena_new(arena, Onnx__AttributeProto);

    *named = *attr;
    named->name = (char *)(uintptr_t)name;
    return named;
}

static void
add(struct arena *arena, struct call_attrs *call, const char *name,
    const Onnx__AttributeProto *attr)
{
    if (attr != NULL)
        call->attrs[call->n_attrs++] = renamed(arena, attr, name);
}

struct call_attrs *
call_attrs_new(struct arena *arena, const struct call_attrs *outer,
               const struct node *node)
{
    const Onnx__FunctionProto *const function = node->function->function;
    struct call_attrs *const call = arena_new(arena, struct call_attrs);

    call->attrs = arena_array(
        arena, function->n_attribute + function->n_attribute_proto,
        const Onnx__AttributeProto *);
    for (size_t i = 0; i < function->n_attribute; i++)
        add(arena, call, function->attribute[i],
            call_attrs_resolve(outer,
                               node_attr(node, function->attribute[i])));
    for (size_t i = 0; i < function->n_attribute_proto; i++) {
        const Onnx__AttributeProto *const missing =
            function->attribute_proto[i];
        const Onnx__AttributeProto *given;
        if (missing->name == NULL)
            continue;
        given = call_attrs_resolve(
            outer, find_attr(node->proto->attribute, node->proto->n_attribute,
                             missing->name));
        add(arena, call, missing->name, given != NULL ? given : missing);
    }
    return call;
}

static bool
same_bytes(const void *a, size_t n_a, const void *b, size_t n_b, size_t size)
{
    return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a * size) == 0);
}

/* What is neither a number nor a list of numbers counts by its identity. */
static bool
same_attr(const Onnx__AttributeProto *a, const Onnx__AttributeProto *b)
{
    return strcmp(a->name, b->name) == 0 && a->has_i == b->has_i &&
           a->i == b->i && a->has_f == b->has_f &&
           memcmp(&a->f, &b->f, sizeof a->f) == 0 && a->has_s == b->has_s &&
           same_bytes(a->s.data, a->s.len, b->s.data, b->s.len, 1) &&
           same_bytes(a->ints, a->n_ints, b->ints, b->n_ints,
                      sizeof *a->ints) &&
           same_bytes(a->floats, a->n_floats, b->floats, b->n_floats,
                      sizeof *a->floats) &&
           a->t == b->t && a->sparse_tensor == b->sparse_tensor &&
           a->tp == b->tp && a->g == b->g && a->strings == b->strings &&
           a->tensors == b->tensors && a->graphs == b->graphs &&
           a->sparse_tensors == b->sparse_tensors &&
           a->type_protos == b->type_protos;
}

bool
call_attrs_equal(const struct call_attrs *a, const struct call_attrs *b)
{
    if (a->n_attrs != b->n_attrs)
        return false;
    for (size_t i = 0; i < a->n_attrs; i++)
        if (!same_attr(a->attrs[i], b->attrs[i]))
            return false;
    return true;
}

const Onnx__AttributeProto *
call_attrs_resolve(const struct call_attrs *call,
                   const Onnx__AttributeProto *attr)
{
    if (attr == NULL || !attr_is_reference(attr))
        return attr;
    for (size_t i = 0; call != NULL && i < call->n_attrs; i++)
        if (strcmp(call->attrs[i]->name, attr->ref_attr_name) == 0)
            return call->attrs[i];
    return NULL;
}

bool
node_has_references(const struct node *node)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++)
        if (attr_is_reference(node->proto->attribute[i]))
            return true;
    return false;
}

const struct node *
node_in_call(struct arena *arena, const struct call_attrs *call,
             const struct node *node)
{
    const size_t n = node->proto->n_attribute;
    Onnx__NodeProto *proto;
    struct node *copy;

    if (!node_has_references(node))
        return node;
    if (call == NULL)
        return NULL;
    proto = arena_new(arena, Onnx__NodeProto);
    *proto = *node->proto;
    proto->attribute = arena_array(arena, n, Onnx__AttributeProto *);
    proto->n_attribute = 0;
    for (size_t i = 0; i < n; i++) {
        const Onnx__AttributeProto *const own = node->proto->attribute[i];
        const Onnx__AttributeProto *const attr = call_attrs_resolve(call, own);
        if (attr != NULL)
            proto->attribute[proto->n_attribute++] =
                renamed(arena, attr, own->name);
    }
    copy = arena_new(arena, struct node);
    *copy = *node;
    copy->proto = proto;
    return copy;
}
