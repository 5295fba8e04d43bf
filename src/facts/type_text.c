#include "facts/type_text.h"

#include <stdio.h>

struct form {
    const char *open, *close;
};

static const struct form forms[OP_CONTAINERS] = {
    [OP_TENSOR] = {"tensor(", ")"},
    [OP_SPARSE_TENSOR] = {"sparse_tensor(", ")"},
    [OP_SEQUENCE] = {"seq(tensor(", "))"},
    [OP_OPTIONAL] = {"optional(tensor(", "))"},
    [OP_OPTIONAL_SEQUENCE] = {"optional(seq(tensor(", ")))"},
    [OP_MAP_INT64] = {"map(int64, ", ")"},
    [OP_MAP_STRING] = {"map(string, ", ")"},
    [OP_SEQUENCE_MAP_INT64] = {"seq(map(int64, ", "))"},
    [OP_SEQUENCE_MAP_STRING] = {"seq(map(string, ", "))"},
};

static const struct form short_forms[OP_CONTAINERS] = {
    [OP_TENSOR] = {"", ""},
    [OP_SPARSE_TENSOR] = {"sparse(", ")"},
    [OP_SEQUENCE] = {"seq(", ")"},
    [OP_OPTIONAL] = {"optional(", ")"},
    [OP_OPTIONAL_SEQUENCE] = {"optional(seq(", "))"},
    [OP_MAP_INT64] = {"map(int64, ", ")"},
    [OP_MAP_STRING] = {"map(string, ", ")"},
    [OP_SEQUENCE_MAP_INT64] = {"seq(map(int64, ", "))"},
    [OP_SEQUENCE_MAP_STRING] = {"seq(map(string, ", "))"},
};

static const char *
fill(char text[TYPE_TEXT], const struct form *table, struct value_type type)
{
    const struct form *const form = &table[type.container];

    if (type.known)
        snprintf(text, TYPE_TEXT, "%s%s%s", form->open, elem_name(type.elem),
                 form->close);
    else
        snprintf(text, TYPE_TEXT, "?");
    return text;
}

const char *
type_text(char text[TYPE_TEXT], struct value_type type)
{
    return fill(text, forms, type);
}

const char *
type_text_short(char text[TYPE_TEXT], struct value_type type)
{
    return fill(text, short_forms, type);
}

static bool
is_float(struct value_type type)
{
    return type.known && elem_is_float(type.elem);
}

int
node_precision(const struct types *types, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL &&
            is_float(types->of[node->outputs[i]->id]))
            return types->of[node->outputs[i]->id].elem;
    for (uint32_t i = 0; i < node->n_inputs; i++)
        if (is_float(types_of_use(types, &node->inputs[i])))
            return types_of_use(types, &node->inputs[i]).elem;
    return ELEM_UNDEFINED;
}
