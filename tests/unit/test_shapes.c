/* Shapes and small integers: sources, hints, bodies and limits. What each op
 * does is compared with ONNX in tests/python/test_shapes_oracle.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shape_fixture.h"

static void
test_sources(void **state)
{
    struct tiny t;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1 y:1 z:1 n", "c");
    set_dims(&t, t.graph->input[0], "2 N ? -1");
    set_dims(&t, t.graph->input[1], "");
    tiny_initializer(&t, t.graph, int64_tensor(&t, "w", "4 -5"));
    add_vector(&t, t.graph, "c", "7 8 9");
    shapes = compute(&t);
    expect(&t, shapes, "x", "2 N ? ?");
    expect(&t, shapes, "y", "");
    expect(&t, shapes, "z", NULL);
    expect(&t, shapes, "n", NULL);
    expect(&t, shapes, "w", "2");
    expect_ints(&t, shapes, "w", "4 -5");
    expect(&t, shapes, "c", "3");
    expect_ints(&t, shapes, "c", "7 8 9");
    assert_false(shapes_of(shapes, NULL)->known);
    tiny_end(&t);
}

static void
test_sizes(void **state)
{
    static const struct dim dims[] = {{.kind = DIM_KNOWN, .n = 3},
                                      {.kind = DIM_KNOWN, .n = 5},
                                      {.kind = DIM_SYMBOL, .n = 0}};
    static const struct dim huge[] = {{.kind = DIM_KNOWN, .n = INT64_MAX},
                                      {.kind = DIM_KNOWN, .n = 2}};
    struct shape shape = {.known = true, .rank = 2, .dims = dims};
    const struct shape unknown = {0};
    uint64_t n = 0;

    (void)state;
    assert_true(shape_elements(&shape, &n) && n == 15);
    assert_true(shape_bytes(&shape, ELEM_FLOAT, &n) && n == 60);
    assert_true(shape_bytes(&shape, ELEM_INT4, &n) && n == 8);
    assert_false(shape_bytes(&shape, ELEM_STRING, &n));
    assert_int_equal(shape_dim(&shape, -1).n, 5);
    assert_int_equal(shape_dim(&shape, 2).kind, DIM_UNKNOWN);
    assert_int_equal(shape_dim(&unknown, 0).kind, DIM_UNKNOWN);
    assert_false(shape_elements(&unknown, &n));
    shape.rank = 0;
    assert_true(shape_elements(&shape, &n) && n == 1);
    shape.rank = 3;
    assert_false(shape_elements(&shape, &n));
    shape = (struct shape){.known = true, .rank = 2, .dims = huge};
    assert_false(shape_elements(&shape, &n));
    shape.rank = 1;
    assert_true(shape_elements(&shape, &n));
    assert_false(shape_bytes(&shape, ELEM_FLOAT, &n));
}

/* What exporters write for x.reshape(x.shape[0], -1, 2 * x.shape[2]). */
static void
test_shape_arithmetic(void **state)
{
    struct tiny t;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "N 6 4 H");
    add_vector(&t, t.graph, "i0", "0");
    add_vector(&t, t.graph, "i2", "2");
    add_vector(&t, t.graph, "rest", "-1");
    tiny_node(&t, t.graph, "Shape", "x", "s");
    tiny_node(&t, t.graph, "Gather", "s i0", "n");
    tiny_node(&t, t.graph, "Gather", "s i2", "h");
    tiny_node(&t, t.graph, "Mul", "h i2", "hh");
    tiny_attr_int(&t, tiny_node(&t, t.graph, "Concat", "n rest hh", "to"),
                  "axis", 0);
    tiny_node(&t, t.graph, "Reshape", "x to", "y");
    shapes = compute(&t);
    expect_ints(&t, shapes, "s", "N 6 4 H");
    expect_ints(&t, shapes, "to", "N -1 8");
    expect(&t, shapes, "y", "N ? 8");
    tiny_end(&t);
}

