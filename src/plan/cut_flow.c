/* cut_flow.c: Dinic's algorithm, from every vertex that would pay for being
 * wide to every one that would pay for being low, along the shortest ways in
 * what is left of the capacities. Distances to the nearest end are found anew
 * in each round and grow for every start that is left.
 *
 * It works on a copy of the part in which neighbours stand near each other:
 * on large networks the time goes into cache misses. */
#include "plan/cut_internal.h"

struct arc {
    uint32_t to;
    uint32_t back; /* the other direction */
    uint64_t capacity;
};

struct cut_flow {
    uint32_t *local; /* by vertex: its index in the part */
    uint32_t *place; /* by half edge: its arc */
    struct arc *arcs;
    /* By index in the part: */
    uint32_t *first; /* arc; one entry more */
    int64_t *excess;
    uint32_t *distance; /* to an end; or CUT_NONE */
    uint32_t *current;  /* arc to go on with */
    uint32_t *stack;    /* a queue of vertices, then arcs of a way */
    uint32_t n;
};

struct cut_flow *
cut_flow_new(struct cut *cut)
{
    struct cut_flow *const flow = arena_new(cut->arena, struct cut_flow);

    flow->local = arena_array(cut->arena, cut->n, uint32_t);
    flow->place = arena_array(cut->arena, cut->n_halves, uint32_t);
    flow->arcs = arena_array(cut->arena, cut->n_halves, struct arc);
    flow->first = arena_array(cut->arena, cut->n + (size_t)1, uint32_t);
    flow->excess = arena_array(cut->arena, cut->n, int64_t);
    flow->distance = arena_array(cut->arena, cut->n, uint32_t);
    flow->current = arena_array(cut->arena, cut->n, uint32_t);
    flow->stack = arena_array(cut->arena, cut->n, uint32_t);
    return flow;
}

static void
copy_part(const struct cut *cut, struct cut_flow *flow, const uint32_t *part,
          uint32_t n)
{
    uint32_t arcs = 0;

    flow->n = n;
    for (uint32_t i = 0; i < n; i++)
        flow->local[part[i]] = i;
    for (uint32_t i = 0; i < n; i++) {
        flow->first[i] = arcs;
        flow->excess[i] = cut->excess[part[i]];
        for (uint32_t h = cut->first[part[i]]; h != CUT_NONE;
             h = cut->halves[h].next) {
            flow->arcs[arcs].to = flow->local[cut->halves[h].to];
            flow->arcs[arcs].capacity = cut->halves[h].capacity;
            flow->arcs[arcs].back = h ^ 1;
            flow->place[h] = arcs++;
        }
    }
    flow->first[n] = arcs;
    for (uint32_t i = 0; i < arcs; i++)
        flow->arcs[i].back = flow->place[flow->arcs[i].back];
}

/* Back from the ends. True when a start has a way to one. */
static bool
find_distances(struct cut *cut, struct cut_flow *flow)
{
    uint32_t queued = 0;
    bool any = false;

    for (uint32_t i = 0; i < flow->n; i++) {
        flow->distance[i] = CUT_NONE;
        flow->current[i] = flow->first[i];
        if (flow->excess[i] >= 0)
            continue;
        flow->distance[i] = 0;
        flow->stack[queued++] = i;
    }
    for (uint32_t i = 0; i < queued; i++) {
        const uint32_t v = flow->stack[i];
        any |= flow->excess[v] > 0;
        cut->operations += flow->first[v + 1] - flow->first[v];
        for (uint32_t a = flow->first[v]; a < flow->first[v + 1]; a++) {
            const struct arc *const arc = &flow->arcs[a];
            if (flow->distance[arc->to] != CUT_NONE ||
                flow->arcs[arc->back].capacity == 0)
                continue;
            flow->distance[arc->to] = flow->distance[v] + 1;
            flow->stack[queued++] = arc->to;
        }
    }
    return any;
}

/* Finds the next arc of `v` that leads nearer to an end. */
static bool
find_arc(struct cut *cut, struct cut_flow *flow, uint32_t v)
{
    for (; flow->current[v] < flow->first[v + 1]; flow->current[v]++) {
        const struct arc *const arc = &flow->arcs[flow->current[v]];
        cut->operations++;
        if (arc->capacity > 0 && flow->distance[arc->to] != CUT_NONE &&
            flow->distance[arc->to] + 1 == flow->distance[v])
            return true;
    }
    return false;
}

/* Sends what fits along the way, and shortens it to what is still open. */
static uint32_t
augment(struct cut *cut, const struct cut_flow *flow, uint32_t start,
        uint32_t length)
{
    const uint32_t end = flow->arcs[flow->stack[length - 1]].to;
    int64_t amount = flow->excess[start];
    uint32_t open = length;

    if (-flow->excess[end] < amount)
        amount = -flow->excess[end];
    for (uint32_t i = 0; i < length; i++)
        if ((int64_t)flow->arcs[flow->stack[i]].capacity < amount)
            amount = (int64_t)flow->arcs[flow->stack[i]].capacity;
    flow->excess[start] -= amount;
    flow->excess[end] += amount;
    for (uint32_t i = length; i-- > 0;) {
        struct arc *const arc = &flow->arcs[flow->stack[i]];
        arc->capacity -= (uint64_t)amount;
        flow->arcs[arc->back].capacity += (uint64_t)amount;
        if (arc->capacity == 0)
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

    while (flow->excess[start] > 0 && cut->operations <= limit) {
        if (length > 0 && flow->excess[v] < 0) {
            length = augment(cut, flow, start, length);
            v = length == 0 ? start : flow->arcs[flow->stack[length - 1]].to;
        } else if (find_arc(cut, flow, v)) {
            flow->stack[length++] = flow->current[v];
            v = flow->arcs[flow->current[v]].to;
        } else if (length > 0) {
            flow->distance[v] = CUT_NONE;
            v = flow->arcs[flow->arcs[flow->stack[--length]].back].to;
        } else {
            return;
        }
    }
}

bool
cut_flow_solve(struct cut *cut, struct cut_flow *flow, const uint32_t *part,
               uint32_t n, uint64_t limit)
{
    copy_part(cut, flow, part, n);
    while (find_distances(cut, flow)) {
        for (uint32_t i = 0; i < n; i++)
            if (flow->excess[i] > 0 && flow->distance[i] != CUT_NONE)
                drain(cut, flow, i, limit);
        if (cut->operations > limit)
            return false;
    }
    for (uint32_t i = 0; i < n; i++)
        cut->sides[part[i]] =
            flow->distance[i] == CUT_NONE ? CUT_LOW : CUT_WIDE;
    return true;
}
