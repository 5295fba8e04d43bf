/* cut.c: the network of a cut, and its parts. */
#include "plan/cut_internal.h"

/* More than all prices of a network, and far from overflow. */
#define NEVER ((uint64_t)1 << 50)

struct cut *
cut_new(struct arena *arena, uint32_t n)
{
    struct cut *const cut = arena_new(arena, struct cut);
    size_t room = 4; /* as arena_grow counts it */

    while (room < n)
        room *= 2;
    cut->arena = arena;
    cut->n_things = n;
    cut->n = n;
    cut->excess = arena_array(arena, room, int64_t);
    cut->first = arena_array(arena, room, uint32_t);
    cut->degree = arena_array(arena, room, uint32_t);
    cut->mark = arena_array(arena, n, uint32_t);
    for (uint32_t i = 0; i < n; i++)
        cut->first[i] = CUT_NONE;
    return cut;
}

static uint64_t
bounded(uint64_t price)
{
    return price < CUT_FORBIDDEN ? price : CUT_FORBIDDEN;
}

void
cut_add_price(struct cut *cut, uint32_t thing, enum cut_side side,
              uint64_t price)
{
    const int64_t amount = (int64_t)bounded(price);

    cut->excess[thing] += side == CUT_WIDE ? amount : -amount;
}

/* ---- edges ----------------------------------------------------------------
 */

static void
add_half(struct cut *cut, uint32_t from, uint32_t to, uint64_t capacity)
{
    const uint32_t i = cut->n_halves;

    cut->halves = arena_grow(cut->arena, cut->halves, i, sizeof *cut->halves);
    cut->halves[i] = (struct cut_half){
        .to = to,
        .next = cut->first[from],
        .prev = CUT_NONE,
        .capacity = capacity,
    };
    if (cut->first[from] != CUT_NONE)
        cut->halves[cut->first[from]].prev = i;
    cut->first[from] = i;
    cut->degree[from]++;
    cut->n_halves++;
}

void
cut_link(struct cut *cut, uint32_t u, uint32_t v, uint64_t uv, uint64_t vu)
{
    add_half(cut, u, v, uv);
    add_half(cut, v, u, vu);
}

/* ---- tensors --------------------------------------------------------------
 */

/* The readers of a tensor that decide something: each thing once. */
struct readers {
    uint32_t *of;
    uint32_t n;
    bool low, wide; /* one with that side is among them */
};

static struct readers
gather(struct cut *cut, const struct cut_tensor *tensor)
{
    struct readers readers = {0};

    readers.of = arena_array(cut->arena, tensor->n_readers, uint32_t);
    cut->n_tensors++;
    for (uint32_t i = 0; i < tensor->n_readers; i++) {
        const uint32_t reader = tensor->readers[i];
        readers.low |= reader == CUT_IS_LOW;
        readers.wide |= reader == CUT_IS_WIDE;
        if (reader >= cut->n_things || reader == tensor->maker ||
            cut->mark[reader] == cut->n_tensors)
            continue;
        cut->mark[reader] = cut->n_tensors;
        readers.of[readers.n++] = reader;
    }
    return readers;
}

/* A helper is low if any reader is, or wide if any is. */
static uint32_t
add_helper(struct cut *cut, const struct readers *readers, enum cut_side any)
{
    const uint32_t helper = cut->n;

    cut->excess =
        arena_grow(cut->arena, cut->excess, helper, sizeof *cut->excess);
    cut->first = arena_grow(cut->arena, cut->first, helper, sizeof *cut->first);
    cut->degree =
        arena_grow(cut->arena, cut->degree, helper, sizeof *cut->degree);
    cut->excess[helper] = 0;
    cut->first[helper] = CUT_NONE;
    cut->degree[helper] = 0;
    cut->n++;
    for (uint32_t i = 0; i < readers->n; i++)
        cut_link(cut, helper, readers->of[i], any == CUT_WIDE ? NEVER : 0,
                 any == CUT_LOW ? NEVER : 0);
    return helper;
}

