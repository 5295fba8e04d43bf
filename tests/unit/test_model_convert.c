/* Conversions of tensors from one element type to another. */
#include "model_fixture.h"

#include <float.h>
#include <math.h>

#include "model/payload.h"
#include "numeric/scalar.h"

/* Element `i` of the tensor's bytes as they will be written. */
static uint32_t
bits_of(struct fixture *f, const Onnx__TensorProto *tensor, size_t i)
{
    const size_t width = (size_t)elem_bits(tensor->data_type) / 8;
    const struct payload *const payload = payload_of(&f->model, tensor);
    uint32_t bits = 0;

    if (payload == NULL)
        memcpy(&bits, tensor->raw_data.data + i * width, width);
    else
        assert_int_equal(
            payload_read(payload, i * width, &bits, width, &f->err), OPP_OK);
    return bits;
}

/* Beside the largest finite values of both narrow types, and far beyond. */
static const float large_values[] = {
    65504,  65519,    65520,    65536,      -65504,  -65520,   1e6f,
    -1e30f, 3.38e38f, 3.39e38f, -3.396e38f, FLT_MAX, -FLT_MAX, INFINITY,
};

/* One step of a path: to a type, with a way to overflow. */
struct step {
    int elem;
    enum numeric_overflow overflow;
};

static uint32_t
saturate(uint32_t bits, float max)
{
    const float x = numeric_f32_of_bits(bits);

    if (!isfinite(x) || fabsf(x) <= max)
        return bits;
    return numeric_f32_to_bits(copysignf(max, x));
}

/* The conversion of `bits` from one type to another. */
static uint32_t
convert_bits(uint32_t bits, int from, struct step step)
{
    const int to = step.elem;

    if (from == ELEM_FLOAT16)
        bits = numeric_f32_bits_from_f16((uint16_t)bits);
    if (from == ELEM_BFLOAT16)
        bits = numeric_f32_bits_from_bf16((uint16_t)bits);
    if (to != ELEM_FLOAT && step.overflow == NUMERIC_SATURATE)
        bits = saturate(bits, to == ELEM_FLOAT16 ? 65504.0f : 0x1.fep127f);
    if (to == ELEM_FLOAT16)
        return numeric_f16_from_f32_bits(bits);
    return to == ELEM_BFLOAT16 ? numeric_bf16_from_f32_bits(bits) : bits;
}

/* `count` values, some of them large; in memory or in the file. */
static Onnx__TensorProto *
new_path_start(struct fixture *f, int64_t count)
{
    Onnx__TensorProto *const tensor =
        new_floats(f, "w", count, count > 1000 ? -3000.7f : 6.1e-5f);
    const size_t n = sizeof large_values / sizeof *large_values;

    for (size_t i = 0; i < n; i++)
        memcpy(tensor->raw_data.data + 61 * i * sizeof(float), &large_values[i],
               sizeof(float));
    return load_one(f, tensor);
}

/* Converts along a path, step by step. */
static void
check_path(struct fixture *f, Onnx__TensorProto *start, const struct step *path,
           size_t steps)
{
    const uint64_t count = tensor_count(start);
    const Onnx__TensorProto *tensor = start;

    for (size_t i = 0; i < steps; i++)
        tensor = tensor_convert(&f->model, tensor, NULL, path[i].elem,
                                path[i].overflow);
    assert_int_equal(tensor->data_type, path[steps - 1].elem);
    assert_int_equal(tensor->raw_data.len, tensor_bytes(tensor));
    assert_int_equal(payload_of(&f->model, tensor) != NULL,
                     payload_of(&f->model, start) != NULL);
    for (size_t i = 0; i < (size_t)count; i += 61) {
        uint32_t bits = bits_of(f, start, i);
        for (size_t j = 0; j < steps; j++)
            bits = convert_bits(bits, j == 0 ? ELEM_FLOAT : path[j - 1].elem,
                                path[j]);
        assert_int_equal(bits_of(f, tensor, i), bits);
    }
}

