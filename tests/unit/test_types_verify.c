/* Models that violate one rule of the types, beside the same model without the
 * fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tiny_model.h"

/* Ends a model, which must be accepted (`code` NULL) or be refused with words
 * of the error. */
static void
expect(struct tiny *t, const char *code, const char *what, const char *place)
{
    enum opp_status status = tiny_index(t);

    assert_int_equal(status, OPP_OK);
    status = types_verify(t->types, &t->module, &t->err);
    if (code == NULL) {
        assert_int_equal(status, OPP_OK);
    } else {
        assert_int_equal(status, OPP_EINPUT);
        assert_string_equal(t->err.what, what);
        assert_string_equal(t->err.where, place);
        assert_int_equal(strncmp(t->err.why, code, strlen(code)), 0);
    }
    tiny_end(t);
}

static void
one_node(struct tiny *t, const char *ends, const char *op, const char *inputs)
{
    tiny_begin(t, ends, "z");
    tiny_node(t, t->graph, op, inputs, "z");
}

static void
test_variables(void **state)
{
    struct tiny t;

    (void)state;
    one_node(&t, "x:1 y:1", "Add", "x y");
    expect(&t, NULL, NULL, NULL);
    one_node(&t, "x:1 y:10", "Add", "x y");
    expect(&t, "OPP401",
           "input `A` is tensor(float), but input `B` is tensor(float16)",
           "m.onnx  node `Add#0` (Add)");
    one_node(&t, "x:1 y", "Add", "x y");
    expect(&t, NULL, NULL, NULL);
    one_node(&t, "x:1 y:10", "Foreign", "x y");
    expect(&t, NULL, NULL, NULL);
}

static void
test_allowed(void **state)
{
    struct tiny t;

    (void)state;
    one_node(&t, "x:10 s:1", "Resize", "x - s");
    expect(&t, NULL, NULL, NULL);
    one_node(&t, "x:10 s:10", "Resize", "x - s");
    expect(&t, "OPP402", "input `scales` must not be tensor(float16)",
           "m.onnx  node `Resize#0` (Resize)");
    one_node(&t, "x:s1", "Relu", "x");
    expect(&t, "OPP402", "input `X` must not be seq(tensor(float))",
           "m.onnx  node `Relu#0` (Relu)");
}

/* An attribute can give an output a type that its variable does not allow. */
static void
test_outputs(void **state)
{
    struct tiny t;
    Onnx__NodeProto *node;

    (void)state;
    tiny_begin(&t, "x:1", "z");
    node = tiny_node(&t, t.graph, "RandomNormalLike", "x", "z");
    tiny_attr_int(&t, node, "dtype", ELEM_INT64);
    expect(&t, "OPP402", "output `output` must not be tensor(int64)",
           "m.onnx  node `RandomNormalLike#0` (RandomNormalLike)");
}

static void
test_containers(void **state)
{
    struct tiny t;

    (void)state;
    one_node(&t, "s:s1 x:1", "SequenceInsert", "s x");
    expect(&t, NULL, NULL, NULL);
    one_node(&t, "s:s1 x:10", "SequenceInsert", "s x");
    expect(&t, "OPP401",
           "input `input_sequence` is seq(tensor(float)), but input `tensor` "
           "is tensor(float16)",
           "m.onnx  node `SequenceInsert#0` (SequenceInsert)");
}

/* A type that only value_info says is no evidence. */
static void
test_assumed(void **state)
{
    struct tiny t;

    (void)state;
    tiny_begin(&t, "x:1", "z:1");
    t.graph->value_info = tiny_infos(&t, "y:10", &t.graph->n_value_info);
    tiny_node(&t, t.graph, "Foreign", "x", "y");
    tiny_node(&t, t.graph, "Add", "x y", "z");
    expect(&t, NULL, NULL, NULL);
}

static void
test_declared(void **state)
{
    struct tiny t;

    (void)state;
    tiny_begin(&t, "x:1", "z:10");
    tiny_node(&t, t.graph, "Relu", "x", "z");
    expect(&t, "OPP401",
           "output `z` is tensor(float), but is declared as tensor(float16)",
           "m.onnx  ");
}

/* If with branches that return `a` and `b`. */
static void
branches(struct tiny *t, const char *a, const char *b)
{
    static const char *const names[] = {"then_branch", "else_branch"};
    const char *const from[] = {a, b};
    Onnx__NodeProto *node;

    tiny_begin(t, "c:9 x:1 h:10", "z");
    node = tiny_node(t, t->graph, "If", "c", "z");
    for (size_t i = 0; i < 2; i++) {
        Onnx__GraphProto *const body = tiny_graph(t, "", i == 0 ? "p" : "q");
        tiny_node(t, body, "Relu", from[i], i == 0 ? "p" : "q");
        tiny_attr(t, node, names[i])->g = body;
    }
}

static void
test_branches(void **state)
{
    struct tiny t;

    (void)state;
    branches(&t, "x", "x");
    expect(&t, NULL, NULL, NULL);
    branches(&t, "x", "h");
    expect(&t, "OPP401",
           "body output `q` is tensor(float16), but output `z` is "
           "tensor(float)",
           "m.onnx  node `If#0` (If)");
}

/* Loop over one state: the body declares it as `declared` and casts it. */
static void
loop(struct tiny *t, const char *declared, int to)
{
    Onnx__GraphProto *body;
    Onnx__NodeProto *node;

    tiny_begin(t, "n:7 c:9 x:1", "z");
    node = tiny_node(t, t->graph, "Loop", "n c x", "z");
    body = tiny_graph(t, declared, "go out");
    tiny_attr(t, node, "body")->g = body;
    tiny_node(t, body, "Identity", "c", "go");
    node = tiny_node(t, body, "Cast", "s", "out");
    tiny_attr_int(t, node, "to", to);
}

static void
test_loop(void **state)
{
    struct tiny t;

    (void)state;
    loop(&t, "i:7 k:9 s:1", ELEM_FLOAT);
    expect(&t, NULL, NULL, NULL);
    loop(&t, "i:7 k:9 s:1", ELEM_FLOAT16);
    expect(&t, "OPP401",
           "body input `s` is tensor(float), but body output `out` is "
           "tensor(float16)",
           "m.onnx  node `Loop#0` (Loop)");
    loop(&t, "i:7 k:9 s:10", ELEM_FLOAT);
    expect(&t, "OPP401",
           "operand of body input `s` is tensor(float), but body input `s` is "
           "tensor(float16)",
           "m.onnx  node `Loop#0` (Loop)");
    loop(&t, "i:1 k:9 s:1", ELEM_FLOAT);
    expect(&t, "OPP401",
           "operand of body input `i` is tensor(int64), but body input `i` is "
           "tensor(float)",
           "m.onnx  node `Loop#0` (Loop)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_variables), cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_outputs),   cmocka_unit_test(test_containers),
        cmocka_unit_test(test_assumed),   cmocka_unit_test(test_declared),
        cmocka_unit_test(test_branches),  cmocka_unit_test(test_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
