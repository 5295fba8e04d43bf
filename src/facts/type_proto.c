#include "facts/type_infer.h"

struct value_type
type_make(enum op_container container, int elem)
{
    struct value_type type = {0};

    if (elem <= ELEM_UNDEFINED || elem >= ELEM_COUNT)
        return type;
    type.known = true;
    type.container = (uint8_t)container;
    type.elem = (uint8_t)elem;
    return type;
}

struct value_type
type_tensor(int elem)
{
    return type_make(OP_TENSOR, elem);
}

bool
type_equals(struct value_type a, struct value_type b)
{
    return a.known == b.known && a.container == b.container &&
           a.elem == b.elem;
}

bool
type_is(struct value_type type, int elem)
{
    return type.known && type.elem == elem;
}

static struct value_type
map_type(const Onnx__TypeProto__Map *map, enum op_container by_int,
         enum op_container by_string)
{
    const struct value_type item =
        map->value_type == NULL ? type_tensor(ELEM_UNDEFINED)
                                : type_from_proto(map->value_type);

    return type_make(map->key_type == ELEM_STRING ? by_string : by_int,
                   item.elem);
}

static struct value_type
sequence_type(const Onnx__TypeProto *elem)
{
    if (elem == NULL)
        return type_tensor(ELEM_UNDEFINED);
    if (elem->value_case == ONNX__TYPE_PROTO__VALUE_MAP_TYPE)
        return map_type(elem->map_type, OP_SEQUENCE_MAP_INT64,
                        OP_SEQUENCE_MAP_STRING);
    return type_make(OP_SEQUENCE, type_from_proto(elem).elem);
}

struct value_type
optional_of(struct value_type inner)
{
    return type_make(inner.container == OP_SEQUENCE ? OP_OPTIONAL_SEQUENCE
                                                  : OP_OPTIONAL,
                   inner.elem);
}

static struct value_type
optional_type(const Onnx__TypeProto *elem)
{
    return optional_of(elem == NULL ? type_tensor(ELEM_UNDEFINED)
                                    : type_from_proto(elem));
}

struct value_type
type_from_proto(const Onnx__TypeProto *type)
{
    const struct value_type unknown = {0};

    switch (type->value_case) {
    case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
        return type_tensor(type->tensor_type->elem_type);
    case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
        return type_make(OP_SPARSE_TENSOR, type->sparse_tensor_type->elem_type);
    case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE:
        return sequence_type(type->sequence_type->elem_type);
    case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE:
        return optional_type(type->optional_type->elem_type);
    case ONNX__TYPE_PROTO__VALUE_MAP_TYPE:
        return map_type(type->map_type, OP_MAP_INT64, OP_MAP_STRING);
    case ONNX__TYPE_PROTO__VALUE__NOT_SET:
    case ONNX__TYPE_PROTO__VALUE_OPAQUE_TYPE:
    case _ONNX__TYPE_PROTO__VALUE__CASE_IS_INT_SIZE:
        return unknown;
    }
    return unknown;
}

struct value_type
type_declared(const struct value *value)
{
    const struct value_type unknown = {0};

    if (value->info == NULL || value->info->type == NULL)
        return unknown;
    return type_from_proto(value->info->type);
}
