/* placement.c: where free classes go. Heavy work that is free becomes low, what
 * a step decided stays so; the classes of light work between them are the
 * things of a cut. A cast has a price, and so has each node of light work that
 * stays wide: a small one, so that an island grows only where that saves casts.
 *
 * Inputs and outputs of the model that keep their type are wide too, but alone
 * they are no reason to leave anything wide: then nothing would be converted
 * in a model of light work. So connected light work without an island beside it
 * becomes low. */
#include "plan/placement.h"

#include <string.h>

#include "base/sets.h"
#include "facts/ranges.h"
#include "facts/traits.h"
#include "model/tensor.h"
#include "plan/cut.h"
#include "plan/decide.h"

enum {
    /* What a cast costs beside the bytes that it moves, and the same where only
     * the number of casts counts. In bytes: about what a kernel's start costs
     * in time to move. */
    CAST_PRICE = 1050,
    /* What a node of light work costs that stays wide: */
    NODE_PRICE = 175, /* where the number of casts counts, */
    BYTE_SHARE = 8,   /* and this part of the bytes that low precision saves. */
    /* Of a dimension that is not known, and of a rank. */
    UNKNOWN_LENGTH = 32,
    UNKNOWN_ELEMENTS = 32768,
    /* Prices of a cast that are tried for max_casts: each 8 times the last. */
    PRICE_STEP = 3,
    PRICE_STEPS = 6,
    /* The largest constant that is a parameter of light work: a bias or a scale
     * of each channel. A weight matrix is larger. */
    LARGEST_VECTOR = 4096,
};

struct network {
    struct plan *plan;
    const struct placement *placement;
    unsigned step;    /* of the price of a cast */
    uint32_t *parent; /* union-find over roots of light classes */
    bool *light;      /* by root: free, and all its nodes are light */
    uint8_t *beside;  /* by region: what stands beside it */
    uint32_t *thing;  /* by root */
    uint32_t n;
    struct cut *cut;
};

enum { HAS_END = 1, HAS_ISLAND = 2, HAS_LOW = 4 };

/* ---- light work -----------------------------------------------------------
 */

static bool
is_heavy(const struct network *n, const struct node *node)
{
    if (node_has_trait(node, TRAIT_HEAVY))
        return true;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const value = node->inputs[i].value;
        if (value != NULL && n->placement->constants->of[value->id] != NULL &&
            n->placement->constants->of[value->id]->count > LARGEST_VECTOR)
            return true;
    }
    return false;
}

static void
find_light(struct network *n)
{
    const struct plan *const plan = n->plan;

    for (uint32_t i = 0; i < plan->n_items; i++)
        n->light[i] = plan_is_free(plan, i);
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct node *const node = plan->nodes[i];
        if (node == NULL || !is_heavy(n, node))
            continue;
        for (uint32_t k = plan->first_item[i]; k < plan->first_item[i + 1]; k++)
            n->light[plan_root(plan, k)] = false;
    }
}

/* ---- regions --------------------------------------------------------------
 */

static uint32_t
root_of(const struct network *n, uint32_t item)
{
    return item == ITEM_FIXED ? item : plan_root(n->plan, item);
}

static bool
is_light(const struct network *n, uint32_t root)
{
    return root != ITEM_FIXED && n->light[root];
}

/* `beside` is the class at the other side of the border. */
static uint8_t
kind_of(const struct plan *plan, uint32_t root, uint32_t beside)
{
    if (plan_will_be_low(plan, root, beside))
        return HAS_LOW;
    return root != ITEM_FIXED && plan->of[root].reason == REASON_IO
               ? HAS_END
               : HAS_ISLAND;
}

typedef void (*border_fn)(struct network *n, uint32_t a, uint32_t b);

/* Calls `fn` with both roots, or ITEM_FIXED, for each reader of each tensor. A
 * constant that stays as it is (held) makes no island. */
static void
each_border(struct network *n, border_fn fn)
{
    const struct module *const module = n->plan->module;

    for (uint32_t i = 0; i < module->n_values; i++) {
        const struct value *const value = module->values[i];
        uint32_t made;
        if (value == NULL || value->held ||
            !plan_casts_value(n->plan, n->placement->types, value))
            continue;
        made = root_of(n, plan_value_item(n->plan, value));
        for_each_use (value, use)
            fn(n, made, root_of(n, plan_use_item(n->plan, use)));
    }
}

static void
join_light(struct network *n, uint32_t a, uint32_t b)
{
    if (is_light(n, a) && is_light(n, b))
        sets_unite(n->parent, a, b);
}

