#include "plan/explain.h"

#include <string.h>

#include "model/tensor.h"
#include "plan/cause.h"
#include "plan/pages.h"
#include "report/writers.h"

/* ---- steps --------------------------------------------------------------- */

static const char *
full_label(const struct module *module, const struct node *node)
{
    return arena_printf(module->arena, "%s%s", graph_path(module, node->graph),
                        node_label(module, node));
}

/* A step at a node, or else at a value. */
static struct explained_step
step_at(const struct module *module, const struct node *node, const char *text)
{
    return (struct explained_step){
        .node = node == NULL ? NULL : full_label(module, node),
        .op = node == NULL ? "" : node_op_type(node),
        .text = text,
        .facts = 1,
    };
}

static struct explained_step
step_of(const struct module *module, const struct cause_step *step)
{
    struct explained_step out =
        step_at(module, step->first->node, step->first->text);

    out.facts = step->facts;
    if (step->first->value != NULL)
        out.value = step->first->value->name;
    if (step->facts > 1 && step->last->node != NULL)
        out.last = full_label(module, step->last->node);
    return out;
}

/* The step that is the reason itself. */
static struct explained_step
step_of_decision(const struct module *module, const struct decision *decision,
                 const struct plan_place *place)
{
    struct explained_step step =
        step_at(module, decision->where != NULL ? decision->where : place->node,
                cause_of_decision(module->arena, decision));

    if (step.node == NULL)
        step.value =
            arena_printf(module->arena, "%s%s", place->scope, place->operand);
    return step;
}

struct explained_step *
explain_steps(const struct module *module, const struct decision *decision,
              const struct plan_place *place, size_t *n)
{
    struct arena *const arena = module->arena;
    struct cause_step *const steps = cause_steps(arena, decision->cause, n);
    struct explained_step *out;

    if (*n == 0) {
        out = arena_new(arena, struct explained_step);
        *out = step_of_decision(module, decision, place);
        *n = 1;
        return out;
    }
    out = arena_array(arena, *n + 1, struct explained_step);
    for (size_t i = 0; i < *n; i++)
        out[i] = step_of(module, &steps[i]);
    return out;
}

/* ---- classes that follow their neighbours -------------------------------- */

/* The nodes and ends of classes, by root: the first of their items. */
static const char *
class_label(const struct module *module, const struct plan_place *places,
            uint32_t root)
{
    const struct plan_place *const place = &places[root];

    return arena_printf(module->arena, "%s%s", place->scope,
                        place->node != NULL ? place->label : place->operand);
}

static struct explained_step
step_at_class(const struct module *module, const struct plan_place *places,
              uint32_t root, const char *text)
{
    return (struct explained_step){
        .node = class_label(module, places, root),
        .op = places[root].node == NULL ? "" : node_op_type(places[root].node),
        .text = text,
        .facts = 1,
    };
}

struct telling {
    struct explanation *out;
    const struct module *module;
    const struct plan_place *places;
};

static void
follow_way(const struct telling *t, struct explained_class *class,
           const struct border_way *way, const struct plan_place *place)
{
    const struct plan *const plan = t->out->input->plan;
    struct arena *const arena = t->module->arena;
    size_t n;
    const struct explained_step *const source = explain_steps(
        t->module, &plan->of[way->source], &t->places[way->source], &n);
    struct explained_step *const steps =
        arena_array(arena, n + 3, struct explained_step);

    for (size_t i = 0; i < n; i++)
        steps[i] = source[i];
    steps[n++] =
        step_at_class(t->module, t->places, way->source,
                      arena_printf(arena, "stays %s",
                                   precision_text(plan->of[way->source].elem)));
    if (way->classes > 0) {
        steps[n] = step_at_class(t->module, t->places, way->first, NULL);
        steps[n].facts = way->classes;
        if (way->classes > 1)
            steps[n].last = class_label(t->module, t->places, way->last);
        n++;
    }
    steps[n++] = step_of_decision(t->module, class->decision, place);
    class->steps = steps;
    class->n_steps = n;
}

static void
tell_steps(const struct telling *t, struct explained_class *class,
           uint32_t item)
{
    const struct border_way way =
        borders_way(t->out->borders, plan_root(t->out->input->plan, item));

    if (!class->is_wide && class->decision->reason == REASON_DEFAULT)
        return;
    if (reason_page(class->decision->reason)->follows &&
        way.source != ITEM_FIXED)
        follow_way(t, class, &way, &t->places[item]);
    else
        class->steps = explain_steps(t->module, class->decision,
                                     &t->places[item], &class->n_steps);
}

/* ---- nodes --------------------------------------------------------------- */

static struct explained_class *
class_new(const struct telling *t, const struct node *node, uint32_t item)
{
    struct arena *const arena = t->module->arena;
    const struct plan *const plan = t->out->input->plan;
    struct explained_class *const class =
        arena_new(arena, struct explained_class);
    const struct decision *const d = plan_decision(plan, item);

    class->operands = t->places[item].operand;
    class->decision = d;
    class->is_wide = plan_stays_wide(plan, d);
    if (d->where != NULL && d->where != node)
        class->decided_at = full_label(t->module, d->where);
    tell_steps(t, class, item);
    return class;
}

