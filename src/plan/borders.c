#include "plan/borders.h"

#include "facts/constants.h"
#include "graph/casts.h"
#include "plan/borders_internal.h"

/* ---- what is cast -------------------------------------------------------- */

static bool
is_conversion(const struct node *node)
{
    return node != NULL && node->op != NULL && node->op->class == OP_CONVERT &&
           node->n_inputs > 0 && node->n_outputs > 0 &&
           node->inputs[0].value != NULL && node->outputs[0] != NULL;
}

uint32_t
borders_root(const struct borders *b, uint32_t item)
{
    return item == ITEM_FIXED ? ITEM_FIXED : plan_root(b->plan, item);
}

/* True when an operand of type `elem` has the other type in the plan. */
static bool
is_low(const struct plan *plan, uint32_t root, int elem)
{
    return root != ITEM_FIXED && plan->of[root].from == elem &&
           plan->of[root].elem != elem;
}

/* True for a tensor that a Cast at a border could be about. An input with a
 * default is none that is converted once: its caller may give another. */
static bool
crosses(const struct borders *b, const struct value *value)
{
    const struct value_type type = b->types->of[value->id];

    return type.known && type.container == OP_TENSOR &&
           plan_decides(b->plan, type.elem) &&
           (value->kind == VALUE_INPUT ||
            !value_is_constant_of(value, type.elem));
}

static void
read_value(struct borders *b, const struct value *value)
{
    struct border_thing *const thing = &b->things[value->id];
    const int elem = b->types->of[value->id].elem;

    thing->value = value;
    thing->elem = (uint8_t)elem;
    thing->made_low =
        is_low(b->plan, borders_root(b, plan_value_item(b->plan, value)), elem);
    for_each_use (value, use) {
        const uint32_t root = borders_root(b, plan_use_item(b->plan, use));
        if (use->user != NULL && borders_thing_of(b, use->user)->is_conversion)
            thing->converted++;
        else if (is_low(b->plan, root, elem))
            thing->read_low++;
        else
            thing->read_wide++;
    }
}

static bool
is_float_type(struct value_type type)
{
    return type.known && type.container == OP_TENSOR &&
           elem_is_float(type.elem);
}

/* The first number of a conversion is that of its input's type in the plan. */
static void
read_conversion(struct borders *b, const struct node *node)
{
    struct border_thing *const thing = borders_thing_of(b, node);
    const struct value_type in = types_of_use(b->types, &node->inputs[0]);
    const struct value_type out = b->types->of[node->outputs[0]->id];

    if (!is_float_type(in) || !is_float_type(out))
        return;
    if (!node_is_cast(node)) {
        b->standing++;
        return;
    }
    thing->value = node->outputs[0];
    thing->is_conversion = true;
    thing->elem =
        (uint8_t)plan_elem_of_use(b->plan, b->types, &node->inputs[0]);
    thing->out =
        (uint8_t)plan_elem_of_value(b->plan, b->types, node->outputs[0]);
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

struct border_cost
borders_cost(const struct borders *b, uint32_t i)
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

void
borders_add(struct border_cost *sum, struct border_cost cost, int sign)
{
    sum->casts += sign * cost.casts;
    sum->bytes += sign * cost.bytes;
    sum->unknown += sign * cost.unknown;
}

struct border_cost
borders_total(const struct borders *borders)
{
    struct border_cost sum = {.casts = borders->standing,
                              .unknown = borders->standing};

    for (uint32_t i = 0; i < borders->n_things; i++)
        borders_add(&sum, borders_cost(borders, i), 1);
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
        add_end(b, borders_root(b, plan_value_item(b->plan, value)), i, true);
        for_each_use (value, use)
            if (use->user == NULL ||
                !borders_thing_of(b, use->user)->is_conversion)
                add_end(b, borders_root(b, plan_use_item(b->plan, use)), i,
                        false);
    }
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        const uint32_t thing = module->n_values + i;
        if (!b->things[thing].is_conversion)
            continue;
        add_end(b, borders_root(b, plan_use_item(b->plan, &node->inputs[0])),
                thing, false);
        add_end(b, borders_root(b, plan_value_item(b->plan, node->outputs[0])),
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
    borders_find_islands(b);
    return b;
}
