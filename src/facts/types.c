/* types.c: one forward sweep over all graphs. Bodies are swept where their
 * node stands; a function where it is called, once for each combination of
 * input types and attributes that its calls have (so chains of calls stay
 * linear), and its values carry the join. */
#include "facts/types.h"

#include <string.h>

#include "graph/bodies.h"

enum { MAX_VARS = 64 };

/* The attributes that `ref_attr_name` can mean inside a function. */
struct call {
    const Onnx__FunctionProto *function;
    const Onnx__AttributeProto **attrs;
    size_t n_attrs;
};

struct infer {
    struct module *module;
    struct arena *arena;
    struct value_type *now;    /* in the call that is swept */
    struct value_type *joined; /* over all calls */
    bool *seen;                /* joined holds something */
    bool *active;              /* by graph id: this function is being swept */
    struct map memo;           /* signature of a call to its output types */
    const struct call *call;
    struct opp_error *err;
};

/* What is known of a node's type variables. */
struct binding {
    const struct op_schema *op;
    struct value_type var[MAX_VARS];
};

static enum opp_status infer_graph(struct infer *in, struct graph *graph);

static struct value_type
type_of(enum op_container container, int elem)
{
    struct value_type type = {0};

    if (elem <= ELEM_UNDEFINED || elem >= ELEM_COUNT)
        return type;
    type.known = true;
    type.container = (uint8_t)container;
    type.elem = (uint8_t)elem;
    return type;
}

static struct value_type
tensor_of(int elem)
{
    return type_of(OP_TENSOR, elem);
}

static bool
same_type(struct value_type a, struct value_type b)
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
        map->value_type == NULL ? tensor_of(ELEM_UNDEFINED)
                                : type_from_proto(map->value_type);

    return type_of(map->key_type == ELEM_STRING ? by_string : by_int,
                   item.elem);
}

static struct value_type
sequence_type(const Onnx__TypeProto *elem)
{
    if (elem == NULL)
        return tensor_of(ELEM_UNDEFINED);
    if (elem->value_case == ONNX__TYPE_PROTO__VALUE_MAP_TYPE)
        return map_type(elem->map_type, OP_SEQUENCE_MAP_INT64,
                        OP_SEQUENCE_MAP_STRING);
    return type_of(OP_SEQUENCE, type_from_proto(elem).elem);
}

static struct value_type
optional_of(struct value_type inner)
{
    return type_of(inner.container == OP_SEQUENCE ? OP_OPTIONAL_SEQUENCE
                                                  : OP_OPTIONAL,
                   inner.elem);
}

static struct value_type
optional_type(const Onnx__TypeProto *elem)
{
    return optional_of(elem == NULL ? tensor_of(ELEM_UNDEFINED)
                                    : type_from_proto(elem));
}