/* Equal dims cancel, whatever their length is. */
static void
test_reshape_symbols(void **state)
{
    struct tiny t;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "y z");
    set_dims(&t, t.graph->input[0], "? N 4 6");
    add_vector(&t, t.graph, "keep", "0 0 -1");
    add_vector(&t, t.graph, "flat", "-1 24");
    tiny_node(&t, t.graph, "Reshape", "x keep", "y");
    tiny_node(&t, t.graph, "Reshape", "x flat", "z");
    shapes = compute(&t);
    expect(&t, shapes, "y", "? N 24");
    expect(&t, shapes, "z", "? 24");
    tiny_end(&t);
}

static void
test_integers_that_do_not_fit(void **state)
{
    struct tiny t;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "f b");
    add_vector(&t, t.graph, "c", "7 5000000000");
    tiny_attr_int(&t, tiny_node(&t, t.graph, "Cast", "c", "i"), "to",
                  ELEM_INT32);
    tiny_attr_int(&t, tiny_node(&t, t.graph, "Cast", "c", "f"), "to",
                  ELEM_FLOAT);
    add_vector(&t, t.graph, "big", "9223372036854775807 1");
    tiny_node(&t, t.graph, "Add", "big big", "b");
    add_vector(&t, t.graph, "many",
               "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17");
    shapes = compute(&t);
    expect_ints(&t, shapes, "i", "7 ?");
    expect(&t, shapes, "f", "2");
    expect_ints(&t, shapes, "f", NULL);
    expect_ints(&t, shapes, "b", "? 2");
    expect(&t, shapes, "many", "17");
    expect_ints(&t, shapes, "many", NULL);
    tiny_end(&t);
}

