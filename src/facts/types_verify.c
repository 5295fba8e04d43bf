/* types_verify.c: the types that types.c found, held against the schemas and
 * against each other. What ONNX itself accepts must pass: a type that is not
 * known or only assumed never violates. */
#include "facts/types.h"

#include <assert.h>

#include "facts/type_text.h"
#include "graph/bodies.h"

struct verifier {
    const struct types *types;
    const struct module *module;
    struct opp_error *err;
};

/* An operand of a node, or an input or output of a body, and its type. */
struct operand {
    const char *side; /* "input" or "output" */
    const char *name; /* of the parameter, or of the value */
    struct value_type type;
};

static bool
is_certain(struct value_type type)
{
    return type.known && !type.assumed;
}

static struct value_type
type_of_value(const struct verifier *v, const struct value *value)
{
    const struct value_type unknown = {0};

    return value == NULL ? unknown : v->types->of[value->id];
}

static struct value_type
declared(const Onnx__ValueInfoProto *info)
{
    const struct value_type unknown = {0};

    return info == NULL || info->type == NULL ? unknown
                                              : type_from_proto(info->type);
}

static enum opp_status
fail_place(const struct verifier *v, const struct node *node)
{
    error_where(v->err, "%s  %s", v->module->model->path,
                node_place(v->module, node));
    return OPP_EINPUT;
}

/* ---- operands against the schema ------------------------------------ */

static enum opp_status
fail_not_allowed(const struct verifier *v, const struct node *node,
                 const struct operand *operand)
{
    char type[TYPE_TEXT];

    error_set(v->err, OPP_EINPUT, "%s `%s` must not be %s", operand->side,
              operand->name, type_text(type, operand->type));
    error_why(v->err,
              "OPP402 type-not-allowed: version %d of %s does not allow it",
              node->op->since, op_name(node->op));
    return fail_place(v, node);
}

static enum opp_status
fail_mixed(const struct verifier *v, const struct node *node,
           const struct operand *a, const struct operand *b, const char *why)
{
    char a_type[TYPE_TEXT], b_type[TYPE_TEXT];

    error_set(v->err, OPP_EINPUT, "%s `%s` is %s, but %s `%s` is %s", a->side,
              a->name, type_text(a_type, a->type), b->side, b->name,
              type_text(b_type, b->type));
    error_why(v->err, "OPP401 mixed-types: %s must have one type", why);
    return fail_place(v, node);
}

static enum opp_status
check_operand(const struct verifier *v, const struct node *node,
              const struct op_param *param, const struct operand *operand,
              struct operand *bound)
{
    const struct value_type type = operand->type;
    struct operand *first;

    if (!is_certain(type))
        return OPP_OK;
    if (!op_param_allows(node->op, param, (enum op_container)type.container,
                         type.elem))
        return fail_not_allowed(v, node, operand);
    if (param->var == OP_NONE || param->mixed)
        return OPP_OK;
    first = &bound[param->var];
    if (first->name == NULL)
        *first = *operand;
    if (first->type.container == type.container &&
        first->type.elem == type.elem)
        return OPP_OK;
    return fail_mixed(v, node, first, operand, "operands of one type variable");
}

/* A container and what is put into it or taken out of it. */
static enum opp_status
check_joins(const struct verifier *v, const struct node *node,
            const struct operand *bound)
{
    for (size_t i = 0; i < node->op->n_rules; i++) {
        const struct op_rule *const rule = op_rule(node->op, i);
        const struct operand *whole, *item;
        if (!op_rule_joins(rule))
            continue;
        whole = &bound[rule->var];
        item = &bound[rule->other];
        if (whole->name != NULL && item->name != NULL &&
            whole->type.elem != item->type.elem)
            return fail_mixed(v, node, whole, item,
                              "a container and its elements");
    }
    return OPP_OK;
}

/* Before opset 9 schemas allow constants of floats only; files have others,
 * which onnx.checker (1.23) and ONNX Runtime (1.32) accept. */
static bool
is_checked_output(const struct node *node)
{
    return node->op->class != OP_CONSTANT;
}

static enum opp_status
check_schema(const struct verifier *v, const struct node *node)
{
    struct operand bound[OP_VARS_MOST] = {{0}};
    enum opp_status status = OPP_OK;

    assert(op_vars(node->op) <= OP_VARS_MOST);
    for (uint32_t i = 0; status == OPP_OK && i < node->n_inputs; i++) {
        const struct op_param *const param = op_input(node->op, i);
        const struct operand operand = {
            "input", param == NULL ? NULL : op_param_name(node->op, param),
            types_of_use(v->types, &node->inputs[i])};
        if (param != NULL)
            status = check_operand(v, node, param, &operand, bound);
    }
    for (uint32_t i = 0; status == OPP_OK && i < node->n_outputs; i++) {
        const struct op_param *const param = op_output(node->op, i);
        const struct operand operand = {
            "output", param == NULL ? NULL : op_param_name(node->op, param),
            type_of_value(v, node->outputs[i])};
        if (param != NULL && is_checked_output(node))
            status = check_operand(v, node, param, &operand, bound);
    }
    return status == OPP_OK ? check_joins(v, node, bound) : status;
}

/* ---- bodies --------------------------------------------------------- */

static int
without_optional(int container)
{
    if (container == OP_OPTIONAL)
        return OP_TENSOR;
    return container == OP_OPTIONAL_SEQUENCE ? OP_SEQUENCE : container;
}

/* One state may be an optional in one place and its element in another (Loop,
 * ONNX opset 16: a body that fills an optional sequence). */
static bool
agree(struct value_type a, struct value_type b)
{
    return !is_certain(a) || !is_certain(b) ||
           (a.elem == b.elem &&
            without_optional(a.container) == without_optional(b.container));
}

