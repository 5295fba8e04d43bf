/* quirks.c: what a widespread runtime cannot load although it is legal. Each
 * quirk names the version in which it was seen; it goes when that does. */
#include "plan/decide.h"

#include "facts/traits.h"
#include "graph/bodies.h"

/* perm = 1, 2, ..., then 0 and the last dimension in either order: the batch
 * dimension moves to the rows or columns of the matrix. */
static bool
moves_batch(const Onnx__AttributeProto *perm)
{
    const size_t n = perm == NULL ? 0 : perm->n_ints;
    int64_t a, b;

    if (n < 3)
        return false;
    for (size_t i = 0; i < n - 2; i++)
        if (perm->ints[i] != (int64_t)i + 1)
            return false;
    a = perm->ints[n - 2];
    b = perm->ints[n - 1];
    return (a == 0 && b == (int64_t)n - 1) || (a == (int64_t)n - 1 && b == 0);
}

static bool
has_weights(const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value != NULL && (value->tensor != NULL ||
                              value_constant(value) != NULL))
            return true;
    }
    return false;
}

/* True when a contraction reads the value, with a constant if it must; also
 * through one cast, which stands between a node that is kept and its user. */
static bool
feeds_contraction(const struct value *value, bool weights, bool through_cast)
{
    for_each_use (value, use) {
        const struct node *const user = use->user;
        if (user == NULL)
            continue;
        if (node_has_trait(user, TRAIT_HEAVY) &&
            (!weights || has_weights(user)))
            return true;
        if (through_cast && user->op != NULL &&
            user->op->class == OP_CONVERT && user->n_outputs > 0 &&
            user->outputs[0] != NULL &&
            feeds_contraction(user->outputs[0], weights, false))
            return true;
    }
    return false;
}

/* ONNX Runtime 1.32, CPU, ORT_ENABLE_ALL: the second round of
 * MatmulTransposeFusion, after FuseFp16InitializerToFp32NodeTransformer, ends
 * in a segmentation fault where a float16 Transpose that moves the batch
 * dimension feeds a MatMul with weights. In float32 the Transpose is fused in
 * the first round, and loads. */
static bool
crashes_on_load(const struct node *node)
{
    return node_has_trait(node, TRAIT_PERMUTES) &&
           moves_batch(node_attr(node, "perm")) && node->n_outputs > 0 &&
           node->outputs[0] != NULL &&
           feeds_contraction(node->outputs[0], true, true);
}


/* ONNX Runtime 1.32, CPU, from ORT_ENABLE_EXTENDED on: a DequantizeLinear of
 * weights with a float16 scale before a MatMul becomes a MatMulNBits that gives
 * zeros, or fails to load where the weights are captured. */
static bool
loses_weights(const struct node *node)
{
    return node_has_trait(node, TRAIT_DEQUANTIZES) && node->n_inputs > 0 &&
           node->inputs[0].value != NULL &&
           value_constant(node->inputs[0].value) != NULL &&
           node->n_outputs > 0 && node->outputs[0] != NULL &&
           feeds_contraction(node->outputs[0], false, true);
}

/* ONNX Runtime 1.32, CPU: the kernels of ScatterElements and ScatterND have no
 * reduction in float16, and say so when they run. */
static bool
has_no_reduction(const struct node *node)
{
    return node_has_trait(node, TRAIT_ACCUMULATE_IF) && node_reduces(node);
}

/* ONNX Runtime 1.32 from opset 18 on: functions such as Relu are inlined into
 * the body of a SequenceMap that is a function itself, in an order that is not
 * topological, where they are in float16. */
static bool
maps_sequence(const struct node *node)
{
    const struct op_body *const layout =
        node->n_bodies > 0 ? node_body_layout(node, 0) : NULL;

    return layout != NULL && layout->elements;
}

static bool
is_in_sequence_map(const struct node *node)
{
    if (maps_sequence(node))
        return true;
    for (; node != NULL; node = node->graph->owner) {
        const struct op_body *const layout =
            node->graph->kind == GRAPH_BODY ? graph_body_layout(node->graph)
                                            : NULL;
        if (layout != NULL && layout->elements)
            return true;
    }
    return false;
}

/* The first opset in which ONNX Runtime 1.32 loads float16 nodes on CPU: the
 * casts that it inserts around them have `to` as a number, which is an error
 * before Cast-6. */
enum { FIRST_OPSET = 6 };

/* What is in low precision in the file is not made of it here. */
static void
keep(struct plan *plan, uint32_t item, const struct node *node,
     const char *detail)
{
    if (!plan_is_low(plan, item))
        plan_keep(plan, item, REASON_RUNTIME, node, detail);
}

static void
keep_node(struct plan *plan, const struct node *node)
{
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++)
        keep(plan, i, node, "");
}

static void
keep_all(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->n_items; i++)
        keep(plan, i, NULL, "opset below 6");
}

/* ONNX Runtime 1.32, CPU: MeanVarianceNormalization has no float16 kernel, and
 * the body that ONNX gives it adds a float constant. */
static bool
has_float_body(const struct node *node)
{
    return node_has_trait(node, TRAIT_SQUARE_SUM) &&
           node_has_trait(node, TRAIT_DIFFERENCE);
}

/* Ops that ONNX Runtime adds have bodies, too, which it takes where it has no
 * float16 kernel; they are of ops up to this opset (Erf). */
enum { BODIES_OPSET = 9 };

static bool
has_old_body(const struct plan *plan, const struct node *node)
{
    return (node->op->flags & OP_EXTENSION) != 0 &&
           graph_new_opset(plan->module, node->graph) < BODIES_OPSET;
}

void
decide_quirks(struct plan *plan)
{
    if (plan->to == ELEM_FLOAT)
        return;
    if (graph_new_opset(plan->module, plan->module->graphs[0]) < FIRST_OPSET)
        keep_all(plan);
    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        if (node != NULL &&
            (crashes_on_load(node) || loses_weights(node) ||
             has_no_reduction(node) || has_old_body(plan, node) ||
             has_float_body(node) ||
             is_in_sequence_map(node)))
            keep_node(plan, node);
    }
}