/* The vertex that is on side `any` if a reader is. */
static uint32_t
any_of(struct cut *cut, const struct readers *readers, enum cut_side any)
{
    return readers->n == 1 ? readers->of[0] : add_helper(cut, readers, any);
}

static void
add_given(struct cut *cut, const struct readers *readers, enum cut_side cast,
          uint64_t price)
{
    const bool paid = cast == CUT_WIDE ? readers->wide : readers->low;

    if (!paid && readers->n > 0)
        cut_add_price(cut, any_of(cut, readers, cast), cast, price);
}

static void
add_made(struct cut *cut, const struct cut_tensor *tensor,
         const struct readers *readers)
{
    const uint64_t widen = bounded(tensor->widen);
    const uint64_t narrow = bounded(tensor->narrow);
    const bool both = !readers->wide && !readers->low;

    if (readers->wide)
        cut_add_price(cut, tensor->maker, CUT_LOW, widen);
    if (readers->low)
        cut_add_price(cut, tensor->maker, CUT_WIDE, narrow);
    if (readers->n == 0)
        return;
    if (both && readers->n == 1) {
        cut_link(cut, tensor->maker, readers->of[0], widen, narrow);
        return;
    }
    if (!readers->wide)
        cut_link(cut, tensor->maker, any_of(cut, readers, CUT_WIDE), widen, 0);
    if (!readers->low)
        cut_link(cut, tensor->maker, any_of(cut, readers, CUT_LOW), 0, narrow);
}

void
cut_add_tensor(struct cut *cut, const struct cut_tensor *tensor)
{
    const struct readers readers = gather(cut, tensor);

    if (tensor->maker == CUT_IS_LOW)
        add_given(cut, &readers, CUT_WIDE, tensor->widen);
    else if (tensor->maker == CUT_IS_WIDE)
        add_given(cut, &readers, CUT_LOW, tensor->narrow);
    else
        add_made(cut, tensor, &readers);
}

/* ---- parts ----------------------------------------------------------------
 */

/* Appends what is connected with `start` to `part`; returns how many. */
static uint32_t
find_part(struct cut *cut, uint32_t start, bool *seen, uint32_t *part)
{
    uint32_t n = 0;

    seen[start] = true;
    part[n++] = start;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t h = cut->first[part[i]]; h != CUT_NONE;
             h = cut->halves[h].next) {
            const uint32_t next = cut->halves[h].to;
            cut->operations++;
            if (seen[next])
                continue;
            seen[next] = true;
            part[n++] = next;
        }
    }
    return n;
}

/* The whole part to the cheaper side. */
static void
estimate(struct cut *cut, const uint32_t *part, uint32_t n)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += cut->excess[part[i]];
    for (uint32_t i = 0; i < n; i++)
        cut->sides[part[i]] = sum >= 0 ? CUT_LOW : CUT_WIDE;
}

struct cut_result
cut_solve(struct cut *cut, uint64_t limit)
{
    struct cut_result result = {0};
    struct cut_flow *flow;
    bool *seen;
    uint32_t *part;

    cut->sides = arena_array(cut->arena, cut->n, uint8_t);
    cut->is_taken = arena_array(cut->arena, cut->n, bool);
    cut_reduce(cut);
    flow = cut_flow_new(cut);
    seen = arena_array(cut->arena, cut->n, bool);
    part = arena_array(cut->arena, cut->n, uint32_t);
    for (uint32_t i = 0; i < cut->n; i++) {
        uint32_t n;
        if (seen[i] || cut->is_taken[i])
            continue;
        n = find_part(cut, i, seen, part);
        if (cut_flow_solve(cut, flow, part, n, limit))
            continue;
        estimate(cut, part, n);
        result.guessed++;
    }
    cut_restore(cut);
    result.sides = cut->sides;
    result.operations = cut->operations;
    return result;
}
