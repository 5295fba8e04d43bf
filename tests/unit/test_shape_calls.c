/* Shapes through calls of local functions: what holds inside, what a call
 * gives, attributes by reference, and time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shape_fixture.h"

/* Adds a function without nodes, which are to be added to `inside`. */
static Onnx__FunctionProto *
add_function(struct tiny *t, const char *name, const char *inputs,
             const char *outputs)
{
    struct arena *const arena = &t->model.arena;
    Onnx__FunctionProto *const function =
        arena_new(arena, Onnx__FunctionProto);
    Onnx__ModelProto *const proto = t->model.proto;

    onnx__function_proto__init(function);
    function->name = tiny_copy(t, name);
    function->domain = tiny_copy(t, "f");
    function->input = tiny_words(t, inputs, &function->n_input);
    function->output = tiny_words(t, outputs, &function->n_output);
    function->opset_import = proto->opset_import;
    function->n_opset_import = proto->n_opset_import;
    proto->functions = arena_grow(arena, proto->functions, proto->n_functions,
                                  sizeof *proto->functions);
    proto->functions[proto->n_functions++] = function;
    return function;
}

static void
fill(Onnx__FunctionProto *function, const Onnx__GraphProto *inside)
{
    function->node = inside->node;
    function->n_node = inside->n_node;
}

static Onnx__NodeProto *
call(struct tiny *t, Onnx__GraphProto *graph, const char *name,
     const char *inputs, const char *outputs)
{
    Onnx__NodeProto *const node = tiny_node(t, graph, name, inputs, outputs);

    node->domain = tiny_copy(t, "f");
    return node;
}

/* A function "F" of one Relu, p to q. */
static void
add_relu(struct tiny *t)
{
    Onnx__GraphProto *const inside = tiny_graph(t, "", "");

    tiny_node(t, inside, "Relu", "p", "q");
    fill(add_function(t, "F", "p", "q"), inside);
}

static void
test_two_calls(void **state)
{
    struct tiny t;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1 z:1 n:1 r:1", "y");
    set_dims(&t, t.graph->input[0], "2 3 N");
    set_dims(&t, t.graph->input[1], "2 4 N");
    set_dims(&t, t.graph->input[2], "2 4 M");
    add_relu(&t);
    call(&t, t.graph, "F", "x", "y");
    call(&t, t.graph, "F", "z", "y2");
    shapes = compute(&t);
    expect(&t, shapes, "y", "2 3 N");
    expect(&t, shapes, "y2", "2 4 N");
    expect(&t, shapes, "p", "2 ? N");
    expect(&t, shapes, "q", "2 ? N");
    call(&t, t.graph, "F", "n", "y3");
    shapes = compute(&t);
    expect(&t, shapes, "p", "2 ? ?");
    call(&t, t.graph, "F", "r", "y4");
    shapes = compute(&t);
    expect(&t, shapes, "y", "2 3 N");
    expect(&t, shapes, "y4", NULL);
    expect(&t, shapes, "p", NULL);
    tiny_end(&t);
}

/* A second call of what the first one gave. */
static void
test_chained_calls(void **state)
{
    struct tiny t;
    Onnx__GraphProto *inside;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    inside = tiny_graph(&t, "", "");
    tiny_attr_int(&t, tiny_node(&t, inside, "Concat", "p p", "q"), "axis", 1);
    fill(add_function(&t, "F", "p", "q"), inside);
    call(&t, t.graph, "F", "x", "a");
    call(&t, t.graph, "F", "a", "y");
    shapes = compute(&t);
    expect(&t, shapes, "a", "2 6");
    expect(&t, shapes, "y", "2 12");
    expect(&t, shapes, "p", "2 ?");
    expect(&t, shapes, "q", "2 ?");
    tiny_end(&t);
}

static void
test_integers_and_hints(void **state)
{
    struct tiny t;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    add_vector(&t, t.graph, "a", "5 6");
    add_vector(&t, t.graph, "b", "5 7");
    tiny_node(&t, t.graph, "Nobody", "x", "h");
    add_hint(&t, t.graph, "h:1", "2 3");
    add_relu(&t);
    t.model.proto->functions[0]->node[0]->op_type = tiny_copy(&t, "Identity");
    call(&t, t.graph, "F", "a", "y");
    shapes = compute(&t);
    expect_ints(&t, shapes, "p", "5 6");
    call(&t, t.graph, "F", "b", "y2");
    shapes = compute(&t);
    expect_ints(&t, shapes, "q", "5 ?");
    expect_ints(&t, shapes, "y", "5 6");
    expect_ints(&t, shapes, "y2", "5 7");
    tiny_end(&t);

    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    tiny_node(&t, t.graph, "Nobody", "x", "h");
    add_hint(&t, t.graph, "h:1", "2 3");
    add_relu(&t);
    call(&t, t.graph, "F", "x", "y");
    call(&t, t.graph, "F", "h", "y2");
    shapes = compute(&t);
    expect(&t, shapes, "y", "2 3");
    expect(&t, shapes, "y2", "2! 3!");
    expect(&t, shapes, "q", "2! 3!");
    tiny_end(&t);
}

