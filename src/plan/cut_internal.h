/* cut_internal.h: the network behind cut.h; nobody else includes it. */
#ifndef PLAN_CUT_INTERNAL_H
#define PLAN_CUT_INTERNAL_H

#include "plan/cut.h"

enum { CUT_NONE = UINT32_MAX };

/* One direction of an edge; the other one is its neighbour in the array. */
struct cut_half {
    uint32_t to;
    uint32_t next, prev; /* of the same tail; CUT_NONE at the ends */
    uint64_t capacity;   /* price where the tail is low and `to` wide */
};

/* A vertex that was taken out, with what decides its side once those of its
 * neighbours are known. */
struct cut_taken {
    uint32_t vertex;
    uint32_t x, y;           /* neighbours, or CUT_NONE */
    uint64_t low, wide;      /* prices of the sides */
    uint64_t vx, xv, vy, yv; /* capacities */
};

struct cut {
    struct arena *arena;
    uint32_t n_things;
    uint32_t n; /* vertices: the things, then helpers of tensors */
    /* By vertex: the price of the wide side less that of the low one. */
    int64_t *excess;
    uint32_t *first;  /* half edge, or CUT_NONE */
    uint32_t *degree; /* number of them */
    uint32_t *mark;   /* last tensor that named it as a reader */
    uint32_t n_tensors;
    struct cut_half *halves;
    uint32_t n_halves;
    uint8_t *sides;
    bool *is_taken;
    struct cut_taken *taken;
    uint32_t n_taken;
    uint64_t operations;
};

static inline uint32_t
cut_tail(const struct cut *cut, uint32_t half)
{
    return cut->halves[half ^ 1].to;
}

/* Adds an edge between two vertices: `uv` is paid for u low and v wide. */
void cut_link(struct cut *cut, uint32_t u, uint32_t v, uint64_t uv,
              uint64_t vu);

/* Takes out every vertex with at most two edges, and what then has no more, and
 * gives its costs to its neighbours. Exact. */
void cut_reduce(struct cut *cut);

/* The sides of the vertices that were taken out, once all others have theirs.
 */
void cut_restore(struct cut *cut);

/* Finds the sides of `part`, vertices that are connected with no others, by a
 * maximum flow, and leaves the network as it is. False, without sides, when the
 * operations exceed `limit`. `flow`, which cut_flow_new makes once for all
 * parts, is what it works in. */
struct cut_flow;
struct cut_flow *cut_flow_new(struct cut *cut);
bool cut_flow_solve(struct cut *cut, struct cut_flow *flow,
                    const uint32_t *part, uint32_t n, uint64_t limit);

#endif
