/* shape_calls.c: shapes through calls of local functions. Each call is worked
 * out with the shapes that it hands in; inside the function holds what all of
 * its calls have in common. A call that hands in the same as an earlier one
 * gives the same, so that chains of calls stay linear. */
#include "facts/shape_rules.h"

enum {
    /* The nodes of functions may be worked out this many times on average; once
     * that is used up, a function is worked out for operands that nobody
     * knows. */
    SWEEPS_PER_NODE = 8,
    /* Earlier calls of a function that are looked at, the latest first. */
    CALLS_COMPARED = 64,
    NONE = -1,
};

/* What a function gives for what a call hands in. */
struct outcome {
    const struct shape *inputs;
    const struct shape *outputs;
    const struct call_attrs *attrs;
    struct outcome *next;
};

struct shape_calls {
    struct outcome **outcomes; /* by graph id, the latest first */
    struct outcome **general;  /* by graph id: for calls of any kind */
    struct shape *joined;      /* by value id, over the calls so far */
    bool *met;                 /* by graph id: `joined` holds something */
    bool *reached;             /* by graph id: from the main graph */
    int64_t *first, *next; /* values of a function, by graph and value id */
    uint64_t budget;       /* nodes that may still be worked out */
    bool dead;             /* in functions that the main graph does not reach */
};

/* ---- the values of a function ----------------------------------------- */

/* Keeps of what earlier calls gave what holds for this one as well. */
static void
join_values(struct shape_sweep *sweep, const struct graph *function)
{
    struct shape_calls *const calls = sweep->calls;
    const bool first = !calls->met[function->id];

    if (calls->dead && calls->reached[function->id])
        return;
    calls->met[function->id] = true;
    for (int64_t i = calls->first[function->id]; i != NONE;
         i = calls->next[i]) {
        const struct shape *const now = &sweep->shapes->of[i];
        struct shape_draft draft = {0};
        if (first) {
            calls->joined[i] = *now;
            continue;
        }
        if (shape_equals(&calls->joined[i], now))
            continue;
        draft_shape(&draft, &calls->joined[i]);
        draft_ints(&draft, &calls->joined[i]);
        draft_join(&draft, now);
        calls->joined[i] = sweep_keep(sweep, &draft);
    }
}

static void
list_values(struct shape_calls *calls, const struct module *module)
{
    for (uint32_t i = 0; i < module->n_graphs; i++)
        calls->first[i] = NONE;
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct graph *root;
        if (module->values[i] == NULL)
            continue;
        root = graph_root(module->values[i]->graph);
        if (root->kind != GRAPH_FUNCTION)
            continue;
        calls->next[i] = calls->first[root->id];
        calls->first[root->id] = i;
    }
}

/* ---- calls ------------------------------------------------------------ */

static void
sweep_function(struct shape_sweep *sweep, const struct graph *function,
               struct outcome *outcome)
{
    const struct call_attrs *const outer = sweep->attrs;
    struct shape *const outputs =
        arena_array(sweep->arena, function->n_outputs, struct shape);

    for (uint32_t i = 0; i < function->n_inputs; i++) {
        struct shape_draft draft = {0};
        if (outcome->inputs != NULL) {
            draft_shape(&draft, &outcome->inputs[i]);
            draft_ints(&draft, &outcome->inputs[i]);
        }
        sweep_set(sweep, function->inputs[i], &draft);
    }
    sweep->attrs = outcome->attrs;
    sweep_graph(sweep, function);
    sweep->attrs = outer;
    for (uint32_t i = 0; i < function->n_outputs; i++)
        outputs[i] = *shapes_of(sweep->shapes, function->outputs[i].value);
    outcome->outputs = outputs;
    join_values(sweep, function);
}

static struct outcome *
general_outcome(struct shape_sweep *sweep, const struct graph *function)
{
    struct outcome **const known = &sweep->calls->general[function->id];

    if (*known == NULL) {
        struct outcome *const outcome = arena_new(sweep->arena, struct outcome);
        sweep_function(sweep, function, outcome);
        *known = outcome;
    }
    return *known;
}

