/* Policy files without a model: dates, texts for people, keys that have no
 * effect, and names of patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ops/elem.h"
#include "plan/patterns_named.h"
#include "plan/policy_file.h"

static void
knows_the_calendar(void **state)
{
    static const char *const dates[] = {"2027-03-31", "2024-02-29",
                                        "2000-02-29", "0001-01-01"};
    static const char *const others[] = {
        "2027-02-29", "1900-02-29", "2027-04-31", "2027-13-01", "2027-00-10",
        "2027-01-00", "2027-1-1",   "2027/01/01", "2027-01-011", ""};

    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        assert_true(policy_is_date(dates[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(policy_is_date(others[i]));
}

static void
pattern_names_differ(void **state)
{
    const struct named_pattern *pattern;

    (void)state;
    assert_non_null(named_pattern_at(0));
    for (size_t i = 0; (pattern = named_pattern_at(i)) != NULL; i++)
        assert_ptr_equal(named_pattern_find(pattern->name), pattern);
    assert_null(named_pattern_find("decomposed"));
}

static const char text[] = "schema: 1\n"
                           "targets: {require: a}\n"
                           "rules:\n"
                           "- name: \"a\\tb\"\n"
                           "  match: {op: Relu, input: [0, 2]}\n"
                           "  precision: keep\n"
                           "  reason: >\n"
                           "    two\n"
                           "    lines\n"
                           "- match: {node: x}\n"
                           "  precision: bfloat16\n";

static void
says_what_rules_are(void **state)
{
    char path[] = "/tmp/opp_policy_XXXXXX", expected[64];
    const int fd = mkstemp(path);
    struct arena arena;
    struct policy_file file;
    struct config_place at;
    const struct policy_rule *rule;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    arena_init(&arena, SIZE_MAX, NULL);
    assert_int_equal(policy_file_read(&file, path, &arena, NULL), OPP_OK);
    unlink(path);
    assert_string_equal(file.name, path + strlen("/tmp/"));
    assert_int_equal(file.rules.count, 2);
    rule = policy_file_rule(&file, 0);
    assert_int_equal(policy_rule_elem(rule), ELEM_UNDEFINED);
    snprintf(expected, sizeof expected, "%s:4 rule \"a b\": two lines",
             file.name);
    assert_string_equal(policy_rule_text(&file, rule, &arena), expected);
    rule = policy_file_rule(&file, 1);
    assert_int_equal(policy_rule_elem(rule), ELEM_BFLOAT16);
    snprintf(expected, sizeof expected, "%s:10", file.name);
    assert_string_equal(policy_rule_text(&file, rule, &arena), expected);
    for (size_t i = 0; policy_file_unused(&file, i, &at) != NULL; i++)
        assert_int_equal(
            at.line,
            strcmp(policy_file_unused(&file, i, &at), "targets") == 0 ? 2 : 0);
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_calendar),
        cmocka_unit_test(pattern_names_differ),
        cmocka_unit_test(says_what_rules_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
