/* store-weights: stores float32 weights in a narrower type, with one Cast back
 * to float32 directly before their first user. What is computed, and in which
 * type, stays as it is. Parameters of up to 16 elements stay float32, and so
 * does what has to be a float32 constant; the report lists it with the reason.
 * needs types; keeps nothing. */
#include <math.h>

#include "facts/constants.h"
#include "model/tensor.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include "plan/decide.h"
#include "plan/islands.h"

struct storing {
    struct pass_run *run;
    int to;
    struct constants constants;
    /* By id of the nodes that were there before. */
    uint32_t *place;  /* in the list of the node's graph */
    bool *quantizing; /* see meets_quantized */
};

/* ---- what stays as it is ------------------------------------------------- */

static bool
is_in_function(const struct graph *graph)
{
    while (graph->parent != NULL)
        graph = graph->parent;
    return graph->kind == GRAPH_FUNCTION;
}

/* Types that hold quantised values. */
static bool
is_quantized(struct value_type type)
{
    return type.known && elem_bits(type.elem) > 0 &&
           elem_bits(type.elem) <= 8 && elem_kind(type.elem) != ELEM_KIND_BOOL;
}

/* The float operands of such a node are its scales, which rounding would put
 * on every value, or what is about to be quantised, which it could move by a
 * whole step. Runtimes want some of them as initializers. */
static bool
meets_quantized(const struct types *types, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i].value != NULL &&
            is_quantized(types_of_use(types, &node->inputs[i])))
            return true;
    for (uint32_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL &&
            is_quantized(types->of[node->outputs[i]->id]))
            return true;
    return false;
}

static const char *
obstacle_of_use(const struct storing *s, const struct use *use)
{
    if (use->user == NULL)
        return "is an output";
    if (use->user->op == NULL && use->user->function == NULL)
        return "an operator that is not known reads it";
    if (s->quantizing[use->user->id])
        return "takes part in quantised arithmetic";
    return NULL;
}

/* Whether a Cast of this opset takes the type. */
static bool
has_cast(const struct storing *s, const struct graph *graph)
{
    const int64_t opset = graph_opset(s->run->module, graph, "");
    const struct op_schema *const cast = ops_find("", "Cast", opset);

    return cast != NULL &&
           op_param_allows(cast, op_input(cast, 0), OP_TENSOR, s->to);
}

/* Why a weight cannot be stored in the narrower type; NULL when it can. */
static const char *
obstacle(const struct storing *s, const struct value *value)
{
    if (value->kind == VALUE_INPUT)
        return "is an input that callers may set";
    if (is_in_function(value->graph))
        return "is inside a local function";
    if (s->run->module->model->proto->n_training_info > 0 &&
        value->tensor != NULL)
        return "training_info may name it";
    if (value->uses == NULL)
        return "nobody reads it";
    for_each_use (value, use) {
        const char *const why = obstacle_of_use(s, use);
        if (why != NULL)
            return why;
    }
    return has_cast(s, value->graph) ? NULL
                                     : "the opset has no Cast from the type";
}

static bool
fits(const struct storing *s, const struct numeric_range *range)
{
    return range->overflow == 0 ||
           constants_overflow(s->to) == NUMERIC_SATURATE;
}

/* ---- rewriting ----------------------------------------------------------- */

static void
look_at_nodes(struct storing *s)
{
    const struct module *const module = s->run->module;

    s->place = arena_array(s->run->scratch, module->n_nodes, uint32_t);
    s->quantizing = arena_array(s->run->scratch, module->n_nodes, bool);
    for (uint32_t i = 0; i < module->n_graphs; i++) {
        uint32_t place = 0;
        for_each_node (module->graphs[i], node) {
            s->place[node->id] = place++;
            s->quantizing[node->id] =
                meets_quantized(s->run->facts->types, node);
        }
    }
}

/* The first node of the value's graph that reads it, itself or in a body. */
static struct node *
first_user(const struct storing *s, const struct value *value)
{
    const struct node *first = NULL;

    for_each_use (value, use) {
        const struct node *const user =
            node_ancestor_in(use->user, value->graph);
        if (first == NULL || s->place[user->id] < s->place[first->id])
            first = user;
    }
    return s->run->module->nodes[first->id];
}

