/* The op table as passes ask it. That every row agrees with the schemas is
 * tests/python/test_ops_table.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ops/ops.h"

#define MICROSOFT "com.microsoft"

static const struct op_schema *
find(const char *domain, const char *name, int64_t opset)
{
    const struct op_schema *op = ops_find(domain, name, opset);
    assert_non_null(op);
    return op;
}

static bool
input_allows(const struct op_schema *op, size_t i, int elem)
{
    return op_param_allows(op, op_input(op, i), OP_TENSOR, elem);
}

static bool
output_allows(const struct op_schema *op, size_t i, int elem)
{
    return op_param_allows(op, op_output(op, i), OP_TENSOR, elem);
}

/* --- lookup --- */

static void
finds_the_version_in_force(void **state)
{
    (void)state;
    assert_int_equal(find("", "Resize", 10)->since, 10);
    assert_int_equal(find("", "Resize", 12)->since, 11);
    assert_int_equal(find("", "Resize", 13)->since, 13);
    assert_int_equal(find("", "Resize", ops_newest(""))->since, 19);
    assert_int_equal(find("", "Abs", 1)->since, 1);
    assert_int_equal(find("", "Abs", INT64_MAX)->since, 13);
    assert_ptr_equal(find("ai.onnx", "Abs", 13), find("", "Abs", 13));
    assert_string_equal(op_domain(find("ai.onnx", "Abs", 13)), "");
    assert_string_equal(op_name(find("", "Abs", 13)), "Abs");
    assert_true(find("", "Upsample", 10)->flags & OP_DEPRECATED);
    assert_false(find("", "Upsample", 9)->flags & OP_DEPRECATED);
    assert_false(find("", "Resize", 10)->flags & OP_EXTENSION);
    assert_true(find(MICROSOFT, "Gelu", 1)->flags & OP_EXTENSION);
    assert_true(find("", "Softmax", 13)->flags & OP_CONTEXT_FUNCTION);
}

static void
finds_nothing_where_nothing_is(void **state)
{
    (void)state;
    assert_null(ops_find("", "NoSuchOp", 20));
    assert_null(ops_find("", "", 20));
    assert_null(ops_find("", "abs", 20));
    assert_null(ops_find("", "Absolute", 20));
    assert_null(ops_find("", "Ab", 20));
    assert_null(ops_find("", "Resize", 9));
    assert_null(ops_find("", "Abs", 0));
    assert_null(ops_find("", "Abs", INT64_MIN));
    assert_null(ops_find("", "Scaler", 20));
    assert_null(ops_find("ai.onnx.ml", "Abs", 20));
    assert_null(ops_find("my.domain", "Abs", 20));
    assert_null(ops_find("", "FlexAttention", 28));
    assert_int_equal(ops_newest("my.domain"), 0);
    assert_int_equal(ops_newest("ai.onnx"), 28);
    assert_int_equal(ops_newest("ai.onnx.ml"), 5);
    assert_int_equal(ops_newest(MICROSOFT), 1);
}

/* Every row is found by its own key, and in force until the next version. */
static void
finds_every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < ops_count(); i++) {
        const struct op_schema *op = ops_at(i);
        const char *domain = op_domain(op), *name = op_name(op);
        assert_ptr_equal(ops_find(domain, name, op->since), op);
        const struct op_schema *before = ops_find(domain, name, op->since - 1);
        assert_true(before == NULL || before == op - 1);
        if (i == 0)
            continue;
        int order = strcmp(op_domain(op - 1), domain);
        if (order == 0)
            order = strcmp(op_name(op - 1), name);
        assert_true(order < 0 || (order == 0 && op[-1].since < op->since));
    }
}

/* --- parameters --- */

