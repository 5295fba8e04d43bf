/* range_bodies.c: ranges through bodies and functions. */
#include "facts/range_rules.h"

#include <math.h>

#include "graph/bodies.h"

/* Loops nested deeper than this are swept once, with carried values that are
 * not known: otherwise each level would multiply the sweeps of the next. */
enum { CHECKED_DEPTH = 2 };

/* A node may be worked out this many times on average; once that is used up,
 * functions are worked out for calls of any kind. */
enum { SWEEPS_PER_NODE = 8 };

static struct range_draft
known_of(const struct range_sweep *sweep, const struct value *value)
{
    struct range_draft draft;

    range_draft_init(&draft);
    if (value != NULL)
        draft = sweep->now[value->id];
    draft.limit = span_all();
    draft.exact = true;
    return draft;
}

static struct range_draft
operand(const struct range_sweep *sweep, const struct node *node, uint32_t i)
{
    return known_of(sweep, i < node->n_inputs ? node->inputs[i].value : NULL);
}

static struct range_draft
result(const struct range_sweep *sweep, const struct graph *graph, uint32_t i)
{
    return known_of(sweep,
                    i < graph->n_outputs ? graph->outputs[i].value : NULL);
}

/* ---- functions -------------------------------------------------------- */

static void
sweep_function(struct range_sweep *sweep, const struct graph *function,
               const struct node *call)
{
    const struct call_attrs *const outer = sweep->attrs;

    for (uint32_t i = 0; i < function->n_inputs; i++) {
        struct range_draft draft;
        range_draft_init(&draft);
        if (call != NULL)
            draft = operand(sweep, call, i);
        range_set(sweep, function->inputs[i], &draft);
    }
    sweep->attrs =
        call == NULL ? NULL : call_attrs_new(sweep->arena, outer, call);
    range_sweep_graph(sweep, function);
    sweep->attrs = outer;
}

/* Each call is worked out by itself, as long as there are few enough. */
static void
sweep_call(struct range_sweep *sweep, const struct node *node)
{
    const struct graph *const function = node->function;

    if (sweep->budget > 0) {
        sweep->swept[function->id] = true;
        sweep_function(sweep, function, node);
    } else if (!sweep->general[function->id]) {
        sweep->swept[function->id] = true;
        sweep->general[function->id] = true;
        sweep_function(sweep, function, NULL);
    }
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        struct range_draft draft = result(sweep, function, i);
        range_set(sweep, node->outputs[i], &draft);
    }
}

/* ---- loops ------------------------------------------------------------ */

/* A Loop or Scan being worked out. */
struct loop {
    const struct node *node;
    const struct graph *body;
    const struct op_body *layout;
    struct range_draft *state; /* carried values at any iteration */
    uint32_t n_carried;
};

/* The number of the iteration, and whether there is one. */
static void
lead_input(const struct range_sweep *sweep, const struct loop *loop, uint32_t i,
           struct range_draft *draft)
{
    const double trips = operand(sweep, loop->node, 0).bound.hi;

    range_draft_init(draft);
    draft->exact = true;
    draft->bound.lo = 0;
    if (loop->layout->lead[i] == ELEM_INT64)
        draft->bound.hi = fmax(trips - 1, 0);
}

static void
bind_inputs(struct range_sweep *sweep, const struct loop *loop)
{
    const struct op_body *const layout = loop->layout;

    for (uint32_t i = 0; i < loop->body->n_inputs; i++) {
        const uint32_t k = i - layout->body_in;
        struct range_draft draft;
        if (i < layout->body_in)
            lead_input(sweep, loop, i, &draft);
        else if (k < loop->n_carried)
            draft = loop->state[k];
        else
            draft = operand(sweep, loop->node, layout->node_in + k);
        range_set(sweep, loop->body->inputs[i], &draft);
    }
}

static bool
is_kept(const struct range_draft *state, const struct range_draft *back)
{
    return back->bound.lo >= state->bound.lo &&
           back->bound.hi <= state->bound.hi &&
           back->min_abs >= state->min_abs &&
           (back->integer || !state->integer) &&
           back->bound_basis <= state->bound_basis;
}

/* What occurs in the first iteration stays; it is the bound that goes. */
static void
widen(struct range_draft *state)
{
    state->bound = span_all();
    state->min_abs = 0;
    state->integer = false;
    state->bound_basis = RANGE_PROVEN;
}

