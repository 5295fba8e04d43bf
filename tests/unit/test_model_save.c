/* Saving: inline and external, in threads, into a callback, and what happens
 * when it cannot be done. */
#include "model_fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "model/external.h"
#include "model/walk.h"

static void
load_ok(struct fixture *f, const char *name)
{
    if (load(f, name) != OPP_OK)
        fail_msg("%s | %s | %s", f->err.what, f->err.where, f->err.why);
}

static void
save_ok(struct fixture *f, const char *name, bool changed)
{
    if (save(f, name, changed) != OPP_OK)
        fail_msg("%s | %s | %s", f->err.what, f->err.where, f->err.why);
}

/* m.onnx: two large tensors, small ones of 1023 and 1024 bytes, typed data,
 * a Constant. */
static void
write_mixed(struct fixture *f)
{
    Onnx__ModelProto *const model = new_model(f);
    Onnx__GraphProto *const graph = model->graph;
    Onnx__TensorProto *tensor = new_tensor(f, "u8", ELEM_UINT8, 1023);

    add_initializer(f, graph, new_floats(f, "big", 700000, -40000));
    set_raw(f, tensor, arena_alloc(&f->arena, 1023), 1023);
    add_initializer(f, graph, tensor);
    add_initializer(f, graph, new_floats(f, "kib", 256, 1));
    tensor = new_tensor(f, "typed", ELEM_FLOAT, 600);
    tensor->n_float_data = 600;
    tensor->float_data = arena_array(&f->arena, 600, float);
    for (int i = 0; i < 600; i++)
        tensor->float_data[i] = (float)i;
    add_initializer(f, graph, tensor);
    add_initializer(f, graph, new_floats(f, "second", 300000, 3));
    add_attribute(f, add_node(f, graph, "Constant"), "value")->t =
        new_floats(f, "constant", 5000, 7);
    write_model(f, "m.onnx", model);
    load_ok(f, "m.onnx");
}

/* The values of all tensors, in one number. */
struct sum {
    struct fixture *f;
    double sum, weight;
};

static bool
add_values(void *payload, const float *values, size_t n)
{
    struct sum *const sum = payload;

    for (size_t i = 0; i < n; i++)
        sum->sum += (double)values[i] * (sum->weight += 1);
    return true;
}

static enum opp_status
add_tensor(void *payload, Onnx__TensorProto *tensor,
           const struct walk_place *place)
{
    struct sum *const sum = payload;

    (void)place;
    if (tensor->data_type == ELEM_UINT8)
        return OPP_OK;
    return tensor_sweep(&sum->f->model, tensor, add_values, sum, &sum->f->err);
}

static double
sum_of(struct fixture *f)
{
    struct sum sum = {.f = f};

    assert_int_equal(walk_tensors(f->model.proto, add_tensor, &sum), OPP_OK);
    return sum.sum;
}

/* ---- external data
 * ----------------------------------------------------------- */

static void
test_external(void **state)
{
    struct fixture *const f = *state;
    static const bool expected[] = {true, false, true, true, true};
    double before;

    write_mixed(f);
    before = sum_of(f);
    f->save_options.external_data = true;
    save_ok(f, "o.onnx", false);
    assert_int_equal(count_files(f, "."), 3);
    assert_true(sum_of(f) == before); /* saving left the model as it was */
    assert_false(tensor_is_external(loaded(f, 0)));
    load_ok(f, "o.onnx");
    assert_true(sum_of(f) == before);
    for (size_t i = 0; i < 5; i++) {
        const Onnx__TensorProto *const tensor = loaded(f, i);
        assert_int_equal(tensor_is_external(tensor), expected[i]);
        assert_int_equal(tensor->n_external_data, expected[i] ? 3 : 0);
        if (expected[i])
            assert_int_equal(atoi(external_entry(tensor, "offset")) %
                                 (tensor_bytes(tensor) >= 4096 ? 4096 : 64),
                             0);
    }
    assert_false(
        tensor_is_external(f->model.proto->graph->node[0]->attribute[0]->t));
}