static void
counts_operands(void **state)
{
    (void)state;
    const struct op_schema *clip = find("", "Clip", 13);
    assert_int_equal(clip->inputs.min, 1);
    assert_int_equal(clip->inputs.max, 3);
    assert_int_equal(op_input(clip, 1)->option, OP_OPTION_OPTIONAL);
    assert_string_equal(op_param_name(clip, op_input(clip, 2)), "max");
    assert_null(op_input(clip, 3));
    assert_null(op_output(clip, 1));
    assert_int_equal(find("", "Clip", 6)->inputs.max, 1);
    assert_null(op_input(find("", "Constant", 13), 0));

    const struct op_schema *concat = find("", "Concat", 13);
    assert_int_equal(concat->inputs.max, OP_ANY);
    assert_ptr_equal(op_input(concat, 1000), op_input(concat, 0));
    assert_int_equal(op_input(concat, 0)->option, OP_OPTION_VARIADIC);
    assert_int_equal(op_input(concat, 0)->min, 1);
    assert_false(op_input(concat, 0)->mixed);

    const struct op_schema *loop = find("", "Loop", 13);
    assert_string_equal(op_param_name(loop, op_input(loop, 0)), "M");
    assert_string_equal(op_param_name(loop, op_input(loop, 9)),
                        "v_initial");
    assert_true(op_input(loop, 2)->mixed);
    assert_int_equal(op_input(loop, 2)->min, 0);
    assert_true(op_output(loop, 7)->mixed);
}

static void
shares_type_variables(void **state)
{
    (void)state;
    const struct op_schema *clip = find("", "Clip", 12);
    assert_int_equal(op_vars(clip), 1);
    assert_int_equal(op_input(clip, 2)->var, op_output(clip, 0)->var);
    assert_string_equal(op_var_name(clip, 0), "T");
    assert_true(op_var_allows(clip, 0, OP_TENSOR, ELEM_INT64));
    assert_false(op_var_allows(clip, 0, OP_TENSOR, ELEM_BFLOAT16));
    assert_false(op_var_allows(clip, 0, OP_SEQUENCE, ELEM_FLOAT));
    assert_false(op_var_allows(clip, 0, OP_TENSOR, ELEM_UNDEFINED));
    assert_false(op_var_allows(clip, 0, OP_TENSOR, 99));
    assert_false(op_var_allows(clip, 0, OP_TENSOR, -1));

    const struct op_schema *norm = find("", "BatchNormalization", 15);
    assert_int_equal(op_input(norm, 0)->var, 0);
    assert_int_equal(op_input(norm, 1)->var, op_input(norm, 2)->var);
    assert_int_not_equal(op_input(norm, 0)->var, op_input(norm, 1)->var);
    assert_int_not_equal(op_input(norm, 1)->var, op_input(norm, 3)->var);
    assert_string_equal(op_var_name(norm, op_input(norm, 3)->var), "T2");
}

static void
knows_containers(void **state)
{
    (void)state;
    const struct op_schema *identity = find("", "Identity", 16);
    const struct op_param *input = op_input(identity, 0);
    assert_true(op_param_allows(identity, input, OP_TENSOR, ELEM_BFLOAT16));
    assert_true(op_param_allows(identity, input, OP_SEQUENCE, ELEM_FLOAT16));
    assert_false(op_param_allows(identity, input, OP_SEQUENCE, ELEM_BFLOAT16));
    assert_true(
        op_param_allows(identity, input, OP_OPTIONAL_SEQUENCE, ELEM_FLOAT));
    assert_int_equal(op_param_elem(identity, input), ELEM_UNDEFINED);

    const struct op_schema *zip = find("ai.onnx.ml", "ZipMap", 1);
    const struct op_param *output = op_output(zip, 0);
    assert_int_equal(op_param_elems(zip, output, OP_TENSOR), 0);
    assert_int_equal(op_param_elems(zip, output, OP_SEQUENCE_MAP_STRING),
                     ELEM_BIT(ELEM_FLOAT));
    assert_int_equal(op_param_elem(zip, output), ELEM_FLOAT);

    const struct op_schema *sparse = find(MICROSOFT, "SparseToDenseMatMul", 1);
    assert_true(op_param_allows(sparse, op_input(sparse, 0), OP_SPARSE_TENSOR,
                                ELEM_FLOAT));
}

/* --- what is legal in half, and since when --- */

