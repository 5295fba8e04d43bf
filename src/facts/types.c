/* types.c: one forward sweep over all graphs. Bodies are swept where their
 * node stands, functions where they are called (type_calls.c), and the values
 * of a function carry the join over its calls. */
#include "facts/type_infer.h"

#include "graph/bodies.h"

struct value_type
types_of_use(const struct types *types, const struct use *use)
{
    const struct value_type unknown = {0};

    return use->value == NULL ? unknown : types->of[use->value->id];
}

void
infer_set(struct infer *in, const struct value *value, struct value_type type)
{
    if (value == NULL)
        return;
    in->now[value->id] = type;
    way_note_type(in, type);
    if (!in->seen[value->id])
        in->joined[value->id] = type;
    else if (!type_equals(in->joined[value->id], type))
        in->joined[value->id] = (struct value_type){0};
    in->seen[value->id] = true;
}

struct value_type
infer_input(const struct infer *in, const struct node *node, size_t slot)
{
    const struct value_type unknown = {0};

    if (slot >= node->n_inputs || node->inputs[slot].value == NULL)
        return unknown;
    return in->now[node->inputs[slot].value->id];
}

/* ---- bodies ----------------------------------------------------------- */

static struct value_type
body_input_type(const struct infer *in, const struct node *node,
                const struct op_body *layout, const struct value *input)
{
    const uint32_t slot = input->slot;
    struct value_type type = {0};

    if (layout == NULL || layout->node_in == OP_NONE)
        return type_declared(input);
    if (slot < layout->body_in)
        return type_tensor(layout->lead[slot]);
    type = infer_input(in, node, layout->node_in + slot - layout->body_in);
    if (layout->elements && type.container == OP_SEQUENCE)
        type.container = OP_TENSOR;
    return type.known ? type : type_declared(input);
}

static enum opp_status
infer_bodies(struct infer *in, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_bodies; i++) {
        struct graph *const body = node->bodies[i];
        const struct op_body *const layout = node_body_layout(node, i);
        enum opp_status status;
        for (uint32_t k = 0; k < body->n_inputs; k++)
            infer_set(in, body->inputs[k],
                     body_input_type(in, node, layout, body->inputs[k]));
        status = infer_graph(in, body);
        if (status != OPP_OK)
            return status;
    }
    return OPP_OK;
}

/* Type of output `slot` of a node as its bodies give it. */
static struct value_type
body_output_type(const struct infer *in, const struct node *node,
                 uint32_t slot)
{
    struct value_type type = {0};

    for (uint32_t i = 0; i < node->n_bodies && !type.known; i++) {
        const struct op_body *const layout = node_body_layout(node, i);
        const struct graph *const body = node->bodies[i];
        if (layout == NULL || slot + layout->body_out >= body->n_outputs ||
            body->outputs[slot + layout->body_out].value == NULL)
            continue;
        type = in->now[body->outputs[slot + layout->body_out].value->id];
        if (layout->elements && type.known && type.container == OP_TENSOR)
            type.container = OP_SEQUENCE;
    }
    return type;
}

/* ---- nodes ------------------------------------------------------------ */

static struct value_type
only_type(const struct op_schema *op, const struct op_param *param)
{
    const int elem = (int)op_param_elem(op, param);

    for (int c = 0; elem != ELEM_UNDEFINED && c < OP_CONTAINERS; c++)
        if (op_param_allows(op, param, (enum op_container)c, elem))
            return type_make((enum op_container)c, elem);
    return type_tensor(ELEM_UNDEFINED);
}

static struct value_type
output_type(const struct infer *in, const struct node *node,
            const struct binding *b, uint32_t slot)
{
    const struct op_param *const param = op_output(b->op, slot);
    struct value_type type = {0};

    if (param == NULL)
        return type;
    if (param->var == OP_NONE)
        return type_tensor(param->elem);
    if (!param->mixed)
        type = b->var[param->var];
    if (!type.known)
        type = body_output_type(in, node, slot);
    return type.known ? type : only_type(b->op, param);
}

static struct value_type
assumed_type(const struct value *value)
{
    struct value_type type = type_declared(value);

    type.assumed = type.known;
    return type;
}

void
infer_set_output(struct infer *in, const struct value *value,
           struct value_type type)
{
    if (value != NULL)
        infer_set(in, value, type.known ? type : assumed_type(value));
}

static enum opp_status
infer_node(struct infer *in, struct node *node)
{
    struct binding b = {.op = node->op};
    const struct value_type unknown = {0};
    enum opp_status status;

    if (node->function != NULL)
        return infer_call(in, node);
    status = infer_bodies(in, node);
    if (status != OPP_OK)
        return status;
    if (node->op != NULL) {
        binding_bind_inputs(in, node, &b);
        binding_apply_rules(in, node, &b);
    }
    for (uint32_t i = 0; i < node->n_outputs; i++)
        infer_set_output(in, node->outputs[i],
                   node->op == NULL ? unknown : output_type(in, node, &b, i));
    return OPP_OK;
}

static void
infer_initializers(struct infer *in, const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_initializers; i++) {
        const struct value *const value = graph->initializers[i];
        if (value->tensor != NULL)
            infer_set(in, value, type_tensor(value->tensor->data_type));
        else if (value->sparse->values != NULL)
            infer_set(in, value,
                      type_tensor(value->sparse->values->data_type));
    }
}

enum opp_status
infer_graph(struct infer *in, struct graph *graph)
{
    enum opp_status status = OPP_OK;

    if (graph->kind == GRAPH_MAIN)
        for (uint32_t i = 0; i < graph->n_inputs; i++)
            infer_set(in, graph->inputs[i], type_declared(graph->inputs[i]));
    infer_initializers(in, graph);
    for (struct node *node = graph->first; status == OPP_OK && node != NULL;
         node = node->next)
        status = infer_node(in, node);
    return status;
}

enum opp_status
types_compute(struct types **out, struct arena *arena, struct module *module,
              struct opp_error *err)
{
    struct infer in = {.module = module, .arena = arena, .err = err};
    struct types *const types = arena_new(arena, struct types);
    struct draft_way draft;
    enum opp_status status;

    in.now = arena_array(arena, module->n_values, struct value_type);
    in.joined = arena_array(arena, module->n_values, struct value_type);
    in.seen = arena_array(arena, module->n_values, bool);
    in.active = arena_array(arena, module->n_graphs, bool);
    map_init(&in.memo, arena);
    map_init(&in.way_keys, arena);
    way_begin(&in, &draft, module->graphs[0]);
    status = infer_graph(&in, module->graphs[0]);
    if (status != OPP_OK)
        return status;
    way_end(&in, NULL);
    types->ways = in.ways;
    types->n_ways = in.n_ways;
    types->of = in.joined;
    types->n = module->n_values;
    *out = types;
    return OPP_OK;
}