struct value_type
type_from_proto(const Onnx__TypeProto *type)
{
    const struct value_type unknown = {0};

    switch (type->value_case) {
    case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
        return tensor_of(type->tensor_type->elem_type);
    case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
        return type_of(OP_SPARSE_TENSOR, type->sparse_tensor_type->elem_type);
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
types_of_use(const struct types *types, const struct use *use)
{
    const struct value_type unknown = {0};

    return use->value == NULL ? unknown : types->of[use->value->id];
}

static void
set_type(struct infer *in, const struct value *value, struct value_type type)
{
    if (value == NULL)
        return;
    in->now[value->id] = type;
    if (!in->seen[value->id])
        in->joined[value->id] = type;
    else if (!same_type(in->joined[value->id], type))
        in->joined[value->id] = (struct value_type){0};
    in->seen[value->id] = true;
}

static struct value_type
declared_type(const struct value *value)
{
    const struct value_type unknown = {0};

    if (value->info == NULL || value->info->type == NULL)
        return unknown;
    return type_from_proto(value->info->type);
}

static struct value_type
input_type(const struct infer *in, const struct node *node, size_t slot)
{
    const struct value_type unknown = {0};

    if (slot >= node->n_inputs || node->inputs[slot].value == NULL)
        return unknown;
    return in->now[node->inputs[slot].value->id];
}

/* ---- attributes ------------------------------------------------------- */

/* What an attribute is in this call: `ref_attr_name` looked up. */
static const Onnx__AttributeProto *
dereference(const struct infer *in, const Onnx__AttributeProto *attr)
{
    if (attr == NULL || attr->ref_attr_name == NULL ||
        attr->ref_attr_name[0] == '\0')
        return attr;
    for (size_t i = 0; in->call != NULL && i < in->call->n_attrs; i++)
        if (strcmp(in->call->attrs[i]->name, attr->ref_attr_name) == 0)
            return in->call->attrs[i];
    return NULL;
}

static int
named_elem(const Onnx__AttributeProto *attr)
{
    char text[32] = "";
    const char *name = text;

    if (!attr->has_s || attr->s.len >= sizeof text)
        return ELEM_UNDEFINED;
    memcpy(text, attr->s.data, attr->s.len);
    if (strncmp(name, "TO_", 3) == 0)
        name += 3;
    return (int)elem_parse(name);
}

static struct value_type
rule_default(const struct infer *in, const struct node *node,
             const struct op_rule *rule)
{
    if (rule->other != OP_NONE && input_type(in, node, rule->other).known)
        return tensor_of(input_type(in, node, rule->other).elem);
    return tensor_of(rule->elem);
}

static bool
is_present(const Onnx__AttributeProto *attr)
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
            return tensor_of(e);
    return tensor_of(ELEM_UNDEFINED);
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
        return type_of(container, item.elem);
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
            return type_of((enum op_container)c, type.elem);
    return type;
}

/* The answer of one rule; not known when it has none. */
static struct value_type
rule_type(const struct infer *in, const struct node *node,
          const struct binding *b, const struct op_rule *rule)
{
    const char *const name = op_rule_attr(rule);
    const Onnx__AttributeProto *const attr =
        name[0] == '\0' ? NULL : dereference(in, node_attr(node, name));
    const struct value_type unknown = {0};

    switch ((enum op_rule_kind)rule->kind) {
    case OP_RULE_DTYPE:
    case OP_RULE_BITS:
    case OP_RULE_STASH:
        return attr != NULL && attr->has_i && attr->i != 0
                   ? tensor_of((int)attr->i)
                   : rule_default(in, node, rule);
    case OP_RULE_NAME:
        return attr != NULL ? tensor_of(named_elem(attr))
                            : rule_default(in, node, rule);
    case OP_RULE_TENSOR:
        return attr != NULL && attr->t != NULL
                   ? tensor_of(attr->t->data_type)
                   : rule_default(in, node, rule);
    case OP_RULE_SPARSE_TENSOR:
        return attr != NULL && attr->sparse_tensor != NULL &&
                       attr->sparse_tensor->values != NULL
                   ? tensor_of(attr->sparse_tensor->values->data_type)
                   : unknown;
    case OP_RULE_TYPE_PROTO:
        return attr != NULL && attr->tp != NULL
                   ? optional_of(type_from_proto(attr->tp))
                   : unknown;
    case OP_RULE_VALUE:
        return attr != NULL ? tensor_of(rule->elem) : unknown;
    case OP_RULE_PRESENT:
        return is_present(attr)
                   ? type_of((enum op_container)rule->other, rule->elem)
                   : unknown;
    case OP_RULE_SAME:
        return rule_default(in, node, rule);
    case OP_RULE_OTHER:
        return other_of_two(b->op, rule,
                            input_type(in, node, rule->other).elem);
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

static void
apply_rules(const struct infer *in, const struct node *node,
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

static void
bind_inputs(const struct infer *in, const struct node *node,
            struct binding *b)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct op_param *const param = op_input(b->op, i);
        const struct value_type type = input_type(in, node, i);
        if (param == NULL || param->var == OP_NONE || param->mixed)
            continue;
        if (type.known && !b->var[param->var].known)
            b->var[param->var] = type;
    }
}

/* ---- bodies ----------------------------------------------------------- */

static struct value_type
body_input_type(const struct infer *in, const struct node *node,
                const struct op_body *layout, const struct value *input)
{
    const uint32_t slot = input->slot;
    struct value_type type = {0};

    if (layout == NULL || layout->node_in == OP_NONE)
        return declared_type(input);
    if (slot < layout->body_in)
        return tensor_of(layout->lead[slot]);
    type = input_type(in, node, layout->node_in + slot - layout->body_in);
    if (layout->elements && type.container == OP_SEQUENCE)
        type.container = OP_TENSOR;
    return type.known ? type : declared_type(input);
}

static enum opp_status
infer_bodies(struct infer *in, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_bodies; i++) {
        struct graph *const body = node->bodies[i];
        const struct op_body *const layout = node_body_layout(node, i);
        enum opp_status status;
        for (uint32_t k = 0; k < body->n_inputs; k++)
            set_type(in, body->inputs[k],
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
            return type_of((enum op_container)c, elem);
    return tensor_of(ELEM_UNDEFINED);
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
        return tensor_of(param->elem);
    if (!param->mixed)
        type = b->var[param->var];
    if (!type.known)
        type = body_output_type(in, node, slot);
    return type.known ? type : only_type(b->op, param);
}

static struct value_type
assumed_type(const struct value *value)
{
    struct value_type type = declared_type(value);

    type.assumed = type.known;
    return type;
}

static void
set_output(struct infer *in, const struct value *value,
           struct value_type type)
{
    if (value != NULL)
        set_type(in, value, type.known ? type : assumed_type(value));
}

static enum opp_status infer_call(struct infer *in, const struct node *node);

static enum opp_status
infer_node(struct infer *in, const struct node *node)
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
        bind_inputs(in, node, &b);
        apply_rules(in, node, &b);
    }
    for (uint32_t i = 0; i < node->n_outputs; i++)
        set_output(in, node->outputs[i],
                   node->op == NULL ? unknown : output_type(in, node, &b, i));
    return OPP_OK;
}

static void
infer_initializers(struct infer *in, const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_initializers; i++) {
        const struct value *const value = graph->initializers[i];
        if (value->tensor != NULL)
            set_type(in, value, tensor_of(value->tensor->data_type));
        else
            set_type(in, value, tensor_of(value->sparse->values->data_type));
    }
}

