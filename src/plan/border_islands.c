/* border_islands.c: wide classes that tensors connect, and the casts around
 * them. */
#include "plan/borders_internal.h"

#include "base/sets.h"

/* True for an input or output of the model. */
static bool
is_end(const struct plan *plan, uint32_t root)
{
    const struct graph *const main = plan->module->graphs[0];
    const uint32_t first = plan->first_end[main->id];

    return root >= first && root < first + main->n_inputs + main->n_outputs;
}

static bool
is_wide(const struct borders *b, uint32_t root)
{
    return root != ITEM_FIXED && plan_stays_wide(b->plan, &b->plan->of[root]) &&
           !is_end(b->plan, root);
}

/* Wide ends of one value belong together. */
static void
join_ends(const struct borders *b, const struct value *value)
{
    uint32_t first = borders_root(b, plan_value_item(b->plan, value));

    if (!is_wide(b, first))
        first = ITEM_FIXED;
    for_each_use (value, use) {
        const uint32_t root = borders_root(b, plan_use_item(b->plan, use));
        if (!is_wide(b, root))
            continue;
        if (first != ITEM_FIXED)
            sets_unite(b->part, first, root);
        first = root;
    }
}

/* So do operands of one computation. */
static void
join_operands(const struct borders *b, const struct node *node)
{
    const struct plan *const plan = b->plan;
    uint32_t first = ITEM_FIXED;

    if (node->n_bodies > 0 || node->op->class == OP_CONVERT)
        return;
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++) {
        const uint32_t root = plan_root(plan, i);
        if (!is_wide(b, root))
            continue;
        if (first != ITEM_FIXED)
            sets_unite(b->part, first, root);
        first = root;
    }
}

/* A cast belongs to each island that it stands at. */
static void
charge(struct borders *b, uint32_t root, uint32_t thing,
       struct border_cost cost)
{
    struct border_island *island;

    if (!is_wide(b, root))
        return;
    island = b->island[sets_root(b->part, root)];
    if (b->charged[island->number - 1] == thing + 1)
        return;
    b->charged[island->number - 1] = thing + 1;
    borders_add(&island->cost, cost, 1);
}

static void
charge_casts(struct borders *b)
{
    for (uint32_t i = 0; i < b->n_things; i++) {
        const struct border_thing *const thing = &b->things[i];
        const struct border_cost cost = borders_cost(b, i);
        if (cost.casts == 0)
            continue;
        if (thing->is_conversion) {
            const struct node *const node = thing->value->def;
            charge(b, borders_root(b, plan_use_item(b->plan, &node->inputs[0])),
                   i, cost);
        }
        charge(b, borders_root(b, plan_value_item(b->plan, thing->value)), i,
               cost);
        if (thing->is_conversion)
            continue;
        for_each_use (thing->value, use)
            charge(b, borders_root(b, plan_use_item(b->plan, use)), i, cost);
    }
}

static void
count_nodes(struct borders *b)
{
    const struct plan *const plan = b->plan;

    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        uint32_t last = ITEM_FIXED;
        if (node == NULL || node->op->class == OP_CONVERT)
            continue;
        for (uint32_t k = plan->first_item[i]; k < plan->first_item[i + 1];
             k++) {
            const uint32_t root = plan_root(plan, k);
            if (!is_wide(b, root) || sets_root(b->part, root) == last)
                continue;
            last = sets_root(b->part, root);
            b->island[last]->nodes++;
        }
    }
}

void
borders_find_islands(struct borders *b)
{
    struct arena *const arena = b->plan->module->arena;
    const uint32_t n = b->plan->n_items;

    b->part = arena_array(arena, n, uint32_t);
    b->island = arena_array(arena, n, struct border_island *);
    sets_init(b->part, n);
    for (uint32_t i = 0; i < b->plan->module->n_values; i++)
        if (b->things[i].value != NULL)
            join_ends(b, b->things[i].value);
    for (uint32_t i = 0; i < b->plan->module->n_nodes; i++)
        if (plan_node(b->plan, i) != NULL)
            join_operands(b, plan_node(b->plan, i));
    for (uint32_t i = 0; i < n; i++) {
        if (plan_root(b->plan, i) != i || sets_root(b->part, i) != i ||
            !is_wide(b, i))
            continue;
        b->island[i] = arena_new(arena, struct border_island);
        b->island[i]->number = ++b->n_islands;
    }
    b->charged = arena_array(arena, b->n_islands, uint32_t);
    charge_casts(b);
    count_nodes(b);
}

uint32_t
borders_islands(const struct borders *borders)
{
    return borders->n_islands;
}

const struct border_island *
borders_island(const struct borders *borders, uint32_t root)
{
    return is_wide(borders, root)
               ? borders->island[sets_root(borders->part, root)]
               : NULL;
}
