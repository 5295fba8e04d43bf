/* apply-plan: rewrites the model to the letter of the plan: weights are
 * converted, types of values and attributes follow, and one Cast stands at
 * each border, directly after the maker of the value.
 * needs types and a plan made for this very graph; keeps nothing. */
#include "pass/pass.h"

#include "facts/constants.h"
#include "graph/casts.h"
#include "pass/rewrite.h"

enum { COUNT_CASTS, COUNT_WEIGHTS, COUNT_COPIES, COUNT_TYPES, COUNT_GUARDS };

/* The users of one value, by the element type that the plan gives them. They
 * are gathered before anything is edited: the plan does not know new nodes. */
struct demand {
    struct use **now, **converted;
    size_t n_now, n_converted;
    bool end_converted; /* an end with a public name is among the latter */
};

static void
add_use(struct arena *arena, struct use ***list, size_t *n, struct use *use)
{
    *list = arena_grow(arena, *list, *n, sizeof **list);
    (*list)[(*n)++] = use;
}

/* Outputs of the model and of functions have public names. */
static bool
is_end(const struct use *use)
{
    return use->user == NULL && use->graph->kind != GRAPH_BODY;
}

static struct demand
gather(const struct pass_run *run, const struct value *value, int now)
{
    const struct plan *const plan = *run->plan;
    struct demand demand = {0};

    for_each_use (value, use) {
        if (plan_elem_of_use(plan, run->facts->types, use) != now) {
            add_use(run->scratch, &demand.converted, &demand.n_converted,
                    use);
            demand.end_converted |= is_end(use);
        } else {
            add_use(run->scratch, &demand.now, &demand.n_now, use);
        }
    }
    return demand;
}

static void
redirect(const struct pass_run *run, struct use *const *uses, size_t n,
         struct value *value)
{
    for (size_t i = 0; i < n; i++)
        if (uses[i]->value != value)
            edit_set_use(run->module, uses[i], value);
}

/* ---- constants ---------------------------------------------------------- */

/* What `value` becomes, or what an attribute says that makes it. */
static struct conversion
conversion_to(const struct pass_run *run, const struct value *value, int elem)
{
    return (struct conversion){elem, plan_clamp_of(*run->plan, value)};
}

/* Both element types are wanted: the value keeps the one that an end wants, or
 * that of now; the other users read a copy. */
static void
split_constant(struct pass_run *run, struct value *value, int now,
               const struct demand *demand)
{
    struct module *const module = run->module;
    const int other = plan_other(*run->plan, now);
    const int copy_elem = demand->end_converted ? now : other;
    const struct conversion to = conversion_to(run, value, other);
    const struct conversion copy_to = conversion_to(run, value, copy_elem);
    struct value *const copy = constant_copy(module, value, &copy_to);

    if (demand->end_converted) {
        redirect(run, demand->now, demand->n_now, copy);
        constant_convert(module, value, &to);
    } else {
        redirect(run, demand->converted, demand->n_converted, copy);
    }
    edit_set_elem_type(module, copy, copy_elem);
    run->counts[COUNT_WEIGHTS]++;
    run->counts[COUNT_COPIES]++;
}

/* ---- computed values ---------------------------------------------------- */

static bool
wants_public_name(const struct value *value, struct use *const *uses,
                  size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_end(uses[i]) && uses[i]->graph == value->graph)
            return true;
    return false;
}

/* A stand-in for infinity that was computed wide: the Cast reads it through a
 * bound, where it ends as it does where it is computed narrow. */
static void
guard_cast(struct pass_run *run, const struct value *value, struct node *cast)
{
    const float limit = plan_saturation(*run->plan, value);

    if (limit == 0)
        return;
    bound_operand(run->module, cast, limit);
    report_find(run->report, OPP610, graph_path(run->module, value->graph), 0,
                "`%s` is computed in float and saturated at %g", value->name,
                (double)limit);
    run->counts[COUNT_GUARDS]++;
}

/* A value that is made as `made` and wanted by `uses` as `wanted`. The Cast
 * takes over the name of an end, and serves all others too. */
