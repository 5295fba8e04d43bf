/* Values of tensors in every kind of storage. */
#include "model_fixture.h"

#include <math.h>

#include "model/payload.h"
#include "numeric/scalar.h"

/* ---- sizes --------------------------------------------------------------- */

static void
test_sizes(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *const tensor = new_tensor(f, "t", ELEM_INT4, 7);

    assert_int_equal(tensor_count(tensor), 7);
    assert_int_equal(tensor_bytes(tensor), 4);
    tensor->data_type = ELEM_FLOAT6E2M3;
    assert_int_equal(tensor_bytes(tensor), 6);
    tensor->data_type = ELEM_STRING;
    assert_int_equal(tensor_bytes(tensor), 0);
    tensor->data_type = ELEM_DOUBLE;
    tensor->n_dims = 0;
    assert_int_equal(tensor_count(tensor), 1);
    assert_int_equal(tensor_bytes(tensor), 8);
    tensor->n_dims = 1;
    tensor->dims[0] = 0;
    assert_int_equal(tensor_count(tensor), 0);
}

/* ---- small values -------------------------------------------------------- */

static void
expect_integers(struct fixture *f, Onnx__TensorProto *tensor,
                const int64_t *expected, size_t count)
{
    int64_t integers[80];
    double reals[80];
    size_t n;

    tensor = load_one(f, tensor);
    assert_true(tensor_get_i64(&f->model, tensor, integers, 80, &n));
    assert_int_equal(n, count);
    assert_memory_equal(integers, expected, count * sizeof *expected);
    assert_true(tensor_get_f64(&f->model, tensor, reals, 80, &n));
    assert_int_equal(n, count);
    for (size_t i = 0; i < count; i++)
        assert_true(reals[i] == (double)expected[i]);
}