static enum opp_status
check_agree(const struct verifier *v, const struct node *node,
            const struct operand *a, const struct operand *b, const char *why)
{
    return agree(a->type, b->type) ? OPP_OK : fail_mixed(v, node, a, b, why);
}

static struct value_type
element_of(const struct op_body *layout, struct value_type type)
{
    if (layout->elements && type.container == OP_SEQUENCE)
        type.container = OP_TENSOR;
    return type;
}

/* What the node hands to input `slot` of a body. */
static struct value_type
handed_type(const struct verifier *v, const struct node *node,
            const struct op_body *layout, uint32_t slot)
{
    struct value_type type = {0};

    if (slot < layout->body_in) {
        type.known = layout->lead[slot] != ELEM_UNDEFINED;
        type.elem = layout->lead[slot];
        return type;
    }
    slot += layout->node_in - layout->body_in;
    if (slot < node->n_inputs)
        type = types_of_use(v->types, &node->inputs[slot]);
    return element_of(layout, type);
}

/* The types that a body declares for its inputs against what it gets. */
static enum opp_status
check_body_inputs(const struct verifier *v, const struct graph *body,
                  const struct op_body *layout)
{
    enum opp_status status = OPP_OK;

    if (layout->node_in == OP_NONE)
        return OPP_OK;
    for (uint32_t i = 0; status == OPP_OK && i < body->n_inputs; i++) {
        const struct value *const value = body->inputs[i];
        const struct operand given = {"operand of body input", value->name,
                                      handed_type(v, body->owner, layout, i)};
        const struct operand taken = {"body input", value->name,
                                      declared(value->info)};
        status = check_agree(v, body->owner, &given, &taken,
                             "an operand and its body input");
    }
    return status;
}

/* A carried output becomes the input of the next round. */
static enum opp_status
check_carried(const struct verifier *v, const struct graph *body,
              const struct op_body *layout)
{
    const uint32_t n = node_body_carried(body->owner, layout);
    enum opp_status status = OPP_OK;

    for (uint32_t i = 0; status == OPP_OK && i < n; i++) {
        const uint32_t in = layout->body_in + i, out = layout->body_out + i;
        struct operand before, after;
        if (in >= body->n_inputs || out >= body->n_outputs ||
            body->outputs[out].value == NULL)
            continue;
        before = (struct operand){"body input", body->inputs[in]->name,
                                  type_of_value(v, body->inputs[in])};
        after = (struct operand){"body output", body->outputs[out].value->name,
                                 type_of_value(v, body->outputs[out].value)};
        status =
            check_agree(v, body->owner, &before, &after, "a carried state");
    }
    return status;
}

/* Outputs of the node against those of the body; so two branches that differ
 * cannot both agree with their If. */
static enum opp_status
check_body_outputs(const struct verifier *v, const struct graph *body,
                   const struct op_body *layout)
{
    const struct node *const node = body->owner;
    enum opp_status status = OPP_OK;

    for (uint32_t i = 0; status == OPP_OK && i < node->n_outputs; i++) {
        const uint32_t out = layout->body_out + i;
        struct operand inner, outer;
        if (node->outputs[i] == NULL || out >= body->n_outputs ||
            body->outputs[out].value == NULL)
            continue;
        inner = (struct operand){"body output", body->outputs[out].value->name,
                                 type_of_value(v, body->outputs[out].value)};
        outer = (struct operand){
            "output", node->outputs[i]->name,
            element_of(layout, type_of_value(v, node->outputs[i]))};
        status = check_agree(v, node, &inner, &outer,
                             "an output and those of all bodies");
    }
    return status;
}

static enum opp_status
check_body(const struct verifier *v, const struct graph *body)
{
    const struct op_body *const layout = graph_body_layout(body);
    enum opp_status status;

    if (layout == NULL)
        return OPP_OK;
    status = check_body_inputs(v, body, layout);
    if (status == OPP_OK)
        status = check_carried(v, body, layout);
    if (status == OPP_OK)
        status = check_body_outputs(v, body, layout);
    return status;
}

/* ---- declared outputs ----------------------------------------------- */

/* Runtimes refuse a graph whose output is declared as another type. */
static enum opp_status
check_declared(const struct verifier *v, const struct graph *graph)
{
    for (uint32_t i = 0; graph->proto != NULL && i < graph->n_outputs; i++) {
        const Onnx__ValueInfoProto *const info = graph->proto->output[i];
        const struct value_type type =
            types_of_use(v->types, &graph->outputs[i]);
        char is[TYPE_TEXT], says[TYPE_TEXT];
        if (agree(type, declared(info)))
            continue;
        error_set(v->err, OPP_EINPUT,
                  "output `%s` is %s, but is declared as %s", info->name,
                  type_text(is, type), type_text(says, declared(info)));
        error_where(v->err, "%s  %s", v->module->model->path,
                    graph_path(v->module, graph));
        error_why(v->err, "OPP401 mixed-types: a graph output and its "
                          "declaration must have one type");
        return OPP_EINPUT;
    }
    return OPP_OK;
}

enum opp_status
types_verify(const struct types *types, const struct module *module,
             struct opp_error *err)
{
    const struct verifier v = {types, module, err};
    enum opp_status status = OPP_OK;

    for (uint32_t i = 0; status == OPP_OK && i < module->n_graphs; i++) {
        const struct graph *const graph = module->graphs[i];
        for (const struct node *node = graph->first;
             status == OPP_OK && node != NULL; node = node->next)
            if (node->op != NULL && node->function == NULL)
                status = check_schema(&v, node);
        if (status == OPP_OK && graph->kind == GRAPH_BODY)
            status = check_body(&v, graph);
        if (status == OPP_OK)
            status = check_declared(&v, graph);
    }
    return status;
}