static bool
is_alike(const struct decision *a, const struct decision *b)
{
    return a == b || (a->from == b->from && a->elem == b->elem &&
                      a->reason == b->reason && a->certainty == b->certainty &&
                      a->where == b->where && a->cause == b->cause &&
                      strcmp(a->detail, b->detail) == 0);
}

/* Items of one class, and of classes that were decided alike, are told as
 * one. */
static bool
joins_class(const struct telling *t, struct explained_class *classes,
            uint32_t item)
{
    const struct decision *const d = plan_decision(t->out->input->plan, item);

    for (; classes != NULL; classes = classes->next) {
        if (!is_alike(classes->decision, d))
            continue;
        classes->operands =
            arena_printf(t->module->arena, "%s, %s", classes->operands,
                         t->places[item].operand);
        return true;
    }
    return false;
}

static void
tell_classes(const struct telling *t, struct explained_node *out)
{
    const struct plan *const plan = t->out->input->plan;
    struct explained_class **tail = &out->classes;

    for (uint32_t i = plan->first_item[out->node->id];
         i < plan->first_item[out->node->id + 1]; i++) {
        const struct decision *const d = plan_decision(plan, i);
        if (!elem_is_float(d->from) || joins_class(t, out->classes, i))
            continue;
        *tail = class_new(t, out->node, i);
        tail = &(*tail)->next;
    }
}

static const char *
constant_text(const struct telling *t, const struct value *value,
              const struct numeric_range *range)
{
    struct arena *const arena = t->module->arena;
    const char *const type = elem_name(t->out->input->plan->to);
    const char *const what =
        range->count == 1
            ? arena_printf(arena, "`%s` = %g", value->name, (double)range->max)
            : arena_printf(arena, "%llu values of `%s`, magnitudes %g to %g",
                           (unsigned long long)range->count, value->name,
                           (double)range->min_abs,
                           (double)numeric_range_max_abs(range));

    if (range->overflow > 0)
        return arena_printf(arena, "%s: %llu beyond the range of %s", what,
                            (unsigned long long)range->overflow, type);
    if (range->flushed > 0)
        return arena_printf(arena, "%s: %llu zero in %s", what,
                            (unsigned long long)range->flushed, type);
    return arena_printf(arena, "%s: in the range of %s", what, type);
}

static void
tell_constants(const struct telling *t, struct explained_node *out)
{
    const struct constants *const constants = t->out->input->constants;
    struct explained_constant **tail = &out->constants;

    for (uint32_t i = 0; constants != NULL && i < out->node->n_inputs; i++) {
        const struct value *const value = out->node->inputs[i].value;
        const struct numeric_range *const range =
            value == NULL ? NULL : constants->of[value->id];
        if (range == NULL)
            continue;
        *tail = arena_new(t->module->arena, struct explained_constant);
        (*tail)->text = constant_text(t, value, range);
        tail = &(*tail)->next;
    }
}

/* The type that the node computes in: the wide one where any class has it. */
static void
tell_costs(const struct telling *t, struct explained_node *out)
{
    const struct plan *const plan = t->out->input->plan;
    bool wide = false;

    for (const struct explained_class *c = out->classes; c != NULL;
         c = c->next) {
        out->can_flip |= plan_decides(plan, c->decision->from);
        if (!wide)
            out->elem = c->decision->elem;
        wide |= c->is_wide;
    }
    for (uint32_t i = plan->first_item[out->node->id];
         out->island == NULL && i < plan->first_item[out->node->id + 1]; i++)
        out->island = borders_island(t->out->borders, plan_root(plan, i));
    if (out->can_flip)
        out->flip = borders_flip(t->out->borders, out->node, wide);
}

static struct explained_node *
tell_node(const struct telling *t, const struct node *node)
{
    struct explained_node *const out =
        arena_new(t->module->arena, struct explained_node);

    out->node = node;
    out->label = full_label(t->module, node);
    tell_classes(t, out);
    tell_constants(t, out);
    tell_costs(t, out);
    return out;
}

static bool
follows_neighbours(enum reason reason)
{
    return reason_page(reason)->follows;
}

enum opp_status
explain_nodes(struct explanation *out, const struct explain_input *input,
              struct pattern_list *patterns, struct opp_error *err)
{
    const struct module *const module = input->plan->module;
    struct telling t = {out, module, plan_places(input->plan)};
    struct explained_node **tail = &out->nodes;

    *out = (struct explanation){.input = input};
    out->borders = borders_new(input->plan, input->types, input->shapes);
    borders_find_ways(out->borders, follows_neighbours);
    node_list_know(patterns, module);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (node == NULL || node_list_match(patterns, module, node) == NULL)
            continue;
        *tail = tell_node(&t, node);
        tail = &(*tail)->next;
        out->n_nodes++;
    }
    return node_list_fail_unused(patterns, module, err);
}