static void
cast_for(struct pass_run *run, struct value *value, int made, int wanted,
         struct use *const *uses, size_t n)
{
    struct module *const module = run->module;
    struct node *cast;

    if (wants_public_name(value, uses, n))
        cast = edit_take_output(module, value, elem_suffix(made), "Cast");
    else
        cast = edit_insert_node(
            module, position_after(value), "Cast", value,
            edit_fresh_name(module, value->name, elem_suffix(wanted)));
    cast_set_to(module, cast, wanted);
    if (made == ELEM_FLOAT)
        guard_cast(run, value, cast);
    redirect(run, uses, n, cast->outputs[0]);
    edit_set_elem_type(module, cast->outputs[0], wanted);
    run->counts[COUNT_CASTS]++;
}

/* What training updates is read through a Cast, which sees the update. */
static void
rewrite_constant(struct pass_run *run, struct value *value, int now)
{
    const struct demand demand = gather(run, value, now);
    const int other = plan_other(*run->plan, now);
    const struct conversion to = conversion_to(run, value, other);

    if (demand.n_converted == 0)
        return;
    if (value->held) {
        cast_for(run, value, now, other, demand.converted,
                 demand.n_converted);
        return;
    }
    if (demand.n_now > 0) {
        split_constant(run, value, now, &demand);
        return;
    }
    constant_convert(run->module, value, &to);
    run->counts[COUNT_WEIGHTS]++;
}

static void
rewrite_value(struct pass_run *run, struct value *value, int now)
{
    const struct plan *const plan = *run->plan;
    const int made = plan_elem_of_value(plan, run->facts->types, value);
    const struct demand demand = gather(run, value, now);
    const struct conversion to = conversion_to(run, value, made);

    if (made != now) {
        if (value->kind == VALUE_INPUT && value->tensor != NULL)
            constant_convert(run->module, value, &to);
        if (demand.n_now > 0)
            cast_for(run, value, made, now, demand.now, demand.n_now);
        edit_set_elem_type(run->module, value, made);
        run->counts[COUNT_TYPES]++;
    } else if (demand.n_converted > 0) {
        cast_for(run, value, made, plan_other(plan, now), demand.converted,
                 demand.n_converted);
    }
}

/* ---- attributes --------------------------------------------------------- */

/* The element type that a rule gives without its attribute. */
static int
default_elem(const struct pass_run *run, const struct node *node,
             const struct op_rule *rule)
{
    if (rule->other < node->n_inputs && node->inputs[rule->other].value)
        return plan_elem_of_use(*run->plan, run->facts->types,
                                &node->inputs[rule->other]);
    return rule->elem;
}

/* The element type that a rule would give if nothing was edited. What an
 * attribute of the function says is the type of now. */
static int
implied_elem(const struct pass_run *run, const struct node *node,
             const struct op_rule *rule, int now)
{
    const Onnx__AttributeProto *const attr =
        node_attr(node, op_rule_attr(rule));

    if (attr != NULL && attr_is_reference(attr))
        return now;
    if (attr != NULL && attr->has_i && attr->i != 0)
        return (int)attr->i;
    if (attr != NULL && attr->t != NULL)
        return attr->t->data_type;
    return default_elem(run, node, rule);
}

static void
set_elem(const struct pass_run *run, struct node *node,
         const struct op_rule *rule, int elem)
{
    const struct conversion to = conversion_to(run, node->outputs[0], elem);

    if (rule->kind == OP_RULE_TENSOR)
        convert_tensor_attr(run->module, node, op_rule_attr(rule), &to);
    else if (default_elem(run, node, rule) == elem)
        edit_remove_attr(run->module, node, op_rule_attr(rule));
    else
        edit_set_attr_int(run->module, node, op_rule_attr(rule), elem);
}

