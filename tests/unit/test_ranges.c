/* Ranges: seeds, the way through bodies and functions, widening, and time. What
 * each op does is compared with what models give when they run, in
 * tests/python/test_ranges_oracle.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <time.h>

#include "facts/ranges.h"
#include "shape_fixture.h"

static const double FAR = 1e30;

/* A constant of one element. */
static void
add_number(struct tiny *t, Onnx__GraphProto *graph, const char *name, float x)
{
    Onnx__NodeProto *const node = tiny_node(t, graph, "Constant", "", name);
    Onnx__AttributeProto *const attr = tiny_attr(t, node, "value_float");

    attr->has_f = 1;
    attr->f = x;
}

/* With the declared ranges in `lines`, apart by spaces. */
static const struct ranges *
compute_ranges(struct tiny *t, const char *lines)
{
    struct arena *const arena = &t->model.arena;
    const struct shapes *const shapes = compute(t);
    struct constants constants;
    struct range_seeds seeds;
    size_t n;
    char **const words = tiny_words(t, lines, &n);

    range_seeds_init(&seeds, arena);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(range_seeds_parse(&seeds, words[i], &t->err), OPP_OK);
    assert_int_equal(range_seeds_check(&seeds, &t->module, &t->err), OPP_OK);
    assert_int_equal(constants_sweep(&constants, arena, &t->module, NUMERIC_F16,
                                     NULL, NULL, &t->err),
                     OPP_OK);
    return ranges_compute(arena, &t->module, t->types, shapes, &constants,
                          &seeds);
}

/* Ends may be wider by the rounding of float; beyond FAR means unknown. */
static void
expect_end(double end, double expected)
{
    if (fabs(expected) > FAR)
        assert_true(isinf(end) && (end > 0) == (expected > 0));
    else
        assert_true(fabs(end - expected) <= 1e-4 * fmax(1, fabs(expected)));
}

static void
expect_range(const struct tiny *t, const struct ranges *ranges,
             const char *name, double lo, double hi)
{
    const struct value_range *const range = ranges_of(ranges, find(t, name));

    expect_end(range->lo, lo);
    expect_end(range->hi, hi);
}

static void
expect_reach(const struct tiny *t, const struct ranges *ranges,
             const char *name, double lo, double hi)
{
    const struct value_range *const range = ranges_of(ranges, find(t, name));

    assert_true(range_has_reach(range));
    expect_end(range->reach_lo, lo);
    expect_end(range->reach_hi, hi);
}

static void
expect_no_reach(const struct tiny *t, const struct ranges *ranges,
                const char *name)
{
    const struct value_range *const range = ranges_of(ranges, find(t, name));

    assert_false(range_has_reach(range));
    assert_int_equal(range->reach_basis, RANGE_UNKNOWN);
}

static void
test_questions(void **state)
{
    const struct value_range *const unknown = ranges_of(NULL, NULL);
    const struct value_range small = {
        .lo = -3, .hi = 2, .reach_lo = -2, .reach_hi = 1};

    (void)state;
    assert_false(range_fits(unknown, 1e300));
    assert_false(range_exceeds(unknown, 0));
    assert_false(range_is_bounded(unknown));
    assert_int_equal(unknown->bound_basis, RANGE_UNKNOWN);
    assert_true(range_fits(&small, 3));
    assert_false(range_fits(&small, 2.5));
    assert_true(range_exceeds(&small, 1.5));
    assert_false(range_exceeds(&small, 2));
}

static void
test_sources(void **state)
{
    struct tiny t;
    const struct ranges *ranges;
    const struct value_range *c;

    (void)state;
    tiny_begin(&t, "x:1 u:2 n:7", "y");
    add_number(&t, t.graph, "c", -2.5f);
    tiny_node(&t, t.graph, "Mul", "x c", "y");
    ranges = compute_ranges(&t, "x=-1:4");
    expect_range(&t, ranges, "x", -1, 4);
    expect_range(&t, ranges, "u", 0, 255);
    expect_range(&t, ranges, "n", -INFINITY, INFINITY);
    assert_true(ranges_of(ranges, find(&t, "n"))->integer);
    expect_no_reach(&t, ranges, "u");
    expect_range(&t, ranges, "c", -2.5, -2.5);
    expect_range(&t, ranges, "y", -10, 2.5);
    expect_reach(&t, ranges, "y", -10, 2.5);
    assert_int_equal(ranges_of(ranges, find(&t, "y"))->bound_basis,
                     RANGE_DECLARED);
    c = ranges_of(ranges, find(&t, "c"));
    assert_int_equal(c->bound_basis, RANGE_PROVEN);
    assert_int_equal(c->reach_basis, RANGE_PROVEN);
    assert_true(c->min_abs == 2.5 && !c->integer);
    tiny_end(&t);
}