static enum opp_status
infer_graph(struct infer *in, struct graph *graph)
{
    enum opp_status status = OPP_OK;

    if (graph->kind == GRAPH_MAIN)
        for (uint32_t i = 0; i < graph->n_inputs; i++)
            set_type(in, graph->inputs[i], declared_type(graph->inputs[i]));
    infer_initializers(in, graph);
    for (const struct node *node = graph->first;
         status == OPP_OK && node != NULL; node = node->next)
        status = infer_node(in, node);
    return status;
}

/* ---- calls of functions ----------------------------------------------- */

static const Onnx__AttributeProto *
find_attr(Onnx__AttributeProto *const *attrs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(attrs[i]->name, name) == 0)
            return attrs[i];
    return NULL;
}

static void
call_add(const struct infer *in, struct call *call, const char *name,
         const Onnx__AttributeProto *attr)
{
    Onnx__AttributeProto *named;

    if (attr == NULL)
        return;
    /* A reference has the name of the outer attribute; here it is `name`. */
    named = arena_new(in->arena, Onnx__AttributeProto);
    *named = *attr;
    named->name = (char *)(uintptr_t)name;
    call->attrs[call->n_attrs++] = named;
}

static struct call
call_make(const struct infer *in, const struct node *node)
{
    const Onnx__FunctionProto *const function = node->function->function;
    struct call call = {.function = function};

    call.attrs =
        arena_array(in->arena, function->n_attribute +
                                   function->n_attribute_proto,
                    const Onnx__AttributeProto *);
    for (size_t i = 0; i < function->n_attribute; i++)
        call_add(in, &call, function->attribute[i],
                 dereference(in, node_attr(node, function->attribute[i])));
    for (size_t i = 0; i < function->n_attribute_proto; i++) {
        const Onnx__AttributeProto *const missing =
            function->attribute_proto[i];
        const Onnx__AttributeProto *const given = dereference(
            in, find_attr(node->proto->attribute, node->proto->n_attribute,
                          missing->name));
        call_add(in, &call, missing->name,
                 given != NULL ? given : missing);
    }
    return call;
}

