/* Minimum cuts against every choice there is, on small networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plan/cut.h"

enum { MOST_THINGS = 9, MOST_TENSORS = 14, MOST_READERS = 4 };

struct network {
    uint32_t n, n_tensors;
    uint64_t prices[MOST_THINGS][2]; /* by side */
    struct cut_tensor tensors[MOST_TENSORS];
    uint32_t readers[MOST_TENSORS][MOST_READERS];
};

static const uint64_t unlimited = UINT64_MAX;

static uint32_t
draw(uint64_t *state, uint32_t n)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % n;
}

static uint32_t
draw_thing(uint64_t *state, uint32_t n)
{
    const uint32_t i = draw(state, n + 2);

    return i < n ? i : i == n ? (uint32_t)CUT_IS_LOW : (uint32_t)CUT_IS_WIDE;
}

static uint64_t
draw_price(uint64_t *state)
{
    static const uint64_t prices[] = {0, 1, 1, 2, 3, 5, 8, CUT_FORBIDDEN};

    return prices[draw(state, sizeof prices / sizeof *prices)];
}

static void
draw_network(struct network *network, uint64_t *state)
{
    network->n = 1 + draw(state, MOST_THINGS);
    network->n_tensors = draw(state, MOST_TENSORS + 1);
    for (uint32_t i = 0; i < network->n; i++)
        for (int side = 0; side < 2; side++)
            network->prices[i][side] =
                draw(state, 3) == 0 ? draw_price(state) : 0;
    for (uint32_t i = 0; i < network->n_tensors; i++) {
        struct cut_tensor *const tensor = &network->tensors[i];
        tensor->maker = draw_thing(state, network->n);
        tensor->n_readers = draw(state, MOST_READERS + 1);
        tensor->readers = network->readers[i];
        tensor->widen = draw_price(state);
        tensor->narrow = draw_price(state);
        for (uint32_t k = 0; k < tensor->n_readers; k++)
            network->readers[i][k] = draw_thing(state, network->n);
    }
}

static bool
is_wide(uint32_t thing, unsigned choice)
{
    if (thing == CUT_IS_LOW || thing == CUT_IS_WIDE)
        return thing == CUT_IS_WIDE;
    return (choice >> thing & 1) != 0;
}

/* By the definition; bit i of `choice` is set where thing i is wide. */
static uint64_t
cost_of(const struct network *network, unsigned choice)
{
    uint64_t cost = 0;

    for (uint32_t i = 0; i < network->n; i++)
        cost += network->prices[i][choice >> i & 1];
    for (uint32_t i = 0; i < network->n_tensors; i++) {
        const struct cut_tensor *const t = &network->tensors[i];
        const bool made_wide = is_wide(t->maker, choice);
        bool cast = false;
        for (uint32_t k = 0; k < t->n_readers; k++)
            cast |= is_wide(t->readers[k], choice) != made_wide;
        if (cast)
            cost += made_wide ? t->narrow : t->widen;
    }
    return cost;
}

static unsigned
solve(const struct network *network, uint64_t limit, struct cut_result *result)
{
    struct arena arena;
    struct cut *cut;
    unsigned choice = 0;

    arena_init(&arena, SIZE_MAX, NULL);
    cut = cut_new(&arena, network->n);
    for (uint32_t i = 0; i < network->n; i++) {
        cut_add_price(cut, i, CUT_LOW, network->prices[i][CUT_LOW]);
        cut_add_price(cut, i, CUT_WIDE, network->prices[i][CUT_WIDE]);
    }
    for (uint32_t i = 0; i < network->n_tensors; i++)
        cut_add_tensor(cut, &network->tensors[i]);
    *result = cut_solve(cut, limit);
    for (uint32_t i = 0; i < network->n; i++)
        choice |= (unsigned)(result->sides[i] == CUT_WIDE) << i;
    result->sides = NULL;
    arena_free(&arena);
    return choice;
}

