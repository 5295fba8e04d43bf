/* tools.c: what the rules have in common. */
#include <assert.h>
#include <math.h>

#include "facts/shapes.h"
#include "rewrite/constant.h"
#include "rewrite/rule.h"

struct value *
rewrite_get(const struct rewrite *rewrite, const char *name)
{
    struct value *const value = match_get(&rewrite->match, name);

    assert(value != NULL);
    return value;
}

const struct shape *
rewrite_shape(const struct rewrite *rewrite, const struct value *value)
{
    static const struct shape unknown = {0};
    const struct shape *const shape = shapes_of(rewrite->facts->shapes, value);

    return shape_is_assumed(shape) ? &unknown : shape;
}

bool
rewrite_rank_fits(const struct rewrite *rewrite, const struct value *value)
{
    const struct shape *const shape = rewrite_shape(rewrite, value);

    return rewrite->match.scalar_rank == 0 ||
           (shape->known && rewrite->match.scalar_rank <= shape->rank);
}

bool
rewrite_attr_int(const struct node *node, const char *name, int64_t missing,
                 int64_t *out)
{
    const Onnx__AttributeProto *const attr = node_attr(node, name);

    *out = attr == NULL ? missing : attr->i;
    return attr == NULL || !attr_is_reference(attr);
}

static bool
axes_of_attr(const Onnx__AttributeProto *attr, int64_t axes[SHAPE_MAX],
             uint32_t *n)
{
    if (attr_is_reference(attr) || attr->n_ints > SHAPE_MAX)
        return false;
    *n = (uint32_t)attr->n_ints;
    for (uint32_t i = 0; i < *n; i++)
        axes[i] = attr->ints[i];
    return true;
}

bool
rewrite_axes(const struct rewrite *rewrite, const struct node *node,
             int64_t axes[SHAPE_MAX], uint32_t *n)
{
    const Onnx__AttributeProto *const attr = node_attr(node, "axes");
    const struct shape *shape;

    *n = 0;
    if (attr != NULL)
        return axes_of_attr(attr, axes, n);
    if (node->n_inputs < 2 || node->inputs[1].value == NULL)
        return true;
    shape = rewrite_shape(rewrite, node->inputs[1].value);
    if (!shape->has_ints)
        return false;
    *n = shape->n_ints;
    for (uint32_t i = 0; i < *n; i++) {
        if (shape->ints[i].kind != DIM_KNOWN || shape->ints[i].assumed)
            return false;
        axes[i] = shape->ints[i].n;
    }
    return true;
}

void
rewrite_become(struct rewrite *rewrite, struct node *node, const char *op_type,
               struct value *const *inputs, uint32_t n_inputs)
{
    edit_set_op(rewrite->module, node, op_type, inputs, n_inputs);
    assert(rewrite->n_made < REWRITE_MADE_MOST);
    rewrite->made[rewrite->n_made++] = node;
}

struct value *
rewrite_scale_by(struct rewrite *rewrite, struct value *value, int exponent,
                 struct node *user)
{
    struct module *const module = rewrite->module;
    const struct position before = {user->graph, user};
    const char *const name = edit_fresh_name(module, value->name, "_scaled");
    struct node *const node =
        edit_insert_node(module, before, "Mul", value, name);
    struct value *const inputs[] = {
        value,
        constant_new_scalar(module, node, "scale", ldexpf(1.0F, exponent))};

    rewrite_become(rewrite, node, "Mul", inputs, 2);
    return node->outputs[0];
}

void
rewrite_replace(struct rewrite *rewrite, struct node *node,
                const struct value *from, struct value *to)
{
    for (uint32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i].value == from)
            edit_set_use(rewrite->module, &node->inputs[i], to);
}