static void
look_beside(struct network *n, uint32_t a, uint32_t b)
{
    if (is_light(n, a) && !is_light(n, b))
        n->beside[sets_root(n->parent, a)] |= kind_of(n->plan, b, a);
    if (is_light(n, b) && !is_light(n, a))
        n->beside[sets_root(n->parent, b)] |= kind_of(n->plan, a, b);
}

static bool
may_stay_wide(const struct network *n, uint32_t root)
{
    const uint8_t beside = n->beside[sets_root(n->parent, root)];

    return (beside & HAS_ISLAND) != 0 ||
           (n->step > 0 && (beside & HAS_END) != 0);
}

/* Gives every class its side, or makes it a thing of the cut. */
static void
number_things(struct network *n)
{
    const struct plan *const plan = n->plan;

    for (uint32_t i = 0; i < plan->n_items; i++) {
        if (plan->parent[i] != i)
            continue;
        if (n->light[i] && may_stay_wide(n, i))
            n->thing[i] = n->n++;
        else if (kind_of(plan, i, i) == HAS_LOW)
            n->thing[i] = CUT_IS_LOW;
        else
            n->thing[i] = CUT_IS_WIDE;
    }
}

/* ---- prices ---------------------------------------------------------------
 */

/* Elements of a tensor, guessed where they are not known: the same for tensors
 * that have the same dimensions. */
static uint64_t
count_elements(const struct network *n, const struct value *value)
{
    const struct shape *const shape = shapes_of(n->placement->shapes, value);
    uint64_t count = 1;

    if (!shape->known)
        return UNKNOWN_ELEMENTS;
    for (uint32_t i = 0; i < shape->rank && count < CUT_FORBIDDEN; i++)
        count *= shape->dims[i].kind == DIM_KNOWN ? (uint64_t)shape->dims[i].n
                                                  : UNKNOWN_LENGTH;
    return count;
}

/* One type is read and the other written. */
static uint64_t
price_cast(const struct network *n, const struct value *value)
{
    const uint64_t once = (uint64_t)CAST_PRICE << (PRICE_STEP * n->step);

    if (n->placement->cost != ISLAND_BYTES)
        return once;
    return once + count_elements(n, value) * (sizeof(float) + sizeof(uint16_t));
}

static void
add_work(struct network *n, uint32_t item, const struct value *value)
{
    const uint32_t thing =
        item == ITEM_FIXED ? CUT_IS_WIDE : n->thing[plan_root(n->plan, item)];

    if (thing < n->n)
        cut_add_price(n->cut, thing, CUT_WIDE,
                      count_elements(n, value) * sizeof(uint16_t) / BYTE_SHARE);
}

/* What the tensors that a node reads and makes lose by staying wide. */
static void
price_bytes(struct network *n, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++)
        if (node->inputs[i].value != NULL)
            add_work(n, plan_use_item(n->plan, &node->inputs[i]),
                     node->inputs[i].value);
    for (uint32_t i = 0; i < node->n_outputs; i++)
        if (node->outputs[i] != NULL)
            add_work(n, plan_value_item(n->plan, node->outputs[i]),
                     node->outputs[i]);
}

static void
price_node(struct network *n, const struct node *node)
{
    const uint32_t end = n->plan->first_item[node->id + 1];

    for (uint32_t i = n->plan->first_item[node->id]; i < end; i++) {
        const uint32_t thing = n->thing[plan_root(n->plan, i)];
        if (thing < n->n)
            cut_add_price(n->cut, thing, CUT_WIDE, NODE_PRICE);
    }
}

/* What converts, reads a shape or hands on to a body does no work. */
static void
price_work(struct network *n)
{
    for (uint32_t i = 0; i < n->plan->n_nodes; i++) {
        const struct node *const node = plan_node(n->plan, i);
        if (node == NULL || node->n_bodies > 0 || node->function != NULL ||
            node->op->class == OP_CONVERT ||
            node_has_trait(node, TRAIT_INDIFFERENT))
            continue;
        if (n->placement->cost == ISLAND_BYTES)
            price_bytes(n, node);
        else
            price_node(n, node);
    }
}

/* ---- tensors --------------------------------------------------------------
 */

static uint32_t
thing_of(const struct network *n, const struct value *value, uint32_t item)
{
    const int elem = n->placement->types->of[value->id].elem;

    if (item != ITEM_FIXED)
        return n->thing[plan_root(n->plan, item)];
    return (n->plan->low & elem_bit(elem)) != 0 ? (uint32_t)CUT_IS_LOW
                                                : (uint32_t)CUT_IS_WIDE;
}

static bool
leaves_range(const struct network *n, const struct value *value)
{
    const enum numeric_format format = tensor_format(n->plan->to);

    return range_exceeds(ranges_of(n->plan->ranges, value),
                         numeric_format_info(format)->max_finite);
}

