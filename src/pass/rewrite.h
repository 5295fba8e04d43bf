/* rewrite.h: rewrites that several passes need, made of the verbs of
 * graph/edit.h. All of them want an open change. */
#ifndef PASS_REWRITE_H
#define PASS_REWRITE_H

#include "graph/edit.h"
#include "numeric/format.h"

/* "_fp16", "_bf16", "_fp32": what a value of this type is called beside the
 * original. */
const char *elem_suffix(int elem);

/* What constants are converted to. Float values that become narrower are
 * clamped first, where there is a clamp. */
struct conversion {
    int elem;
    struct numeric_clamp clamp;
};

/* Gives a float constant (facts/constants.h), or an input with a default,
 * another element type in place. */
void constant_convert(struct module *module, struct value *value,
                      const struct conversion *to);

/* A second constant beside `value`, of another element type. */
struct value *constant_copy(struct module *module, struct value *value,
                            const struct conversion *to);

/* Makes a Cast one to `elem`, as the opset of its scope writes it. What a Cast
 * of opset 5 and below gives no inference finds out, so it is declared. */
void cast_set_to(struct module *module, struct node *cast, int elem);

/* Makes a node read its first operand, a FLOAT tensor, through a Clip to
 * [-limit, limit] directly before it, in the opset's form. Opset 6 and up. */
void bound_operand(struct module *module, struct node *node, float limit);

/* Converts the tensor of an attribute; where it is absent, adds one zero,
 * which is what ConstantOfShape means without it. */
void convert_tensor_attr(struct module *module, struct node *node,
                         const char *name, const struct conversion *to);

#endif
