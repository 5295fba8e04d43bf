/* placement.c: where free classes go. This is the simple rule: connected free
 * classes of light work form a region, and a region with nothing but kept
 * classes around it, not all of them inputs and outputs of the model, stays
 * as they are. (A minimum cut over the bytes of all borders answers the same
 * question for every free class.) */
#include "plan/decide.h"

#include "facts/traits.h"

struct regions {
    struct plan *plan;
    const struct constants *constants;
    uint32_t *parent;    /* union-find over items, roots of classes only */
    bool *light;         /* by root: free, and all its nodes are light */
    uint8_t *neighbours; /* by region: see below */
};

enum { HAS_END = 1, HAS_ISLAND = 2, HAS_LOW = 4 };

static uint32_t
region_of(const struct regions *r, uint32_t root)
{
    while (r->parent[root] != root) {
        r->parent[root] = r->parent[r->parent[root]];
        root = r->parent[root];
    }
    return root;
}

static void
join(const struct regions *r, uint32_t a, uint32_t b)
{
    a = region_of(r, a);
    b = region_of(r, b);
    if (a < b)
        r->parent[b] = a;
    else
        r->parent[a] = b;
}

/* The largest constant that is a parameter of light work: a bias or a scale of
 * each channel. A weight matrix is larger. */
enum { LARGEST_VECTOR = 4096 };

static bool
is_heavy(const struct regions *r, const struct node *node)
{
    if (node_has_trait(node, TRAIT_HEAVY))
        return true;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value != NULL && r->constants->of[value->id] != NULL &&
            r->constants->of[value->id]->count > LARGEST_VECTOR)
            return true;
    }
    return false;
}

static void
find_light(struct regions *r)
{
    const struct module *const module = r->plan->module;

    for (uint32_t i = 0; i < r->plan->n_items; i++)
        r->light[i] = plan_is_free(r->plan, i);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const uint32_t end = r->plan->first_item[i + 1];
        for (uint32_t k = r->plan->first_item[i]; k < end; k++)
            if (is_heavy(r, module->nodes[i]))
                r->light[plan_root(r->plan, k)] = false;
    }
}

typedef void (*border_fn)(struct regions *r, uint32_t a, uint32_t b);

/* Calls `fn` with both roots for each border between two classes that a float
 * tensor crosses; ITEM_FIXED for an end that keeps its type. */
static void
each_border(struct regions *r, const struct types *types, border_fn fn)
{
    const struct module *const module = r->plan->module;

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        uint32_t made;
        if (value == NULL || !types->of[i].known ||
            !plan_decides(r->plan, types->of[i].elem) ||
            value_is_constant_of(value, types->of[i].elem))
            continue;
        made = plan_value_item(r->plan, value);
        for_each_use (value, use) {
            const uint32_t used = plan_use_item(r->plan, use);
            fn(r, made == ITEM_FIXED ? made : plan_root(r->plan, made),
               used == ITEM_FIXED ? used : plan_root(r->plan, used));
        }
    }
}

static bool
is_light(const struct regions *r, uint32_t root)
{
    return root != ITEM_FIXED && r->light[root];
}

static void
join_light(struct regions *r, uint32_t a, uint32_t b)
{
    if (is_light(r, a) && is_light(r, b))
        join(r, a, b);
}

static uint8_t
kind_of(const struct plan *plan, uint32_t root, uint32_t beside)
{
    if (plan_will_be_low(plan, root, beside))
        return HAS_LOW;
    return root != ITEM_FIXED && plan->of[root].reason == REASON_IO
               ? HAS_END
               : HAS_ISLAND;
}

static void
look(struct regions *r, uint32_t from, uint32_t to)
{
    if (!is_light(r, from) || is_light(r, to))
        return;
    r->neighbours[region_of(r, from)] |= kind_of(r->plan, to, from);
}

static void
look_both_ways(struct regions *r, uint32_t a, uint32_t b)
{
    look(r, a, b);
    look(r, b, a);
}

void
decide_placement(struct plan *plan, const struct types *types,
                 const struct constants *constants)
{
    struct arena *const arena = plan->module->arena;
    struct regions r = {.plan = plan, .constants = constants};

    r.parent = arena_array(arena, plan->n_items, uint32_t);
    r.light = arena_array(arena, plan->n_items, bool);
    r.neighbours = arena_array(arena, plan->n_items, uint8_t);
    for (uint32_t i = 0; i < plan->n_items; i++)
        r.parent[i] = i;
    find_light(&r);
    each_border(&r, types, join_light);
    each_border(&r, types, look_both_ways);
    for (uint32_t i = 0; i < plan->n_items; i++)
        if (plan_root(plan, i) == i && r.light[i] &&
            (r.neighbours[region_of(&r, i)] & ~HAS_END) == HAS_ISLAND)
            plan_keep(plan, i, REASON_PLACEMENT, NULL, "");
}

void
decide_rest(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->n_items; i++)
        if (plan->parent[i] == i && plan->of[i].reason == REASON_DEFAULT)
            plan->of[i].elem = (uint8_t)plan->to;
}
