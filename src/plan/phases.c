/* phases.c: angles. Sine and cosine see what is left of an angle modulo 2 pi,
 * so the angle needs its absolute precision, and float16 has less of it the
 * larger the angle is. A position (an integer, a running sum, an input of the
 * model, a table of them) grows; so from there to the sine all stays wide. What
 * a contraction with weights computes is no position. */
#include "plan/decide.h"

#include <math.h>

#include "facts/ranges.h"
#include "model/tensor.h"
#include "plan/evidence.h"
#include "plan/trail.h"

struct phases {
    struct walk walk;
    struct trail trail;
    double limit; /* of an angle that the low-precision type resolves */
    enum angle_size {
        ANGLE_SMALL, /* is known to lie within the limit */
        ANGLE_UNKNOWN,
        ANGLE_ASSUMED, /* is assumed to go far beyond it */
        ANGLE_LARGE,   /* is known to */
    } size;
    bool has_inputs; /* an input of the model was visited */
};

/* The spacing of the values is at most a 256th below it: 8 for float16, 1 for
 * bfloat16. */
static double
angle_limit(const struct numeric_format_info *format)
{
    return ldexp(1, format->digits - 8);
}

static bool
is_small(const struct phases *p, const struct value *value)
{
    return range_fits(ranges_of(p->walk.plan->ranges, value), p->limit);
}

/* Angles of so many times the limit are a twentieth of a radian apart, and
 * more: no sine is right to five percent. */
enum { FAR_BEYOND = 4 };

static enum angle_size
size_of(const struct phases *p, const struct value *value)
{
    const struct value_range *const range =
        ranges_of(p->walk.plan->ranges, value);
    const double far = FAR_BEYOND * p->limit;

    if (is_small(p, value))
        return ANGLE_SMALL;
    if (range_exceeds(range, far))
        return ANGLE_LARGE;
    return range_usually_exceeds(range, far) ? ANGLE_ASSUMED : ANGLE_UNKNOWN;
}

/* Adds what `value` is made of by a node or handed from by a graph; it is
 * visited once. */
static void
add_edge(struct phases *p, const struct value *from, const struct node *node,
         const struct value *to)
{
    trail_add(&p->trail, from, node, to);
    walk_visit_back(&p->walk, from);
}

static void
mark_source(struct phases *p, const struct value *value, const char *what)
{
    const enum known known =
        range_known(ranges_of(p->walk.plan->ranges, value), p->limit);

    /* Where the angle is large, its parts must be right to less. */
    if (p->size == ANGLE_SMALL &&
        !evidence_keeps(p->walk.plan, DANGER_PHASE, known))
        return;
    walk_begin(&p->walk, REASON_PHASE, value->def, value, what);
    if (p->size == ANGLE_ASSUMED)
        p->walk.certainty = CERTAINTY_ASSUMED;
    trail_source(&p->trail, value);
}

/* A table of positions or angles beyond the limit. */
static void
visit_constant(struct phases *p, const struct value *value)
{
    const struct numeric_range *const range =
        p->walk.constants->of[value->id];

    if (range != NULL && range->inexact > 0 &&
        numeric_range_max_abs(range) > (float)p->limit)
        mark_source(p, value, "a table of large values");
}

/* Rows times columns of one element: an outer product, no contraction. */
static bool
is_outer_product(const struct phases *p, const struct node *node)
{
    struct dim columns;

    if (node->n_inputs != 2)
        return false;
    columns = shape_dim(
        shapes_of(p->walk.plan->shapes, node->inputs[0].value), -1);
    return dim_is_certain(columns) && columns.n == 1;
}

/* True for what hands an angle on, or computes one of others. */
static bool
makes_angle(const struct phases *p, const struct node *node)
{
    if (node_only_moves(node) || node_has_trait(node, TRAIT_INTEGER) ||
        node_has_trait(node, TRAIT_PASSES))
        return true;
    if (node_has_trait(node, TRAIT_HEAVY))
        return p->size >= ANGLE_ASSUMED || is_outer_product(p, node);
    return node_has_trait(node, TRAIT_POWER) &&
           !node_has_trait(node, TRAIT_SQUARE_SUM);
}

