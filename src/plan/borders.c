#include "plan/borders.h"

#include "facts/constants.h"
#include "plan/borders_internal.h"

/* ---- what is cast -------------------------------------------------------- */

static bool
is_conversion(const struct node *node)
{
    return node != NULL && node->op != NULL && node->op->class == OP_CONVERT &&
           node->n_inputs > 0 && node->n_outputs > 0 &&
           node->inputs[0].value != NULL && node->outputs[0] != NULL;
}

static uint32_t
root_of(const struct plan *plan, uint32_t item)
{
    return item == ITEM_FIXED ? ITEM_FIXED : plan_root(plan, item);
}

/* True when an operand of type `elem` has the other type in the plan. */
static bool
is_low(const struct plan *plan, uint32_t root, int elem)
{
    return root != ITEM_FIXED && plan->of[root].from == elem &&
           plan->of[root].elem != elem;
}

/* True for a tensor that a Cast at a border could be about. */
static bool
crosses(const struct borders *b, const struct value *value)
{
    const struct value_type type = b->types->of[value->id];

    return type.known && type.container == OP_TENSOR &&
           plan_converts(b->plan, type.elem) &&
           !value_is_constant_of(value, type.elem);
}

static void
read_value(struct borders *b, const struct value *value)
{
    struct border_thing *const thing = &b->things[value->id];
    const int elem = b->types->of[value->id].elem;

    thing->value = value;
    thing->elem = (uint8_t)elem;
    thing->made_low =
        is_low(b->plan, root_of(b->plan, plan_value_item(b->plan, value)),
               elem);
    for_each_use (value, use) {
        const uint32_t root = root_of(b->plan, plan_use_item(b->plan, use));
        if (use->user != NULL && borders_thing_of(b, use->user)->is_conversion)
            thing->converted++;
        else if (is_low(b->plan, root, elem))
            thing->read_low++;
        else
            thing->read_wide++;
    }
}

static bool
is_float_type(const struct plan *plan, struct value_type type)
{
    return type.known && type.container == OP_TENSOR &&
           (plan_converts(plan, type.elem) || type.elem == plan->to);
}

/* The first number of a conversion is that of its input's type in the plan. */
static void
read_conversion(struct borders *b, const struct node *node)
{
    struct border_thing *const thing = borders_thing_of(b, node);
    const struct value_type in = types_of_use(b->types, &node->inputs[0]);
    const struct value_type out = b->types->of[node->outputs[0]->id];

    if (!is_float_type(b->plan, in) || !is_float_type(b->plan, out) ||
        value_constant(node->inputs[0].value) != NULL)
        return;
    thing->value = node->outputs[0];
    thing->is_conversion = true;
    thing->elem = (uint8_t)plan_elem_of_use(b->plan, b->types,
                                            &node->inputs[0]);
    thing->out = (uint8_t)plan_elem_of_value(b->plan, b->types,
                                             node->outputs[0]);
}

/* A thing with the changes that borders_flip looks at. */
static struct border_thing
changed(const struct borders *b, uint32_t i)
{
    const struct border_change *const change = &b->change[i];
    struct border_thing thing = b->things[i];

    if (thing.is_conversion) {
        if (change->out != ELEM_UNDEFINED)
            thing.out = change->out;
        return thing;
    }
    thing.made_low ^= change->maker;
    thing.read_low = (uint32_t)((int64_t)thing.read_low + change->readers);
    thing.read_wide = (uint32_t)((int64_t)thing.read_wide - change->readers);
    return thing;
}

/* The type that a Cast of the file gets. */
static int
type_before(const struct borders *b, const struct border_thing *conversion)
{
    const struct value *const value = conversion->value->def->inputs[0].value;
    const struct border_thing made = changed(b, value->id);

    if (made.value == NULL)
        return conversion->elem;
    return made.made_low ? b->plan->to : made.elem;
}

/* True for a Cast of the file that widens: whoever reads the narrow type can
 * read what it reads. */
static bool
is_transparent(const struct borders *b, const struct border_thing *conversion)
{
    return elem_bits(type_before(b, conversion)) < elem_bits(conversion->out);
}

static bool
has_cast(const struct borders *b, const struct border_thing *thing)
{
    if (thing->is_conversion) {
        const struct border_thing made = changed(b, thing->value->id);
        if (type_before(b, thing) == thing->out)
            return false;
        return made.value == NULL || !is_transparent(b, thing) ||
               made.read_wide + made.converted > 0;
    }
    if (thing->value->def != NULL) {
        const struct border_thing maker =
            changed(b, b->plan->module->n_values + thing->value->def->id);
        if (maker.is_conversion && is_transparent(b, &maker))
            return false;
    }
    return thing->made_low ? thing->read_wide > 0 : thing->read_low > 0;
}

