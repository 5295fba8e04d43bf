/* use_opp.c: a program that knows nothing of the library but opp.h and what
 * pkg-config says. Usage: use_opp MODEL FOLDER. Writes a.onnx (to a file) and
 * b.onnx (by a callback) into FOLDER; says what is wrong and exits with 1. */
#include <opp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                               \
    do {                                                               \
        if (!(condition)) {                                            \
            fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, \
                    error.what);                                       \
            exit(1);                                                   \
        }                                                              \
    } while (0)

static struct opp_error error;

struct text {
    char *bytes;
    size_t size;
};

static int
append(void *payload, const void *data, size_t size)
{
    struct text *const text = payload;
    char *const bytes = realloc(text->bytes, text->size + size + 1);

    if (bytes == NULL)
        return 1;
    memcpy(bytes + text->size, data, size);
    text->bytes = bytes;
    text->size += size;
    bytes[text->size] = '\0';
    return 0;
}

static int
refuse(void *payload, const void *data, size_t size)
{
    (void)payload;
    (void)data;
    (void)size;
    return 1;
}

static void
expect(struct text *text, const char *part)
{
    CHECK(text->bytes != NULL && strstr(text->bytes, part) != NULL);
    free(text->bytes);
    *text = (struct text){0};
}

static struct text
read_file(const char *path)
{
    FILE *const file = fopen(path, "rb");
    struct text text = {0};
    char chunk[4096];
    size_t n;

    CHECK(file != NULL);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        CHECK(append(&text, chunk, n) == 0);
    fclose(file);
    return text;
}

static void
write_file(const char *path, const struct text *text)
{
    FILE *const file = fopen(path, "wb");

    CHECK(file != NULL);
    CHECK(fwrite(text->bytes, 1, text->size, file) == text->size);
    CHECK(fclose(file) == 0);
}

static void
count_progress(void *payload, const char *stage, uint64_t done, uint64_t total)
{
    CHECK(stage != NULL && done <= total);
    ++*(int *)payload;
}

static void
audit(const char *path)
{
    struct opp_model *model;
    struct opp_report *report;
    struct text text = {0};

    CHECK(opp_load_file(&model, path, NULL, &error) == OPP_OK);
    CHECK(opp_audit(model, &report, &error) == OPP_OK);
    CHECK(opp_report_changes(report) == 0);
    CHECK(opp_report_findings(report, OPP_ERROR) == 1);
    CHECK(opp_report_findings(report, OPP_NOTE) >= 1);
    CHECK(opp_report_write(report, OPP_TEXT, append, &text, &error) == OPP_OK);
    expect(&text, "OPP201");
    CHECK(opp_report_write(report, OPP_JSON, append, &text, &error) == OPP_OK);
    expect(&text, "\"constant-overflow\"");
    CHECK(opp_report_write_passes(report, OPP_TEXT, append, &text, &error) ==
          OPP_OK);
    expect(&text, "find-casts");
    CHECK(opp_print(model, OPP_TEXT, append, &text, &error) == OPP_OK);
    expect(&text, "MatMul");
    opp_report_free(report);
    opp_model_free(model);
}

static void
plan(const struct text *file)
{
    struct opp_model *model;
    struct opp_report *report;
    struct text text = {0};

    CHECK(opp_load_memory(&model, file->bytes, file->size, NULL, &error) ==
          OPP_OK);
    CHECK(opp_plan_write(model, OPP_JSON, append, &text, &error) == OPP_EUSAGE);
    CHECK(opp_explain_write(model, "*", OPP_TEXT, append, &text, &error) ==
          OPP_EUSAGE);
    CHECK(opp_plan(model, "half", &report, &error) == OPP_OK);
    CHECK(opp_report_changes(report) == 0);
    opp_report_free(report);
    CHECK(opp_plan_write(model, OPP_JSON, append, &text, &error) == OPP_OK);
    expect(&text, "\"structure\"");
    CHECK(opp_plan_write(model, OPP_TEXT, append, &text, &error) == OPP_OK);
    expect(&text, "float16");
    CHECK(opp_explain_write(model, "*", OPP_JSON, append, &text, &error) ==
          OPP_OK);
    expect(&text, "\"opp_explain\"");
    CHECK(opp_explain_write(model, "nobody", OPP_TEXT, append, &text, NULL) ==
          OPP_EUSAGE);
    CHECK(opp_convert(model, "half", NULL, &error) == OPP_OK);
    CHECK(opp_explain_write(model, "*", OPP_TEXT, append, &text, &error) ==
          OPP_EUSAGE);
    opp_model_free(model);
}

static void
explain_rules(void)
{
    struct text text = {0};

    CHECK(opp_rule_write("square-overflow", OPP_TEXT, append, &text, &error) ==
          OPP_OK);
    expect(&text, "OPP304");
    CHECK(opp_rule_write(NULL, OPP_JSON, append, &text, &error) == OPP_OK);
    expect(&text, "\"opp_pages\"");
    CHECK(opp_rule_write("", OPP_TEXT, append, &text, &error) == OPP_EUSAGE);
    CHECK(opp_rule_write("nothing", OPP_TEXT, append, &text, NULL) ==
          OPP_EUSAGE);
}