static void
fixed_types_stay_float(void **state)
{
    (void)state;
    const struct op_schema *resize = find("", "Resize", 10);
    assert_int_equal(op_input(resize, 1)->var, OP_NONE);
    assert_int_equal(op_param_elem(resize, op_input(resize, 1)), ELEM_FLOAT);
    assert_false(input_allows(resize, 1, ELEM_FLOAT16));
    assert_true(input_allows(resize, 0, ELEM_FLOAT16));

    resize = find("", "Resize", 11);
    assert_string_equal(op_param_name(resize, op_input(resize, 2)),
                        "scales");
    assert_int_equal(op_param_elem(resize, op_input(resize, 2)), ELEM_FLOAT);
    assert_true(input_allows(resize, 1, ELEM_FLOAT16));
    assert_false(input_allows(resize, 1, ELEM_BFLOAT16));
    assert_int_equal(op_param_elem(resize, op_input(resize, 3)), ELEM_INT64);

    const struct op_schema *skip = find(MICROSOFT, "SkipLayerNormalization", 1);
    assert_true(output_allows(skip, 0, ELEM_FLOAT16));
    assert_int_equal(op_param_elem(skip, op_output(skip, 1)), ELEM_FLOAT);
    assert_int_equal(op_param_elem(skip, op_output(skip, 2)), ELEM_FLOAT);
    assert_true(output_allows(skip, 3, ELEM_FLOAT16));
}

static void
legality_depends_on_the_version(void **state)
{
    (void)state;
    assert_false(input_allows(find("", "CumSum", 11), 0, ELEM_FLOAT16));
    assert_true(input_allows(find("", "CumSum", 14), 0, ELEM_FLOAT16));
    assert_false(output_allows(find("", "Range", 11), 0, ELEM_FLOAT16));
    assert_true(output_allows(find("", "Range", 27), 0, ELEM_FLOAT16));
    assert_true(output_allows(find("", "Range", 27), 0, ELEM_BFLOAT16));
    assert_false(input_allows(find("", "Conv", 21), 0, ELEM_BFLOAT16));
    assert_true(input_allows(find("", "Conv", 22), 0, ELEM_BFLOAT16));

    const struct op_schema *dequantize = find("", "DequantizeLinear", 10);
    assert_false(input_allows(dequantize, 1, ELEM_FLOAT16));
    assert_false(output_allows(dequantize, 0, ELEM_FLOAT16));
    dequantize = find("", "DequantizeLinear", 19);
    assert_true(input_allows(dequantize, 1, ELEM_FLOAT16));
    assert_int_equal(op_input(dequantize, 1)->var,
                     op_output(dequantize, 0)->var);

    const struct op_schema *trees =
        find("ai.onnx.ml", "TreeEnsembleRegressor", 3);
    assert_false(input_allows(trees, 0, ELEM_FLOAT16));
    trees = find("ai.onnx.ml", "TreeEnsemble", 5);
    assert_true(input_allows(trees, 0, ELEM_FLOAT16));
    assert_true(output_allows(trees, 0, ELEM_FLOAT16));
    const struct op_rule *rule = op_rule_for(trees, "leaf_weights");
    assert_int_equal(rule->kind, OP_RULE_TENSOR);
    assert_int_equal(rule->var, op_input(trees, 0)->var);
    assert_null(op_rule_for(trees, "nodes_modes"));
}

/* --- rules --- */

