/* type_calls.c: calls of local functions. A function is swept once for each
 * combination of input types and attributes that its calls have, so chains of
 * calls stay linear. */
#include "facts/type_infer.h"

#include <stdio.h>
#include <string.h>

/* The type of what an attribute holds as such. */
static struct value_type
attr_type(const Onnx__AttributeProto *attr)
{
    if (attr->t != NULL)
        return type_tensor(attr->t->data_type);
    if (attr->sparse_tensor != NULL && attr->sparse_tensor->values != NULL)
        return type_tensor(attr->sparse_tensor->values->data_type);
    return attr->tp != NULL ? type_from_proto(attr->tp)
                            : type_tensor(ELEM_UNDEFINED);
}

/* Bytes that suffice for the key of a call. */
static size_t
key_size(const struct node *node, const struct call_attrs *call)
{
    size_t size = 16 + 16 * (size_t)node->n_inputs;

    for (size_t i = 0; i < call->n_attrs; i++)
        size += strlen(call->attrs[i]->name) + 64 +
                (call->attrs[i]->has_s ? call->attrs[i]->s.len : 0);
    return size;
}

/* Everything that the types inside a function can depend on. */
static const char *
call_key(const struct infer *in, const struct node *node,
         const struct call_attrs *call)
{
    const size_t size = key_size(node, call);
    char *const key = arena_alloc(in->arena, size);
    size_t n = (size_t)snprintf(key, size, "%u", node->function->id);

    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value_type type = infer_input(in, node, i);
        n += (size_t)snprintf(key + n, size - n, " %d.%d.%d", type.known,
                              type.container, type.elem);
    }
    for (size_t i = 0; i < call->n_attrs; i++) {
        const Onnx__AttributeProto *const attr = call->attrs[i];
        const struct value_type type = attr_type(attr);
        n += (size_t)snprintf(
            key + n, size - n, " %s=%d.%lld.%d.%d.%.*s", attr->name,
            attr_is_present(attr), attr->has_i ? (long long)attr->i : 0LL,
            type.container, type.elem, attr->has_s ? (int)attr->s.len : 0,
            attr->has_s ? (const char *)attr->s.data : "");
    }
    return key;
}

/* Deeper chains are refused by onnx.checker and ONNX Runtime (1.32) too. */
enum { DEEPEST = 100 };

/* Each sweep is another combination of types and attributes. Attributes that
 * are handed down by reference can make exponentially many. */
enum { MOST_SWEEPS = 20000 };

static enum opp_status
fail_call(const struct infer *in, const struct node *node,
          enum opp_status status, const char *what)
{
    error_set(in->err, status, "%s", what);
    error_where(in->err, "%s  %s", in->module->model->path,
                node_place(in->module, node));
    return status;
}

/* What a call gives. */
struct outcome {
    struct value_type *outputs;
    const struct type_way *way;
};

static enum opp_status
check_call(const struct infer *in, const struct node *node)
{
    if (in->active[node->function->id])
        return fail_call(in, node, OPP_EINPUT, "a function calls itself");
    if (in->depth >= DEEPEST)
        return fail_call(in, node, OPP_EINPUT,
                         "functions call each other more than 100 deep");
    if (in->sweeps >= MOST_SWEEPS)
        return fail_call(in, node, OPP_EREFUSED,
                         "functions are called in more than 20000 ways");
    return OPP_OK;
}

static enum opp_status
sweep_function(struct infer *in, const struct node *node,
               const struct call_attrs *call, struct outcome *outcome)
{
    struct graph *const graph = node->function;
    const struct call_attrs *const outer = in->call;
    struct draft_way *const outer_draft = in->draft;
    struct draft_way draft;
    enum opp_status status = check_call(in, node);

    if (status != OPP_OK)
        return status;
    in->depth++;
    in->sweeps++;
    way_begin(in, &draft, graph);
    for (uint32_t i = 0; i < graph->n_inputs; i++)
        infer_set(in, graph->inputs[i], infer_input(in, node, i));
    in->active[graph->id] = true;
    in->call = call;
    status = infer_graph(in, graph);
    in->call = outer;
    in->active[graph->id] = false;
    outcome->way = way_end(in, outer_draft);
    in->depth--;
    return status;
}

static struct value_type *
output_types(const struct infer *in, const struct graph *graph)
{
    struct value_type *const outputs =
        arena_array(in->arena, graph->n_outputs, struct value_type);

    for (uint32_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i].value != NULL)
            outputs[i] = in->now[graph->outputs[i].value->id];
    return outputs;
}

enum opp_status
infer_call(struct infer *in, struct node *node)
{
    struct graph *const graph = node->function;
    const struct call_attrs *const call =
        call_attrs_new(in->arena, in->call, node);
    const char *const key = call_key(in, node, call);
    struct outcome *outcome = map_get(&in->memo, key);

    if (outcome == NULL) {
        enum opp_status status;
        outcome = arena_new(in->arena, struct outcome);
        status = sweep_function(in, node, call, outcome);
        if (status != OPP_OK)
            return status;
        outcome->outputs = output_types(in, graph);
        map_put(&in->memo, key, outcome);
    }
    way_note_call(in, node, outcome->way);
    for (uint32_t i = 0; i < node->n_outputs && i < graph->n_outputs; i++)
        infer_set_output(in, node->outputs[i], outcome->outputs[i]);
    return OPP_OK;
}