/* Widens carried values that do not come back within their range. True when
 * there are any. */
static bool
widen_lost(const struct range_sweep *sweep, const struct loop *loop)
{
    bool lost = false;

    for (uint32_t i = 0; i < loop->n_carried; i++) {
        const struct range_draft back =
            result(sweep, loop->body, loop->layout->body_out + i);
        if (is_kept(&loop->state[i], &back))
            continue;
        widen(&loop->state[i]);
        lost = true;
    }
    return lost;
}

static void
sweep_loop(struct range_sweep *sweep, struct loop *loop)
{
    uint32_t tries = sweep->depth < CHECKED_DEPTH && sweep->budget > 0 ? 2 : 0;

    loop->state =
        arena_array(sweep->arena, loop->n_carried, struct range_draft);
    for (uint32_t i = 0; i < loop->n_carried; i++) {
        loop->state[i] =
            operand(sweep, loop->node, loop->layout->node_in + i);
        if (tries == 0)
            widen(&loop->state[i]);
    }
    for (;; tries--) {
        bind_inputs(sweep, loop);
        sweep->depth++;
        range_sweep_graph(sweep, loop->body);
        sweep->depth--;
        if (tries == 0 || !widen_lost(sweep, loop))
            return;
        for (uint32_t i = 0; tries == 1 && i < loop->n_carried; i++)
            widen(&loop->state[i]);
    }
}

/* ---- bodies ----------------------------------------------------------- */

/* A body that gets nothing, or of which nobody knows what it gets. */
static void
sweep_untied(struct range_sweep *sweep, const struct graph *body)
{
    for (uint32_t i = 0; i < body->n_inputs; i++) {
        struct range_draft draft;
        range_draft_init(&draft);
        range_set(sweep, body->inputs[i], &draft);
    }
    sweep->depth++;
    range_sweep_graph(sweep, body);
    sweep->depth--;
}

static void
sweep_body(struct range_sweep *sweep, const struct node *node, uint32_t i)
{
    const struct op_body *const layout = node_body_layout(node, i);
    struct loop loop = {
        .node = node, .body = node->bodies[i], .layout = layout};

    if (layout == NULL || layout->node_in == OP_NONE) {
        sweep_untied(sweep, loop.body);
        return;
    }
    loop.n_carried = node_body_carried(node, layout);
    sweep_loop(sweep, &loop);
}

/* Output `i` of a node: of its bodies, and what was there before the first
 * iteration where there need not be one. */
static void
body_results(const struct range_sweep *sweep, const struct node *node,
             uint32_t i, struct range_draft *draft)
{
    for (uint32_t b = 0; b < node->n_bodies; b++) {
        const struct op_body *const layout = node_body_layout(node, b);
        const struct range_draft back =
            result(sweep, node->bodies[b], layout->body_out + i);
        if (b == 0)
            *draft = back;
        else
            range_join(draft, &back, UNION_OF_WAYS);
        if (i < node_body_carried(node, layout)) {
            const struct range_draft first =
                operand(sweep, node, layout->node_in + i);
            range_join(draft, &first, UNION_OF_WAYS);
        }
    }
}

void
range_sweep_inside(struct range_sweep *sweep, const struct node *node)
{
    const bool known = node_bodies_known(node);

    if (node->function != NULL) {
        sweep_call(sweep, node);
        return;
    }
    for (uint32_t i = 0; i < node->n_bodies; i++)
        sweep_body(sweep, node, i);
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        struct range_draft draft;
        range_draft_init(&draft);
        if (known)
            body_results(sweep, node, i, &draft);
        draft.exact = true;
        range_set(sweep, node->outputs[i], &draft);
    }
}

void
range_sweep_module(struct range_sweep *sweep)
{
    const struct module *const module = sweep->module;

    sweep->budget = (uint64_t)module->n_nodes * SWEEPS_PER_NODE + 1;
    sweep->swept = arena_array(sweep->arena, module->n_graphs, bool);
    sweep->general = arena_array(sweep->arena, module->n_graphs, bool);
    for (uint32_t i = 0; i < module->n_graphs; i++)
        if (module->graphs[i]->kind == GRAPH_MAIN)
            range_sweep_graph(sweep, module->graphs[i]);
    for (uint32_t i = 0; i < module->n_graphs; i++)
        if (module->graphs[i]->kind == GRAPH_FUNCTION && !sweep->swept[i])
            sweep_function(sweep, module->graphs[i], NULL);
}
