/* YAML files that are large, deep, repeated, cut or no YAML at all. */
#include "config_fixture.h"

/* ---- limits -------------------------------------------------------------- */

enum { MIB = 1 << 20 };

/* `head`, then `unit` as often as fits in `size` bytes. */
static char *
repeat(const char *head, const char *unit, size_t size)
{
    char *const text = malloc(size + 1);
    size_t used = strlen(head);

    assert_non_null(text);
    memcpy(text, head, used);
    for (; used + strlen(unit) <= size; used += strlen(unit))
        memcpy(text + used, unit, strlen(unit));
    memset(text + used, ' ', size - used);
    text[size] = '\0';
    return text;
}

static void
one_mebibyte_is_the_limit(void **state)
{
    struct reading *const r = *state;
    char *const text = repeat(HEAD, "- name: x\n", MIB);
    char *const longer = repeat(HEAD, "- name: x\n", MIB + 1);

    assert_int_equal(read_text(r, text), OPP_OK);
    assert_true(r->zoo.animals.count > 100000);
    assert_int_equal(read_text(r, longer), OPP_EUSAGE);
    assert_non_null(strstr(r->err.what, "is larger than 1 MiB"));
    free(text);
    free(longer);
}

static void
aliases_cannot_make_a_file_explode(void **state)
{
    static const char nine[] = "\n- name: *n\n- name: *n\n- name: *n"
                               "\n- name: *n\n- name: *n\n- name: *n"
                               "\n- name: *n\n- name: *n\n- name: *n\n#";
    struct reading *const r = *state;
    char *const many =
        repeat(HEAD "- &a {name: x, foods: [a, b, c]}\n", "- *a\n", 512 * 1024);
    char *const more =
        repeat(HEAD "- &a {name: x, foods: [a, b, c]}\n", "- *a\n", MIB);
    char *const large = repeat(HEAD "- name: &n ", "x", 600 * 1024);

    assert_int_equal(read_text(r, many), OPP_OK);
    assert_true(r->zoo.animals.count > 100000);
    assert_int_equal(read_text(r, more), OPP_EUSAGE);
    assert_string_equal(r->err.what, "aliases repeat too many values");
    memcpy(large + 500 * 1024, nine, sizeof nine - 1);
    assert_int_equal(read_text(r, large), OPP_EUSAGE);
    assert_string_equal(r->err.what, "aliases repeat too many values");
    free(many);
    free(more);
    free(large);
}

/* libyaml's time for them is quadratic: this test would not end. */
static void
depth_is_limited(void **state)
{
    static const char *const units[] = {"[", "{a: ", "- ", "? ", "[a, ", "{?"};
    struct reading *const r = *state;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char *const text = repeat("", units[i], MIB);
        assert_int_equal(read_text(r, text), OPP_EUSAGE);
        assert_string_equal(r->err.what,
                            "more than 32 lists and maps in each other");
        free(text);
    }
}

static void
anchors_are_limited(void **state)
{
    struct reading *const r = *state;
    char text[4096] = HEAD;
    size_t used = strlen(text);

    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "- name: &a%d x\n", i);
    assert_int_equal(read_text(r, text), OPP_OK);
    snprintf(text + used, sizeof text - used, "- name: &b x\n");
    assert_int_equal(read_text(r, text), OPP_EUSAGE);
    assert_string_equal(r->err.what, "more than 100 anchors");
    assert_non_null(strstr(r->err.where, ":103:9"));
}

/* Where memory ends, libyaml's is freed all the same (LeakSanitizer). */
static void
memory_that_ends_is_an_error(void **state)
{
    struct reading *const r = *state;
    size_t limit = 0;
    enum opp_status status = OPP_ENOMEM;

    for (; status == OPP_ENOMEM; limit += 16) {
        arena_free(&r->arena);
        arena_init(&r->arena, limit, NULL);
        write_file(r->path, full, sizeof full - 1);
        memset(&r->zoo, 0, sizeof r->zoo);
        status = config_read(&r->zoo, &zoo_record, r->path, &r->arena, &r->err);
    }
    assert_int_equal(status, OPP_OK);
    assert_true(limit > 64);
}

/* ---- any bytes ----------------------------------------------------------- */

static void
assert_sane(struct reading *r, const char *data, size_t size)
{
    const enum opp_status status = read_bytes(r, data, size);

    assert_true(status == OPP_OK || status == OPP_EUSAGE);
    if (status == OPP_EUSAGE)
        assert_true(r->err.what[0] != '\0');
}

static void
every_cut_is_read_or_refused(void **state)
{
    struct reading *const r = *state;

    for (size_t i = 0; i < sizeof full; i++)
        assert_sane(r, full, i);
}

static void
every_changed_byte_is_read_or_refused(void **state)
{
    static const char others[] = "\0\t\n -:[]{},&*!?'\"#|>%@`~\xff\xc3";
    struct reading *const r = *state;
    char copy[sizeof full];

    for (size_t i = 0; i + 1 < sizeof full; i++)
        for (size_t k = 0; k + 1 < sizeof others; k++) {
            memcpy(copy, full, sizeof full);
            copy[i] = others[k];
            assert_sane(r, copy, sizeof full - 1);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_mebibyte_is_the_limit),
        TEST(aliases_cannot_make_a_file_explode),
        TEST(depth_is_limited),
        TEST(anchors_are_limited),
        TEST(memory_that_ends_is_an_error),
        TEST(every_cut_is_read_or_refused),
        TEST(every_changed_byte_is_read_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