static void
test_rank_limit(void **state)
{
    struct tiny t;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1 y:1", "a b");
    set_dims(&t, t.graph->input[0],
             "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17");
    set_dims(&t, t.graph->input[1], "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
    add_vector(&t, t.graph, "axes", "0");
    tiny_node(&t, t.graph, "Relu", "y", "a");
    tiny_node(&t, t.graph, "Unsqueeze", "y axes", "b");
    shapes = compute(&t);
    expect(&t, shapes, "x", NULL);
    expect(&t, shapes, "a", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
    expect(&t, shapes, "b", NULL);
    tiny_end(&t);
}

static void
test_hints(void **state)
{
    struct tiny t;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1 y:1", "b c");
    set_dims(&t, t.graph->input[0], "N ? 3");
    set_dims(&t, t.graph->input[1], "1");
    tiny_node(&t, t.graph, "Mystery", "x", "m");
    tiny_node(&t, t.graph, "Relu", "x", "r");
    tiny_node(&t, t.graph, "Add", "m y", "a");
    tiny_node(&t, t.graph, "Add", "r a", "b");
    tiny_node(&t, t.graph, "Relu", "y", "c");
    add_hint(&t, t.graph, "m:1", "2 ?");
    add_hint(&t, t.graph, "r:1", "8 5 9");
    add_hint(&t, t.graph, "c:1", "1 1");
    shapes = compute(&t);
    expect(&t, shapes, "m", "2! ?");
    assert_true(shape_is_assumed(shapes_of(shapes, find(&t, "m"))));
    /* A number refines a symbol and what is unknown, but no other number. */
    expect(&t, shapes, "r", "8! 5! 3");
    assert_false(shapes_of(shapes, find(&t, "r"))->assumed);
    assert_true(shape_is_assumed(shapes_of(shapes, find(&t, "r"))));
    expect(&t, shapes, "a", "2! ?");
    assert_true(shapes_of(shapes, find(&t, "a"))->assumed);
    /* Another rank is no hint. */
    expect(&t, shapes, "c", "1");
    assert_false(shape_is_assumed(shapes_of(shapes, find(&t, "c"))));
    tiny_end(&t);
}

static void
overridable(int64_t ir_version, const char *ints, const char *dims)
{
    struct tiny t;
    const struct shapes *shapes;

    tiny_begin(&t, "x:1 to:7", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    set_dims(&t, t.graph->input[1], "1");
    tiny_initializer(&t, t.graph, int64_tensor(&t, "to", "6"));
    tiny_node(&t, t.graph, "Reshape", "x to", "y");
    t.model.proto->has_ir_version = 1;
    t.model.proto->ir_version = ir_version;
    shapes = compute(&t);
    expect(&t, shapes, "to", "1");
    expect_ints(&t, shapes, "to", ints);
    expect(&t, shapes, "y", dims);
    tiny_end(&t);
}

static void
test_overridable_initializers(void **state)
{
    (void)state;
    overridable(8, NULL, "6");
    overridable(3, "6!", "6!");
}

static void
test_branches(void **state)
{
    struct tiny t;
    Onnx__GraphProto *branch[2];
    Onnx__NodeProto *node;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "c:9 x:1 y:1", "z");
    set_dims(&t, t.graph->input[1], "N 2 3");
    set_dims(&t, t.graph->input[2], "N 2 4");
    node = tiny_node(&t, t.graph, "If", "c", "z k");
    for (int i = 0; i < 2; i++) {
        branch[i] = tiny_graph(&t, "", i == 0 ? "p q" : "r s");
        tiny_attr(&t, node, i == 0 ? "then_branch" : "else_branch")->g =
            branch[i];
        tiny_node(&t, branch[i], "Relu", i == 0 ? "x" : "y",
                  i == 0 ? "p" : "r");
        add_vector(&t, branch[i], i == 0 ? "q" : "s", i == 0 ? "1 2" : "1 5");
    }
    shapes = compute(&t);
    expect(&t, shapes, "p", "N 2 3");
    expect(&t, shapes, "z", "N 2 ?");
    expect_ints(&t, shapes, "k", "1 ?");
    tiny_end(&t);
}

/* Two states, of which one stays and one grows, and what they are stacked. */
static void
test_loop(void **state)
{
    struct tiny t;
    Onnx__GraphProto *body;
    Onnx__NodeProto *node;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "n:7 c:9 a:1 b:1", "stays grows stacked");
    set_dims(&t, t.graph->input[2], "N 2");
    set_dims(&t, t.graph->input[3], "N 0");
    node = tiny_node(&t, t.graph, "Loop", "n c a b", "stays grows stacked");
    body = tiny_graph(&t, "i:7 k:9 s:1 g:1", "go s2 g2 one");
    tiny_attr(&t, node, "body")->g = body;
    tiny_node(&t, body, "Identity", "k", "go");
    tiny_node(&t, body, "Relu", "s", "s2");
    tiny_attr_int(&t, tiny_node(&t, body, "Concat", "g s", "g2"), "axis", 1);
    tiny_node(&t, body, "Relu", "s", "one");
    shapes = compute(&t);
    expect(&t, shapes, "s", "N 2");
    expect(&t, shapes, "stays", "N 2");
    expect(&t, shapes, "g", "N ?");
    expect(&t, shapes, "grows", "N ?");
    expect(&t, shapes, "stacked", "? N 2");
    tiny_end(&t);
}

/* Runs along axis 1 of its operand, and stacks along the last. */
static void
test_scan(void **state)
{
    struct tiny t;
    Onnx__GraphProto *body;
    Onnx__NodeProto *node;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "h:1 x:1", "last all");
    set_dims(&t, t.graph->input[0], "5");
    set_dims(&t, t.graph->input[1], "5 T");
    node = tiny_node(&t, t.graph, "Scan", "h x", "last all");
    tiny_attr_int(&t, node, "num_scan_inputs", 1);
    set_ints(&t, tiny_attr(&t, node, "scan_input_axes"), "1");
    set_ints(&t, tiny_attr(&t, node, "scan_output_axes"), "-1");
    body = tiny_graph(&t, "s:1 e:1", "s2 o");
    tiny_attr(&t, node, "body")->g = body;
    tiny_node(&t, body, "Add", "s e", "s2");
    tiny_node(&t, body, "Identity", "s2", "o");
    shapes = compute(&t);
    expect(&t, shapes, "e", "5");
    expect(&t, shapes, "last", "5");
    expect(&t, shapes, "all", "5 T");
    tiny_end(&t);
}