static void
attributes_decide_types(void **state)
{
    (void)state;
    const struct op_schema *cast = find("", "Cast", 13);
    assert_int_equal(op_rule_for(cast, "to")->kind, OP_RULE_DTYPE);
    assert_int_equal(op_rule_for(cast, "to")->var, op_output(cast, 0)->var);
    assert_int_equal(op_rule_for(cast, "to")->elem, ELEM_UNDEFINED);
    assert_int_equal(op_rule_for(find("", "Cast", 1), "to")->kind,
                     OP_RULE_NAME);
    assert_int_equal(op_rule_for(find("", "BitCast", 26), "to")->kind,
                     OP_RULE_BITS);
    assert_int_equal(find("", "CastLike", 15)->n_rules, 0);
    assert_null(op_rule_for(cast, ""));
    assert_null(op_rule_for(cast, "saturate"));

    const struct op_rule *dtype =
        op_rule_for(find("", "RandomNormal", 1), "dtype");
    assert_int_equal(dtype->elem, ELEM_FLOAT);
    assert_int_equal(dtype->other, OP_NONE);
    dtype = op_rule_for(find("", "EyeLike", 9), "dtype");
    assert_int_equal(dtype->elem, ELEM_UNDEFINED);
    assert_int_equal(dtype->other, 0);

    const struct op_schema *constant = find("", "Constant", 13);
    assert_int_equal(op_rule_for(constant, "value")->kind, OP_RULE_TENSOR);
    assert_int_equal(op_rule_for(constant, "value_floats")->kind,
                     OP_RULE_VALUE);
    assert_int_equal(op_rule_for(constant, "value_floats")->elem, ELEM_FLOAT);
    assert_int_equal(op_rule_for(find("", "ConstantOfShape", 9), "value")->elem,
                     ELEM_FLOAT);
}

static void
stash_types_decide_what_shows_the_inside(void **state)
{
    (void)state;
    const struct op_schema *norm = find("", "LayerNormalization", 17);
    assert_false(output_allows(norm, 1, ELEM_FLOAT16));
    assert_true(output_allows(norm, 2, ELEM_BFLOAT16));
    assert_int_not_equal(op_output(norm, 1)->var, op_output(norm, 0)->var);
    assert_int_equal(op_output(norm, 1)->var, op_output(norm, 2)->var);
    const struct op_rule *stash = op_rule_for(norm, "stash_type");
    assert_int_equal(stash->kind, OP_RULE_STASH);
    assert_int_equal(stash->var, op_output(norm, 1)->var);
    assert_int_equal(stash->elem, ELEM_FLOAT);

    stash = op_rule_for(find("", "Attention", 23), "softmax_precision");
    assert_int_equal(stash->kind, OP_RULE_STASH);
    assert_int_equal(stash->var, OP_NONE);
    assert_int_equal(stash->other, 0);
    assert_int_equal(stash->elem, ELEM_UNDEFINED);
}

static void
variables_follow_each_other(void **state)
{
    (void)state;
    const struct op_schema *at = find("", "SequenceAt", 11);
    assert_int_equal(at->n_rules, 1);
    const struct op_rule *rule = op_rule(at, 0);
    assert_int_equal(rule->kind, OP_RULE_SEQUENCE_OF);
    assert_int_equal(rule->var, op_input(at, 0)->var);
    assert_int_equal(rule->other, op_output(at, 0)->var);
    assert_string_equal(op_rule_attr(rule), "");

    const struct op_schema *optional = find("", "Optional", 15);
    assert_int_equal(op_rule(optional, 0)->kind, OP_RULE_OPTIONAL_OF);
    assert_int_equal(op_rule_for(optional, "type")->kind, OP_RULE_TYPE_PROTO);
}

static void
bodies_are_tied_to_operands(void **state)
{
    (void)state;
    const struct op_body *body =
        op_rule_body(op_rule_for(find("", "Loop", 13), "body"));
    assert_int_equal(body->node_in, 2);
    assert_int_equal(body->body_in, 2);
    assert_int_equal(body->body_out, 1);
    assert_int_equal(body->lead[0], ELEM_INT64);
    assert_int_equal(body->lead[1], ELEM_BOOL);
    assert_true(body->carried);
    assert_null(op_body_but(body));

    body = op_rule_body(op_rule_for(find("", "Scan", 8), "body"));
    assert_int_equal(body->node_in, 1);
    body = op_rule_body(op_rule_for(find("", "Scan", 9), "body"));
    assert_int_equal(body->node_in, 0);
    assert_string_equal(op_body_but(body), "num_scan_inputs");

    body = op_rule_body(op_rule_for(find("", "If", 13), "then_branch"));
    assert_int_equal(body->node_in, OP_NONE);
    assert_int_equal(body->body_out, 0);
    body = op_rule_body(op_rule_for(find("", "SequenceMap", 17), "body"));
    assert_true(body->elements);
    assert_null(
        op_rule_body(op_rule_for(find(MICROSOFT, "BeamSearch", 1), "decoder")));
}

