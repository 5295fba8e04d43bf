/* Arena, map, writer, buffer and error of src/base. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/map.h"
#include "base/writer.h"

/* ---- arena ------------------------------------------------------------- */

static void
test_arena_zeroes_and_aligns(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, SIZE_MAX, NULL);
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *const memory = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xAB, size);
    }
    arena_free(&arena);
    assert_int_equal(arena.used, 0);
}

static void
test_arena_large_objects_keep_the_block(void **state)
{
    struct arena arena;
    char *first, *large, *second;

    (void)state;
    arena_init(&arena, SIZE_MAX, NULL);
    first = arena_strdup(&arena, "first");
    large = arena_alloc(&arena, 1000000);
    second = arena_strdup(&arena, "second");
    large[999999] = 1;
    assert_string_equal(first, "first");
    assert_string_equal(second, "second");
    arena_free(&arena);
}

static void
test_arena_limit(void **state)
{
    struct arena arena;
    jmp_buf unwind;
    volatile int unwound = 0;

    (void)state;
    arena_init(&arena, 300000, &unwind);
    assert_non_null(arena_try_alloc(&arena, 200000));
    assert_null(arena_try_alloc(&arena, 200000));
    assert_null(arena_try_alloc(&arena, SIZE_MAX));
    assert_null(arena_try_alloc(&arena, SIZE_MAX - 8));
    if (setjmp(unwind) == 0)
        arena_alloc(&arena, 200000);
    else
        unwound = 1;
    assert_int_equal(unwound, 1);
    if (setjmp(unwind) == 0)
        arena_alloc_array(&arena, SIZE_MAX / 2, 16);
    else
        unwound = 2;
    assert_int_equal(unwound, 2);
    assert_true(arena.used <= 300000);
    arena_free(&arena);
}

static void
test_arena_texts(void **state)
{
    struct arena arena;
    char *text;

    (void)state;
    arena_init(&arena, SIZE_MAX, NULL);
    text = arena_printf(&arena, "%s-%d", "abc", 42);
    assert_string_equal(text, "abc-42");
    text = arena_memdup(&arena, "a\0b", 3);
    assert_memory_equal(text, "a\0b", 4);
    text = arena_memdup(&arena, NULL, 0);
    assert_string_equal(text, "");
    arena_free(&arena);
}