static void
rewrite_attributes(struct pass_run *run, struct node *node)
{
    const struct plan *const plan = *run->plan;

    for (size_t i = 0; i < node->op->n_rules; i++) {
        const struct op_rule *const rule = op_rule(node->op, i);
        const struct decision *d;
        if (rule->kind != OP_RULE_DTYPE && rule->kind != OP_RULE_TENSOR)
            continue;
        d = plan_decision(plan, plan->first_item[node->id] + rule->var);
        if (!plan_decides(plan, d->from) || node_is_constant(node) ||
            implied_elem(run, node, rule, d->from) == d->elem)
            continue;
        set_elem(run, node, rule, d->elem);
    }
}

/* ---- names --------------------------------------------------------------- */

/* The element type of a value of the new model. */
static int
elem_after(const struct pass_run *run, const struct value *value)
{
    const Onnx__TensorProto *const tensor =
        value->tensor != NULL ? value->tensor : value_constant(value);

    if (tensor != NULL)
        return tensor->data_type;
    return value->id < run->facts->types->n
               ? plan_elem_of_value(*run->plan, run->facts->types, value)
               : cast_to(value->def);
}

/* A value of a body may be called as one outside of it. Where their types come
 * to differ, onnx.checker (1.23) and ONNX Runtime (1.32, in functions) mix them
 * up. */
static void
rename_shadowing(struct pass_run *run, struct value *value)
{
    const struct value *const outer =
        value->graph->kind == GRAPH_BODY
            ? graph_find(value->graph->parent, value->name)
            : NULL;

    if (outer != NULL && elem_after(run, value) != elem_after(run, outer))
        edit_rename_value(run->module, value,
                          edit_fresh_name(run->module, value->name, ""));
}

/* ---- the pass ----------------------------------------------------------- */

/* Counts one change for each class; those beyond the limit stay as they are,
 * which leaves a valid model whatever the limit. */
static bool
open_changes(struct pass_run *run)
{
    struct plan *const plan = *run->plan;
    bool any = false;

    for (uint32_t i = 0; i < plan->n_items; i++) {
        struct decision *const d = &plan->of[i];
        if (plan->parent[i] != i || d->from == d->elem)
            continue;
        if (change_begin(run->module, reason_info(d->reason)->text)) {
            change_end(run->module);
            any = true;
        } else {
            d->elem = d->from;
        }
    }
    return any;
}

static void
rewrite(struct pass_run *run)
{
    struct module *const module = run->module;
    const struct types *const types = run->facts->types;
    const uint32_t n_nodes = module->n_nodes;

    for (uint32_t i = 0; i < n_nodes; i++) {
        struct node *const node = module->nodes[i];
        const struct plan *const plan = *run->plan;
        if (node != NULL && node->n_bodies == 0 &&
            plan->first_item[i + 1] > plan->first_item[i])
            rewrite_attributes(run, node);
    }
    for (uint32_t i = 0; i < types->n; i++) {
        struct value *const value = module->values[i];
        const int now = types->of[i].elem;
        if (value == NULL || !types->of[i].known ||
            !plan_decides(*run->plan, now))
            continue;
        if (value->kind != VALUE_INPUT && value_is_constant_of(value, now))
            rewrite_constant(run, value, now);
        else
            rewrite_value(run, value, now);
    }
    for (uint32_t i = 0; i < types->n; i++)
        if (module->values[i] != NULL && types->of[i].known &&
            plan_decides(*run->plan, types->of[i].elem))
            rename_shadowing(run, module->values[i]);
}

static enum opp_status
apply_plan(struct pass_run *run, struct opp_error *err)
{
    if (*run->plan == NULL || (*run->plan)->changes != run->module->changes) {
        error_set(err, OPP_EUSAGE,
                  "apply-plan has no plan for the model as it is now");
        error_help(err, "put plan-precision directly before it");
        return OPP_EUSAGE;
    }
    if (!open_changes(run))
        return OPP_OK;
    change_resume(run->module, "apply-plan");
    rewrite(run);
    change_end(run->module);
    return OPP_OK;
}

const struct pass pass_apply_plan = {
    .name = "apply-plan",
    .summary = "rewrite the model to the letter of the plan",
    .edits = true,
    .needs = FACT_TYPES,
    .counts = {"casts", "weights", "copies", "types", "guards"},
    .run = apply_plan,
};
