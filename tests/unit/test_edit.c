/* Edits that no pass can reach from a file alone: nodes in functions, imports,
 * metadata. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/edit.h"
#include "pass/rewrite.h"
#include "tiny_model.h"

/* A model whose main graph calls `local.F`; F is Relu, and imports `version`
 * of the default domain, 0 for none. */
static void
begin_function(struct tiny *t, int64_t version)
{
    struct arena *const arena = &t->model.arena;
    Onnx__FunctionProto *function;
    Onnx__GraphProto *body;

    tiny_begin(t, "x:1", "y:1");
    body = tiny_graph(t, "", "");
    function = arena_new(arena, Onnx__FunctionProto);
    onnx__function_proto__init(function);
    function->name = tiny_copy(t, "F");
    function->domain = tiny_copy(t, "local");
    function->input = tiny_words(t, "a", &function->n_input);
    function->output = tiny_words(t, "b", &function->n_output);
    tiny_node(t, body, "Relu", "a", "b");
    function->node = body->node;
    function->n_node = body->n_node;
    if (version > 0) {
        function->opset_import =
            arena_array(arena, 1, Onnx__OperatorSetIdProto *);
        function->opset_import[0] = arena_new(arena, Onnx__OperatorSetIdProto);
        onnx__operator_set_id_proto__init(function->opset_import[0]);
        function->opset_import[0]->version = version;
        function->n_opset_import = 1;
    }
    t->model.proto->functions = arena_array(arena, 1, Onnx__FunctionProto *);
    t->model.proto->functions[0] = function;
    t->model.proto->n_functions = 1;
    tiny_node(t, t->graph, "F", "x", "y")->domain = tiny_copy(t, "local");
    assert_int_equal(tiny_index(t), OPP_OK);
}

/* Puts a Cast to float16 behind value `name` of graph `i`. */
static struct node *
insert_cast(struct tiny *t, uint32_t i, const char *name)
{
    struct value *const value = graph_find(t->module.graphs[i], name);
    struct node *cast;

    assert_true(change_begin(&t->module, "test"));
    cast = edit_insert_node(&t->module, position_after(value), "Cast", value,
                            edit_fresh_name(&t->module, name, "_fp16"));
    cast_set_to(&t->module, cast, ELEM_FLOAT16);
    change_end(&t->module);
    return cast;
}

static const Onnx__AttributeProto *
to_of(const struct node *cast)
{
    return node_attr(cast, "to");
}

static void
test_function_without_import(void **state)
{
    struct tiny t;
    const Onnx__FunctionProto *function;

    (void)state;
    begin_function(&t, 0);
    function = t.model.proto->functions[0];
    assert_int_equal(to_of(insert_cast(&t, 1, "a"))->i, ELEM_FLOAT16);
    assert_int_equal(function->n_opset_import, 1);
    assert_string_equal(function->opset_import[0]->domain, "");
    assert_int_equal(function->opset_import[0]->version, 21);
    assert_int_equal(t.model.proto->n_opset_import, 1);
    insert_cast(&t, 1, "b");
    assert_int_equal(function->n_opset_import, 1);
    tiny_end(&t);
}

static void
test_function_of_another_opset(void **state)
{
    struct tiny t;
    const Onnx__AttributeProto *to;

    (void)state;
    begin_function(&t, 5);
    to = to_of(insert_cast(&t, 1, "a"));
    assert_int_equal(to->type, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    assert_int_equal(to->s.len, 7);
    assert_memory_equal(to->s.data, "FLOAT16", 7);
    to = to_of(insert_cast(&t, 0, "x"));
    assert_int_equal(to->type, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    assert_int_equal(to->i, ELEM_FLOAT16);
    assert_int_equal(t.model.proto->functions[0]->n_opset_import, 1);
    tiny_end(&t);
}

/* Of a model that imports another domain alone, the scope that gets the node
 * gets the import, of the opset that came with the ir_version. */
static void
test_no_import_at_all(void **state)
{
    struct tiny t;

    (void)state;
    begin_function(&t, 0);
    t.model.proto->ir_version = 8;
    t.model.proto->opset_import[0]->domain = tiny_copy(&t, "local");
    insert_cast(&t, 1, "a");
    assert_int_equal(t.model.proto->n_opset_import, 1);
    assert_int_equal(t.model.proto->functions[0]->opset_import[0]->version,
                     15);
    insert_cast(&t, 0, "x");
    assert_int_equal(t.model.proto->n_opset_import, 2);
    assert_int_equal(t.model.proto->opset_import[1]->version, 15);
    tiny_end(&t);
}

static void
test_before_ir_version_3(void **state)
{
    struct tiny t;

    (void)state;
    begin_function(&t, 0);
    t.model.proto->ir_version = 2;
    t.model.proto->n_opset_import = 0;
    assert_int_equal(graph_new_opset(&t.module, t.module.graphs[0]), 1);
    assert_true(to_of(insert_cast(&t, 0, "x"))->has_s);
    assert_int_equal(t.model.proto->n_opset_import, 0);
    tiny_end(&t);
}

/* ---- metadata ----------------------------------------------------------- */

static const char *
metadata(const struct tiny *t, size_t i)
{
    const Onnx__ModelProto *const proto = t->model.proto;

    return i < proto->n_metadata_props ? proto->metadata_props[i]->value : "";
}

static void
test_metadata(void **state)
{
    struct tiny t;

    (void)state;
    begin_function(&t, 0);
    t.model.changed = false;
    assert_true(change_begin(&t.module, "test"));
    edit_set_metadata(&t.module, "a", NULL);
    assert_false(t.model.changed);
    edit_set_metadata(&t.module, "a", "1");
    assert_true(t.model.changed);
    edit_set_metadata(&t.module, "b", "2");
    edit_set_metadata(&t.module, "a", "3");
    assert_int_equal(t.model.proto->n_metadata_props, 2);
    assert_string_equal(metadata(&t, 0), "3");
    assert_string_equal(metadata(&t, 1), "2");
    edit_set_metadata(&t.module, "a", NULL);
    assert_int_equal(t.model.proto->n_metadata_props, 1);
    assert_string_equal(metadata(&t, 0), "2");
    change_end(&t.module);
    tiny_end(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_function_without_import),
        cmocka_unit_test(test_function_of_another_opset),
        cmocka_unit_test(test_no_import_at_all),
        cmocka_unit_test(test_before_ir_version_3),
        cmocka_unit_test(test_metadata),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
