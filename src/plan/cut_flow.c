/* cut_flow.c: Dinic's algorithm, from every vertex that would pay for being
 * wide to every one that would pay for being low, along the shortest ways in
 * what is left of the capacities. Distances to the nearest end are found anew
 * in each round and grow for every start that is left. */
#include "plan/cut_internal.h"

struct cut_flow {
    uint32_t *distance; /* to a vertex with excess below zero; or CUT_NONE */
    uint32_t *current;  /* half edge to go on with */
    uint32_t *stack;    /* vertices of a queue; half edges of a way */
};

struct cut_flow *
cut_flow_new(struct cut *cut)
{
    struct cut_flow *const flow = arena_new(cut->arena, struct cut_flow);

    flow->distance = arena_array(cut->arena, cut->n, uint32_t);
    flow->current = arena_array(cut->arena, cut->n, uint32_t);
    flow->stack = arena_array(cut->arena, cut->n, uint32_t);
    return flow;
}

/* Back from the ends. True when a start has a way to one. */
static bool
measure(struct cut *cut, struct cut_flow *flow, const uint32_t *part,
        uint32_t n)
{
    uint32_t queued = 0;
    bool any = false;

    for (uint32_t i = 0; i < n; i++) {
        flow->distance[part[i]] = CUT_NONE;
        flow->current[part[i]] = cut->first[part[i]];
        if (cut->excess[part[i]] >= 0)
            continue;
        flow->distance[part[i]] = 0;
        flow->stack[queued++] = part[i];
    }
    for (uint32_t i = 0; i < queued; i++) {
        const uint32_t v = flow->stack[i];
        any |= cut->excess[v] > 0;
        for (uint32_t h = cut->first[v]; h != CUT_NONE;
             h = cut->halves[h].next) {
            const uint32_t u = cut->halves[h].to;
            cut->operations++;
            if (cut->halves[h ^ 1].capacity == 0 ||
                flow->distance[u] != CUT_NONE)
                continue;
            flow->distance[u] = flow->distance[v] + 1;
            flow->stack[queued++] = u;
        }
    }
    return any;
}

/* The next half edge that leads nearer to an end, or CUT_NONE. */
static uint32_t
next_half(struct cut *cut, struct cut_flow *flow, uint32_t v)
{
    uint32_t h = flow->current[v];

    for (; h != CUT_NONE; h = cut->halves[h].next) {
        const uint32_t to = cut->halves[h].to;
        cut->operations++;
        if (cut->halves[h].capacity > 0 && flow->distance[to] != CUT_NONE &&
            flow->distance[to] + 1 == flow->distance[v])
            break;
    }
    flow->current[v] = h;
    return h;
}

/* Sends what fits along the way, and shortens it to what is still open. */
static uint32_t
augment(struct cut *cut, const struct cut_flow *flow, uint32_t start,
        uint32_t length)
{
    const uint32_t end = cut->halves[flow->stack[length - 1]].to;
    int64_t amount = cut->excess[start];
    uint32_t open = length;

    if (-cut->excess[end] < amount)
        amount = -cut->excess[end];
    for (uint32_t i = 0; i < length; i++)
        if ((int64_t)cut->halves[flow->stack[i]].capacity < amount)
            amount = (int64_t)cut->halves[flow->stack[i]].capacity;
    cut->excess[start] -= amount;
    cut->excess[end] += amount;
    for (uint32_t i = length; i-- > 0;) {
        const uint32_t h = flow->stack[i];
        cut->halves[h].capacity -= (uint64_t)amount;
        cut->halves[h ^ 1].capacity += (uint64_t)amount;
        if (cut->halves[h].capacity == 0)
            open = i;
    }
    cut->operations += length;
    return open;
}

/* Every way from one start. */
static void
drain(struct cut *cut, struct cut_flow *flow, uint32_t start, uint64_t limit)
{
    uint32_t length = 0;
    uint32_t v = start;

    while (cut->excess[start] > 0 && cut->operations <= limit) {
        const uint32_t h = next_half(cut, flow, v);
        if (length > 0 && cut->excess[v] < 0) {
            length = augment(cut, flow, start, length);
            v = length == 0 ? start : cut->halves[flow->stack[length - 1]].to;
        } else if (h != CUT_NONE) {
            flow->stack[length++] = h;
            v = cut->halves[h].to;
        } else if (length > 0) {
            flow->distance[v] = CUT_NONE;
            v = cut_tail(cut, flow->stack[--length]);
        } else {
            return;
        }
    }
}

bool
cut_flow_solve(struct cut *cut, struct cut_flow *flow, const uint32_t *part,
               uint32_t n, uint64_t limit)
{
    while (measure(cut, flow, part, n)) {
        for (uint32_t i = 0; i < n; i++)
            if (cut->excess[part[i]] > 0 &&
                flow->distance[part[i]] != CUT_NONE)
                drain(cut, flow, part[i], limit);
        if (cut->operations > limit)
            return false;
    }
    for (uint32_t i = 0; i < n; i++)
        cut->sides[part[i]] =
            flow->distance[part[i]] == CUT_NONE ? CUT_LOW : CUT_WIDE;
    return true;
}