/* What the call hands in; operands that are left out are not known. */
static const struct shape *
operands(const struct shape_sweep *sweep, const struct node *call)
{
    const uint32_t n = call->function->n_inputs;
    struct shape *const inputs = arena_array(sweep->arena, n, struct shape);

    for (uint32_t i = 0; i < n && i < call->n_inputs; i++)
        inputs[i] = *shapes_of(sweep->shapes, call->inputs[i].value);
    return inputs;
}

static bool
hand_in_same(const struct graph *function, const struct outcome *a,
             const struct outcome *b)
{
    for (uint32_t i = 0; i < function->n_inputs; i++)
        if (!shape_equals(&a->inputs[i], &b->inputs[i]))
            return false;
    return call_attrs_equal(a->attrs, b->attrs);
}

static struct outcome *
outcome_of(struct shape_sweep *sweep, const struct node *call)
{
    const struct graph *const function = call->function;
    struct shape_calls *const calls = sweep->calls;
    struct outcome *const fresh = arena_new(sweep->arena, struct outcome);
    uint32_t compared = 0;

    fresh->inputs = operands(sweep, call);
    fresh->attrs = call_attrs_new(sweep->arena, sweep->attrs, call);
    for (struct outcome *old = calls->outcomes[function->id];
         old != NULL && compared < CALLS_COMPARED; old = old->next, compared++)
        if (hand_in_same(function, old, fresh))
            return old;
    if (calls->budget == 0)
        return general_outcome(sweep, function);
    sweep_function(sweep, function, fresh);
    fresh->next = calls->outcomes[function->id];
    calls->outcomes[function->id] = fresh;
    return fresh;
}

void
sweep_into_call(struct shape_sweep *sweep, const struct node *node)
{
    const struct outcome *const outcome = outcome_of(sweep, node);

    for (uint32_t i = 0; i < node->n_outputs; i++) {
        struct shape_draft draft = {0};
        if (i < node->function->n_outputs) {
            draft_shape(&draft, &outcome->outputs[i]);
            draft_ints(&draft, &outcome->outputs[i]);
        }
        sweep_set(sweep, node->outputs[i], &draft);
    }
}

void
sweep_spend(struct shape_sweep *sweep, const struct graph *graph)
{
    if (graph_root(graph)->kind == GRAPH_FUNCTION && sweep->calls->budget > 0)
        sweep->calls->budget--;
}

/* ---- all of them ------------------------------------------------------ */

void
sweep_begin_calls(struct shape_sweep *sweep)
{
    const struct module *const module = sweep->module;
    struct shape_calls *const calls =
        arena_new(sweep->arena, struct shape_calls);

    calls->outcomes =
        arena_array(sweep->arena, module->n_graphs, struct outcome *);
    calls->general =
        arena_array(sweep->arena, module->n_graphs, struct outcome *);
    calls->joined = arena_array(sweep->arena, module->n_values, struct shape);
    calls->met = arena_array(sweep->arena, module->n_graphs, bool);
    calls->reached = arena_array(sweep->arena, module->n_graphs, bool);
    calls->first = arena_array(sweep->arena, module->n_graphs, int64_t);
    calls->next = arena_array(sweep->arena, module->n_values, int64_t);
    calls->budget = (uint64_t)module->n_nodes * SWEEPS_PER_NODE + 1;
    list_values(calls, module);
    sweep->calls = calls;
}

void
sweep_end_calls(struct shape_sweep *sweep)
{
    const struct module *const module = sweep->module;
    struct shape_calls *const calls = sweep->calls;

    for (uint32_t i = 0; i < module->n_graphs; i++)
        calls->reached[i] = calls->met[i];
    calls->dead = true;
    for (uint32_t i = 0; i < module->n_graphs; i++)
        if (module->graphs[i]->kind == GRAPH_FUNCTION && !calls->met[i])
            general_outcome(sweep, module->graphs[i]);
    for (uint32_t i = 0; i < module->n_graphs; i++)
        for (int64_t k = calls->first[i]; k != NONE; k = calls->next[k])
            sweep->shapes->of[k] = calls->joined[k];
}