/* Operands that a call leaves out are not known, nor outputs that the function
 * does not have. */
static void
test_omitted(void **state)
{
    struct tiny t;
    Onnx__GraphProto *inside;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    inside = tiny_graph(&t, "", "");
    tiny_node(&t, inside, "Add", "p s", "q");
    fill(add_function(&t, "F", "p s", "q"), inside);
    call(&t, t.graph, "F", "x x", "y more");
    call(&t, t.graph, "F", "x -", "y2");
    call(&t, t.graph, "F", "x", "y3");
    shapes = compute(&t);
    expect(&t, shapes, "y", "2 3");
    expect(&t, shapes, "more", NULL);
    expect(&t, shapes, "y2", NULL);
    expect(&t, shapes, "p", "2 3");
    expect(&t, shapes, "s", NULL);
    tiny_end(&t);
}

/* G is reached, U is not; what U hands to F does not count. */
static void
test_nested_and_unreached(void **state)
{
    struct tiny t;
    Onnx__GraphProto *g, *u;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    u = tiny_graph(&t, "", "");
    add_vector(&t, u, "c", "1 2 3");
    call(&t, u, "F", "c", "d");
    call(&t, u, "F", "ui", "uo");
    fill(add_function(&t, "U", "ui", "uo"), u);
    add_relu(&t);
    t.model.proto->functions[1]->node[0]->op_type = tiny_copy(&t, "Identity");
    g = tiny_graph(&t, "", "");
    tiny_node(&t, g, "Transpose", "gi", "gt");
    call(&t, g, "F", "gt", "go");
    fill(add_function(&t, "G", "gi", "go"), g);
    call(&t, t.graph, "G", "x", "y");
    shapes = compute(&t);
    expect(&t, shapes, "y", "3 2");
    expect(&t, shapes, "gi", "2 3");
    expect(&t, shapes, "p", "3 2");
    expect(&t, shapes, "ui", NULL);
    expect(&t, shapes, "c", "3");
    expect(&t, shapes, "d", "3");
    tiny_end(&t);
}

/* A Loop inside of a function, and a call inside of the body. */
static void
test_bodies(void **state)
{
    struct tiny t;
    Onnx__GraphProto *inside, *body;
    Onnx__NodeProto *loop;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "n:7 k:9 x:1 z:1", "y");
    set_dims(&t, t.graph->input[2], "2 3");
    set_dims(&t, t.graph->input[3], "2 5");
    add_relu(&t);
    inside = tiny_graph(&t, "", "");
    loop = tiny_node(&t, inside, "Loop", "fn fk fx", "fy stack");
    body = tiny_graph(&t, "i:7 ki:9 s", "ki s2 o");
    tiny_attr(&t, loop, "body")->g = body;
    call(&t, body, "F", "s", "s2");
    tiny_node(&t, body, "Transpose", "fx", "o");
    fill(add_function(&t, "L", "fn fk fx", "fy stack"), inside);
    call(&t, t.graph, "L", "n k x", "y ys");
    call(&t, t.graph, "L", "n k z", "y2 ys2");
    shapes = compute(&t);
    expect(&t, shapes, "y", "2 3");
    expect(&t, shapes, "ys", "? 3 2");
    expect(&t, shapes, "ys2", "? 5 2");
    expect(&t, shapes, "s", "2 ?");
    expect(&t, shapes, "o", "? 2");
    expect(&t, shapes, "p", "2 ?");
    tiny_end(&t);
}

/* ---- attributes ------------------------------------------------------- */

static void
refer(struct tiny *t, Onnx__NodeProto *node, const char *name,
      const char *outer)
{
    tiny_attr(t, node, name)->ref_attr_name = tiny_copy(t, outer);
}

static void
declare(struct tiny *t, Onnx__FunctionProto *function, const char *names)
{
    function->attribute = tiny_words(t, names, &function->n_attribute);
}