static void
store(const struct storing *s, struct value *value)
{
    struct module *const module = s->run->module;
    const struct position at = {value->graph, first_user(s, value)};
    struct node *cast;
    struct use *next;

    constant_convert(module, value, &(struct conversion){.elem = s->to});
    cast = edit_insert_node(
        module, at, "Cast", value,
        edit_fresh_name(module, value->name, elem_suffix(ELEM_FLOAT)));
    cast_set_to(module, cast, ELEM_FLOAT);
    for (struct use *use = value->uses; use != NULL; use = next) {
        next = use->next;
        if (use->user != cast)
            edit_set_use(module, use, cast->outputs[0]);
    }
}

/* ---- the pass ------------------------------------------------------------ */

/* Root of the mean square of the rounding errors, in that of the values. */
static double
relative_error(const struct numeric_range *range)
{
    return range->sum_sq > 0 ? sqrt(range->sum_err_sq / range->sum_sq) : 0;
}

static void
visit(struct storing *s, struct value *value)
{
    struct pass_run *const run = s->run;
    const struct numeric_range *const range = s->constants.of[value->id];
    struct stored_weight weight = {
        .name = value->name,
        .place = graph_path(run->module, value->graph),
        .bytes = range->count * sizeof(float),
        .fate = WEIGHT_KEPT,
        .reason = obstacle(s, value),
    };

    if (weight.reason == NULL)
        report_weight_faults(run->report, run->module, value, range, s->to);
    if (weight.reason == NULL && !fits(s, range))
        weight.reason = "has values out of range";
    if (weight.reason == NULL) {
        if (!change_begin(run->module, "the weight is stored as a narrow type"))
            return;
        store(s, value);
        change_end(run->module);
        weight.fate = range->inexact == 0 ? WEIGHT_EXACT : WEIGHT_ROUNDED;
        weight.error = relative_error(range);
    }
    run->counts[weight.fate]++;
    report_weight(run->report, &weight);
}

/* More than the parameters of a formula: see constant_is_short. */
static bool
is_weight(const struct storing *s, const struct value *value)
{
    return value != NULL && value_is_constant_of(value, ELEM_FLOAT) &&
           !constant_is_short(s->constants.of[value->id]);
}

static enum opp_status
parse_to(const struct pass_run *run, int *to, struct opp_error *err)
{
    const char *const text = pass_option(run, "to");

    *to = (int)elem_parse(text);
    if (*to == ELEM_FLOAT16 || *to == ELEM_BFLOAT16)
        return OPP_OK;
    error_set(err, OPP_EUSAGE, "cannot store weights as `%s`", text);
    error_help(err, "float16 (or fp16, half), bfloat16 (or bf16)");
    return OPP_EUSAGE;
}

static enum opp_status
store_weights(struct pass_run *run, struct opp_error *err)
{
    struct storing s = {.run = run};
    const uint32_t n_values = run->module->n_values;
    enum opp_status status = parse_to(run, &s.to, err);

    if (status == OPP_OK)
        status = constants_sweep(&s.constants, run->scratch, run->module,
                                 tensor_format(s.to), run->progress,
                                 run->progress_payload, err);
    if (status != OPP_OK)
        return status;
    look_at_nodes(&s);
    run->report->weights_to = s.to;
    for (uint32_t i = 0; i < n_values; i++)
        if (is_weight(&s, run->module->values[i]))
            visit(&s, run->module->values[i]);
    return OPP_OK;
}

const struct pass pass_store_weights = {
    .name = "store-weights",
    .summary =
        "store weights in a narrower type, cast back where they are used",
    .edits = true,
    .needs = FACT_TYPES,
    .options = {{"to", OPTION_TEXT, "float16", "element type to store as"}},
    .counts = {[WEIGHT_EXACT] = "exact",
               [WEIGHT_ROUNDED] = "rounded",
               [WEIGHT_KEPT] = "kept"},
    .run = store_weights,
};