static void
add_tensor(struct network *n, const struct value *value)
{
    struct arena *const arena = n->placement->scratch;
    const uint64_t price = price_cast(n, value);
    uint32_t *readers = NULL;
    struct cut_tensor tensor = {
        .maker = thing_of(n, value, plan_value_item(n->plan, value)),
        .widen = price,
        .narrow = leaves_range(n, value) ? CUT_FORBIDDEN : price,
    };

    for_each_use (value, use) {
        readers = arena_grow(arena, readers, tensor.n_readers, sizeof *readers);
        readers[tensor.n_readers++] =
            thing_of(n, value, plan_use_item(n->plan, use));
    }
    tensor.readers = readers;
    cut_add_tensor(n->cut, &tensor);
}

static void
add_tensors(struct network *n)
{
    const struct module *const module = n->plan->module;

    for (uint32_t i = 0; i < module->n_values; i++)
        if (module->values[i] != NULL &&
            plan_casts_value(n->plan, n->placement->types, module->values[i]))
            add_tensor(n, module->values[i]);
}

/* Keeps what the cut leaves wide. Returns the parts that were estimated. */
static uint32_t
cut_free(struct plan *plan, const struct placement *placement, unsigned step)
{
    struct arena *const arena = placement->scratch;
    struct network n = {.plan = plan, .placement = placement, .step = step};
    struct cut_result result;

    n.parent = arena_array(arena, plan->n_items, uint32_t);
    n.light = arena_array(arena, plan->n_items, bool);
    n.beside = arena_array(arena, plan->n_items, uint8_t);
    n.thing = arena_array(arena, plan->n_items, uint32_t);
    sets_init(n.parent, plan->n_items);
    find_light(&n);
    each_border(&n, join_light);
    each_border(&n, look_beside);
    number_things(&n);
    n.cut = cut_new(arena, n.n);
    price_work(&n);
    add_tensors(&n);
    result = cut_solve(n.cut, placement->limit);
    for (uint32_t i = 0; i < plan->n_items; i++)
        if (plan->parent[i] == i && n.thing[i] < n.n &&
            result.sides[n.thing[i]] == CUT_WIDE)
            plan_keep(plan, i, REASON_PLACEMENT, NULL, "");
    return result.guessed;
}

/* ---- the steps ------------------------------------------------------------
 */

static const char *const cost_names[] = {
    [ISLAND_CASTS] = "casts",
    [ISLAND_BYTES] = "bytes",
    [ISLAND_NONE] = "none",
};

int
island_cost_parse(const char *name)
{
    for (size_t i = 0; i < sizeof cost_names / sizeof *cost_names; i++)
        if (strcmp(name, cost_names[i]) == 0)
            return (int)i;
    return -1;
}

const char *
island_cost_name(enum island_cost cost)
{
    return cost_names[cost];
}

void
decide_rest(struct plan *plan)
{
    for (uint32_t i = 0; i < plan->n_items; i++)
        if (plan->parent[i] == i && plan->of[i].reason == REASON_DEFAULT)
            plan->of[i].elem = (uint8_t)plan->to;
}

/* One way to decide all that is free. */
struct attempt {
    struct decision *of;
    struct cast_sum sum;
    uint32_t guessed;
};

/* Tries it on the plan, and leaves the plan free again. */
static struct attempt
attempt(struct plan *plan, const struct placement *placement, int step)
{
    const size_t bytes = plan->n_items * sizeof *plan->of;
    struct attempt attempt = {0};
    struct decision *const before = plan->of;

    plan->of = arena_array(plan->module->arena, plan->n_items, struct decision);
    if (plan->n_items > 0)
        memcpy(plan->of, before, bytes);
    if (step >= 0)
        attempt.guessed = cut_free(plan, placement, (unsigned)step);
    decide_passages(plan);
    decide_conversions(plan);
    decide_rest(plan);
    attempt.sum = plan_casts(plan, placement->types, placement->shapes);
    attempt.of = plan->of;
    plan->of = before;
    return attempt;
}

struct placement_result
place_free(struct plan *plan, const struct placement *placement)
{
    const struct attempt every = attempt(plan, placement, -1);
    struct placement_result result = {.every = every.sum};
    struct attempt best = every;

    if (placement->cost != ISLAND_NONE)
        best = attempt(plan, placement, 0);
    for (int step = 1;
         step <= PRICE_STEPS && best.sum.casts > placement->max_casts &&
         placement->cost != ISLAND_NONE;
         step++) {
        const struct attempt next = attempt(plan, placement, step);
        if (next.sum.casts < best.sum.casts)
            best = next;
    }
    plan->of = best.of;
    result.sum = best.sum;
    result.guessed = best.guessed;
    return result;
}