static void
test_integers_in_raw_data(void **state)
{
    struct fixture *const f = *state;
    static const struct {
        int elem;
        int64_t count;
        const char *raw;
        size_t size;
        int64_t expected[5];
    } cases[] = {
        {ELEM_INT8, 3, "\x01\xFF\x80", 3, {1, -1, -128}},
        {ELEM_UINT8, 3, "\x01\xFF\x80", 3, {1, 255, 128}},
        {ELEM_INT16, 2, "\x34\x12\xFE\xFF", 4, {0x1234, -2}},
        {ELEM_UINT16, 2, "\x34\x12\xFE\xFF", 4, {0x1234, 65534}},
        {ELEM_INT32, 1, "\xFE\xFF\xFF\xFF", 4, {-2}},
        {ELEM_UINT32, 1, "\xFE\xFF\xFF\xFF", 4, {4294967294}},
        {ELEM_INT64, 1, "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, {-2}},
        {ELEM_UINT64, 1, "\x02\0\0\0\0\0\0\0", 8, {2}},
        {ELEM_BOOL, 3, "\0\1\2", 3, {0, 1, 1}},
        {ELEM_INT4, 3, "\x8F\x07", 2, {-1, -8, 7}},
        {ELEM_UINT4, 3, "\x8F\x07", 2, {15, 8, 7}},
        {ELEM_INT2, 5, "\xE4\x03", 2, {0, 1, -2, -1, -1}},
        {ELEM_UINT2, 5, "\xE4\x03", 2, {0, 1, 2, 3, 3}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Onnx__TensorProto *const tensor =
            new_tensor(f, "t", cases[i].elem, cases[i].count);
        set_raw(f, tensor, cases[i].raw, cases[i].size);
        expect_integers(f, tensor, cases[i].expected, (size_t)cases[i].count);
    }
}

static void
test_integers_in_typed_fields(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *tensor;
    int64_t many[70];

    expect_integers(f, new_typed(f, ELEM_INT8, 2, (int32_t[]){-1, 5}, 2),
                    (int64_t[]){-1, 5}, 2);
    expect_integers(f, new_typed(f, ELEM_UINT16, 2, (int32_t[]){65535, 5}, 2),
                    (int64_t[]){65535, 5}, 2);
    expect_integers(f, new_typed(f, ELEM_INT32, 2, (int32_t[]){-7, 5}, 2),
                    (int64_t[]){-7, 5}, 2);
    expect_integers(f, new_typed(f, ELEM_BOOL, 2, (int32_t[]){1, 0}, 2),
                    (int64_t[]){1, 0}, 2);
    expect_integers(f, new_typed(f, ELEM_INT4, 3, (int32_t[]){0x8F, 7}, 2),
                    (int64_t[]){-1, -8, 7}, 3);

    tensor = new_tensor(f, "t", ELEM_INT64, 70);
    for (int i = 0; i < 70; i++)
        many[i] = i * INT64_C(1000000007) - 5;
    tensor->n_int64_data = 70;
    tensor->int64_data = many;
    expect_integers(f, tensor, many, 70);

    tensor = new_tensor(f, "t", ELEM_UINT32, 2);
    tensor->n_uint64_data = 2;
    tensor->uint64_data = (uint64_t[]){4000000000, 1};
    expect_integers(f, tensor, (int64_t[]){4000000000, 1}, 2);
}

static void
test_reals(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *tensor;
    double out[4];
    size_t n;

    tensor = load_one(
        f, new_typed(f, ELEM_FLOAT16, 2, (int32_t[]){0x3C00, 0xC500}, 2));
    assert_true(tensor_get_f64(&f->model, tensor, out, 4, &n));
    assert_true(out[0] == 1 && out[1] == -5);
    tensor =
        load_one(f, new_typed(f, ELEM_BFLOAT16, 1, (int32_t[]){0x3FC0}, 1));
    assert_true(tensor_get_f64(&f->model, tensor, out, 4, &n));
    assert_true(out[0] == 1.5);

    tensor = new_tensor(f, "t", ELEM_DOUBLE, 1);
    tensor->n_double_data = 1;
    tensor->double_data = &(double){1e300};
    tensor = load_one(f, tensor);
    assert_true(tensor_get_f64(&f->model, tensor, out, 4, &n));
    assert_true(out[0] == 1e300);
    assert_false(tensor_get_i64(&f->model, tensor, (int64_t *)out, 4, &n));
}

static void
test_get_refuses(void **state)
{
    struct fixture *const f = *state;
    static const int64_t large[] = {INT64_MAX, (INT64_C(1) << 53) + 1};
    Onnx__TensorProto *tensor = new_tensor(f, "t", ELEM_UINT64, 1);
    int64_t integers[2];
    double reals[2];
    size_t n = 9;

    set_raw(f, tensor, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
    tensor = load_one(f, tensor);
    assert_false(tensor_get_i64(&f->model, tensor, integers, 2, &n));
    assert_int_equal(n, 0);
    for (int i = 0; i < 2; i++) {
        tensor = new_tensor(f, "t", ELEM_INT64, 1);
        set_raw(f, tensor, &large[i], 8);
        tensor = load_one(f, tensor);
        assert_true(tensor_get_i64(&f->model, tensor, integers, 2, &n));
        assert_false(tensor_get_f64(&f->model, tensor, reals, 2, &n));
    }
    tensor = load_one(f, new_floats(f, "t", 3, 0));
    assert_false(tensor_get_f64(&f->model, tensor, reals, 2, &n));
    tensor = new_tensor(f, "t", ELEM_FLOAT8E5M2, 1);
    set_raw(f, tensor, "a", 1);
    assert_false(tensor_get_f64(&f->model, load_one(f, tensor), reals, 2, &n));
}

/* ---- sweeps -------------------------------------------------------------- */

struct sum {
    double sum;
    size_t n, calls, stop_after;
};

static bool
add(void *payload, const float *values, size_t n)
{
    struct sum *const sum = payload;

    for (size_t i = 0; i < n; i++)
        sum->sum += (double)values[i] * (double)(sum->n + i + 1);
    sum->n += n;
    return ++sum->calls != sum->stop_after;
}

/* One file with 40000 values in every float type and storage. */
static void
load_floats(struct fixture *f)
{
    enum { N = 40000 };
    Onnx__TensorProto *tensors[6];
    const float *values;

    tensors[0] = new_floats(f, "raw", N, -50);
    values = (const float *)(const void *)tensors[0]->raw_data.data;
    tensors[1] = new_tensor(f, "typed", ELEM_FLOAT, N);
    tensors[1]->n_float_data = N;
    tensors[1]->float_data = arena_array(&f->arena, N, float);
    memcpy(tensors[1]->float_data, values, N * sizeof *values);
    tensors[2] = new_tensor(f, "double", ELEM_DOUBLE, N);
    tensors[2]->n_double_data = N;
    tensors[2]->double_data = arena_array(&f->arena, N, double);
    double *const doubles = arena_array(&f->arena, N, double);
    int32_t *const halves = arena_array(&f->arena, N, int32_t);
    uint16_t *const raw_halves = arena_array(&f->arena, N, uint16_t);
    for (size_t i = 0; i < N; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        doubles[i] = tensors[2]->double_data[i] = (double)values[i];
        raw_halves[i] = numeric_f16_from_f32_bits(bits);
        halves[i] = raw_halves[i];
    }
    tensors[3] = new_tensor(f, "raw double", ELEM_DOUBLE, N);
    set_raw(f, tensors[3], doubles, N * sizeof *doubles);
    tensors[4] = new_typed(f, ELEM_FLOAT16, N, halves, N);
    tensors[5] = new_tensor(f, "raw half", ELEM_FLOAT16, N);
    set_raw(f, tensors[5], raw_halves, N * sizeof *raw_halves);
    load_tensors(f, tensors, 6);
}

static void
test_sweep(void **state)
{
    struct fixture *const f = *state;
    struct sum sums[6] = {0};

    load_floats(f);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(
            tensor_sweep(&f->model, loaded(f, i), add, &sums[i], &f->err),
            OPP_OK);
        assert_int_equal(sums[i].n, 40000);
        assert_true(sums[i].sum == sums[i < 4 ? 0 : 4].sum);
    }
    assert_true(fabs(sums[4].sum / sums[0].sum - 1) < 1e-3);
    sums[0] = (struct sum){.stop_after = 2};
    assert_int_equal(
        tensor_sweep(&f->model, loaded(f, 0), add, &sums[0], &f->err), OPP_OK);
    assert_int_equal(sums[0].calls, 2);
    assert_true(sums[0].n < 40000);
}

static void
test_range(void **state)
{
    struct fixture *const f = *state;
    struct numeric_range range;

    load_floats(f);
    assert_int_equal(
        tensor_range(&f->model, loaded(f, 0), NUMERIC_F16, &range, &f->err),
        OPP_OK);
    assert_int_equal(range.count, 40000);
    assert_true(range.min == -50.0f);
    assert_true(range.max == -50.0f + 0.37f * 39999.0f);
    assert_int_equal(range.overflow, 0);
}

struct nested {
    struct fixture *f;
    double sum;
};

static bool
sweep_again(void *payload, const float *values, size_t n)
{
    struct nested *const nested = payload;
    struct sum inner = {0};

    assert_int_equal(tensor_sweep(&nested->f->model, loaded(nested->f, 5), add,
                                  &inner, &nested->f->err),
                     OPP_OK);
    for (size_t i = 0; i < n; i++)
        nested->sum += (double)values[i];
    return true;
}

/* A sweep inside a sweep does not disturb it. */
static void
test_nested_sweep(void **state)
{
    struct fixture *const f = *state;
    struct nested nested = {.f = f};
    double expected = 0;

    load_floats(f);
    tensor_sweep(&f->model, loaded(f, 0), sweep_again, &nested, &f->err);
    for (int i = 0; i < 40000; i++)
        expected += (double)(-50.0f + 0.37f * (float)i);
    assert_true(fabs(nested.sum - expected) < 1e-6 * expected);
}

static void
test_file_became_shorter(void **state)
{
    struct fixture *const f = *state;
    struct sum sum = {0};

    load_one(f, new_floats(f, "w", 40000, 0));
    assert_int_equal(truncate(in_folder(f, "m.onnx"), 100000), 0);
    assert_int_equal(tensor_sweep(&f->model, loaded(f, 0), add, &sum, &f->err),
                     OPP_EINPUT);
    assert_contains(f->err.what, "became shorter");
    assert_int_equal(save(f, "o.onnx", true), OPP_EINPUT);
    assert_int_equal(save(f, "o.onnx", false), OPP_EINPUT);
    assert_int_equal(count_files(f, "."), 1);
}

/* ---- new tensors -------------------------------------------------------- */

static void
test_new_tensor(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *tensor = load_one(f, new_floats(f, "w", 1, 0));
    int64_t value;
    size_t n;

    tensor = tensor_new(&f->model, "c", ELEM_INT64, NULL, 0, &(int64_t){42}, 8);
    assert_string_equal(tensor->name, "c");
    assert_true(tensor_get_i64(&f->model, tensor, &value, 1, &n));
    assert_int_equal(value, 42);
    assert_int_equal(tensor_count(tensor), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        model_test(test_sizes),
        model_test(test_integers_in_raw_data),
        model_test(test_integers_in_typed_fields),
        model_test(test_reals),
        model_test(test_get_refuses),
        model_test(test_sweep),
        model_test(test_range),
        model_test(test_nested_sweep),
        model_test(test_file_became_shorter),
        model_test(test_new_tensor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