/* Elements at both ends: their mean is in the middle, so the difference from
 * it does occur, and so does the mean of its squares. */
static void
test_variance_is_reached(void **state)
{
    struct tiny t;
    const struct ranges *ranges;

    (void)state;
    tiny_begin(&t, "x:1", "q n v s");
    set_dims(&t, t.graph->input[0], "4 64");
    tiny_node(&t, t.graph, "ReduceMean", "x", "m");
    tiny_node(&t, t.graph, "Sub", "x m", "d");
    tiny_node(&t, t.graph, "Mul", "d d", "q");
    tiny_node(&t, t.graph, "ReduceMean", "q", "v");
    tiny_node(&t, t.graph, "ReduceSum", "q", "s");
    tiny_node(&t, t.graph, "Mul", "x x", "xx");
    tiny_node(&t, t.graph, "Neg", "xx", "n");
    ranges = compute_ranges(&t, "x=0:1000");
    expect_reach(&t, ranges, "d", -500, 500);
    expect_reach(&t, ranges, "v", 0, 250000);
    expect_reach(&t, ranges, "s", 0, 250000.0 * 256);
    expect_reach(&t, ranges, "n", -1e6, 0);
    expect_range(&t, ranges, "q", 0, 1e6);
    tiny_end(&t);
}

/* What is computed from one input cannot be at all of its ends together. */
static void
test_one_source(void **state)
{
    struct tiny t;
    const struct ranges *ranges;

    (void)state;
    tiny_begin(&t, "x:1 y:1", "a b c");
    tiny_node(&t, t.graph, "Neg", "x", "n");
    tiny_node(&t, t.graph, "Add", "x n", "a");
    tiny_node(&t, t.graph, "Add", "x y", "b");
    tiny_node(&t, t.graph, "Where", "- x y", "c");
    ranges = compute_ranges(&t, "x=-8:8 y=-1:2");
    expect_range(&t, ranges, "a", -16, 16);
    expect_reach(&t, ranges, "a", 0, 0);
    expect_reach(&t, ranges, "b", -9, 10);
    expect_range(&t, ranges, "c", -8, 8);
    tiny_end(&t);
}

/* A declared range that is only a stand-in for infinity declares nothing. */
static void
test_open_ends(void **state)
{
    struct tiny t;
    const struct ranges *ranges;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    tiny_node(&t, t.graph, "Sqrt", "x", "y");
    ranges = compute_ranges(&t, "x=4:inf");
    expect_range(&t, ranges, "y", 2, INFINITY);
    expect_reach(&t, ranges, "y", 2, 2);
    tiny_end(&t);
}

static void
test_branches(void **state)
{
    struct tiny t;
    Onnx__GraphProto *branch[2];
    Onnx__NodeProto *node;
    const struct ranges *ranges;

    (void)state;
    tiny_begin(&t, "c:9 x:1", "z");
    node = tiny_node(&t, t.graph, "If", "c", "z");
    for (int i = 0; i < 2; i++) {
        branch[i] = tiny_graph(&t, "", i == 0 ? "p" : "r");
        tiny_attr(&t, node, i == 0 ? "then_branch" : "else_branch")->g =
            branch[i];
        tiny_node(&t, branch[i], i == 0 ? "Relu" : "Neg", "x",
                  i == 0 ? "p" : "r");
    }
    ranges = compute_ranges(&t, "x=-3:5");
    expect_range(&t, ranges, "p", 0, 5);
    expect_range(&t, ranges, "r", -5, 3);
    expect_range(&t, ranges, "z", -5, 5);
    expect_reach(&t, ranges, "p", 0, 5);
    /* With half of the elements at each end, whichever it is. */
    expect_reach(&t, ranges, "z", 0, 3);
    tiny_end(&t);
}

