/* The report of constructed runs, as text and as JSON. */
#include "report_fixture.h"

#include <jansson.h>

static int
refuse(void *payload, const void *data, size_t size)
{
    (void)payload;
    (void)data;
    (void)size;
    return -1;
}

static const struct model_summary before = {
    .known = true,
    .nodes = {[ELEM_FLOAT] = 9, [ELEM_UNDEFINED] = 2},
    .weights = {[ELEM_FLOAT] = 4, [ELEM_INT64] = 1},
    .weight_bytes = {[ELEM_FLOAT] = 16384, [ELEM_INT64] = 8},
    .file_bytes = 16896,
};

static const struct model_summary after = {
    .known = true,
    .nodes = {[ELEM_FLOAT] = 6, [ELEM_FLOAT16] = 3, [ELEM_UNDEFINED] = 2},
    .casts = 4,
    .weights = {[ELEM_FLOAT16] = 4, [ELEM_INT64] = 1},
    .weight_bytes = {[ELEM_FLOAT16] = 8192, [ELEM_INT64] = 8},
    .file_bytes = 8909,
};

static void
fill_converted(struct fixture *f)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    struct pass_record *pass;

    report_island(&f->report,
                  &(struct island){
                      .first = "node `/scale` (Mul)",
                      .nodes = 1,
                      .names = names,
                      .reason = "OPP201 constant out of range: `big` = 1e+05",
                      .name = "constant-overflow",
                      .detail = "`big` = 1e+05",
                      .certainty = "proven",
                      .rule = 201,
                  });
    report_island(&f->report,
                  &(struct island){
                      .first = "node `/Pow` (Pow)",
                      .last = "node `/Div` (Div)",
                      .nodes = 5,
                      .names = names,
                      .reason = "squares are summed",
                      .name = "square-overflow",
                      .detail = "",
                      .certainty = "evidenced",
                      .tells_certainty = true,
                  });
    report_find(&f->report, OPP202, "", 4, "`eps` becomes zero");
    report_find(&f->report, OPP201, "initializer `big`", 4,
                "`%s` is beyond the range", "big");
    pass = report_pass(&f->report, "apply-plan");
    pass->seconds = 0.0123456;
    pass->changes = 21;
    pass->count_names[0] = "casts";
    pass->count_names[1] = "weights";
    pass->counts[0] = 4;
    pass->counts[1] = 7;
    f->report.changes = 21;
    f->report.before = before;
    f->report.after = after;
}

static void
test_converted(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    fill_converted(&f);
    assert_string_equal(
        write_report(&f, report_write_text),
        "plan      3 nodes FP16, 6 nodes FP32 in 2 islands, 4 casts\n"
        "why FP32\n"
        "  node `/scale` (Mul)  OPP201 constant out of range: `big` = 1e+05\n"
        "  node `/Pow` (Pow) .. node `/Div` (Div) (5 nodes)  squares are "
        "summed (evidenced)\n"
        "\n"
        "error[OPP201] constant-overflow: `big` is beyond the range\n"
        "  --> m.onnx  initializer `big`  (4 B)\n"
        "warning[OPP202] constant-flush: `eps` becomes zero\n"
        "  --> m.onnx  (4 B)\n"
        "\n"
        "                            before       after\n"
        "  nodes FP32                     9           6\n"
        "  nodes FP16                     0           3\n"
        "  nodes other                    2           2\n"
        "  casts                          0           4\n"
        "  weights FP32            16.0 KiB         0 B\n"
        "  weights FP16                 0 B     8.0 KiB\n"
        "  weights int64                8 B         8 B\n"
        "  file                    16.5 KiB     8.7 KiB\n"
        "\n"
        "1 error, 1 warning\n");
    end(&f);
}

static void
test_unchanged(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    f.report.before = before;
    f.report.after = before;
    f.report.before.other_casts = 1;
    assert_string_equal(write_report(&f, report_write_text),
                        "  nodes FP32                     9\n"
                        "  nodes FP16                     0\n"
                        "  nodes other                    2\n"
                        "  casts                          0\n"
                        "  other casts                    1\n"
                        "  weights FP32            16.0 KiB  in 4 tensors\n"
                        "  weights FP16                 0 B\n"
                        "  weights int64                8 B  in 1 tensor\n"
                        "  file                    16.5 KiB\n"
                        "\n"
                        "no findings\n");
    end(&f);
}

/* A plan that is not applied does not claim nodes in FP16. */
static void
test_planned(void **state)
{
    static const char *const names[] = {"a", "c", "b"};
    struct fixture f;

    (void)state;
    begin(&f);
    report_island(&f.report, &(struct island){.first = "a",
                                              .last = "b",
                                              .nodes = 3,
                                              .names = names,
                                              .reason = "reason",
                                              .detail = ""});
    assert_string_equal(write_report(&f, report_write_text),
                        "plan      3 nodes would stay FP32 in 1 island\n"
                        "why FP32\n"
                        "  a .. b (3 nodes)  reason\n"
                        "\n"
                        "no findings\n");
    end(&f);
}

