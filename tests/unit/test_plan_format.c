/* What the numeric steps of the plan keep wide in float16, and what in
 * bfloat16: both sides of each edge. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/tensor.h"
#include "ops/elem.h"
#include "plan/decide.h"
#include "tiny_model.h"

static struct tiny *
begin(const char *inputs)
{
    static struct tiny t;

    tiny_begin(&t, inputs, "y:1");
    return &t;
}

static void
add_node(struct tiny *t, const char *op, const char *inputs, const char *output)
{
    tiny_node(t, t->graph, op, inputs, output);
}

static void
add_floats(struct tiny *t, const char *name, int64_t n, float value)
{
    Onnx__TensorProto *const tensor = tiny_tensor(t, name, ELEM_FLOAT, n);

    tensor->n_float_data = (size_t)n;
    tensor->float_data = arena_array(&t->model.arena, (size_t)n, float);
    for (int64_t i = 0; i < n; i++)
        tensor->float_data[i] = value;
    tiny_initializer(t, t->graph, tensor);
}

static struct plan *
decide(struct tiny *t, int to)
{
    struct constants constants;
    struct plan *const plan = plan_new(&t->module, t->types, to);

    assert_int_equal(constants_sweep(&constants, &t->model.arena, &t->module,
                                     tensor_format(to), NULL, NULL, &t->err),
                     OPP_OK);
    decide_numeric(plan, t->types, &constants);
    return plan;
}

/* The reason for the node that makes `name`. */
static enum reason
reason_of(const struct tiny *t, const struct plan *plan, const char *name)
{
    const struct value *const value = graph_find(t->module.graphs[0], name);

    assert_non_null(value);
    return plan_decision(plan, plan_value_item(plan, value))->reason;
}

/* Plans the model for both types and checks why value `name` stays float. */
static void
check(struct tiny *t, const char *name, enum reason float16,
      enum reason bfloat16)
{
    assert_int_equal(tiny_index(t), OPP_OK);
    assert_int_equal(reason_of(t, decide(t, ELEM_FLOAT16), name), float16);
    assert_int_equal(reason_of(t, decide(t, ELEM_BFLOAT16), name), bfloat16);
    tiny_end(t);
}

static void
check_constant(const char *op, float value, enum reason float16,
               enum reason bfloat16)
{
    struct tiny *const t = begin("x:1");

    add_floats(t, "c", 1, value);
    add_node(t, op, "x c", "y");
    check(t, "y", float16, bfloat16);
}

static void
test_constants(void **state)
{
    (void)state;
    check_constant("Mul", 65519, REASON_DEFAULT, REASON_DEFAULT);
    check_constant("Mul", 65520, REASON_CONSTANT_OVERFLOW, REASON_DEFAULT);
    check_constant("Add", -FLT_MAX, REASON_CONSTANT_OVERFLOW, REASON_DEFAULT);
    check_constant("Add", 0x1.01p-25f, REASON_DEFAULT, REASON_DEFAULT);
    check_constant("Add", 0x1p-25f, REASON_CONSTANT_FLUSH, REASON_DEFAULT);
    check_constant("Add", 0x1.01p-134f, REASON_CONSTANT_FLUSH, REASON_DEFAULT);
    check_constant("Add", 0x1p-134f, REASON_CONSTANT_FLUSH,
                   REASON_CONSTANT_FLUSH);
}

/* Before a logarithm an epsilon that is lost matters down to itself. */
static void
test_epsilon_before_a_logarithm(void **state)
{
    struct tiny *const t = begin("x:1 m:1");

    (void)state;
    add_floats(t, "eps", 1, 1e-10f);
    add_node(t, "MatMul", "x m", "mel");
    add_node(t, "Add", "mel eps", "sum");
    add_node(t, "Log", "sum", "y");
    check(t, "mel", REASON_EPSILON, REASON_DEFAULT);
}

static void
test_squares(void **state)
{
    struct tiny *t = begin("x:1");

    (void)state;
    add_node(t, "Mul", "x x", "square");
    add_node(t, "ReduceMean", "square", "mean");
    add_node(t, "Sqrt", "mean", "y");
    check(t, "mean", REASON_SQUARE, REASON_DEFAULT);

    t = begin("x:1");
    add_node(t, "ReduceL2", "x", "y");
    check(t, "y", REASON_SQUARE, REASON_DEFAULT);

    t = begin("x:1");
    add_node(t, "MeanVarianceNormalization", "x", "y");
    check(t, "y", REASON_SQUARE, REASON_CANCELLATION);
}

/* E[x^2] - E[x]^2, and what is done with it. */
static struct tiny *
variance(void)
{
    struct tiny *const t = begin("x:1");

    add_floats(t, "eps", 1, 1e-5f);
    add_node(t, "Mul", "x x", "square");
    add_node(t, "ReduceMean", "square", "square_mean");
    add_node(t, "ReduceMean", "x", "mean");
    add_node(t, "Mul", "mean mean", "mean_square");
    add_node(t, "Sub", "square_mean mean_square", "variance");
    add_node(t, "Add", "variance eps", "sum");
    add_node(t, "Sqrt", "sum", "y");
    return t;
}

static void
test_variance(void **state)
{
    static const char *const operands[] = {"square", "square_mean",
                                           "mean_square", "variance"};

    (void)state;
    for (size_t i = 0; i < sizeof operands / sizeof *operands; i++)
        check(variance(), operands[i], REASON_SQUARE, REASON_CANCELLATION);
    check(variance(), "sum", REASON_SQUARE, REASON_DEFAULT);
    check(variance(), "y", REASON_SQUARE, REASON_DEFAULT);
}

static void
check_offset(float offset, enum reason float16, enum reason bfloat16)
{
    struct tiny *const t = begin("x:1");

    add_floats(t, "scale", 3, 0.5f);
    add_floats(t, "offset", 3, offset);
    add_node(t, "Mul", "x scale", "scaled");
    add_node(t, "Add", "scaled offset", "y");
    check(t, "scaled", float16, bfloat16);
}

static void
test_offsets(void **state)
{
    (void)state;
    check_offset(2, REASON_OFFSET, REASON_OFFSET);
    check_offset(1.99f, REASON_DEFAULT, REASON_OFFSET);
    check_offset(1, REASON_DEFAULT, REASON_OFFSET);
    check_offset(0.99f, REASON_DEFAULT, REASON_DEFAULT);
}

static void
check_integer(const char *input, enum reason reason)
{
    struct tiny *const t = begin(input);

    tiny_attr_int(t, tiny_node(t, t->graph, "Cast", "i", "f"), "to",
                  ELEM_FLOAT);
    add_node(t, "Relu", "f", "y");
    check(t, "f", reason, reason);
}

static void
test_integers(void **state)
{
    (void)state;
    check_integer("i:9", REASON_DEFAULT); /* bool */
    check_integer("i:2", REASON_DEFAULT); /* uint8: up to 255 */
    check_integer("i:3", REASON_DEFAULT); /* int8 */
    check_integer("i:4", REASON_INTEGER); /* uint16 */
    check_integer("i:7", REASON_INTEGER); /* int64 */
}

static void
test_running_sum(void **state)
{
    struct tiny *const t = begin("x:1 axis:7");

    (void)state;
    add_node(t, "CumSum", "x axis", "y");
    check(t, "y", REASON_ACCUMULATE, REASON_ACCUMULATE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_epsilon_before_a_logarithm),
        cmocka_unit_test(test_squares),
        cmocka_unit_test(test_variance),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_running_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