/* One state keeps its range, another one grows. */
static void
test_loop(void **state)
{
    struct tiny t;
    Onnx__GraphProto *body;
    Onnx__NodeProto *node;
    const struct ranges *ranges;

    (void)state;
    tiny_begin(&t, "c:9 a:1 b:1", "stays grows stacked");
    add_vector(&t, t.graph, "n", "7");
    node = tiny_node(&t, t.graph, "Loop", "n c a b", "stays grows stacked");
    body = tiny_graph(&t, "i:7 k:9 s:1 g:1", "go s2 g2 one");
    tiny_attr(&t, node, "body")->g = body;
    tiny_node(&t, body, "Identity", "k", "go");
    tiny_node(&t, body, "Sigmoid", "s", "s2");
    tiny_node(&t, body, "Add", "g g", "g2");
    tiny_node(&t, body, "Neg", "s", "one");
    ranges = compute_ranges(&t, "a=0:4 b=1:2");
    expect_range(&t, ranges, "i", 0, 6);
    expect_range(&t, ranges, "s", 0, 4);
    expect_range(&t, ranges, "stays", 0, 4);
    expect_range(&t, ranges, "stacked", -4, 0);
    expect_range(&t, ranges, "g", -INFINITY, INFINITY);
    expect_range(&t, ranges, "grows", -INFINITY, INFINITY);
    /* What the first iteration gets does occur. */
    expect_reach(&t, ranges, "g2", 2, 4);
    tiny_end(&t);
}

static Onnx__GraphProto *
add_function(struct tiny *t)
{
    Onnx__FunctionProto *const function =
        arena_new(&t->model.arena, Onnx__FunctionProto);
    Onnx__GraphProto *const nodes = tiny_graph(t, "", "");

    onnx__function_proto__init(function);
    function->name = tiny_copy(t, "F");
    function->domain = tiny_copy(t, "f");
    function->input = tiny_words(t, "p", &function->n_input);
    function->output = tiny_words(t, "q", &function->n_output);
    function->opset_import = t->model.proto->opset_import;
    function->n_opset_import = t->model.proto->n_opset_import;
    tiny_node(t, nodes, "Neg", "p", "q");
    function->node = nodes->node;
    function->n_node = nodes->n_node;
    t->model.proto->functions =
        arena_array(&t->model.arena, 1, Onnx__FunctionProto *);
    t->model.proto->functions[0] = function;
    t->model.proto->n_functions = 1;
    return nodes;
}

/* Each call by itself; inside, all calls together. */
static void
test_function(void **state)
{
    struct tiny t;
    const struct ranges *ranges;

    (void)state;
    tiny_begin(&t, "x:1", "z");
    add_function(&t);
    tiny_node(&t, t.graph, "F", "x", "y")->domain = tiny_copy(&t, "f");
    tiny_node(&t, t.graph, "Relu", "y", "r");
    tiny_node(&t, t.graph, "F", "r", "z")->domain = tiny_copy(&t, "f");
    ranges = compute_ranges(&t, "x=-3:5");
    expect_range(&t, ranges, "y", -5, 3);
    expect_range(&t, ranges, "z", -3, 0);
    expect_range(&t, ranges, "p", -3, 5);
    expect_range(&t, ranges, "q", -5, 3);
    ranges = compute_ranges(&t, "F/q=-1:1");
    expect_range(&t, ranges, "y", -1, 1);
    expect_range(&t, ranges, "z", -1, 0);
    tiny_end(&t);
}

static double
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void
test_long_chain(void **state)
{
    enum { LENGTH = 100000 };
    struct tiny t;
    const struct ranges *ranges;
    char in[16] = "x", operands[32], out[16] = "";
    double start;

    (void)state;
    tiny_begin(&t, "x:1", "x99999");
    add_number(&t, t.graph, "c", 0.5f);
    for (int i = 0; i < LENGTH; i++) {
        snprintf(operands, sizeof operands, i % 2 == 0 ? "%s c" : "%s", in);
        snprintf(out, sizeof out, "x%d", i);
        tiny_node(&t, t.graph, i % 2 == 0 ? "Mul" : "Tanh", operands, out);
        memcpy(in, out, sizeof in);
    }
    ranges = compute_ranges(&t, "x=-1:1");
    expect_range(&t, ranges, out, 0, 0);
    start = seconds();
    ranges_compute(&t.model.arena, &t.module, t.types,
                   shapes_compute(&t.model.arena, &t.module, t.types), NULL,
                   NULL);
    /* 0.3 s is the aim; sanitizers and a busy machine need more. */
    print_message("100,000 nodes: %.2f s\n", seconds() - start);
    assert_true(seconds() - start < 5);
    tiny_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_variance_is_reached),
        cmocka_unit_test(test_one_source),
        cmocka_unit_test(test_open_ends),
        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_function),
        cmocka_unit_test(test_long_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