/* Each level of loops would triple the work of the next. */
static void
test_deep_loops(void **state)
{
    enum { DEPTH = 40 };
    struct tiny t;
    Onnx__GraphProto *graph;
    const struct shapes *shapes;
    char in[16] = "x", out[32];

    (void)state;
    tiny_begin(&t, "n:7 c:9 x:1", "y0");
    set_dims(&t, t.graph->input[2], "4");
    graph = t.graph;
    for (int i = 0; i < DEPTH; i++) {
        Onnx__GraphProto *body;
        Onnx__NodeProto *node;
        char text[64];
        snprintf(text, sizeof text, "n c %s", in);
        snprintf(out, sizeof out, "y%d", i);
        node = tiny_node(&t, graph, "Loop", text, out);
        snprintf(in, sizeof in, "s%d", i);
        snprintf(text, sizeof text, "i%d:7 k%d:9 %s:1", i, i, in);
        snprintf(out, sizeof out, "g%d y%d", i, i + 1);
        body = tiny_graph(&t, text, out);
        tiny_attr(&t, node, "body")->g = body;
        snprintf(out, sizeof out, "g%d", i);
        tiny_node(&t, body, "Identity", "c", out);
        graph = body;
    }
    snprintf(out, sizeof out, "y%d", DEPTH);
    tiny_node(&t, graph, "Relu", in, out);
    shapes = compute(&t);
    expect(&t, shapes, "s0", NULL);
    expect(&t, shapes, out, NULL);
    tiny_end(&t);
}

/* A body that no layout ties to its node gets no shapes but its hints. */
static void
test_untied_body(void **state)
{
    struct tiny t;
    Onnx__GraphProto *body;
    Onnx__NodeProto *node;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:s1", "y");
    node = tiny_node(&t, t.graph, "SequenceMap", "x", "y");
    body = tiny_graph(&t, "e:1", "o");
    tiny_attr(&t, node, "body")->g = body;
    set_dims(&t, body->input[0], "N 3");
    tiny_node(&t, body, "Relu", "e", "o");
    shapes = compute(&t);
    expect(&t, shapes, "e", "N! 3!");
    expect(&t, shapes, "o", "N! 3!");
    expect(&t, shapes, "y", NULL);
    tiny_end(&t);
}

static void
test_facts(void **state)
{
    struct facts facts = {0};
    struct tiny t;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    tiny_node(&t, t.graph, "Relu", "x", "y");
    assert_int_equal(tiny_index(&t), OPP_OK);
    arena_init(&facts.arena, SIZE_MAX, &t.unwind);
    assert_int_equal(facts_compute(&facts, &t.module, FACT_SHAPES, &t.err),
                     OPP_OK);
    assert_int_equal(facts_present(&facts), FACT_TYPES | FACT_SHAPES);
    facts_drop(&facts, FACT_SHAPES);
    assert_int_equal(facts_present(&facts), FACT_TYPES);
    facts_drop(&facts, FACT_TYPES);
    assert_int_equal(facts_present(&facts), 0);
    tiny_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_shape_arithmetic),
        cmocka_unit_test(test_reshape_symbols),
        cmocka_unit_test(test_integers_that_do_not_fit),
        cmocka_unit_test(test_rank_limit),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_overridable_initializers),
        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_scan),
        cmocka_unit_test(test_deep_loops),
        cmocka_unit_test(test_untied_body),
        cmocka_unit_test(test_facts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
