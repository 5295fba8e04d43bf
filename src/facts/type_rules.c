/* type_rules.c: how the types of a node follow from inputs and attributes. */
#include "facts/type_infer.h"

#include <string.h>

#include "graph/bodies.h"

/* True when an operand says the variable that is not typed yet: one of an op
 * that nobody knows, or made by a later node of a file that is not sorted. */
static bool
has_untyped_operand(const struct infer *in, const struct node *node,
                    uint8_t var)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct op_param *const param = op_input(node->op, i);
        if (param != NULL && param->var == var &&
            node->inputs[i].value != NULL && !infer_input(in, node, i).known)
            return true;
    }
    return false;
}

static struct value_type
rule_default(const struct infer *in, const struct node *node,
             const struct op_rule *rule)
{
    const struct value_type unknown = {0};

    if (rule->var != OP_NONE && has_untyped_operand(in, node, rule->var))
        return unknown;
    if (rule->other >= node->n_inputs ||
        node->inputs[rule->other].value == NULL)
        return type_tensor(rule->elem);
    return infer_input(in, node, rule->other).known
               ? type_tensor(infer_input(in, node, rule->other).elem)
               : unknown;
}

bool
attr_is_present(const Onnx__AttributeProto *attr)
{
    return attr != NULL &&
           (attr->has_i || attr->has_f || (attr->has_s && attr->s.len > 0) ||
            attr->t != NULL || attr->n_ints > 0 || attr->n_floats > 0 ||
            attr->n_strings > 0);
}

/* Of the two types that the variable allows, the one that is not `elem`. */
static struct value_type
other_of_two(const struct op_schema *op, const struct op_rule *rule, int elem)
{
    const uint64_t rest =
        op_var_elems(op, rule->var, OP_TENSOR) & ~elem_bit(elem);

    for (int e = 1; e < ELEM_COUNT; e++)
        if (rest == elem_bit(e))
            return type_tensor(e);
    return type_tensor(ELEM_UNDEFINED);
}

static struct value_type
container_of(const struct binding *b, const struct op_rule *rule,
             enum op_container container)
{
    const struct value_type item = b->var[rule->other];
    const bool also_items =
        op_var_elems(b->op, rule->var, OP_TENSOR) != 0 ||
        op_var_elems(b->op, rule->var, OP_SEQUENCE) != 0;

    if (!item.known)
        return item;
    if (container != OP_OPTIONAL)
        return type_make(container, item.elem);
    return also_items ? item : optional_of(item);
}

/* A rule says an element type, the variable what is made of it: the dtype of
 * SequenceEmpty is that of its tensors. */
static struct value_type
in_container(const struct op_schema *op, const struct op_rule *rule,
             struct value_type type)
{
    if (type.container != OP_TENSOR ||
        op_var_elems(op, rule->var, OP_TENSOR) != 0)
        return type;
    for (int c = 0; c < OP_CONTAINERS; c++)
        if (op_var_allows(op, rule->var, (enum op_container)c, type.elem))
            return type_make((enum op_container)c, type.elem);
    return type;
}

/* The answer of one rule; not known when it has none. */
static struct value_type
rule_type(const struct infer *in, const struct node *node,
          const struct binding *b, const struct op_rule *rule)
{
    const char *const name = op_rule_attr(rule);
    const Onnx__AttributeProto *const attr =
        name[0] == '\0'
            ? NULL
            : call_attrs_resolve(in->call, node_attr(node, name));
    const struct value_type unknown = {0};

    switch ((enum op_rule_kind)rule->kind) {
    case OP_RULE_DTYPE:
    case OP_RULE_BITS:
    case OP_RULE_STASH:
        return attr != NULL && attr->has_i && attr->i != 0
                   ? type_tensor((int)attr->i)
                   : rule_default(in, node, rule);
    case OP_RULE_NAME:
        return attr != NULL ? type_tensor(attr_named_elem(attr))
                            : rule_default(in, node, rule);
    case OP_RULE_TENSOR:
        return attr != NULL && attr->t != NULL
                   ? type_tensor(attr->t->data_type)
                   : rule_default(in, node, rule);
    case OP_RULE_SPARSE_TENSOR:
        return attr != NULL && attr->sparse_tensor != NULL &&
                       attr->sparse_tensor->values != NULL
                   ? type_tensor(attr->sparse_tensor->values->data_type)
                   : unknown;
    case OP_RULE_TYPE_PROTO:
        return attr != NULL && attr->tp != NULL
                   ? optional_of(type_from_proto(attr->tp))
                   : unknown;
    case OP_RULE_VALUE:
        return attr != NULL ? type_tensor(rule->elem) : unknown;
    case OP_RULE_PRESENT:
        return attr_is_present(attr)
                   ? type_make((enum op_container)rule->other, rule->elem)
                   : unknown;
    case OP_RULE_SAME:
        return rule_default(in, node, rule);
    case OP_RULE_OTHER:
        return other_of_two(b->op, rule,
                            infer_input(in, node, rule->other).elem);
    case OP_RULE_SEQUENCE_OF:
        return container_of(b, rule, OP_SEQUENCE);
    case OP_RULE_OPTIONAL_OF:
        return container_of(b, rule, OP_OPTIONAL);
    case OP_RULE_MAP_OF:
        return unknown;
    case OP_RULE_STASH_WIDER:
    case OP_RULE_GRAPH:
        return unknown;
    }
    return unknown;
}

/* The other direction of a container rule: a sequence says what its elements
 * are. */
static struct value_type
item_type(const struct binding *b, const struct op_rule *rule)
{
    const struct value_type whole = b->var[rule->var];
    struct value_type item = whole;

    if (!whole.known)
        return whole;
    if (whole.container == OP_OPTIONAL_SEQUENCE)
        item.container = OP_SEQUENCE;
    else if (rule->kind != OP_RULE_OPTIONAL_OF ||
             whole.container == OP_OPTIONAL)
        item.container = OP_TENSOR;
    return item;
}

void
binding_apply_rules(const struct infer *in, const struct node *node,
            struct binding *b)
{
    for (size_t i = 0; i < b->op->n_rules; i++) {
        const struct op_rule *const rule = op_rule(b->op, i);
        if (rule->var == OP_NONE)
            continue;
        if (!b->var[rule->var].known)
            b->var[rule->var] =
                in_container(b->op, rule, rule_type(in, node, b, rule));
        if (op_rule_joins(rule) && !b->var[rule->other].known)
            b->var[rule->other] = item_type(b, rule);
    }
}

void
binding_bind_inputs(const struct infer *in, const struct node *node,
            struct binding *b)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct op_param *const param = op_input(b->op, i);
        const struct value_type type = infer_input(in, node, i);
        if (param == NULL || param->var == OP_NONE || param->mixed)
            continue;
        if (type.known && !b->var[param->var].known)
            b->var[param->var] = type;
    }
}