/* F concatenates along @axis; G hands its own down, or else the default. */
static void
test_attributes(void **state)
{
    struct tiny t;
    Onnx__GraphProto *f, *g;
    Onnx__FunctionProto *function;
    Onnx__NodeProto *holder;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    f = tiny_graph(&t, "", "");
    refer(&t, tiny_node(&t, f, "Concat", "p p", "q"), "axis", "along");
    function = add_function(&t, "F", "p", "q");
    declare(&t, function, "along");
    fill(function, f);
    g = tiny_graph(&t, "", "");
    refer(&t, call(&t, g, "F", "gi", "go"), "along", "given");
    function = add_function(&t, "G", "gi", "go");
    fill(function, g);
    holder = tiny_node(&t, tiny_graph(&t, "", ""), "Holder", "", "");
    tiny_attr_int(&t, holder, "given", 1);
    function->attribute_proto = holder->attribute;
    function->n_attribute_proto = 1;
    tiny_attr_int(&t, call(&t, t.graph, "F", "x", "y"), "along", 0);
    call(&t, t.graph, "G", "x", "y2");
    tiny_attr_int(&t, call(&t, t.graph, "G", "x", "y3"), "given", 0);
    shapes = compute(&t);
    expect(&t, shapes, "y", "4 3");
    expect(&t, shapes, "y2", "2 6");
    expect(&t, shapes, "y3", "4 3");
    expect(&t, shapes, "q", "? ?");
    tiny_end(&t);
}

/* A Constant whose value the call gives; nothing without a call. */
static void
test_constant_by_reference(void **state)
{
    struct tiny t;
    Onnx__GraphProto *f;
    Onnx__FunctionProto *function;
    const struct shapes *shapes;

    (void)state;
    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    f = tiny_graph(&t, "", "");
    refer(&t, tiny_node(&t, f, "Constant", "", "c"), "value_ints", "to");
    tiny_node(&t, f, "Reshape", "p c", "q");
    function = add_function(&t, "F", "p", "q");
    declare(&t, function, "to");
    fill(function, f);
    tiny_node(&t, t.graph, "Relu", "x", "y");
    shapes = compute(&t);
    expect(&t, shapes, "c", NULL);
    set_ints(&t, tiny_attr(&t, call(&t, t.graph, "F", "x", "y1"), "to"), "6 1");
    set_ints(&t, tiny_attr(&t, call(&t, t.graph, "F", "x", "y2"), "to"),
             "3 -1");
    shapes = compute(&t);
    expect(&t, shapes, "y1", "6 1");
    expect(&t, shapes, "y2", "3 2");
    expect(&t, shapes, "q", "? ?");
    expect_ints(&t, shapes, "c", "? ?");
    tiny_end(&t);
}

/* ---- time ------------------------------------------------------------- */

enum { DEEP = 60 };

/* Each of DEEP functions calls the next one twice. `grow`: with other shapes,
 * which would be 2 ^ DEEP different calls. */
static void
sweep_deep(bool grow, const char *expected)
{
    struct tiny t;
    char name[32], next[32], in[32], middle[32], out[32], both[80];

    tiny_begin(&t, "x:1", "y");
    set_dims(&t, t.graph->input[0], "2 3");
    for (int i = 0; i < DEEP; i++) {
        Onnx__GraphProto *const inside = tiny_graph(&t, "", "");
        snprintf(name, sizeof name, "F%d", i);
        snprintf(next, sizeof next, "F%d", i + 1);
        snprintf(in, sizeof in, "p%d", i);
        snprintf(middle, sizeof middle, "m%d", i);
        snprintf(out, sizeof out, "q%d", i);
        snprintf(both, sizeof both, "%s %s", in, grow ? in : "");
        if (i < DEEP - 1) {
            char first[32];
            snprintf(first, sizeof first, "a%d", i);
            call(&t, inside, next, in, first);
            tiny_attr_int(&t, tiny_node(&t, inside, "Concat", both, middle),
                          "axis", i % 2);
            call(&t, inside, next, middle, out);
        } else {
            tiny_node(&t, inside, "Relu", in, out);
        }
        fill(add_function(&t, name, in, out), inside);
    }
    call(&t, t.graph, "F0", "x", "y");
    expect(&t, compute(&t), "y", expected);
    tiny_end(&t);
}

static void
test_deep_calls(void **state)
{
    (void)state;
    sweep_deep(false, "2 3");
    sweep_deep(true, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_calls),
        cmocka_unit_test(test_chained_calls),
        cmocka_unit_test(test_integers_and_hints),
        cmocka_unit_test(test_omitted),
        cmocka_unit_test(test_nested_and_unreached),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_constant_by_reference),
        cmocka_unit_test(test_deep_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
