/* What counts where in the sums over a model, and the printed types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buffer.h"
#include "pass/summary.h"
#include "tiny_model.h"

static void
add_cast(struct tiny *t, const char *input, const char *output, int to)
{
    tiny_attr_int(t, tiny_node(t, t->graph, "Cast", input, output), "to", to);
}

static void
begin_mixed(struct tiny *t)
{
    Onnx__GraphProto *body;
    Onnx__NodeProto *node;

    tiny_begin(t, "x:1 n:7 c:9", "y e f m w");
    tiny_initializer(t, t->graph, tiny_tensor(t, "k", ELEM_FLOAT, 6));
    tiny_node(t, t->graph, "Add", "x k", "a");
    add_cast(t, "a", "h", ELEM_FLOAT16);
    tiny_node(t, t->graph, "Relu", "h", "y");
    tiny_node(t, t->graph, "Shape", "x", "e");
    tiny_node(t, t->graph, "Neg", "n", "m");
    add_cast(t, "n", "f", ELEM_FLOAT);
    node = tiny_node(t, t->graph, "If", "c", "w");
    for (int i = 0; i < 2; i++) {
        body = tiny_graph(t, "", i == 0 ? "p" : "q");
        tiny_attr(t, node, i == 0 ? "then_branch" : "else_branch")->g = body;
        node = tiny_node(t, body, "Constant", "", i == 0 ? "p" : "q");
        tiny_attr(t, node, "value")->t = tiny_tensor(t, "", ELEM_FLOAT16, 3);
        node = t->graph->node[t->graph->n_node - 1];
    }
}

static void
test_sums(void **state)
{
    struct tiny t;
    struct model_summary s;

    (void)state;
    begin_mixed(&t);
    assert_int_equal(tiny_index(&t), OPP_OK);
    summary_make(&s, &t.module, t.types);
    assert_true(s.known);
    assert_int_equal(s.nodes[ELEM_FLOAT], 2);     /* Add; Shape by its input */
    assert_int_equal(s.nodes[ELEM_FLOAT16], 2);   /* Relu; If by its output */
    assert_int_equal(s.nodes[ELEM_UNDEFINED], 1); /* Neg of int64 */
    assert_int_equal(s.nodes[ELEM_INT64], 0);
    assert_int_equal(s.casts, 1);
    assert_int_equal(s.other_casts, 1);
    assert_int_equal(s.weights[ELEM_FLOAT], 1);
    assert_int_equal(s.weight_bytes[ELEM_FLOAT], 24);
    assert_int_equal(s.weights[ELEM_FLOAT16], 2);
    assert_int_equal(s.weight_bytes[ELEM_FLOAT16], 12);
    tiny_end(&t);
}

static int
keep(void *payload, const void *data, size_t size)
{
    return buffer_append(payload, data, size) ? 0 : -1;
}

static char *
print(struct tiny *t, enum opp_format format, struct buffer *buffer)
{
    struct writer writer;

    writer_init(&writer, keep, buffer);
    assert_int_equal(
        types_print(&t->module, t->types, format, &writer, &t->err), OPP_OK);
    assert_true(buffer_append(buffer, "", 1));
    return (char *)buffer->data;
}

static const char *
text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void
test_json(void **state)
{
    struct buffer buffer = {0};
    const json_t *graphs, *values, *node;
    struct tiny t;
    json_t *root;

    (void)state;
    begin_mixed(&t);
    tiny_node(&t, t.graph, "SequenceConstruct", "h", "s");
    tiny_node(&t, t.graph, "Foreign", "h -", "o\xff");
    assert_int_equal(tiny_index(&t), OPP_OK);
    root = json_loads(print(&t, OPP_JSON, &buffer), 0, NULL);
    assert_non_null(root);
    graphs = json_object_get(root, "graphs");
    assert_int_equal(json_array_size(graphs), 3);
    values = json_object_get(json_array_get(graphs, 0), "values");
    assert_string_equal(text_at(values, "a"), "tensor(float)");
    assert_string_equal(text_at(values, "h"), "tensor(float16)");
    assert_string_equal(text_at(values, "s"), "seq(tensor(float16))");
    assert_true(json_is_null(json_object_get(values, "o\xEF\xBF\xBD")));
    node =
        json_array_get(json_object_get(json_array_get(graphs, 0), "nodes"), 3);
    assert_string_equal(text_at(node, "op"), "Shape");
    assert_string_equal(text_at(node, "precision"), "float");
    assert_string_equal(text_at(json_array_get(graphs, 1), "path"),
                        "If#6.then_branch/");
    assert_string_equal(
        text_at(json_object_get(json_array_get(graphs, 1), "values"), "p"),
        "tensor(float16)");
    json_decref(root);
    buffer_free(&buffer);
    tiny_end(&t);
}

static void
test_text(void **state)
{
    struct buffer buffer = {0};
    struct tiny t;

    (void)state;
    tiny_begin(&t, "x:1", "z");
    tiny_node(&t, t.graph, "SequenceConstruct", "x", "s");
    tiny_node(&t, t.graph, "Foreign", "s", "z");
    assert_int_equal(tiny_index(&t), OPP_OK);
    assert_string_equal(print(&t, OPP_TEXT, &buffer),
                        "g (float x) => (? z) {\n"
                        "  seq(float) s = SequenceConstruct (x)\n"
                        "  ? z = Foreign (s)\n"
                        "}\n");
    buffer_free(&buffer);
    tiny_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
