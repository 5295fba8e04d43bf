/* What a report says of weights that were to be stored in a narrower type. */
#include "report_fixture.h"

static void
fill_weights(struct fixture *f)
{
    const struct stored_weight weights[] = {
        {.name = "a", .place = "", .bytes = 2048, .fate = WEIGHT_EXACT},
        {"b", "", 4096, WEIGHT_ROUNDED, 0.000219, NULL, NULL},
        {"c", "If.then_branch/", 1024, WEIGHT_ROUNDED, 0.00021, NULL, NULL},
        {"d\n", "", 68, WEIGHT_KEPT, 0, "is an output", NULL},
        {"e", "", 100, WEIGHT_KEPT, 0, "nobody reads it", NULL},
        {"f", "", 100, WEIGHT_KEPT, 0, "is an output", NULL},
    };

    f->report.weights_to = ELEM_FLOAT16;
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        report_weight(&f->report, &weights[i]);
}

static void
test_stored_weights(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    fill_weights(&f);
    assert_string_equal(
        write_report(&f, report_write_text),
        "weights as FP16            tensors  FP32 bytes\n"
        "  exact                          1     2.0 KiB\n"
        "  rounded                        2     5.0 KiB  relative error up to "
        "0.022 %: `b`\n"
        "  kept                           3       268 B\n"
        "    of these                     2       168 B  is an output: `d?`, "
        "...\n"
        "    of these                     1       100 B  nobody reads it: `e`\n"
        "\n"
        "no findings\n");
    end(&f);
}

static void
test_stored_weights_as_json(void **state)
{
    struct fixture f;
    const char *text;

    (void)state;
    begin(&f);
    fill_weights(&f);
    text = write_report(&f, report_write_json);
    assert_non_null(strstr(text, "\"type\": \"float16\""));
    assert_non_null(strstr(text, "\"kept\": {\n   \"tensors\": 3"));
    assert_non_null(strstr(text, "\"place\": \"If.then_branch/\""));
    assert_non_null(strstr(text, "\"reason\": \"nobody reads it\""));
    end(&f);

    begin(&f);
    assert_null(strstr(write_report(&f, report_write_json), "stored_weights"));
    end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_weights),
        cmocka_unit_test(test_stored_weights_as_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
