/* The rows of traits.def are found by bisection, and each must name an op. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ops/ops.h"

static const char *const rows[] = {
#define TRAIT(op, traits) #op,
#include "facts/traits.def"
#undef TRAIT
};

static void
rows_are_sorted(void **state)
{
    (void)state;
    for (size_t i = 1; i < sizeof rows / sizeof *rows; i++)
        assert_true(strcmp(rows[i - 1], rows[i]) < 0);
}

static void
rows_name_ops(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ops_find("", rows[i], ops_newest("")) == NULL)
            fail_msg("no op is called %s", rows[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted),
        cmocka_unit_test(rows_name_ops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
