/* External data: what a model may name, what is read from there, and where it
 * is when the model is saved. */
#include "model_fixture.h"

#include <sha1.h>
#include <sys/stat.h>

#include "model/external.h"

enum { W = 3000, S = 3 }; /* values of the two tensors */

/* Folder `name` with w.bin, which holds W floats, 4 bytes of padding, and S
 * floats. */
static void
write_data(struct fixture *f, const char *name)
{
    const Onnx__TensorProto *const w = new_floats(f, "", W, -9);
    const Onnx__TensorProto *const s = new_floats(f, "", S, 5);
    unsigned char data[4 * (W + 1 + S)] = {0};

    memcpy(data, w->raw_data.data, 4 * W);
    memcpy(data + 4 * (W + 1), s->raw_data.data, 4 * S);
    if (*name != '\0')
        assert_int_equal(mkdir(in_folder(f, name), 0755), 0);
    write_file(f, arena_printf(&f->arena, "%s/w.bin", name), data, sizeof data);
}

static void
write_tensors(struct fixture *f, const char *name, Onnx__TensorProto *a,
              Onnx__TensorProto *b)
{
    Onnx__ModelProto *const model = new_model(f);

    add_initializer(f, model->graph, a);
    if (b != NULL)
        add_initializer(f, model->graph, b);
    write_model(f, name, model);
}

static Onnx__TensorProto *
tensor_s(struct fixture *f, const char *location)
{
    Onnx__TensorProto *const s = new_external(f, "s", S, location);

    add_entry(f, s, "offset", "12004");
    add_entry(f, s, "length", "12");
    return s;
}

/* in/m.onnx with both tensors in in/w.bin. */
static void
write_pair(struct fixture *f)
{
    Onnx__TensorProto *const w = new_external(f, "w", W, "w.bin");

    write_data(f, "in");
    add_entry(f, w, "length", "12000");
    write_tensors(f, "in/m.onnx", w, tensor_s(f, "w.bin"));
}

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

/* Both tensors have the values of write_data. */
static void
check_values(struct fixture *f)
{
    double values[W];
    size_t n;

    assert_true(tensor_get_f64(&f->model, loaded(f, 0), values, W, &n));
    assert_int_equal(n, W);
    for (int i = 0; i < W; i++)
        assert_true(values[i] == (double)(-9 + 0.37f * (float)i));
    assert_true(tensor_get_f64(&f->model, loaded(f, 1), values, W, &n));
    assert_int_equal(n, S);
    assert_true(values[1] == (double)(5 + 0.37f));
}

/* ---- loading ------------------------------------------------------------- */

static void
test_load(void **state)
{
    struct fixture *const f = *state;

    write_pair(f);
    load_ok(f, "in/m.onnx");
    check_values(f);
    assert_true(tensor_is_external(loaded(f, 0)));
    assert_int_equal(model_total_size(&f->model),
                     model_file_size(&f->model) + 4 * (W + 1 + S));
}

static void
test_spellings_of_one_file(void **state)
{
    struct fixture *const f = *state;

    write_data(f, "");
    assert_int_equal(mkdir(in_folder(f, "sub"), 0755), 0);
    write_tensors(f, "m.onnx", new_external(f, "w", W, "./w.bin"),
                  tensor_s(f, ".//w.bin"));
    load_ok(f, "m.onnx");
    check_values(f);
}

static void
test_bad_entries(void **state)
{
    struct fixture *const f = *state;
    static const struct {
        const char *location, *key, *value, *what;
    } cases[] = {
        {"/etc/passwd", NULL, NULL, "absolute path"},
        {"../w.bin", NULL, NULL, "`..`"},
        {"in/../../w.bin", NULL, NULL, "`..`"},
        {"..", NULL, NULL, "`..`"},
        {"", NULL, NULL, "no location"},
        {"in/", NULL, NULL, "slash"},
        {"in", NULL, NULL, "a folder"},
        {"absent", NULL, NULL, "not found"},
        {"absent/w.bin", NULL, NULL, "not found"},
        {"in/w.bin/x", NULL, NULL, "not found"},
        {"in/w.bin", "offset", "-1", "the offset is no number"},
        {"in/w.bin", "offset", "", "the offset is no number"},
        {"in/w.bin", "offset", "1e3", "the offset is no number"},
        {"in/w.bin", "offset", "99999999999999999999", "too large"},
        {"in/w.bin", "length", "0x10", "the length is no number"},
        {"in/w.bin", "offset", "12017", "has only 12016 bytes"},
        {"in/w.bin", "length", "12017", "has only 12016 bytes"},
        {"in/w.bin", "length", "9223372036854775799", "has only"},
        {"in/w.bin", "length", "11999", "needs 12000 bytes"},
        {"in/w.bin", "length", "12001", "needs 12000 bytes"},
        {"in/w.bin", "offset", "17", "needs 12000 bytes"},
        {"in/w.bin", "location", "in/w.bin", "occurs twice"},
        {"in/w.bin", "basepath", "x", "a key is none of"},
        {"in/w.bin", "checksum", "abc", "not a SHA-1"},
    };

    write_data(f, "in");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Onnx__TensorProto *const w = new_external(f, "w", W, cases[i].location);
        if (cases[i].key != NULL)
            add_entry(f, w, cases[i].key, cases[i].value);
        write_tensors(f, "m.onnx", w, NULL);
        assert_int_equal(load(f, "m.onnx"), OPP_EINPUT);
        assert_contains(f->err.what, cases[i].what);
        assert_contains(f->err.where, "m.onnx  initializer `w`");
        assert_contains(f->err.where, "offset");
    }
}

