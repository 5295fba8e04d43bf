/* cut_reduce.c: chains, trees and diamonds need no flow: a vertex with two
 * neighbours decides for itself once it knows theirs, so all that is left of it
 * is what each of their four choices costs. */
#include "plan/cut_internal.h"

/* Parallel edges are looked for at vertices of at most so many edges. */
enum { SHORT_LIST = 8 };

static void
unlink_half(struct cut *cut, uint32_t i)
{
    const struct cut_half *const half = &cut->halves[i];
    const uint32_t tail = cut_tail(cut, i);

    if (half->prev != CUT_NONE)
        cut->halves[half->prev].next = half->next;
    else
        cut->first[tail] = half->next;
    if (half->next != CUT_NONE)
        cut->halves[half->next].prev = half->prev;
    cut->degree[tail]--;
}

/* Adds to an edge that is there, if it is quickly found. */
static void
link_or_add(struct cut *cut, uint32_t u, uint32_t v, uint64_t uv, uint64_t vu)
{
    if (cut->degree[v] < cut->degree[u]) {
        link_or_add(cut, v, u, vu, uv);
        return;
    }
    for (uint32_t h = cut->first[u];
         h != CUT_NONE && cut->degree[u] <= SHORT_LIST;
         h = cut->halves[h].next) {
        if (cut->halves[h].to != v)
            continue;
        cut->halves[h].capacity += uv;
        cut->halves[h ^ 1].capacity += vu;
        return;
    }
    cut_link(cut, u, v, uv, vu);
}

/* Notes the edges of a vertex, of which there are at most two, and cuts them
 * off. */
static struct cut_taken
take(struct cut *cut, uint32_t v)
{
    const int64_t excess = cut->excess[v];
    struct cut_taken t = {.vertex = v, .x = CUT_NONE, .y = CUT_NONE};

    t.low = excess < 0 ? (uint64_t)-excess : 0;
    t.wide = excess > 0 ? (uint64_t)excess : 0;
    while (cut->first[v] != CUT_NONE) {
        const uint32_t h = cut->first[v];
        const uint32_t to = cut->halves[h].to;
        if (t.x == CUT_NONE || t.x == to) {
            t.x = to;
            t.vx += cut->halves[h].capacity;
            t.xv += cut->halves[h ^ 1].capacity;
        } else {
            t.y = to;
            t.vy += cut->halves[h].capacity;
            t.yv += cut->halves[h ^ 1].capacity;
        }
        unlink_half(cut, h);
        unlink_half(cut, h ^ 1);
        cut->operations++;
    }
    cut->is_taken[v] = true;
    return t;
}

static int64_t
least(uint64_t a, uint64_t b)
{
    return (int64_t)(a < b ? a : b);
}

/* The four sums, split into a price of x, one of y, and an edge. That works
 * because the two where x and y differ are never cheaper than the others. */
static void
hand_on(struct cut *cut, const struct cut_taken *t)
{
    const int64_t both_low = least(t->low, t->xv + t->yv + t->wide);
    const int64_t y_wide = least(t->low + t->vy, t->xv + t->wide);
    const int64_t x_wide = least(t->low + t->vx, t->yv + t->wide);
    const int64_t both_wide = least(t->low + t->vx + t->vy, t->wide);
    const int64_t from = both_wide - y_wide;
    const int64_t to = x_wide - both_low;
    const int64_t x = from > 0 ? from : to < 0 ? to : 0;
    const int64_t y = both_wide - both_low - x;

    cut->excess[t->x] += x;
    if (t->y == CUT_NONE)
        return;
    cut->excess[t->y] += y;
    if (x != from || x != to)
        link_or_add(cut, t->x, t->y, (uint64_t)(x - from), (uint64_t)(to - x));
}

static void
hand_on_to_one(struct cut *cut, const struct cut_taken *t)
{
    cut->excess[t->x] +=
        least(t->low + t->vx, t->wide) - least(t->low, t->xv + t->wide);
}

struct stack {
    uint32_t *of;
    uint32_t n;
    bool *holds; /* by vertex */
};

static void
push(const struct cut *cut, struct stack *stack, uint32_t v)
{
    if (v == CUT_NONE || cut->degree[v] > 2 || stack->holds[v] ||
        cut->is_taken[v])
        return;
    stack->holds[v] = true;
    stack->of[stack->n++] = v;
}

void
cut_reduce(struct cut *cut)
{
    struct stack stack = {
        .of = arena_array(cut->arena, cut->n, uint32_t),
        .holds = arena_array(cut->arena, cut->n, bool),
    };

    cut->taken = arena_array(cut->arena, cut->n, struct cut_taken);
    for (uint32_t i = cut->n; i-- > 0;)
        push(cut, &stack, i);
    while (stack.n > 0) {
        struct cut_taken *const t = &cut->taken[cut->n_taken++];
        const uint32_t v = stack.of[--stack.n];
        stack.holds[v] = false;
        *t = take(cut, v);
        if (t->y != CUT_NONE)
            hand_on(cut, t);
        else if (t->x != CUT_NONE)
            hand_on_to_one(cut, t);
        push(cut, &stack, t->y);
        push(cut, &stack, t->x);
    }
}

static uint64_t
cost_of(const struct cut *cut, const struct cut_taken *t, enum cut_side side)
{
    const bool x = t->x != CUT_NONE && cut->sides[t->x] != side;
    const bool y = t->y != CUT_NONE && cut->sides[t->y] != side;

    if (side == CUT_LOW)
        return t->low + (x ? t->vx : 0) + (y ? t->vy : 0);
    return t->wide + (x ? t->xv : 0) + (y ? t->yv : 0);
}

void
cut_restore(struct cut *cut)
{
    for (uint32_t i = cut->n_taken; i-- > 0;) {
        const struct cut_taken *const t = &cut->taken[i];
        cut->sides[t->vertex] =
            cost_of(cut, t, CUT_WIDE) < cost_of(cut, t, CUT_LOW) ? CUT_WIDE
                                                                 : CUT_LOW;
    }
}
