/* passages.c: what only hands values on: inputs and outputs of functions and of
 * bodies. */
#include "plan/decide.h"

/* What stands around a class: makers and readers that are wide for a reason,
 * ends of the model that are only kept, low-precision ones; COMPUTES where the
 * class is more than a passage. */
enum {
    MADE_WIDE = 1,
    READ_WIDE = 2,
    MADE_END = 4,
    READ_END = 8,
    LOW = 16,
    COMPUTES = 32,
};

static uint8_t
side_of(const struct plan *plan, uint32_t item, uint32_t beside, uint8_t wide,
        uint8_t end)
{
    if (plan_will_be_low(plan, item, beside))
        return LOW;
    return item != ITEM_FIXED &&
                   plan_decision(plan, item)->reason == REASON_IO
               ? end
               : wide;
}

static void
mark_computing(const struct plan *plan, uint8_t *marks)
{
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        if (plan->nodes[i] == NULL || plan->nodes[i]->n_bodies > 0)
            continue;
        for (uint32_t k = plan->first_item[i]; k < plan->first_item[i + 1];
             k++)
            marks[plan_root(plan, k)] |= COMPUTES;
    }
}

/* What stands at the other side of each border of a class. */
static void
mark_borders(const struct plan *plan, uint8_t *marks)
{
    const struct module *const module = plan->module;

    for (uint32_t i = 0; i < plan->n_items; i++)
        marks[i] &= COMPUTES;
    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        uint32_t made;
        if (value == NULL || value_is_constant_of(value, ELEM_FLOAT) ||
            value_is_constant_of(value, plan->to))
            continue;
        made = plan_value_item(plan, value);
        for_each_use (value, use) {
            const uint32_t read = plan_use_item(plan, use);
            if (made != ITEM_FIXED && read != ITEM_FIXED &&
                plan_root(plan, made) == plan_root(plan, read))
                continue;
            if (made != ITEM_FIXED)
                marks[plan_root(plan, made)] |=
                    side_of(plan, read, made, READ_WIDE, READ_END);
            if (read != ITEM_FIXED)
                marks[plan_root(plan, read)] |=
                    side_of(plan, made, read, MADE_WIDE, MADE_END);
        }
    }
}

/* True where a wide value would be rounded for a reader that wants it wide. */
static bool
rounds(uint8_t marks)
{
    const bool made_wide = (marks & (MADE_WIDE | MADE_END)) != 0;
    const bool read_wide = (marks & (READ_WIDE | READ_END)) != 0;

    if ((marks & COMPUTES) != 0 || !made_wide || !read_wide)
        return false;
    return (marks & (MADE_WIDE | READ_WIDE)) != 0 || (marks & LOW) == 0;
}

void
decide_passages(struct plan *plan)
{
    uint8_t *const marks =
        arena_array(plan->module->arena, plan->n_items, uint8_t);
    bool kept = true;

    mark_computing(plan, marks);
    while (kept) {
        kept = false;
        mark_borders(plan, marks);
        for (uint32_t i = 0; i < plan->n_items; i++)
            if (plan->parent[i] == i && rounds(marks[i]))
                kept |= plan_keep(plan, i, REASON_PASSAGE, NULL, "");
    }
}
