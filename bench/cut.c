/* Time of minimum cuts: 100,000 things that read each other's tensors, some of
 * them with a side that is given. A line for each shape of graph and number of
 * those; the best of several runs. "estimated" is the number of parts that the
 * limit of plan-precision left to an estimate. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "plan/cut.h"

enum { N = 100000, RUNS = 5, LIMIT = 20 * 1000 * 1000, PRICE = 1024 };

struct graph {
    const char *name;
    unsigned reads; /* tensors that a thing reads */
    unsigned reach; /* how far back; 0: from anywhere */
};

/* Of the processor, so that what else runs does not count. */
static double
seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static uint32_t
draw(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % n;
}

/* The readers of each thing's tensor, one after another. */
struct readers {
    uint32_t *first; /* N + 1 */
    uint32_t *of;
    uint32_t *id; /* of a thing, or its side where that is given */
    uint32_t n;   /* things that are free */
};

static uint32_t
maker(const struct graph *graph, uint32_t reader, unsigned slot,
      uint64_t *state)
{
    const uint32_t reach = graph->reach == 0 || graph->reach > reader
                               ? reader
                               : graph->reach;

    return slot == 0 ? reader - 1 : reader - 1 - draw(state, reach);
}

/* Twice over the same drawing: counts, then fills. */
static void
draw_edges(const struct graph *graph, struct readers *r, uint32_t *at)
{
    uint64_t state = 1;

    for (uint32_t i = 1; i < N; i++) {
        for (unsigned slot = 0; slot < graph->reads; slot++) {
            const uint32_t made = maker(graph, i, slot, &state);
            if (at == NULL)
                r->first[made + 1]++;
            else
                r->of[at[made]++] = r->id[i];
        }
    }
}

static void
draw_graph(const struct graph *graph, uint32_t one_in, struct readers *r,
           struct arena *arena)
{
    uint64_t state = 7;
    uint32_t *at;

    r->first = arena_array(arena, N + 1, uint32_t);
    r->id = arena_array(arena, N, uint32_t);
    r->n = 0;
    for (uint32_t i = 0; i < N; i++) {
        if (draw(&state, one_in) != 0)
            r->id[i] = r->n++;
        else
            r->id[i] = draw(&state, 2) == 0 ? (uint32_t)CUT_IS_LOW
                                            : (uint32_t)CUT_IS_WIDE;
    }
    draw_edges(graph, r, NULL);
    for (uint32_t i = 0; i < N; i++)
        r->first[i + 1] += r->first[i];
    r->of = arena_array(arena, r->first[N], uint32_t);
    at = arena_array(arena, N, uint32_t);
    for (uint32_t i = 0; i < N; i++)
        at[i] = r->first[i];
    draw_edges(graph, r, at);
}

static struct cut_result
solve(const struct readers *r, struct arena *arena, bool bytes)
{
    struct cut *const cut = cut_new(arena, r->n);
    uint64_t state = 3;

    for (uint32_t i = 0; i < N; i++) {
        const uint64_t price =
            bytes ? PRICE + draw(&state, 1 << 20) : (uint64_t)PRICE;
        const struct cut_tensor tensor = {
            .maker = r->id[i],
            .readers = &r->of[r->first[i]],
            .n_readers = r->first[i + 1] - r->first[i],
            .widen = price,
            .narrow = price,
        };
        if (r->id[i] < r->n)
            cut_add_price(cut, r->id[i], CUT_WIDE, price / 4);
        cut_add_tensor(cut, &tensor);
    }
    return cut_solve(cut, LIMIT);
}

static void
measure(const struct graph *graph, uint32_t one_in, bool bytes)
{
    struct arena graph_arena;
    struct readers readers;
    struct cut_result result = {0};
    double best = 1e9;

    arena_init(&graph_arena, SIZE_MAX, NULL);
    draw_graph(graph, one_in, &readers, &graph_arena);
    for (int run = 0; run < RUNS; run++) {
        struct arena arena;
        const double start = seconds();
        arena_init(&arena, SIZE_MAX, NULL);
        result = solve(&readers, &arena, bytes);
        if (seconds() - start < best)
            best = seconds() - start;
        arena_free(&arena);
    }
    printf("%-28s%-7s1 in %-8u%8.1f ms%12llu operations%6u estimated\n",
           graph->name, bytes ? "bytes" : "casts", (unsigned)one_in,
           best * 1e3, (unsigned long long)result.operations,
           (unsigned)result.guessed);
    arena_free(&graph_arena);
}

int
main(void)
{
    static const struct graph graphs[] = {
        {"chain", 1, 1},
        {"two operands, near", 2, 8},
        {"two operands, within 100", 2, 100},
        {"three operands, within 1000", 3, 1000},
        {"two operands, from anywhere", 2, 0},
    };
    static const uint32_t given[] = {2, 10, 100, 1000, 20000};

    for (size_t g = 0; g < sizeof graphs / sizeof *graphs; g++)
        for (size_t i = 0; i < sizeof given / sizeof *given; i++)
            for (int bytes = 0; bytes < 2; bytes++)
                measure(&graphs[g], given[i], bytes != 0);
    return EXIT_SUCCESS;
}
