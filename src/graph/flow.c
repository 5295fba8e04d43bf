#include "graph/flow.h"

#include "graph/bodies.h"

struct flow_call {
    const struct node *node;
    struct flow_call *next;
};

void
flow_init(struct flow *flow, struct arena *arena,
          const struct module *module)
{
    flow->module = module;
    flow->calls = arena_array(arena, module->n_graphs, struct flow_call *);
    for (uint32_t i = module->n_nodes; i-- > 0;) {
        const struct node *const node = module->nodes[i];
        struct flow_call *call;
        if (node == NULL || node->function == NULL)
            continue;
        call = arena_new(arena, struct flow_call);
        *call = (struct flow_call){node, flow->calls[node->function->id]};
        flow->calls[node->function->id] = call;
    }
}

static void
hand(flow_fn fn, void *payload, const struct value *value)
{
    if (value != NULL)
        fn(payload, value);
}

/* ---- forward ------------------------------------------------------------- */

static void
into_bodies(const struct use *use, flow_fn fn, void *payload)
{
    const struct node *const node = use->user;

    for (uint32_t i = 0; i < node->n_bodies; i++) {
        const struct op_body *const layout = node_body_layout(node, i);
        const struct graph *const body = node->bodies[i];
        uint32_t at;
        if (layout == NULL || layout->node_in == OP_NONE ||
            use->slot < layout->node_in)
            continue;
        at = layout->body_in + use->slot - layout->node_in;
        if (at < body->n_inputs)
            fn(payload, body->inputs[at]);
    }
}

static void
out_of_body(const struct use *use, flow_fn fn, void *payload)
{
    const struct op_body *const layout = graph_body_layout(use->graph);
    const struct node *const owner = use->graph->owner;
    uint32_t i;

    if (layout == NULL || use->slot < layout->body_out)
        return;
    i = use->slot - layout->body_out;
    if (i < owner->n_outputs)
        hand(fn, payload, owner->outputs[i]);
    if (i < node_body_carried(owner, layout) &&
        layout->body_in + i < use->graph->n_inputs)
        fn(payload, use->graph->inputs[layout->body_in + i]);
}

static void
out_of_function(const struct flow *flow, const struct use *use, flow_fn fn,
                void *payload)
{
    for (const struct flow_call *call = flow->calls[use->graph->id];
         call != NULL; call = call->next)
        if (use->slot < call->node->n_outputs)
            hand(fn, payload, call->node->outputs[use->slot]);
}

void
flow_forward(const struct flow *flow, const struct use *use, flow_fn fn,
             void *payload)
{
    if (use->user == NULL) {
        if (use->graph->kind == GRAPH_BODY)
            out_of_body(use, fn, payload);
        else if (use->graph->kind == GRAPH_FUNCTION)
            out_of_function(flow, use, fn, payload);
    } else if (use->user->function != NULL) {
        if (use->slot < use->user->function->n_inputs)
            fn(payload, use->user->function->inputs[use->slot]);
    } else {
        into_bodies(use, fn, payload);
    }
}

/* ---- back ---------------------------------------------------------------- */

static void
from_body_node(const struct value *value, flow_fn fn, void *payload)
{
    const struct graph *const body = value->graph;
    const struct op_body *const layout = graph_body_layout(body);
    const struct node *const owner = body->owner;
    uint32_t i;

    if (layout == NULL || layout->node_in == OP_NONE ||
        value->slot < layout->body_in)
        return;
    i = value->slot - layout->body_in;
    if (layout->node_in + i < owner->n_inputs)
        hand(fn, payload, owner->inputs[layout->node_in + i].value);
    if (i < node_body_carried(owner, layout) &&
        layout->body_out + i < body->n_outputs)
        hand(fn, payload, body->outputs[layout->body_out + i].value);
}

static void
from_calls(const struct flow *flow, const struct value *value, flow_fn fn,
           void *payload)
{
    for (const struct flow_call *call = flow->calls[value->graph->id];
         call != NULL; call = call->next)
        if (value->slot < call->node->n_inputs)
            hand(fn, payload, call->node->inputs[value->slot].value);
}

static void
from_bodies(const struct value *value, flow_fn fn, void *payload)
{
    const struct node *const node = value->def;

    for (uint32_t i = 0; i < node->n_bodies; i++) {
        const struct op_body *const layout = node_body_layout(node, i);
        const struct graph *const body = node->bodies[i];
        if (layout != NULL &&
            layout->body_out + value->slot < body->n_outputs)
            hand(fn, payload,
                 body->outputs[layout->body_out + value->slot].value);
    }
}

void
flow_back(const struct flow *flow, const struct value *value, flow_fn fn,
          void *payload)
{
    if (value->kind == VALUE_INPUT && value->graph->kind == GRAPH_BODY)
        from_body_node(value, fn, payload);
    else if (value->kind == VALUE_INPUT &&
             value->graph->kind == GRAPH_FUNCTION)
        from_calls(flow, value, fn, payload);
    else if (value->def != NULL && value->def->function != NULL) {
        if (value->slot < value->def->function->n_outputs)
            hand(fn, payload,
                 value->def->function->outputs[value->slot].value);
    } else if (value->def != NULL)
        from_bodies(value, fn, payload);
}
