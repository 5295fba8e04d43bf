#include "plan/trail.h"

#include <string.h>

struct trail_edge {
    const struct value *from, *to;
    const struct node *node;
    struct trail_edge *next_out, *next_in; /* of the same value */
};

void
trail_init(struct trail *trail, struct walk *walk)
{
    const struct module *const module = walk->plan->module;
    struct arena *const arena = module->arena;

    *trail = (struct trail){.walk = walk};
    trail->out = arena_array(arena, module->n_values, struct trail_edge *);
    trail->in = arena_array(arena, module->n_values, struct trail_edge *);
    trail->cause = arena_array(arena, module->n_values, const struct cause *);
    trail->needed = arena_array(arena, module->n_values, bool);
}

static void
add_value(struct trail *trail, struct trail_values *values,
          const struct value *value)
{
    if (values->n == values->room) {
        const uint32_t room = values->room == 0 ? 64 : 2 * values->room;
        const struct value **const of = arena_array(
            trail->walk->plan->module->arena, room, const struct value *);
        if (values->n > 0)
            memcpy(of, values->of, values->n * sizeof *of);
        values->of = of;
        values->room = room;
    }
    values->of[values->n++] = value;
}

void
trail_add(struct trail *trail, const struct value *from,
          const struct node *node, const struct value *to)
{
    struct trail_edge *const edge =
        arena_new(trail->walk->plan->module->arena, struct trail_edge);

    edge->from = from;
    edge->to = to;
    edge->node = node;
    edge->next_out = trail->out[from->id];
    trail->out[from->id] = edge;
    if (to == NULL) {
        edge->next_in = trail->sinks;
        trail->sinks = edge;
    } else {
        edge->next_in = trail->in[to->id];
        trail->in[to->id] = edge;
    }
}

void
trail_source(struct trail *trail, const struct value *value)
{
    if (trail->cause[value->id] != NULL)
        return;
    trail->cause[value->id] = trail->walk->cause;
    add_value(trail, &trail->sources, value);
}

void
trail_follow_moves(struct trail *trail, const struct use *use)
{
    const struct node *const user = use->user;

    if (!node_only_moves(user))
        return;
    for (uint32_t i = 0; i < user->n_outputs; i++) {
        if (user->outputs[i] == NULL)
            continue;
        trail_add(trail, use->value, user, user->outputs[i]);
        walk_visit(trail->walk, user->outputs[i]);
    }
}

bool
trail_has_all_uses(const struct trail *trail, const struct value *value)
{
    for_each_use (value, use) {
        const struct trail_edge *e = trail->out[value->id];
        while (e != NULL && e->node != use->user && e->node != NULL)
            e = e->next_out;
        if (e == NULL)
            return false;
    }
    return true;
}

static void
need(struct trail *trail, const struct value *value)
{
    if (trail->needed[value->id])
        return;
    trail->needed[value->id] = true;
    add_value(trail, &trail->queue, value);
}

/* Back from the sinks. */
static void
find_needed(struct trail *trail)
{
    for (const struct trail_edge *e = trail->sinks; e != NULL; e = e->next_in)
        need(trail, e->from);
    for (uint32_t i = 0; i < trail->queue.n; i++)
        for (const struct trail_edge *e = trail->in[trail->queue.of[i]->id];
             e != NULL; e = e->next_in)
            need(trail, e->from);
}

static void
follow(struct trail *trail, const struct trail_edge *edge)
{
    struct walk *const walk = trail->walk;

    walk->cause = trail->cause[edge->from->id];
    if (edge->node != NULL) {
        walk_because(walk, edge->node, edge->from, NULL);
        walk_keep_node(walk, edge->node);
    } else {
        walk_keep(walk, plan_value_item(walk->plan, edge->to), NULL);
    }
    if (edge->to == NULL || trail->cause[edge->to->id] != NULL)
        return;
    trail->cause[edge->to->id] = walk->cause;
    add_value(trail, &trail->sources, edge->to);
}

void
trail_keep(struct trail *trail)
{
    struct walk *const walk = trail->walk;

    find_needed(trail);
    for (uint32_t i = 0; i < trail->sources.n; i++) {
        const struct value *const value = trail->sources.of[i];
        if (!trail->needed[value->id])
            continue;
        walk->cause = trail->cause[value->id];
        if (value->def == NULL || value->def->op != NULL)
            walk_keep(walk, plan_value_item(walk->plan, value), value->def);
        for (const struct trail_edge *e = trail->out[value->id]; e != NULL;
             e = e->next_out)
            if (e->to == NULL || trail->needed[e->to->id])
                follow(trail, e);
    }
}