/* An offset near 2^63 with such a length must not wrap. */
static void
test_no_wrapping(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *const w = new_external(f, "w", 4, "in/w.bin");

    write_data(f, "in");
    add_entry(f, w, "offset", "9223372036854775792");
    add_entry(f, w, "length", "16");
    write_tensors(f, "m.onnx", w, NULL);
    assert_int_equal(load(f, "m.onnx"), OPP_EINPUT);
    assert_contains(f->err.what, "has only");
}

/* What is no length goes to the end, and a tensor takes what it needs. */
static void
test_without_length(void **state)
{
    struct fixture *const f = *state;

    write_data(f, "in");
    write_tensors(f, "m.onnx", new_external(f, "w", W, "in/w.bin"), NULL);
    load_ok(f, "m.onnx");
    assert_int_equal(loaded(f, 0)->raw_data.len, 4 * W);
}

static void
test_external_and_inline(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *w = new_external(f, "w", W, "in/w.bin");

    write_data(f, "in");
    set_raw(f, w, arena_alloc(&f->arena, 4 * W), 4 * W);
    write_tensors(f, "m.onnx", w, NULL);
    assert_int_equal(load(f, "m.onnx"), OPP_EINPUT);
    assert_contains(f->err.what, "raw data and external data");
    w = new_external(f, "w", 1, "in/w.bin");
    w->n_float_data = 1;
    w->float_data = &(float){1};
    write_tensors(f, "m.onnx", w, NULL);
    assert_int_equal(load(f, "m.onnx"), OPP_EINPUT);
    w = new_external(f, "w", 1, "in/w.bin");
    w->data_type = ELEM_STRING;
    write_tensors(f, "m.onnx", w, NULL);
    assert_int_equal(load(f, "m.onnx"), OPP_EINPUT);
}

/* ---- links --------------------------------------------------------------- */

static void
expect_link_refused(struct fixture *f, const char *location, const char *what)
{
    write_tensors(f, "m.onnx", new_external(f, "w", W, location), NULL);
    f->load_options.follow_links = false;
    assert_int_equal(load(f, "m.onnx"), OPP_EINPUT);
    assert_contains(f->err.what, what);
    assert_contains(f->err.help, "--follow-links");
    f->load_options.follow_links = true;
    load_ok(f, "m.onnx");
}

static void
test_links(void **state)
{
    struct fixture *const f = *state;

    write_data(f, "in");
    assert_int_equal(symlink("in/w.bin", in_folder(f, "soft")), 0);
    assert_int_equal(symlink("in", in_folder(f, "folder")), 0);
    expect_link_refused(f, "soft", "is a link");
    expect_link_refused(f, "folder/w.bin", "is a link");
    assert_int_equal(link(in_folder(f, "in/w.bin"), in_folder(f, "hard")), 0);
    expect_link_refused(f, "hard", "more than one hard link");
}

static void
test_fifo(void **state)
{
    struct fixture *const f = *state;

    assert_int_equal(mkfifo(in_folder(f, "fifo"), 0600), 0);
    write_tensors(f, "m.onnx", new_external(f, "w", W, "fifo"), NULL);
    assert_int_equal(load(f, "m.onnx"), OPP_EINPUT);
    assert_contains(f->err.what, "a device or a pipe");
}

/* ---- the folder
 * --------------------------------------------------------------- */

static void
test_external_root(void **state)
{
    struct fixture *const f = *state;
    unsigned char *data;
    size_t size;

    write_pair(f);
    data = read_file(f, "in/m.onnx", &size);
    assert_int_equal(load_bytes(f, data, size), OPP_EINPUT);
    assert_contains(f->err.help, "--external-root");
    f->load_options.external_root = in_folder(f, "in");
    assert_int_equal(load_bytes(f, data, size), OPP_OK);
    check_values(f);
    f->load_options.external_root = in_folder(f, "absent");
    assert_int_equal(load(f, "in/m.onnx"), OPP_EINPUT);
    assert_contains(f->err.what, "cannot open the folder");
}

/* ---- checksums
 * ----------------------------------------------------------------- */

static char *
sha1_of(struct fixture *f, const char *name)
{
    return SHA1File(in_folder(f, name), arena_alloc(&f->arena, 41));
}

static void
write_with_checksum(struct fixture *f, const char *checksum)
{
    Onnx__TensorProto *const w = new_external(f, "w", W, "w.bin");

    add_entry(f, w, "checksum", checksum);
    write_tensors(f, "in/m.onnx", w, tensor_s(f, "w.bin"));
}

