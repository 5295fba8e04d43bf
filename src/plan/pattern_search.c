#include "plan/pattern_search.h"

#include "model/tensor.h"

/* A chain in a graph that is not sorted may be a cycle. */
enum { LONGEST_CHAIN = 1000, SMALL = 16 };

void
search_add(struct search_group *group, const struct node *node)
{
    if (group == NULL)
        return;
    for (size_t i = 0; i < group->n; i++)
        if (group->nodes[i] == node)
            return;
    if (group->n == GROUP_MOST)
        group->is_full = true;
    else
        group->nodes[group->n++] = node;
}

void
search_mark(const struct pattern_search *search,
            const struct search_group *group)
{
    for (size_t i = 0; !group->is_full && i < group->n; i++)
        search->marks[group->nodes[i]->id] = true;
}

static bool
is_cast(const struct node *node)
{
    return node->op != NULL && node->op->class == OP_CONVERT;
}

const struct value *
search_source(const struct value *value, struct search_group *group)
{
    for (int i = 0; i < LONGEST_CHAIN; i++) {
        const struct node *const def = value == NULL ? NULL : value->def;
        if (def == NULL || def->n_inputs == 0 ||
            (!is_cast(def) && !node_only_moves(def)))
            return value;
        if (!is_cast(def))
            search_add(group, def);
        value = def->inputs[0].value;
    }
    return NULL;
}

const struct node *
search_maker(const struct value *value, struct search_group *group)
{
    const struct value *const source = search_source(value, group);

    return source == NULL ? NULL : source->def;
}

bool
search_is_constant(const struct value *value)
{
    const struct value *const source = search_source(value, NULL);

    return source != NULL &&
           (value_constant(source) != NULL ||
            (source->def != NULL && node_is_constant(source->def)));
}

/* The number that an attribute of a Constant says. */
static bool
attribute_number(const struct value *value, double *number)
{
    const struct node *const node = value->def;
    const Onnx__AttributeProto *attr;

    if (node == NULL || !node_is_constant(node))
        return false;
    attr = node_attr(node, "value_float");
    if (attr != NULL)
        *number = (double)attr->f;
    return attr != NULL;
}

bool
search_number(const struct pattern_search *search, const struct value *value,
              double *number)
{
    const struct value *const source = search_source(value, NULL);
    const Onnx__TensorProto *tensor;
    double values[SMALL];
    size_t n;

    if (source == NULL)
        return false;
    tensor = value_constant(source);
    if (tensor == NULL)
        return attribute_number(source, number);
    if (!tensor_get_f64(search->module->model, tensor, values, SMALL, &n) ||
        n == 0)
        return false;
    for (size_t i = 1; i < n; i++)
        if (values[i] != values[0])
            return false;
    *number = values[0];
    return true;
}

const struct value *
search_only_operand(const struct node *node)
{
    const struct value *operand = NULL;

    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value == NULL || value == operand || search_is_constant(value))
            continue;
        if (operand != NULL)
            return NULL;
        operand = value;
    }
    return operand;
}

/* Uses that only hand the value on are replaced by those behind them. */
size_t
search_uses(const struct value *value, const struct use **uses)
{
    const struct value *passed[USES_MOST];
    size_t n = 0, n_passed = 0;

    passed[n_passed++] = value;
    for (size_t i = 0; i < n_passed; i++)
        for_each_use (passed[i], use) {
            const struct node *const user = use->user;
            if (user == NULL)
                continue;
            if (!is_cast(user) && !node_only_moves(user)) {
                if (n < USES_MOST)
                    uses[n++] = use;
                continue;
            }
            if (use->slot == 0 && n_passed < USES_MOST && user->n_outputs > 0 &&
                user->outputs[0] != NULL)
                passed[n_passed++] = user->outputs[0];
        }
    return n;
}

bool
search_is_float(const struct pattern_search *search, const struct value *value)
{
    const struct value_type type = search->types->of[value->id];

    return type.known && elem_is_float(type.elem);
}