static void
test_convert(void **state)
{
    struct fixture *const f = *state;
    static const struct step steps[] = {
        {ELEM_FLOAT16, NUMERIC_TO_INFINITY},  {ELEM_FLOAT16, NUMERIC_SATURATE},
        {ELEM_BFLOAT16, NUMERIC_TO_INFINITY}, {ELEM_BFLOAT16, NUMERIC_SATURATE},
        {ELEM_FLOAT, NUMERIC_TO_INFINITY},
    };
    struct step path[7];

    /* All paths of seven steps would be 5^7. 61 has no factor with them in
     * common, so that all combinations of nearby steps come. */
    for (int code = 0; code < 78125; code += 61) {
        int rest = code;
        for (int i = 0; i < 7; i++, rest /= 5)
            path[i] = steps[rest % 5];
        check_path(f, new_path_start(f, 900), path, 1 + (size_t)code % 7);
        check_path(f, new_path_start(f, 5000), path, 1 + (size_t)code % 7);
    }
}

/* Paths that alternate long enough to be cut short. */
static void
test_convert_to_and_fro(void **state)
{
    struct fixture *const f = *state;
    static const int elems[] = {ELEM_FLOAT16, ELEM_BFLOAT16};
    Onnx__TensorProto *const start = new_path_start(f, 5000);

    for (unsigned code = 0; code < 512; code++) {
        struct step path[9];
        for (unsigned i = 0; i < 8; i++)
            path[i] = (struct step){elems[(i + code) % 2],
                                    code >> (i + 1) & 1 ? NUMERIC_SATURATE
                                                        : NUMERIC_TO_INFINITY};
        path[8] = (struct step){ELEM_FLOAT, NUMERIC_TO_INFINITY};
        for (size_t steps = 5; steps <= 9; steps++)
            check_path(f, start, path, steps);
    }
}

static void
test_convert_keeps_the_rest(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *const built = new_floats(f, "w", 2000, 0);
    Onnx__TensorProto *tensor, *converted, *same;

    built->doc_string = arena_strdup(&f->arena, "doc");
    tensor = load_one(f, built);
    converted = tensor_convert(&f->model, tensor, "w_fp16", ELEM_FLOAT16,
                               NUMERIC_TO_INFINITY);
    assert_string_equal(converted->name, "w_fp16");
    assert_string_equal(converted->doc_string, "doc");
    assert_int_equal(converted->n_dims, 1);
    assert_int_equal(tensor->data_type, ELEM_FLOAT);
    same = tensor_convert(&f->model, tensor, NULL, ELEM_FLOAT,
                          NUMERIC_TO_INFINITY);
    assert_string_equal(same->name, "w");
    assert_ptr_equal(same->raw_data.data, tensor->raw_data.data);
}

static void
test_convert_typed(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *tensor = new_tensor(f, "t", ELEM_FLOAT, 2);

    tensor->n_float_data = 2;
    tensor->float_data = (float[]){1, 2};
    tensor = tensor_convert(&f->model, load_one(f, tensor), NULL, ELEM_FLOAT16,
                            NUMERIC_TO_INFINITY);
    assert_int_equal(tensor->n_float_data, 0);
    assert_true(tensor->has_raw_data);
    assert_memory_equal(tensor->raw_data.data, "\x00\x3C\x00\x40", 4);

    tensor = load_one(
        f, new_typed(f, ELEM_FLOAT16, 2, (int32_t[]){0x3C00, 0x4000}, 2));
    tensor = tensor_convert(&f->model, tensor, NULL, ELEM_FLOAT,
                            NUMERIC_TO_INFINITY);
    assert_int_equal(tensor->n_int32_data, 0);
    assert_memory_equal(tensor->raw_data.data,
                        "\x00\x00\x80\x3F\x00\x00\x00\x40", 8);

    tensor = load_one(f, new_tensor(f, "t", ELEM_FLOAT, 0));
    tensor = tensor_convert(&f->model, tensor, NULL, ELEM_FLOAT16,
                            NUMERIC_TO_INFINITY);
    assert_int_equal(tensor->raw_data.len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        model_test(test_convert),
        model_test(test_convert_to_and_fro),
        model_test(test_convert_keeps_the_rest),
        model_test(test_convert_typed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