static struct border_cost
cost_of(const struct borders *b, uint32_t i)
{
    const struct border_thing thing = changed(b, i);
    struct border_cost cost = {0};
    uint64_t n;
    int from, to;

    if (thing.value == NULL || !has_cast(b, &thing))
        return cost;
    from = thing.is_conversion ? type_before(b, &thing) : thing.elem;
    to = thing.is_conversion ? thing.out : b->plan->to;
    cost.casts = 1;
    if (b->shapes != NULL &&
        shape_elements(shapes_of(b->shapes, thing.value), &n) &&
        n <= INT64_MAX / 16)
        cost.bytes = (int64_t)n * (elem_bits(from) + elem_bits(to)) / 8;
    else
        cost.unknown = 1;
    return cost;
}

static void
add_cost(struct border_cost *sum, struct border_cost cost, int sign)
{
    sum->casts += sign * cost.casts;
    sum->bytes += sign * cost.bytes;
    sum->unknown += sign * cost.unknown;
}

struct border_cost
borders_total(const struct borders *borders)
{
    struct border_cost sum = {0};

    for (uint32_t i = 0; i < borders->n_things; i++)
        add_cost(&sum, cost_of(borders, i), 1);
    return sum;
}

/* ---- ends of classes ----------------------------------------------------- */

/* Counts while `ends` is NULL, then fills in. */
static void
add_end(struct borders *b, uint32_t root, uint32_t thing, bool made)
{
    if (root == ITEM_FIXED)
        return;
    if (b->ends == NULL)
        b->first[root + 1]++;
    else
        b->ends[b->next[root]++] = (struct border_end){thing, made};
}

static void
add_ends(struct borders *b)
{
    const struct module *const module = b->plan->module;

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = b->things[i].value;
        if (value == NULL)
            continue;
        add_end(b, root_of(b->plan, plan_value_item(b->plan, value)), i, true);
        for_each_use (value, use)
            if (use->user == NULL ||
                !borders_thing_of(b, use->user)->is_conversion)
                add_end(b, root_of(b->plan, plan_use_item(b->plan, use)), i,
                        false);
    }
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        const uint32_t thing = module->n_values + i;
        if (!b->things[thing].is_conversion)
            continue;
        add_end(b, root_of(b->plan, plan_use_item(b->plan, &node->inputs[0])),
                thing, false);
        add_end(b,
                root_of(b->plan, plan_value_item(b->plan, node->outputs[0])),
                thing, true);
    }
}

static void
index_ends(struct borders *b)
{
    struct arena *const arena = b->plan->module->arena;
    const uint32_t n = b->plan->n_items;

    b->first = arena_array(arena, n + (size_t)1, uint32_t);
    b->next = arena_array(arena, n + (size_t)1, uint32_t);
    add_ends(b);
    for (uint32_t i = 0; i < n; i++)
        b->first[i + 1] += b->first[i];
    for (uint32_t i = 0; i < n; i++)
        b->next[i] = b->first[i];
    b->ends = arena_array(arena, b->first[n] + (size_t)1, struct border_end);
    add_ends(b);
}

/* ---- islands ------------------------------------------------------------- */

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
    return root != ITEM_FIXED && plan_converts(b->plan, b->plan->of[root].from) &&
           b->plan->of[root].elem == b->plan->of[root].from &&
           !is_end(b->plan, root);
}

static uint32_t
part_of(const struct borders *b, uint32_t root)
{
    while (b->part[root] != root) {
        b->part[root] = b->part[b->part[root]];
        root = b->part[root];
    }
    return root;
}

static void
join(const struct borders *b, uint32_t x, uint32_t y)
{
    x = part_of(b, x);
    y = part_of(b, y);
    if (x < y)
        b->part[y] = x;
    else
        b->part[x] = y;
}

