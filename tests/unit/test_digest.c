/* The hash of a model's file: small and large, in a thread and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/digest.h"
#include "model/source.h"

struct setup {
    jmp_buf unwind;
    struct model model;
    unsigned char *data;
};

static void
begin(struct setup *s, size_t size)
{
    *s = (struct setup){.data = malloc(size + 1)};
    assert_non_null(s->data);
    for (size_t i = 0; i < size; i++)
        s->data[i] = (unsigned char)(i * 7 + i / 251);
    arena_init(&s->model.arena, SIZE_MAX, &s->unwind);
    s->model.source = source_new(&s->model, "m.onnx");
    s->model.source->memory = s->data;
    s->model.source->size = size;
}

static void
end(struct setup *s)
{
    model_close(&s->model);
    free(s->data);
}

/* Of XXH3_128bits over the whole. */
static void
expected(const struct setup *s, char text[HASH128_TEXT])
{
    const XXH128_hash_t hash =
        XXH3_128bits(s->data, (size_t)s->model.source->size);
    XXH128_canonical_t bytes;

    XXH128_canonicalFromHash(&bytes, hash);
    memcpy(text, "xxh3-128:", 9);
    for (size_t i = 0; i < sizeof bytes.digest; i++) {
        text[9 + 2 * i] = "0123456789abcdef"[bytes.digest[i] >> 4];
        text[10 + 2 * i] = "0123456789abcdef"[bytes.digest[i] & 15];
    }
    text[41] = '\0';
}

static void
check(size_t size, bool begins, bool stops)
{
    char right[HASH128_TEXT];
    const char *text;
    struct setup s;

    begin(&s, size);
    expected(&s, right);
    if (begins)
        digest_begin(&s.model);
    if (stops)
        digest_stop(&s.model);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(digest_get(&s.model, &text, NULL), OPP_OK);
        assert_string_equal(text, right);
    }
    end(&s);
}

static void
test_every_way(void **state)
{
    const size_t sizes[] = {0, 1, 65535, 65536, 65537, 5000000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check(sizes[i], false, false);
        check(sizes[i], true, false);
        check(sizes[i], true, true);
    }
}

static void
test_unasked(void **state)
{
    struct setup s;

    (void)state;
    begin(&s, 5000000);
    digest_begin(&s.model);
    digest_begin(&s.model);
    end(&s);
}

/* A file that cannot be read is told when the hash is asked for. */
static void
test_unreadable(void **state)
{
    struct opp_error err = {0};
    const char *text;
    struct setup s;

    (void)state;
    for (int begins = 0; begins < 2; begins++) {
        begin(&s, 5000000);
        s.model.source->memory = NULL;
        if (begins)
            digest_begin(&s.model);
        assert_int_equal(digest_get(&s.model, &text, &err), OPP_EINPUT);
        assert_int_equal(err.status, OPP_EINPUT);
        end(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way),
        cmocka_unit_test(test_unasked),
        cmocka_unit_test(test_unreadable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