static void
is_least_and_unique(void **state)
{
    uint64_t random = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct network network;
        struct cut_result result;
        unsigned choice, common = ~0u;
        uint64_t least = UINT64_MAX;
        draw_network(&network, &random);
        for (unsigned c = 0; c < 1u << network.n; c++) {
            const uint64_t cost = cost_of(&network, c);
            if (cost < least)
                common = ~0u;
            if (cost <= least) {
                least = cost;
                common &= c;
            }
        }
        choice = solve(&network, unlimited, &result);
        assert_int_equal(cost_of(&network, choice), least);
        assert_int_equal(choice, common);
        assert_int_equal(result.guessed, 0);
    }
}

/* An estimate is a choice too, no worse than all things on one side. */
static void
an_estimate_is_no_worse_than_one_side(void **state)
{
    uint64_t random = 2;
    uint32_t guessed = 0;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        struct network network;
        struct cut_result result;
        unsigned choice;
        draw_network(&network, &random);
        choice = solve(&network, 0, &result);
        guessed += result.guessed;
        assert_true(cost_of(&network, choice) <= cost_of(&network, 0));
        assert_true(cost_of(&network, choice) <=
                    cost_of(&network, (1u << network.n) - 1));
    }
    assert_true(guessed > 100);
}

/* Made wide, read low by three: one cast, so that thing 0 goes with them only
 * from the second tensor on. */
static void
a_shared_tensor_costs_once(void **state)
{
    static const uint32_t low[] = {CUT_IS_LOW, CUT_IS_LOW, CUT_IS_LOW};
    static const uint32_t thing[] = {0};
    struct network network = {
        .n = 1,
        .n_tensors = 3,
        .tensors = {{0, low, 3, 10, 10},
                    {CUT_IS_WIDE, thing, 1, 6, 6},
                    {CUT_IS_WIDE, thing, 1, 6, 6}},
    };
    struct cut_result result;

    (void)state;
    assert_int_equal(solve(&network, unlimited, &result), 1);
    network.n_tensors = 2;
    assert_int_equal(solve(&network, unlimited, &result), 0);
}

/* Two things that are given and a border that is forbidden: the other choice
 * still is the best. */
static void
there_is_always_an_answer(void **state)
{
    static const uint32_t both[] = {CUT_IS_LOW, 0};
    const struct network network = {
        .n = 1,
        .n_tensors = 1,
        .prices = {{0, 3}},
        .tensors = {{CUT_IS_WIDE, both, 2, UINT64_MAX, UINT64_MAX}},
    };
    struct cut_result result;

    (void)state;
    assert_int_equal(solve(&network, unlimited, &result), 0);
}

static void
no_things_no_answer(void **state)
{
    const struct network network = {0};
    struct cut_result result;

    (void)state;
    assert_int_equal(solve(&network, unlimited, &result), 0);
}

/* 100,000 things in a chain, the ends given: the cheapest border is cut. */
static void
a_long_chain_is_cut_at_the_cheapest_tensor(void **state)
{
    enum { N = 100000, CHEAPEST = 77777 };
    struct arena arena;
    struct cut *cut;
    struct cut_result result;

    (void)state;
    arena_init(&arena, SIZE_MAX, NULL);
    cut = cut_new(&arena, N);
    for (uint32_t i = 0; i <= N; i++) {
        const uint32_t reader = i < N ? i : (uint32_t)CUT_IS_WIDE;
        const uint64_t price = i == CHEAPEST ? 4 : 5;
        const struct cut_tensor tensor = {i == 0 ? (uint32_t)CUT_IS_LOW : i - 1,
                                          &reader, 1, price, price};
        cut_add_tensor(cut, &tensor);
    }
    result = cut_solve(cut, 10 * N);
    assert_int_equal(result.guessed, 0);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(result.sides[i], i < CHEAPEST ? CUT_LOW : CUT_WIDE);
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_least_and_unique),
        cmocka_unit_test(an_estimate_is_no_worse_than_one_side),
        cmocka_unit_test(a_shared_tensor_costs_once),
        cmocka_unit_test(there_is_always_an_answer),
        cmocka_unit_test(no_things_no_answer),
        cmocka_unit_test(a_long_chain_is_cut_at_the_cheapest_tensor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