/* Wide ends of one value belong together. */
static void
join_ends(const struct borders *b, const struct value *value)
{
    uint32_t first = root_of(b->plan, plan_value_item(b->plan, value));

    if (!is_wide(b, first))
        first = ITEM_FIXED;
    for_each_use (value, use) {
        const uint32_t root = root_of(b->plan, plan_use_item(b->plan, use));
        if (!is_wide(b, root))
            continue;
        if (first != ITEM_FIXED)
            join(b, first, root);
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
            join(b, first, root);
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
    island = b->island[part_of(b, root)];
    if (b->charged[island->number - 1] == thing + 1)
        return;
    b->charged[island->number - 1] = thing + 1;
    add_cost(&island->cost, cost, 1);
}

static void
charge_casts(struct borders *b)
{
    for (uint32_t i = 0; i < b->n_things; i++) {
        const struct border_thing *const thing = &b->things[i];
        const struct border_cost cost = cost_of(b, i);
        if (cost.casts == 0)
            continue;
        if (thing->is_conversion) {
            const struct node *const node = thing->value->def;
            charge(b, root_of(b->plan, plan_use_item(b->plan,
                                                     &node->inputs[0])),
                   i, cost);
        }
        charge(b, root_of(b->plan, plan_value_item(b->plan, thing->value)), i,
               cost);
        if (thing->is_conversion)
            continue;
        for_each_use (thing->value, use)
            charge(b, root_of(b->plan, plan_use_item(b->plan, use)), i, cost);
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
            if (!is_wide(b, root) || part_of(b, root) == last)
                continue;
            last = part_of(b, root);
            b->island[last]->nodes++;
        }
    }
}

static void
find_islands(struct borders *b)
{
    struct arena *const arena = b->plan->module->arena;
    const uint32_t n = b->plan->n_items;

    b->part = arena_array(arena, n, uint32_t);
    b->island = arena_array(arena, n, struct border_island *);
    for (uint32_t i = 0; i < n; i++)
        b->part[i] = i;
    for (uint32_t i = 0; i < b->plan->module->n_values; i++)
        if (b->things[i].value != NULL)
            join_ends(b, b->things[i].value);
    for (uint32_t i = 0; i < b->plan->module->n_nodes; i++)
        if (plan_node(b->plan, i) != NULL)
            join_operands(b, plan_node(b->plan, i));
    for (uint32_t i = 0; i < n; i++) {
        if (plan_root(b->plan, i) != i || part_of(b, i) != i || !is_wide(b, i))
            continue;
        b->island[i] = arena_new(arena, struct border_island);
        b->island[i]->number = ++b->n_islands;
    }
    b->charged = arena_array(arena, b->n_islands, uint32_t);
    charge_casts(b);
    count_nodes(b);
}

struct borders *
borders_new(const struct plan *plan, const struct types *types,
            const struct shapes *shapes)
{
    const struct module *const module = plan->module;
    struct borders *const b = arena_new(module->arena, struct borders);

    *b = (struct borders){.plan = plan, .types = types, .shapes = shapes};
    b->n_things = module->n_values + module->n_nodes;
    b->things = arena_array(module->arena, b->n_things, struct border_thing);
    b->change = arena_array(module->arena, b->n_things, struct border_change);
    for (uint32_t i = 0; i < module->n_nodes; i++)
        if (is_conversion(module->nodes[i]))
            read_conversion(b, module->nodes[i]);
    for (uint32_t i = 0; i < module->n_values; i++)
        if (module->values[i] != NULL && crosses(b, module->values[i]))
            read_value(b, module->values[i]);
    index_ends(b);
    find_islands(b);
    return b;
}

uint32_t
borders_islands(const struct borders *borders)
{
    return borders->n_islands;
}

const struct border_island *
borders_island(const struct borders *borders, uint32_t root)
{
    return is_wide(borders, root) ? borders->island[part_of(borders, root)]
                                  : NULL;
}

/* ---- what if ------------------------------------------------------------- */

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
        if (use->user == NULL ||
            !borders_thing_of(b, use->user)->is_conversion)
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
    const bool low = d->elem == d->from;
    const uint8_t elem = low ? (uint8_t)b->plan->to : d->from;

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
        b->change[i - 1] = (struct border_change){.next = b->change[i - 1].next};
    for (uint32_t i = touched; i != 0; i = b->change[i - 1].next)
        add_cost(sum, cost_of(b, i - 1), -1);
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
        if (!plan_converts(plan, d->from) || (d->elem == d->from) != wide ||
            !is_first(plan, node, i))
            continue;
        for (uint32_t end = b->first[root]; end < b->first[root + 1]; end++)
            change_end(b, d, end);
    }
    for (uint32_t i = b->touched; i != 0; i = b->change[i - 1].next)
        add_cost(&sum, cost_of(b, i - 1), 1);
    forget_changes(b, &sum);
    return sum;
}