static void
ops_have_a_class(void **state)
{
    (void)state;
    assert_int_equal(find("", "Reshape", 13)->class, OP_MOVEMENT);
    assert_int_equal(find("", "ScatterND", 13)->class, OP_MOVEMENT);
    assert_int_equal(find("", "ScatterND", 16)->class, OP_COMPUTE);
    assert_int_equal(find("", "Cast", 13)->class, OP_CONVERT);
    assert_int_equal(find("", "ConstantOfShape", 9)->class, OP_CONSTANT);
    assert_int_equal(find("", "If", 13)->class, OP_CONTROL);
    assert_int_equal(find(MICROSOFT, "BeamSearch", 1)->class, OP_CONTROL);
    assert_int_equal(find("", "MatMul", 13)->class, OP_COMPUTE);
}

/* --- element types --- */

static void
names_element_types(void **state)
{
    (void)state;
    assert_string_equal(elem_name(ELEM_FLOAT16), "float16");
    assert_string_equal(elem_name(ELEM_UNDEFINED), "undefined");
    assert_string_equal(elem_name(-1), "undefined");
    assert_string_equal(elem_name(ELEM_COUNT), "undefined");
    assert_int_equal(elem_bits(ELEM_FLOAT16), 16);
    assert_int_equal(elem_bits(ELEM_INT4), 4);
    assert_int_equal(elem_bits(ELEM_STRING), 0);
    assert_int_equal(elem_bits(INT32_MAX), 0);
    assert_int_equal(elem_kind(ELEM_UINT8), ELEM_KIND_UINT);
    assert_true(elem_is_float(ELEM_DOUBLE));
    assert_false(elem_is_float(ELEM_COMPLEX64));
    assert_int_equal(elem_bit(ELEM_UNDEFINED), 0);
    assert_int_equal(elem_bit(64), 0);
    assert_int_equal(elem_bit(ELEM_FLOAT6E3M2), UINT64_C(1) << 28);
}

static void
reads_names_of_element_types(void **state)
{
    (void)state;
    for (int elem = 1; elem < ELEM_COUNT; elem++)
        assert_int_equal(elem_parse(elem_name(elem)), elem);
    assert_int_equal(elem_parse("FLOAT"), ELEM_FLOAT);
    assert_int_equal(elem_parse("Half"), ELEM_FLOAT16);
    assert_int_equal(elem_parse("fp16"), ELEM_FLOAT16);
    assert_int_equal(elem_parse("bf16"), ELEM_BFLOAT16);
    assert_int_equal(elem_parse("fp32"), ELEM_FLOAT);
    assert_int_equal(elem_parse("undefined"), ELEM_UNDEFINED);
    assert_int_equal(elem_parse(""), ELEM_UNDEFINED);
    assert_int_equal(elem_parse("float1"), ELEM_UNDEFINED);
    assert_int_equal(elem_parse("float16 "), ELEM_UNDEFINED);
    assert_int_equal(elem_parse("fp"), ELEM_UNDEFINED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_version_in_force),
        cmocka_unit_test(finds_nothing_where_nothing_is),
        cmocka_unit_test(finds_every_row),
        cmocka_unit_test(counts_operands),
        cmocka_unit_test(shares_type_variables),
        cmocka_unit_test(knows_containers),
        cmocka_unit_test(fixed_types_stay_float),
        cmocka_unit_test(legality_depends_on_the_version),
        cmocka_unit_test(attributes_decide_types),
        cmocka_unit_test(stash_types_decide_what_shows_the_inside),
        cmocka_unit_test(variables_follow_each_other),
        cmocka_unit_test(bodies_are_tied_to_operands),
        cmocka_unit_test(ops_have_a_class),
        cmocka_unit_test(names_element_types),
        cmocka_unit_test(reads_names_of_element_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
