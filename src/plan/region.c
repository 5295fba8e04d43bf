#include "plan/region.h"

#include "graph/flow.h"

/* Values that were reached in one direction, each once. */
struct sweep {
    const struct module *module;
    struct flow flow;
    bool *seen; /* by value id */
    const struct value **queue;
    size_t n;
    bool *nodes; /* by node id: reached */
};

static void
push(void *payload, const struct value *value)
{
    struct sweep *const sweep = payload;

    if (value == NULL || sweep->seen[value->id])
        return;
    sweep->seen[value->id] = true;
    sweep->queue[sweep->n++] = value;
}

static void
begin(struct sweep *sweep, const struct module *module, const bool *start,
      struct arena *arena)
{
    *sweep = (struct sweep){.module = module};
    flow_init(&sweep->flow, arena, module);
    sweep->seen = arena_array(arena, module->n_values, bool);
    sweep->queue = arena_array(arena, module->n_values, const struct value *);
    sweep->nodes = arena_array(arena, module->n_nodes, bool);
    for (uint32_t i = 0; i < module->n_values; i++)
        if (start[i])
            push(sweep, module->values[i]);
}

/* A node around a body is reached with what the body hands out. */
static void
push_forward(void *payload, const struct value *value)
{
    struct sweep *const sweep = payload;

    if (value->def != NULL)
        sweep->nodes[value->def->id] = true;
    push(sweep, value);
}

static void
go_forward(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n; i++)
        for_each_use (sweep->queue[i], use) {
            const struct node *const user = use->user;
            flow_forward(&sweep->flow, use, push_forward, sweep);
            if (user == NULL)
                continue;
            sweep->nodes[user->id] = true;
            for (uint32_t k = 0; k < user->n_outputs; k++)
                push(sweep, user->outputs[k]);
        }
}

static void
go_back(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n; i++) {
        const struct value *const value = sweep->queue[i];
        const struct node *const def = value->def;
        flow_back(&sweep->flow, value, push, sweep);
        if (def == NULL)
            continue;
        sweep->nodes[def->id] = true;
        for (uint32_t k = 0; k < def->n_inputs; k++)
            push(sweep, def->inputs[k].value);
    }
}

const bool *
region_between(const struct module *module, const bool *from, const bool *to,
               struct arena *arena)
{
    struct sweep forward, back;

    begin(&forward, module, from, arena);
    go_forward(&forward);
    begin(&back, module, to, arena);
    go_back(&back);
    for (uint32_t i = 0; i < module->n_nodes; i++)
        forward.nodes[i] &= back.nodes[i];
    return forward.nodes;
}