static void
convert(const char *path, const char *a, const char *b)
{
    struct opp_model *model;
    struct opp_report *report;
    struct text written = {0}, saved;
    int calls = 0;
    const struct opp_save_options options = {
        .threads = 2, .progress = count_progress, .progress_payload = &calls};

    CHECK(opp_load_file(&model, path, NULL, &error) == OPP_OK);
    CHECK(opp_convert(model, "float16", &report, &error) == OPP_OK);
    CHECK(opp_report_changes(report) > 0);
    CHECK(opp_save_file(model, path, NULL, &error) == OPP_EUSAGE);
    CHECK(error.status == OPP_EUSAGE && error.what[0] != '\0');
    CHECK(opp_save_file(model, a, &options, &error) == OPP_OK);
    CHECK(calls > 0);
    CHECK(opp_save_callback(model, refuse, NULL, NULL, &error) == OPP_EOUTPUT);
    CHECK(opp_save_callback(model, append, &written, NULL, &error) == OPP_OK);
    saved = read_file(a);
    CHECK(saved.size == written.size &&
          memcmp(saved.bytes, written.bytes, saved.size) == 0);
    write_file(b, &written);
    free(saved.bytes);
    free(written.bytes);
    opp_report_free(report);
    opp_model_free(model);
}

static void
run_pipeline(const char *path)
{
    struct opp_model *model;
    struct opp_pipeline *pipeline;
    struct opp_report *report;
    struct text log = {0};
    const struct opp_run_options options = {.verify_each = true,
                                            .print_after = "apply-plan",
                                            .stop_after = "apply-plan",
                                            .log = append,
                                            .log_payload = &log};

    CHECK(opp_pipeline_parse(&pipeline, "plan-precision,aply-plan", &error) ==
          OPP_EUSAGE);
    CHECK(pipeline == NULL && strstr(error.help, "apply-plan") != NULL);
    CHECK(opp_pipeline_parse(&pipeline,
                             "plan-precision:keep-io=none,apply-plan,"
                             "share-casts",
                             &error) == OPP_OK);
    CHECK(opp_pipeline_set(pipeline, "fold-casts", "x", "y", &error) ==
          OPP_EUSAGE);
    CHECK(opp_pipeline_set(pipeline, "plan-precision", "op-block", "Relu",
                           &error) == OPP_OK);
    CHECK(opp_load_file(&model, path, NULL, &error) == OPP_OK);
    CHECK(opp_run(model, pipeline, &options, &report, &error) == OPP_OK);
    expect(&log, "-- after apply-plan");
    opp_report_free(report);
    opp_model_free(model);
    opp_pipeline_free(pipeline);
}

static void
fail(const char *path)
{
    struct opp_model *model;
    struct opp_report *report;
    const struct opp_load_options small = {.memory_limit = 1};

    CHECK(opp_load_file(&model, "/no/such/model.onnx", NULL, &error) ==
          OPP_EINPUT);
    CHECK(model == NULL && strstr(error.what, "No such file") != NULL);
    CHECK(opp_load_memory(&model, "no model", 8, NULL, &error) == OPP_EINPUT);
    CHECK(opp_load_file(&model, path, &small, NULL) == OPP_ENOMEM);
    CHECK(opp_load_file(&model, path, NULL, NULL) == OPP_OK);
    CHECK(opp_convert(model, "int8", &report, &error) == OPP_EUSAGE);
    CHECK(report == NULL && error.help[0] != '\0');
    CHECK(opp_save_callback(model, refuse, NULL, NULL, &error) == OPP_EUSAGE);
    opp_model_free(model);
    opp_model_free(NULL);
    opp_report_free(NULL);
    opp_pipeline_free(NULL);
}

/* A declared operator does no harm to a model without it. */
static void
sign(const char *path, const char *signature)
{
    const char *const names[] = {signature, NULL};
    const char *const twice[] = {signature, signature, NULL};
    const struct opp_load_options good = {.op_signatures = names};
    const struct opp_load_options bad = {.op_signatures = twice};
    struct opp_model *model;
    FILE *const stream = fopen(signature, "w");

    CHECK(stream != NULL);
    CHECK(fputs("schema: 1\nops:\n- domain: my.ops\n  op: Gate\n"
                "  inputs: [float]\n  outputs: [float]\n",
                stream) >= 0);
    CHECK(fclose(stream) == 0);
    CHECK(opp_load_file(&model, path, &bad, &error) == OPP_EUSAGE);
    CHECK(model == NULL && strstr(error.where, ":4:7") != NULL);
    CHECK(opp_load_file(&model, path, &good, &error) == OPP_OK);
    CHECK(opp_convert(model, "float16", NULL, &error) == OPP_OK);
    opp_model_free(model);
}

static void
list_passes(void)
{
    struct text text = {0};

    CHECK(opp_passes_write(OPP_JSON, append, &text, &error) == OPP_OK);
    expect(&text, "\"plan-precision\"");
    CHECK(opp_version()[0] != '\0');
}

int
main(int argc, char **argv)
{
    char a[4096], b[4096], signature[4096];
    struct text file;

    if (argc != 3)
        return 2;
    snprintf(a, sizeof a, "%s/a.onnx", argv[2]);
    snprintf(b, sizeof b, "%s/b.onnx", argv[2]);
    snprintf(signature, sizeof signature, "%s/s.yaml", argv[2]);
    file = read_file(argv[1]);
    audit(argv[1]);
    plan(&file);
    convert(argv[1], a, b);
    run_pipeline(argv[1]);
    fail(argv[1]);
    sign(argv[1], signature);
    list_passes();
    explain_rules();
    free(file.bytes);
    puts(opp_version());
    return 0;
}