/* Back again: what is below the threshold becomes inline. */
static void
test_external_to_inline(void **state)
{
    struct fixture *const f = *state;

    write_mixed(f);
    f->save_options.external_data = true;
    f->save_options.external_data_threshold = 1;
    f->save_options.external_data_name = "weights";
    save_ok(f, "o.onnx", true);
    load_ok(f, "o.onnx");
    assert_true(tensor_is_external(loaded(f, 1)));
    f->save_options.external_data_threshold = UINT64_MAX;
    save_ok(f, "back.onnx", true);
    assert_int_equal(count_files(f, "."), 4);
    load_ok(f, "back.onnx");
    for (size_t i = 0; i < 5; i++) {
        assert_false(tensor_is_external(loaded(f, i)));
        assert_false(loaded(f, i)->has_data_location);
        assert_int_equal(loaded(f, i)->n_external_data, 0);
    }
    /* Typed data has become raw on its way; so has all else stayed. */
    load_ok(f, "m.onnx");
    const double before = sum_of(f);
    load_ok(f, "back.onnx");
    assert_true(sum_of(f) == before);
}

static void
test_external_stays_external(void **state)
{
    struct fixture *const f = *state;
    const char *location;
    double before;

    write_mixed(f);
    before = sum_of(f);
    f->save_options.external_data = true;
    save_ok(f, "o.onnx", true);
    load_ok(f, "o.onnx");
    f->save_options.external_data = false;
    save_ok(f, "p.onnx", true);
    load_ok(f, "p.onnx");
    location = external_entry(loaded(f, 0), "location");
    assert_int_equal(strncmp(location, "p.", 2), 0);
    assert_int_equal(strlen(location), strlen("p.0123456789abcdef.data"));
    assert_true(sum_of(f) == before);
}

/* Two tensors with the same values in a file, and the same tensor twice. */
static void
test_shared_values(void **state)
{
    struct fixture *const f = *state;
    Onnx__ModelProto *const model = new_model(f);
    const Onnx__TensorProto *const values = new_floats(f, "", 2000, 1);
    struct stat st;

    write_file(f, "w.bin", values->raw_data.data, 8000);
    add_initializer(f, model->graph, new_external(f, "a", 2000, "w.bin"));
    add_initializer(f, model->graph, new_external(f, "b", 2000, "w.bin"));
    write_model(f, "m.onnx", model);
    load_ok(f, "m.onnx");
    f->save_options.external_data_name = "new";
    save_ok(f, "o.onnx", true);
    assert_int_equal(stat(in_folder(f, "new"), &st), 0);
    assert_int_equal(st.st_size, 8000);
    load_ok(f, "o.onnx");
    assert_string_equal(external_entry(loaded(f, 1), "offset"), "0");
}

static void
test_names_of_data(void **state)
{
    struct fixture *const f = *state;
    static const char *const bad[] = {"", "a/b", ".", "..", "o.onnx"};

    write_mixed(f);
    f->save_options.external_data = true;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        f->save_options.external_data_name = bad[i];
        assert_int_equal(save(f, "o.onnx", true), OPP_EUSAGE);
    }
    f->save_options.external_data_name = "m.onnx";
    assert_int_equal(save(f, "o.onnx", true), OPP_EUSAGE);
    assert_contains(f->err.what, "is an input");
    write_file(f, "taken", "mine", 4);
    f->save_options.external_data_name = "taken";
    assert_int_equal(save(f, "o.onnx", true), OPP_EOUTPUT);
    assert_contains(f->err.what, "exists and has other content");
    assert_int_equal(count_files(f, "."), 2);
    /* The same content again is no conflict. */
    f->save_options.external_data_name = "fine";
    save_ok(f, "o.onnx", true);
    save_ok(f, "o.onnx", true);
    assert_int_equal(count_files(f, "."), 4);
}