/* The type of what an attribute holds as such. */
static struct value_type
attr_type(const Onnx__AttributeProto *attr)
{
    if (attr->t != NULL)
        return tensor_of(attr->t->data_type);
    if (attr->sparse_tensor != NULL && attr->sparse_tensor->values != NULL)
        return tensor_of(attr->sparse_tensor->values->data_type);
    return attr->tp != NULL ? type_from_proto(attr->tp)
                            : tensor_of(ELEM_UNDEFINED);
}

/* Everything that the types inside a function can depend on. */
static const char *
call_key(const struct infer *in, const struct node *node,
         const struct call *call)
{
    const char *key =
        arena_printf(in->arena, "%u", node->function->id);

    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value_type type = input_type(in, node, i);
        key = arena_printf(in->arena, "%s %d.%d.%d", key, type.known,
                           type.container, type.elem);
    }
    for (size_t i = 0; i < call->n_attrs; i++) {
        const Onnx__AttributeProto *const attr = call->attrs[i];
        const struct value_type type = attr_type(attr);
        key = arena_printf(
            in->arena, "%s %s=%d.%lld.%d.%d.%.*s", key, attr->name,
            is_present(attr), attr->has_i ? (long long)attr->i : 0LL,
            type.container, type.elem, attr->has_s ? (int)attr->s.len : 0,
            attr->has_s ? (const char *)attr->s.data : "");
    }
    return key;
}

static enum opp_status
sweep_function(struct infer *in, const struct node *node,
               const struct call *call)
{
    struct graph *const graph = node->function;
    const struct call *const outer = in->call;
    enum opp_status status;

    if (in->active[graph->id]) {
        error_set(in->err, OPP_EINPUT, "function `%s` calls itself",
                  graph->function->name);
        error_where(in->err, "%s  %s", in->module->model->path,
                    node_place(in->module, node));
        return OPP_EINPUT;
    }
    for (uint32_t i = 0; i < graph->n_inputs; i++)
        set_type(in, graph->inputs[i], input_type(in, node, i));
    in->active[graph->id] = true;
    in->call = call;
    status = infer_graph(in, graph);
    in->call = outer;
    in->active[graph->id] = false;
    return status;
}

static enum opp_status
infer_call(struct infer *in, const struct node *node)
{
    struct graph *const graph = node->function;
    const struct call call = call_make(in, node);
    const char *const key = call_key(in, node, &call);
    struct value_type *outputs = map_get(&in->memo, key);

    if (outputs == NULL) {
        const enum opp_status status = sweep_function(in, node, &call);
        if (status != OPP_OK)
            return status;
        outputs =
            arena_array(in->arena, graph->n_outputs, struct value_type);
        for (uint32_t i = 0; i < graph->n_outputs; i++)
            if (graph->outputs[i].value != NULL)
                outputs[i] = in->now[graph->outputs[i].value->id];
        map_put(&in->memo, key, outputs);
    }
    for (uint32_t i = 0; i < node->n_outputs && i < graph->n_outputs; i++)
        set_output(in, node->outputs[i], outputs[i]);
    return OPP_OK;
}

enum opp_status
types_compute(struct types **out, struct arena *arena, struct module *module,
              struct opp_error *err)
{
    struct infer in = {.module = module, .arena = arena, .err = err};
    struct types *const types = arena_new(arena, struct types);
    enum opp_status status;

    in.now = arena_array(arena, module->n_values, struct value_type);
    in.joined = arena_array(arena, module->n_values, struct value_type);
    in.seen = arena_array(arena, module->n_values, bool);
    in.active = arena_array(arena, module->n_graphs, bool);
    map_init(&in.memo, arena);
    status = infer_graph(&in, module->graphs[0]);
    if (status != OPP_OK)
        return status;
    types->of = in.joined;
    types->n = module->n_values;
    *out = types;
    return OPP_OK;
}