static void
test_checksum(void **state)
{
    struct fixture *const f = *state;
    const Onnx__TensorProto *w;
    const char *name;

    write_data(f, "in");
    write_with_checksum(f, sha1_of(f, "in/w.bin"));
    load_ok(f, "in/m.onnx");
    check_values(f);
    *loaded(f, 0) = *tensor_convert(&f->model, loaded(f, 0), NULL, ELEM_FLOAT16,
                                    NUMERIC_TO_INFINITY);
    assert_int_equal(mkdir(in_folder(f, "out"), 0755), 0);
    save_ok(f, "out/o.onnx", true);
    load_ok(f, "out/o.onnx");
    w = loaded(f, 0);
    name = arena_printf(&f->arena, "out/%s", external_entry(w, "location"));
    assert_string_equal(external_entry(w, "checksum"), sha1_of(f, name));
    assert_null(external_entry(loaded(f, 1), "checksum"));
}

static void
test_wrong_checksum(void **state)
{
    struct fixture *const f = *state;
    double values[W];
    size_t n;

    write_data(f, "in");
    write_with_checksum(f, "0123456789012345678901234567890123456789");
    load_ok(f, "in/m.onnx");
    assert_false(tensor_get_f64(&f->model, loaded(f, 1), values, W, &n));
    assert_int_equal(mkdir(in_folder(f, "out"), 0755), 0);
    assert_int_equal(save(f, "out/o.onnx", true), OPP_EINPUT);
    assert_contains(f->err.what, "damaged");
    assert_int_equal(save(f, "out/o.onnx", false), OPP_EINPUT);
    assert_int_equal(count_files(f, "out"), 0);
}

static void
test_two_checksums(void **state)
{
    struct fixture *const f = *state;
    Onnx__TensorProto *const w = new_external(f, "w", W, "w.bin");
    Onnx__TensorProto *const s = tensor_s(f, "w.bin");

    write_data(f, "");
    add_entry(f, w, "checksum", "0123456789012345678901234567890123456789");
    add_entry(f, s, "checksum", "1123456789012345678901234567890123456789");
    write_tensors(f, "m.onnx", w, s);
    assert_int_equal(load(f, "m.onnx"), OPP_EINPUT);
    assert_contains(f->err.what, "two checksums of one file differ");
}

/* ---- saving without changes
 * ------------------------------------------------------ */

static void
test_unchanged_copies_data(void **state)
{
    struct fixture *const f = *state;

    write_pair(f);
    load_ok(f, "in/m.onnx");
    save_ok(f, "in/other.onnx", false);
    assert_int_equal(count_files(f, "in"), 3);
    assert_int_equal(mkdir(in_folder(f, "out"), 0755), 0);
    save_ok(f, "out/m.onnx", false);
    assert_files_equal(f, "in/m.onnx", "out/m.onnx");
    assert_files_equal(f, "in/w.bin", "out/w.bin");
    save_ok(f, "out/again.onnx", false);
    assert_int_equal(count_files(f, "out"), 3);
    write_file(f, "out/w.bin", "mine", 4);
    assert_int_equal(save(f, "out/late.onnx", false), OPP_EOUTPUT);
    assert_contains(f->err.what, "exists and has other content");
    assert_int_equal(count_files(f, "out"), 3);
}

/* The first file is copied before the second one turns out to be in the way:
 * it, and the folder made for it, are taken away again. */
static void
test_unchanged_leaves_nothing(void **state)
{
    struct fixture *const f = *state;

    write_data(f, "in");
    write_data(f, "in/sub");
    write_tensors(f, "in/m.onnx", new_external(f, "w", W, "sub/w.bin"),
                  tensor_s(f, "w.bin"));
    load_ok(f, "in/m.onnx");
    assert_int_equal(mkdir(in_folder(f, "out"), 0755), 0);
    write_file(f, "out/w.bin", "mine", 4);
    assert_int_equal(save(f, "out/m.onnx", false), OPP_EOUTPUT);
    assert_int_equal(count_files(f, "out"), 1);
    unlink(in_folder(f, "out/w.bin"));
    save_ok(f, "out/m.onnx", false);
    assert_files_equal(f, "in/sub/w.bin", "out/sub/w.bin");
}

static int
ignore(void *payload, const void *data, size_t size)
{
    (void)payload, (void)data, (void)size;
    return 0;
}

static void
test_callback_refuses(void **state)
{
    struct fixture *const f = *state;

    write_pair(f);
    load_ok(f, "in/m.onnx");
    for (int changed = 0; changed <= 1; changed++) {
        f->model.changed = changed != 0;
        assert_int_equal(
            model_save_callback(&f->model, ignore, NULL, NULL, &f->err),
            OPP_EREFUSED);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        model_test(test_load),
        model_test(test_spellings_of_one_file),
        model_test(test_bad_entries),
        model_test(test_no_wrapping),
        model_test(test_without_length),
        model_test(test_external_and_inline),
        model_test(test_links),
        model_test(test_fifo),
        model_test(test_external_root),
        model_test(test_checksum),
        model_test(test_wrong_checksum),
        model_test(test_two_checksums),
        model_test(test_unchanged_copies_data),
        model_test(test_unchanged_leaves_nothing),
        model_test(test_callback_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