/* ---- threads and progress
 * ------------------------------------------------------- */

static enum opp_status
narrow(void *payload, Onnx__TensorProto *tensor, const struct walk_place *place)
{
    struct fixture *const f = payload;

    (void)place;
    if (tensor->data_type == ELEM_FLOAT)
        *tensor = *tensor_convert(&f->model, tensor, NULL, ELEM_FLOAT16,
                                  NUMERIC_TO_INFINITY);
    return OPP_OK;
}

struct progress_seen {
    uint64_t done, total;
    int calls;
};

static void
see_progress(void *payload, const char *stage, uint64_t done, uint64_t total)
{
    struct progress_seen *const seen = payload;

    assert_string_equal(stage, "writing");
    assert_true(done > seen->done && done <= total);
    assert_true(seen->total == 0 || seen->total == total);
    seen->done = done;
    seen->total = total;
    seen->calls++;
}

static void
test_threads_write_the_same(void **state)
{
    struct fixture *const f = *state;

    write_mixed(f);
    walk_tensors(f->model.proto, narrow, f);
    for (int external = 0; external <= 1; external++) {
        f->save_options.external_data = external != 0;
        for (unsigned threads = 1; threads <= 5; threads += 2) {
            struct progress_seen seen = {0};
            f->save_options.threads = threads;
            f->save_options.progress = see_progress;
            f->save_options.progress_payload = &seen;
            save_ok(f, "o.onnx", true);
            assert_true(seen.calls > 1);
            assert_int_equal(seen.done, seen.total);
            if (threads == 1)
                assert_int_equal(
                    rename(in_folder(f, "o.onnx"), in_folder(f, "one.onnx")),
                    0);
            else
                assert_files_equal(f, "one.onnx", "o.onnx");
        }
    }
    /* m.onnx, one.onnx, o.onnx, and one data file for all threads. */
    assert_int_equal(count_files(f, "."), 4);
}

/* ---- callbacks
 * ------------------------------------------------------------------- */

struct collected {
    unsigned char *data;
    size_t size, cap;
};

static int
collect(void *payload, const void *data, size_t size)
{
    struct collected *const collected = payload;

    if (size > collected->cap - collected->size)
        return 1;
    memcpy(collected->data + collected->size, data, size);
    collected->size += size;
    return 0;
}

static void
check_callback(struct fixture *f, bool changed, const char *expected)
{
    size_t size;
    const unsigned char *const data = read_file(f, expected, &size);
    struct collected collected = {arena_alloc(&f->arena, size), 0, size};

    f->model.changed = changed;
    assert_int_equal(
        model_save_callback(&f->model, collect, &collected, NULL, &f->err),
        OPP_OK);
    assert_int_equal(collected.size, size);
    assert_memory_equal(collected.data, data, size);
    collected.size = 0;
    collected.cap = size - 1;
    assert_int_equal(
        model_save_callback(&f->model, collect, &collected, NULL, &f->err),
        OPP_EOUTPUT);
}

static void
test_callback(void **state)
{
    struct fixture *const f = *state;

    write_mixed(f);
    check_callback(f, false, "m.onnx");
    check_callback(f, true, "m.onnx");
    walk_tensors(f->model.proto, narrow, f);
    save_ok(f, "half.onnx", true);
    check_callback(f, true, "half.onnx");
}

static void
test_output_size(void **state)
{
    struct fixture *const f = *state;
    struct stat st;

    write_mixed(f);
    walk_tensors(f->model.proto, narrow, f);
    save_ok(f, "o.onnx", true);
    assert_int_equal(stat(in_folder(f, "o.onnx"), &st), 0);
    assert_int_equal(model_output_size(&f->model), st.st_size);
    f->model.changed = false;
    assert_int_equal(model_output_size(&f->model), model_file_size(&f->model));
}

