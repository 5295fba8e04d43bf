/* border_flips.c: what another type of a node would change. */
#include "plan/borders_internal.h"

static void
touch(struct borders *b, uint32_t thing)
{
    if (b->change[thing].touched)
        return;
    b->change[thing].touched = true;
    b->change[thing].next = b->touched;
    b->touched = thing + 1;
}

/* What is cast at a value depends on the Casts of the file around it. */
static void
touch_value(struct borders *b, uint32_t id)
{
    const struct border_thing *const thing = &b->things[id];
    const struct node *const maker = thing->value->def;

    touch(b, id);
    if (maker != NULL && borders_thing_of(b, maker)->is_conversion)
        touch(b, b->plan->module->n_values + maker->id);
    if (thing->converted == 0)
        return;
    for_each_use (thing->value, use) {
        if (use->user == NULL || !borders_thing_of(b, use->user)->is_conversion)
            continue;
        touch(b, b->plan->module->n_values + use->user->id);
        touch(b, use->user->outputs[0]->id);
    }
}

/* Notes that a class has the other type at one of its ends. */
static void
change_end(struct borders *b, const struct decision *d, uint32_t end)
{
    const struct border_end *const e = &b->ends[end];
    const struct border_thing *const thing = &b->things[e->thing];
    struct border_change *const change = &b->change[e->thing];
    const bool low = d->elem != b->plan->to;
    const int wide = b->plan->to == ELEM_FLOAT ? d->from : ELEM_FLOAT;
    const uint8_t elem = (uint8_t)(low ? b->plan->to : wide);

    if (thing->is_conversion ? !e->made : thing->elem != d->from)
        return;
    if (thing->is_conversion) {
        touch(b, e->thing);
        touch(b, thing->value->id);
    } else {
        touch_value(b, e->thing);
    }
    if (thing->is_conversion)
        change->out = elem;
    else if (e->made)
        change->maker = true;
    else
        change->readers += low ? 1 : -1;
}

/* True for the first item of a node that is of this class. */
static bool
is_first(const struct plan *plan, const struct node *node, uint32_t item)
{
    for (uint32_t i = plan->first_item[node->id]; i < item; i++)
        if (plan_root(plan, i) == plan_root(plan, item))
            return false;
    return true;
}

/* Takes the changes back, and off the sum what was there before them. */
static void
forget_changes(struct borders *b, struct border_cost *sum)
{
    const uint32_t touched = b->touched;

    for (uint32_t i = touched; i != 0; i = b->change[i - 1].next)
        b->change[i - 1] =
            (struct border_change){.next = b->change[i - 1].next};
    for (uint32_t i = touched; i != 0; i = b->change[i - 1].next)
        borders_add(sum, borders_cost(b, i - 1), -1);
    b->touched = 0;
}

struct border_cost
borders_flip(struct borders *borders, const struct node *node, bool wide)
{
    struct borders *const b = borders;
    const struct plan *const plan = b->plan;
    struct border_cost sum = {0};

    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++) {
        const uint32_t root = plan_root(plan, i);
        const struct decision *const d = &plan->of[root];
        if (!plan_decides(plan, d->from) || plan_stays_wide(plan, d) != wide ||
            !is_first(plan, node, i))
            continue;
        for (uint32_t end = b->first[root]; end < b->first[root + 1]; end++)
            change_end(b, d, end);
    }
    for (uint32_t i = b->touched; i != 0; i = b->change[i - 1].next)
        borders_add(&sum, borders_cost(b, i - 1), 1);
    forget_changes(b, &sum);
    return sum;
}
