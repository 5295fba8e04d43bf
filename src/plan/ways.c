/* ways.c: which class a class follows that stays wide for its neighbours. */
#include "plan/borders_internal.h"

struct search {
    struct borders *b;
    uint32_t *queue;
    size_t head, tail;
    bool *seen; /* by thing: all its ends are reached */
    bool (*follows)(enum reason reason);
};

static const struct decision *
wide_decision(const struct borders *b, uint32_t root)
{
    const struct decision *const d = &b->plan->of[root];

    return plan_stays_wide(b->plan, d) ? d : NULL;
}

static void
reach(struct search *s, uint32_t from, uint32_t item)
{
    struct borders *const b = s->b;
    const uint32_t root =
        item == ITEM_FIXED ? ITEM_FIXED : plan_root(b->plan, item);
    const struct border_way *const before = &b->ways[from];
    const struct decision *d;

    if (root == ITEM_FIXED || b->ways[root].source != ITEM_FIXED)
        return;
    d = wide_decision(b, root);
    if (d == NULL || !s->follows(d->reason))
        return;
    b->ways[root] = *before;
    if (before->source != from) {
        b->ways[root].classes++;
        b->ways[root].last = from;
        if (before->classes == 0)
            b->ways[root].first = from;
    }
    s->queue[s->tail++] = root;
}

static void
leave(struct search *s, uint32_t root)
{
    const struct borders *const b = s->b;

    for (uint32_t end = b->first[root]; end < b->first[root + 1]; end++) {
        const struct border_thing *const thing = &b->things[b->ends[end].thing];
        if (s->seen[b->ends[end].thing])
            continue;
        s->seen[b->ends[end].thing] = true;
        if (thing->is_conversion) {
            const struct node *const node = thing->value->def;
            reach(s, root, plan_value_item(b->plan, node->inputs[0].value));
            reach(s, root, plan_use_item(b->plan, &node->inputs[0]));
            reach(s, root, plan_value_item(b->plan, thing->value));
            continue;
        }
        reach(s, root, plan_value_item(b->plan, thing->value));
        for_each_use (thing->value, use)
            reach(s, root, plan_use_item(b->plan, use));
    }
}

/* Ends of the model are sources only for what nothing else reaches. */
static void
search_from(struct search *s, bool ends)
{
    const struct borders *const b = s->b;

    for (uint32_t i = 0; i < b->plan->n_items; i++) {
        const struct decision *const d =
            plan_root(b->plan, i) == i ? wide_decision(b, i) : NULL;
        if (d == NULL || s->follows(d->reason) ||
            (d->reason == REASON_IO) != ends)
            continue;
        b->ways[i].source = i;
        s->queue[s->tail++] = i;
    }
    while (s->head < s->tail)
        leave(s, s->queue[s->head++]);
}

void
borders_find_ways(struct borders *borders, bool (*follows)(enum reason reason))
{
    struct arena *const arena = borders->plan->module->arena;
    const uint32_t n = borders->plan->n_items;
    struct search s = {.b = borders, .follows = follows};

    s.seen = arena_array(arena, borders->n_things, bool);
    s.queue = arena_array(arena, n, uint32_t);
    borders->ways = arena_array(arena, n, struct border_way);
    for (uint32_t i = 0; i < n; i++)
        borders->ways[i] =
            (struct border_way){ITEM_FIXED, 0, ITEM_FIXED, ITEM_FIXED};
    search_from(&s, false);
    search_from(&s, true);
}

struct border_way
borders_way(const struct borders *borders, uint32_t root)
{
    return borders->ways[root];
}
