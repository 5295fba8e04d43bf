/* Chains of facts, pages of rules and reasons, and what casts cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ops/elem.h"
#include "plan/borders.h"
#include "plan/cause.h"
#include "plan/decide.h"
#include "plan/explain.h"
#include "plan/pages.h"
#include "tiny_model.h"

/* ---- chains -------------------------------------------------------------- */

static void
test_runs_are_folded(void **state)
{
    jmp_buf unwind;
    struct arena arena;
    const struct cause *c, *first, *last;
    struct cause_step *steps;
    size_t n;

    (void)state;
    arena_init(&arena, SIZE_MAX, &unwind);
    c = cause_new(&arena, NULL, NULL, NULL, "source");
    first = c = cause_new(&arena, c, NULL, NULL, NULL);
    c = cause_new(&arena, c, NULL, NULL, NULL);
    last = c = cause_new(&arena, c, NULL, NULL, NULL);
    c = cause_new(&arena, c, NULL, NULL, "told");
    c = cause_new(&arena, c, NULL, NULL, NULL);
    steps = cause_steps(&arena, c, &n);
    assert_int_equal(n, 4);
    assert_string_equal(steps[0].first->text, "source");
    assert_ptr_equal(steps[1].first, first);
    assert_ptr_equal(steps[1].last, last);
    assert_int_equal(steps[1].facts, 3);
    assert_string_equal(steps[2].first->text, "told");
    assert_ptr_equal(steps[3].first, c);
    assert_int_equal(steps[3].facts, 1);
    arena_free(&arena);
}

/* Two branches of one run do not share its end. */
static void
test_runs_may_fork(void **state)
{
    jmp_buf unwind;
    struct arena arena;
    const struct cause *common, *left, *right;
    struct cause_step *steps;
    size_t n;

    (void)state;
    arena_init(&arena, SIZE_MAX, &unwind);
    common = cause_new(&arena, NULL, NULL, NULL, NULL);
    left = cause_new(&arena, common, NULL, NULL, NULL);
    right = cause_new(&arena, common, NULL, NULL, NULL);
    right = cause_new(&arena, right, NULL, NULL, NULL);
    steps = cause_steps(&arena, left, &n);
    assert_int_equal(n, 1);
    assert_int_equal(steps[0].facts, 2);
    steps = cause_steps(&arena, right, &n);
    assert_int_equal(steps[0].facts, 3);
    assert_ptr_equal(steps[0].first, common);
    assert_ptr_equal(steps[0].last, right);
    steps = cause_steps(&arena, NULL, &n);
    assert_int_equal(n, 0);
    arena_free(&arena);
}

/* ---- pages --------------------------------------------------------------- */

static void
test_every_rule_has_a_page(void **state)
{
    struct page page;
    size_t n = 0;

    (void)state;
    for (; page_of_rule(&page, n); n++)
        for (size_t i = 0; i < PAGE_SECTIONS; i++) {
            if (page.sections[i].text == NULL ||
                strlen(page.sections[i].text) < 8)
                print_error("%s: section %zu\n", page.code, i);
            assert_non_null(page.sections[i].title);
            assert_non_null(page.sections[i].text);
            assert_true(strlen(page.sections[i].text) >= 8);
        }
    assert_true(n >= 18);
}

static void
test_every_reason_has_a_page(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct reason_page *const page = reason_page((enum reason)i);
        const char *const texts[] = {page->what, page->rests, page->needs,
                                     page->options};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            if (texts[k] == NULL)
                print_error("%s\n", reason_info((enum reason)i)->name);
            assert_non_null(texts[k]);
            assert_true(strlen(texts[k]) >= 5);
        }
        if (reason_info((enum reason)i)->rule != 0)
            assert_string_not_equal(
                page_code(reason_info((enum reason)i)->rule), "");
    }
}

/* ---- explanations -------------------------------------------------------- */

static struct tiny tiny;

static struct plan *
plan_for(struct tiny *t)
{
    assert_int_equal(tiny_index(t), OPP_OK);
    return plan_new(&t->module, t->types, ELEM_FLOAT16);
}

static struct explanation
explain(struct tiny *t, const struct plan *plan, const char *patterns)
{
    static struct explain_input input;
    struct explanation out;
    struct pattern_list list;

    input = (struct explain_input){.plan = plan, .types = t->types};
    assert_int_equal(
        pattern_list_parse(&list, &t->model.arena, patterns, &t->err), OPP_OK);
    assert_int_equal(explain_nodes(&out, &input, &list, &t->err), OPP_OK);
    return out;
}

static struct plan *
four_nodes(struct tiny *t)
{
    tiny_begin(t, "x:1", "y:1");
    tiny_node(t, t->graph, "Relu", "x", "a")->name = tiny_copy(t, "first");
    tiny_node(t, t->graph, "Exp", "a", "b")->name = tiny_copy(t, "second");
    tiny_node(t, t->graph, "Neg", "b", "c")->name = tiny_copy(t, "third");
    tiny_node(t, t->graph, "Abs", "c", "y")->name = tiny_copy(t, "fourth");
    return plan_for(t);
}

static void
keep(struct plan *plan, uint32_t node, enum reason reason)
{
    plan_keep_node(plan, plan_node(plan, node), reason, "");
}