static void
test_arena_grow(void **state)
{
    struct arena arena;
    int *items = NULL;

    (void)state;
    arena_init(&arena, SIZE_MAX, NULL);
    for (int i = 0; i < 1000; i++) {
        items = arena_grow(&arena, items, (size_t)i, sizeof *items);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    arena_free(&arena);
}

/* ---- map --------------------------------------------------------------- */

static void
test_map(void **state)
{
    struct arena arena;
    struct map map;
    static int items[5000];

    (void)state;
    arena_init(&arena, SIZE_MAX, NULL);
    map_init(&map, &arena);
    assert_null(map_get(&map, "absent"));
    for (int i = 0; i < 5000; i++)
        map_put(&map, arena_printf(&arena, "key %d", i), &items[i]);
    for (int i = 0; i < 5000; i++)
        assert_ptr_equal(map_get(&map, arena_printf(&arena, "key %d", i)),
                         &items[i]);
    assert_int_equal(map.count, 5000);
    assert_null(map_get(&map, "key 5000"));
    map_put(&map, "key 7", &items[0]);
    assert_ptr_equal(map_get(&map, "key 7"), &items[0]);
    map_put(&map, "key 7", NULL);
    assert_null(map_get(&map, "key 7"));
    assert_int_equal(map.count, 5000);
    map_put(&map, "", &items[3]);
    assert_ptr_equal(map_get(&map, ""), &items[3]);
    arena_free(&arena);
}

/* ---- buffer ------------------------------------------------------------ */

static void
test_buffer(void **state)
{
    struct buffer buffer = {.limit = 1000};
    size_t n = 0;

    (void)state;
    assert_true(buffer_append(&buffer, NULL, 0));
    while (buffer_append(&buffer, "abcdefg", 7))
        n++;
    assert_int_equal(n, 142);
    assert_int_equal(buffer.size, 994);
    assert_true(buffer_append(&buffer, "123456", 6));
    assert_false(buffer_append(&buffer, "x", 1));
    assert_memory_equal(buffer.data, "abcdefgabc", 10);
    assert_memory_equal(buffer.data + 994, "123456", 6);
    assert_false(buffer_append(&buffer, "x", SIZE_MAX));
    buffer_free(&buffer);
    assert_int_equal(buffer.size, 0);
}

/* ---- writer ------------------------------------------------------------ */

struct output {
    char text[20000];
    size_t size;
    int calls, fail_at;
};

static int
collect(void *payload, const void *data, size_t size)
{
    struct output *const output = payload;

    if (++output->calls == output->fail_at)
        return 1;
    assert_true(size <= sizeof output->text - output->size);
    memcpy(output->text + output->size, data, size);
    output->size += size;
    return 0;
}

static void
test_writer_keeps_order(void **state)
{
    static struct output output;
    static char expected[20000], large[5000], middle[700];
    struct writer writer;
    struct opp_error err;

    (void)state;
    memset(&output, 0, sizeof output);
    memset(large, 'L', sizeof large - 1);
    memset(middle, 'm', sizeof middle - 1);
    writer_init(&writer, collect, &output);
    writer_text(&writer, "begin");
    writer_printf(&writer, " %d %s ", 7, "seven");
    writer_printf(&writer, "%s", middle);
    writer_text(&writer, large);
    for (int i = 0; i < 1000; i++)
        writer_bytes(&writer, "0123456789", 10);
    assert_int_equal(writer_flush(&writer, &err), OPP_OK);
    snprintf(expected, sizeof expected, "begin 7 seven %s%s", middle, large);
    assert_int_equal(output.size, strlen(expected) + 10000);
    assert_memory_equal(output.text, expected, strlen(expected));
    assert_memory_equal(output.text + output.size - 10, "0123456789", 10);
}

static void
test_writer_failure_sticks(void **state)
{
    static struct output output;
    struct writer writer;
    struct opp_error err;

    (void)state;
    memset(&output, 0, sizeof output);
    output.fail_at = 2;
    writer_init(&writer, collect, &output);
    for (int i = 0; i < 2000; i++)
        writer_text(&writer, "0123456789");
    assert_int_equal(writer_flush(&writer, &err), OPP_EOUTPUT);
    assert_int_equal(err.status, OPP_EOUTPUT);
    assert_int_equal(output.calls, 2);
}

/* ---- error ------------------------------------------------------------- */

static void
test_error_details(void **state)
{
    struct opp_error err;

    (void)state;
    memset(&err, 'x', sizeof err);
    assert_int_equal(error_set(&err, OPP_EINPUT, "no %s", "file"), OPP_EINPUT);
    assert_int_equal(err.status, OPP_EINPUT);
    assert_string_equal(err.what, "no file");
    assert_string_equal(err.where, "");
    assert_string_equal(err.why, "");
    assert_string_equal(err.help, "");
    error_where(&err, "here %d", 1);
    error_why(&err, "because");
    error_help(&err, "do\nthis\x7f");
    assert_string_equal(err.where, "here 1");
    assert_string_equal(err.why, "because");
    assert_string_equal(err.help, "do?this?");
    assert_int_equal(error_set(NULL, OPP_EBUG, "ignored"), OPP_EBUG);
    error_where(NULL, "ignored");
}

static void
test_error_cuts_between_characters(void **state)
{
    struct opp_error err;
    char text[600] = "";

    (void)state;
    for (int i = 0; i < 290; i++)
        strcat(text, "\xC3\xA9");
    for (int shift = 0; shift < 3; shift++) {
        error_set(&err, OPP_EINPUT, "%.*s%s", shift, "ab", text);
        const size_t length = strlen(err.what);
        assert_true(length < sizeof err.what);
        assert_string_equal(err.what + length - 3, "...");
        assert_int_equal((unsigned char)err.what[length - 4], 0xA9);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_zeroes_and_aligns),
        cmocka_unit_test(test_arena_large_objects_keep_the_block),
        cmocka_unit_test(test_arena_limit),
        cmocka_unit_test(test_arena_texts),
        cmocka_unit_test(test_arena_grow),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_writer_keeps_order),
        cmocka_unit_test(test_writer_failure_sticks),
        cmocka_unit_test(test_error_details),
        cmocka_unit_test(test_error_cuts_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