/* Names from a model are data: they start no line and steer no terminal. */
static void
test_hostile_names(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    report_find(&f.report, OPP105, "x\r\x1b[2J", 0, "a\nerror[OPP201] b");
    assert_string_equal(write_report(&f, report_write_text),
                        "note[OPP105] noop-cast: a?error[OPP201] b\n"
                        "  --> m.onnx  x??[2J\n"
                        "\n"
                        "1 note\n");
    end(&f);
}

static size_t
count(const char *text, const char *part)
{
    size_t n = 0;

    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part))
        n++;
    return n;
}

static void
test_groups(void **state)
{
    struct fixture f;
    const char *text;
    json_t *root;

    (void)state;
    begin(&f);
    for (int i = 0; i < 45; i++) {
        report_find(&f.report, OPP202, "w", 348602, "number %d", i);
        report_find(&f.report, OPP105, "c", 0, "cast");
    }
    text = write_report(&f, report_write_text);
    assert_int_equal(count(text, "warning[OPP202]"), 8);
    assert_int_equal(count(text, "note[OPP105]"), 3);
    assert_non_null(strstr(text, "number 7\n  --> m.onnx  w  (340.4 KiB)\n"
                                 "  ... and 37 more (12.3 MiB)\n"));
    assert_non_null(strstr(text, "  ... and 42 more\n"));
    assert_non_null(strstr(text, "\n45 warnings, 45 notes\n"));
    root = json_loads(write_report(&f, report_write_json), 0, NULL);
    assert_int_equal(json_array_size(json_object_get(root, "findings")), 90);
    json_decref(root);
    end(&f);
}

static const char converted_json[] =
    "{\n"
    " \"schema\": 1,\n"
    " \"model\": \"m.onnx\",\n"
    " \"findings\": [\n"
    "  {\n"
    "   \"code\": \"OPP202\",\n"
    "   \"name\": \"constant-flush\",\n"
    "   \"severity\": \"warning\",\n"
    "   \"message\": \"`eps` becomes zero\",\n"
    "   \"place\": \"\",\n"
    "   \"bytes\": 4\n"
    "  },\n"
    "  {\n"
    "   \"code\": \"OPP201\",\n"
    "   \"name\": \"constant-overflow\",\n"
    "   \"severity\": \"error\",\n"
    "   \"message\": \"`big` is beyond the range\",\n"
    "   \"place\": \"initializer `big`\",\n"
    "   \"bytes\": 4\n"
    "  }\n"
    " ],\n"
    " \"islands\": [\n"
    "  {\n"
    "   \"first\": \"node `/scale` (Mul)\",\n"
    "   \"last\": \"node `/scale` (Mul)\",\n"
    "   \"nodes\": 1,\n"
    "   \"reason\": \"OPP201 constant out of range: `big` = 1e+05\",\n"
    "   \"name\": \"constant-overflow\",\n"
    "   \"rule\": \"OPP201\",\n"
    "   \"certainty\": \"proven\",\n"
    "   \"detail\": \"`big` = 1e+05\",\n"
    "   \"node_names\": [\n"
    "    \"a\"\n"
    "   ]\n"
    "  },\n"
    "  {\n"
    "   \"first\": \"node `/Pow` (Pow)\",\n"
    "   \"last\": \"node `/Div` (Div)\",\n"
    "   \"nodes\": 5,\n"
    "   \"reason\": \"squares are summed\",\n"
    "   \"name\": \"square-overflow\",\n"
    "   \"certainty\": \"evidenced\",\n"
    "   \"detail\": \"\",\n"
    "   \"node_names\": [\n"
    "    \"a\",\n"
    "    \"b\",\n"
    "    \"c\",\n"
    "    \"d\",\n"
    "    \"e\"\n"
    "   ]\n"
    "  }\n"
    " ],\n"
    " \"casts\": [\n"
    "  {\n"
    "   \"place\": \"node `x_fp16` (Cast)\",\n"
    "   \"value\": \"x\",\n"
    "   \"from\": \"float\",\n"
    "   \"to\": \"float16\"\n"
    "  }\n"
    " ],\n"
    " \"before\": {\n"
    "  \"nodes\": {\n"
    "   \"other\": 2,\n"
    "   \"float\": 9\n"
    "  },\n"
    "  \"casts\": 0,\n"
    "  \"other_casts\": 0,\n"
    "  \"weights\": {\n"
    "   \"float\": {\n"
    "    \"tensors\": 4,\n"
    "    \"bytes\": 16384\n"
    "   },\n"
    "   \"int64\": {\n"
    "    \"tensors\": 1,\n"
    "    \"bytes\": 8\n"
    "   }\n"
    "  },\n"
    "  \"file_bytes\": 16896\n"
    " },\n"
    " \"after\": {\n"
    "  \"nodes\": {\n"
    "   \"other\": 2,\n"
    "   \"float\": 6,\n"
    "   \"float16\": 3\n"
    "  },\n"
    "  \"casts\": 4,\n"
    "  \"other_casts\": 0,\n"
    "  \"weights\": {\n"
    "   \"int64\": {\n"
    "    \"tensors\": 1,\n"
    "    \"bytes\": 8\n"
    "   },\n"
    "   \"float16\": {\n"
    "    \"tensors\": 4,\n"
    "    \"bytes\": 8192\n"
    "   }\n"
    "  },\n"
    "  \"file_bytes\": 8909\n"
    " },\n"
    " \"changes\": 21,\n"
    " \"passes\": [\n"
    "  {\n"
    "   \"name\": \"apply-plan\",\n"
    "   \"changes\": 21,\n"
    "   \"counts\": {\n"
    "    \"casts\": 4,\n"
    "    \"weights\": 7\n"
    "   }\n"
    "  }\n"
    " ]\n"
    "}\n";