/* A class that follows its neighbours tells how its chain begins. */
static void
test_neighbours_are_followed(void **state)
{
    struct plan *const plan = four_nodes(&tiny);
    struct explanation e;
    const struct explained_class *class;

    (void)state;
    keep(plan, 0, REASON_NODE_BLOCKED);
    keep(plan, 1, REASON_PLACEMENT);
    keep(plan, 2, REASON_PLACEMENT);
    decide_rest(plan);
    e = explain(&tiny, plan, "third");
    assert_int_equal(e.n_nodes, 1);
    class = e.nodes->classes;
    assert_true(class->is_wide);
    assert_int_equal(class->n_steps, 4);
    assert_string_equal(class->steps[0].node, "first");
    assert_string_equal(class->steps[0].text, "blocked by the user");
    assert_string_equal(class->steps[1].text, "stays FP32");
    assert_string_equal(class->steps[2].node, "second");
    assert_null(class->steps[2].text);
    assert_string_equal(class->steps[3].node, "third");
    tiny_end(&tiny);
}

/* Each reason that keeps something says so from its source. */
static void
test_every_reason_has_a_source(void **state)
{
    (void)state;
    for (int r = 0; r < REASON_COUNT; r++) {
        struct plan *const plan = four_nodes(&tiny);
        struct explanation e;
        const struct explained_class *class;
        keep(plan, 1, (enum reason)r);
        decide_rest(plan);
        e = explain(&tiny, plan, "second");
        class = e.nodes->classes;
        assert_int_equal(class->is_wide, r != REASON_DEFAULT);
        assert_int_equal(class->n_steps, r != REASON_DEFAULT);
        if (class->n_steps > 0) {
            assert_string_equal(class->steps[0].node, "second");
            assert_string_equal(class->steps[0].text,
                                reason_info((enum reason)r)->text);
        }
        tiny_end(&tiny);
    }
}

/* ---- casts --------------------------------------------------------------- */

static void
check_flip(struct borders *borders, const struct plan *plan, uint32_t node,
           int64_t casts)
{
    const struct node *const n = plan_node(plan, node);
    const struct decision *const d =
        plan_decision(plan, plan->first_item[node]);

    assert_int_equal(borders_flip(borders, n, d->elem == d->from).casts, casts);
}

/* x -> Relu -> Exp -> Neg -> Abs -> y: the ends stay FP32. */
static void
test_borders(void **state)
{
    struct plan *const plan = four_nodes(&tiny);
    struct borders *borders;
    const struct border_island *island;

    (void)state;
    assert_int_equal(decide_io(plan, "all", &tiny.err), OPP_OK);
    keep(plan, 1, REASON_NODE_BLOCKED);
    keep(plan, 2, REASON_NODE_BLOCKED);
    decide_rest(plan);
    borders = borders_new(plan, tiny.types, NULL);
    assert_int_equal(borders_total(borders).casts, 4);
    assert_int_equal(borders_total(borders).unknown, 4);
    assert_int_equal(borders_islands(borders), 1);
    assert_null(borders_island(borders, plan_root(plan, plan->first_item[0])));
    island = borders_island(borders, plan_root(plan, plan->first_item[2]));
    assert_int_equal(island->nodes, 2);
    assert_int_equal(island->cost.casts, 2);
    check_flip(borders, plan, 0, -2); /* FP32 too: no cast on either side */
    check_flip(borders, plan, 1, 0);  /* the border moves */
    check_flip(borders, plan, 0, -2); /* nothing is left of a question */
    assert_int_equal(borders_total(borders).casts, 4);
    tiny_end(&tiny);
}

/* One Cast serves all readers, and is needed by the last of them. */
static void
test_shared_casts(void **state)
{
    struct plan *plan;
    struct borders *borders;

    (void)state;
    tiny_begin(&tiny, "x:1", "y:1 z:1");
    tiny_node(&tiny, tiny.graph, "Relu", "x", "a");
    tiny_node(&tiny, tiny.graph, "Exp", "a", "y");
    tiny_node(&tiny, tiny.graph, "Neg", "a", "z");
    plan = plan_for(&tiny);
    keep(plan, 1, REASON_NODE_BLOCKED);
    keep(plan, 2, REASON_NODE_BLOCKED);
    decide_rest(plan);
    borders = borders_new(plan, tiny.types, NULL);
    /* One behind Relu, and one each before y and z, which are FP16. */
    assert_int_equal(borders_total(borders).casts, 3);
    assert_int_equal(borders_islands(borders), 1);
    check_flip(borders, plan, 1, -1);
    check_flip(borders, plan, 0, 0);
    tiny_end(&tiny);
}

/* A Cast of the file that widens is taken out of the way with the border. */
static void
test_casts_of_the_file(void **state)
{
    struct plan *plan;
    struct borders *borders;

    (void)state;
    tiny_begin(&tiny, "x:10", "y:1");
    tiny_attr_int(&tiny, tiny_node(&tiny, tiny.graph, "Cast", "x", "a"), "to",
                  ELEM_FLOAT);
    tiny_node(&tiny, tiny.graph, "Exp", "a", "y");
    plan = plan_for(&tiny);
    assert_int_equal(decide_io(plan, "all", &tiny.err), OPP_OK);
    keep(plan, 0, REASON_CONVERSION);
    keep(plan, 1, REASON_NODE_BLOCKED);
    borders = borders_new(plan, tiny.types, NULL);
    assert_int_equal(borders_total(borders).casts, 1);
    /* Exp reads x, and one Cast stands before y. */
    check_flip(borders, plan, 1, 0);
    tiny_end(&tiny);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_are_folded),
        cmocka_unit_test(test_runs_may_fork),
        cmocka_unit_test(test_every_rule_has_a_page),
        cmocka_unit_test(test_every_reason_has_a_page),
        cmocka_unit_test(test_neighbours_are_followed),
        cmocka_unit_test(test_every_reason_has_a_source),
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_shared_casts),
        cmocka_unit_test(test_casts_of_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