/* ---- when it cannot be done
 * --------------------------------------------------------- */

static void
refuse(struct fixture *f, const char *name, enum opp_status status,
       const char *what)
{
    for (int changed = 0; changed <= 1; changed++) {
        assert_int_equal(save(f, name, changed != 0), status);
        assert_int_equal(f->err.status, status);
        assert_contains(f->err.what, what);
    }
}

static void
test_refused_outputs(void **state)
{
    struct fixture *const f = *state;

    write_mixed(f);
    assert_int_equal(mkdir(in_folder(f, "dir"), 0755), 0);
    assert_int_equal(link(in_folder(f, "m.onnx"), in_folder(f, "hard")), 0);
    assert_int_equal(symlink("m.onnx", in_folder(f, "soft")), 0);
    refuse(f, "m.onnx", OPP_EUSAGE, "is the input");
    refuse(f, "dir/../m.onnx", OPP_EUSAGE, "is the input");
    refuse(f, "hard", OPP_EUSAGE, "is the input");
    refuse(f, "soft", OPP_EUSAGE, "is the input");
    refuse(f, "dir", OPP_EOUTPUT, "it is a folder");
    refuse(f, "absent/", OPP_EOUTPUT, "it is a folder");
    refuse(f, "absent/o.onnx", OPP_EOUTPUT, "No such file");
    refuse(f, "m.onnx/o.onnx", OPP_EOUTPUT, "Not a directory");
    assert_int_equal(count_files(f, "."), 4);
    assert_int_equal(count_files(f, "dir"), 0);
}

/* A link is replaced; what it points to is left alone. */
static void
test_link_is_replaced(void **state)
{
    struct fixture *const f = *state;
    struct stat st;
    size_t size;

    write_mixed(f);
    write_file(f, "precious", "old", 3);
    assert_int_equal(symlink("precious", in_folder(f, "o.onnx")), 0);
    save_ok(f, "o.onnx", false);
    assert_int_equal(lstat(in_folder(f, "o.onnx"), &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_memory_equal(read_file(f, "precious", &size), "old", 3);
}

static void
test_mode_is_kept(void **state)
{
    struct fixture *const f = *state;
    struct stat st;

    write_mixed(f);
    write_file(f, "o.onnx", "old", 3);
    assert_int_equal(chmod(in_folder(f, "o.onnx"), 0604), 0);
    save_ok(f, "o.onnx", true);
    assert_int_equal(stat(in_folder(f, "o.onnx"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0604);
}

/* A limit on file sizes fails like a full disk. */
static void
test_no_room(void **state)
{
    struct fixture *const f = *state;
    struct rlimit old, small;
    size_t size;

    write_mixed(f);
    write_file(f, "o.onnx", "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 1000000;
    setrlimit(RLIMIT_FSIZE, &small);
    for (int external = 0; external <= 1; external++) {
        f->save_options.external_data = external != 0;
        refuse(f, "o.onnx", OPP_EOUTPUT, "File too large");
    }
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(count_files(f, "."), 2);
    assert_memory_equal(read_file(f, "o.onnx", &size), "old", 3);
}

static void
test_input_changed(void **state)
{
    struct fixture *const f = *state;
    FILE *file;

    write_mixed(f);
    file = fopen(in_folder(f, "m.onnx"), "ab");
    fputs("more", file);
    fclose(file);
    refuse(f, "o.onnx", OPP_EINPUT, "changed while it was read");
    assert_int_equal(count_files(f, "."), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        model_test(test_external),
        model_test(test_external_to_inline),
        model_test(test_external_stays_external),
        model_test(test_shared_values),
        model_test(test_names_of_data),
        model_test(test_threads_write_the_same),
        model_test(test_callback),
        model_test(test_output_size),
        model_test(test_refused_outputs),
        model_test(test_link_is_replaced),
        model_test(test_mode_is_kept),
        model_test(test_no_room),
        model_test(test_input_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