static void
test_json(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    fill_converted(&f);
    report_cast(&f.report, "node `x_fp16` (Cast)", "x", ELEM_FLOAT,
                ELEM_FLOAT16);
    assert_string_equal(write_report(&f, report_write_json), converted_json);
    end(&f);
}

/* JSON must be UTF-8, names in models need not. */
static void
test_json_of_any_bytes(void **state)
{
    static const struct {
        const char *name, *expected;
    } cases[] = {
        {"plain", "plain"},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80",
         "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"a\xFFz", "a\xEF\xBF\xBDz"},
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"}, /* overlong */
        {"\xED\xA0\x80",
         "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* surrogate */
        {"cut\xE2\x82", "cut\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\x1b\"\n", "\x1b\"\n"},
    };
    struct fixture f;
    json_t *root;

    (void)state;
    begin(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        report_find(&f.report, OPP105, cases[i].name, 0, "m");
    root = json_loads(write_report(&f, report_write_json), 0, NULL);
    assert_non_null(root);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(
            json_string_value(json_object_get(
                json_array_get(json_object_get(root, "findings"), i), "place")),
            cases[i].expected);
    json_decref(root);
    end(&f);
}

static enum opp_status
passes_text(const struct report *report, struct writer *writer,
            struct opp_error *err)
{
    return report_write_passes(report, OPP_TEXT, writer, err);
}

static enum opp_status
passes_json(const struct report *report, struct writer *writer,
            struct opp_error *err)
{
    return report_write_passes(report, OPP_JSON, writer, err);
}

static void
test_passes(void **state)
{
    struct fixture f;
    json_t *root, *pass;

    (void)state;
    begin(&f);
    fill_converted(&f);
    assert_string_equal(
        write_report(&f, passes_text),
        "pass                     changes           time  counts\n"
        "apply-plan                    21      12.346 ms  casts 4, weights 7\n"
        "total                         21      12.346 ms\n");
    root = json_loads(write_report(&f, passes_json), 0, NULL);
    pass = json_array_get(json_object_get(root, "passes"), 0);
    assert_true(json_real_value(json_object_get(pass, "seconds")) == 0.0123456);
    json_decref(root);
    end(&f);
}

static void
test_write_failure(void **state)
{
    const write_fn writes[] = {report_write_text, report_write_json,
                               passes_text, passes_json};
    struct fixture f;

    (void)state;
    begin(&f);
    fill_converted(&f);
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        struct writer writer;
        struct opp_error err;
        writer_init(&writer, refuse, NULL);
        assert_int_equal(writes[i](&f.report, &writer, &err), OPP_EOUTPUT);
        assert_int_equal(err.status, OPP_EOUTPUT);
    }
    end(&f);
}

static size_t allocations_left;

static void *
limited_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

/* Each allocation of jansson fails once: no crash, no leak, the right error. */
static void
test_out_of_memory(void **state)
{
    enum opp_status status = OPP_ENOMEM;
    struct fixture f;
    size_t n;

    (void)state;
    begin(&f);
    fill_converted(&f);
    json_set_alloc_funcs(limited_malloc, free);
    for (n = 0; status == OPP_ENOMEM && n < 10000; n++) {
        struct writer writer;
        struct opp_error err;
        buffer_free(&f.buffer);
        f.buffer = (struct buffer){0};
        writer_init(&writer, keep, &f.buffer);
        allocations_left = n;
        status = report_write_json(&f.report, &writer, &err);
        assert_true(status == OPP_OK || err.status == OPP_ENOMEM);
    }
    json_set_alloc_funcs(malloc, free);
    assert_int_equal(status, OPP_OK);
    assert_true(n > 50);
    end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_converted),
        cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_planned),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_of_any_bytes),
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_write_failure),
        cmocka_unit_test(test_out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