static void
visit_inputs(struct phases *p, const struct node *node,
             const struct value *made)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value != NULL &&
            plan_decides(p->walk.plan, p->walk.types->of[value->id].elem))
            add_edge(p, value, node, made);
    }
}

static void
visit_conversion(struct phases *p, const struct node *node,
                 const struct value *made)
{
    const int from = node->n_inputs == 0
                         ? ELEM_UNDEFINED
                         : types_of_use(p->walk.types, &node->inputs[0]).elem;

    if (elem_kind(from) == ELEM_KIND_INT || elem_kind(from) == ELEM_KIND_UINT)
        mark_source(p, made, "integers");
    else
        visit_inputs(p, node, made);
}

struct handing {
    struct phases *phases;
    const struct value *to;
};

static void
hand_on(void *payload, const struct value *value)
{
    const struct handing *const handing = payload;

    add_edge(handing->phases, value, NULL, handing->to);
}

static void
visit(struct phases *p, const struct value *value)
{
    const struct node *const maker = value->def;
    struct handing handing = {p, value};

    if (walk_is_constant(&p->walk, value)) {
        visit_constant(p, value);
    } else if (maker == NULL && value->graph->kind == GRAPH_MAIN) {
        p->has_inputs = true;
    } else if (maker == NULL || maker->op == NULL || maker->n_bodies > 0) {
        flow_back(&p->walk.flow, value, hand_on, &handing);
    } else if (maker->op->class == OP_CONVERT) {
        visit_conversion(p, maker, value);
    } else if (node_has_trait(maker, TRAIT_COUNTS)) {
        mark_source(p, value, "a range");
    } else if (node_has_trait(maker, TRAIT_ACCUMULATE)) {
        mark_source(p, value, "a running sum");
    } else if (makes_angle(p, maker)) {
        visit_inputs(p, maker, value);
    } else if (p->size >= ANGLE_ASSUMED) {
        mark_source(p, value, "angles far beyond a turn are made of it");
    }
}

/* An input of which nothing but angles is computed is a position; another may
 * be an activation. */
static void
mark_inputs(struct phases *p)
{
    const struct graph *const main = p->walk.plan->module->graphs[0];

    for (uint32_t i = 0; p->has_inputs && i < main->n_inputs; i++) {
        const struct value *const value = main->inputs[i];
        if (p->walk.seen_back[value->id] &&
            trail_has_all_uses(&p->trail, value))
            mark_source(p, value, "an input of the model");
    }
}

static bool
is_angle(const struct phases *p, const struct node *node)
{
    return node != NULL && node_has_trait(node, TRAIT_PERIODIC) &&
           node->n_inputs > 0 && node->inputs[0].value != NULL &&
           size_of(p, node->inputs[0].value) == p->size;
}

static void
decide_angles(struct plan *plan, const struct types *types,
              const struct constants *constants, enum angle_size size)
{
    struct phases p = {.size = size};
    const struct value *value;

    walk_init(&p.walk, plan, types, constants);
    trail_init(&p.trail, &p.walk);
    p.limit = angle_limit(p.walk.format);
    for (uint32_t i = 0; i < plan->module->n_nodes; i++)
        if (is_angle(&p, plan_node(plan, i)))
            add_edge(&p, plan->module->nodes[i]->inputs[0].value,
                     plan->module->nodes[i], NULL);
    while ((value = walk_next(&p.walk)) != NULL)
        visit(&p, value);
    mark_inputs(&p);
    p.walk.reason = REASON_PHASE;
    p.walk.detail = "";
    trail_keep(&p.trail);
}

void
decide_phases(struct plan *plan, const struct types *types,
              const struct constants *constants)
{
    decide_angles(plan, types, constants, ANGLE_LARGE);
    decide_angles(plan, types, constants, ANGLE_ASSUMED);
    decide_angles(plan, types, constants, ANGLE_UNKNOWN);
    decide_angles(plan, types, constants, ANGLE_SMALL);
}
