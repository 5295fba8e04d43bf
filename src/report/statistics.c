/* statistics.c: what each pass of a run counted and how long it took. */
#include "report/writers.h"

enum { PASSES_SCHEMA = 1 };

static void
add_pass(struct json_tree *tree, json_t *passes,
         const struct pass_record *record, bool times)
{
    json_t *const object = json_tree_add_object(tree, passes);
    json_t *counts;

    json_tree_set(tree, object, "name", json_tree_text(record->name));
    json_tree_set(tree, object, "changes", json_tree_count(record->changes));
    if (times)
        json_tree_set(tree, object, "seconds", json_real(record->seconds));
    counts = json_tree_set_object(tree, object, "counts");
    for (size_t i = 0; record->count_names[i] != NULL; i++)
        json_tree_set(tree, counts, record->count_names[i],
                      json_tree_count(record->counts[i]));
}

void
passes_to_json(const struct report *report, struct json_tree *tree,
               json_t *object, bool times)
{
    json_t *const passes = json_tree_set_array(tree, object, "passes");

    for (const struct pass_record *p = report->passes; p != NULL; p = p->next)
        add_pass(tree, passes, p, times);
}

static enum opp_status
write_json(const struct report *report, struct writer *writer,
           struct opp_error *err)
{
    struct json_tree tree;

    json_tree_init(&tree);
    json_tree_set(&tree, tree.root, "schema", json_integer(PASSES_SCHEMA));
    json_tree_set(&tree, tree.root, "model", json_tree_text(report->model));
    json_tree_set(&tree, tree.root, "changes",
                  json_tree_count(report->changes));
    passes_to_json(report, &tree, tree.root, true);
    return json_tree_write(&tree, writer, err);
}

/* Integers only, because printf writes the decimal point of the locale. */
static void
put_row(struct writer *writer, const char *name, uint64_t changes,
        double seconds)
{
    const unsigned long long us = (unsigned long long)(seconds * 1e6 + 0.5);

    writer_printf(writer, "%-22s%10llu%8llu.%03llu ms", name,
                  (unsigned long long)changes, us / 1000, us % 1000);
}

static void
put_pass(struct writer *writer, const struct pass_record *record)
{
    put_row(writer, record->name, record->changes, record->seconds);
    for (size_t i = 0; record->count_names[i] != NULL; i++)
        writer_printf(writer, "%s%s %llu", i == 0 ? "  " : ", ",
                      record->count_names[i],
                      (unsigned long long)record->counts[i]);
    writer_text(writer, "\n");
}

static enum opp_status
write_text(const struct report *report, struct writer *writer,
           struct opp_error *err)
{
    double seconds = 0;

    writer_printf(writer, "%-22s%10s%15s  %s\n", "pass", "changes", "time",
                  "counts");
    for (const struct pass_record *p = report->passes; p != NULL; p = p->next) {
        put_pass(writer, p);
        seconds += p->seconds;
    }
    put_row(writer, "total", report->changes, seconds);
    writer_text(writer, "\n");
    return writer_flush(writer, err);
}

enum opp_status
report_write_passes(const struct report *report, enum opp_format format,
                    struct writer *writer, struct opp_error *err)
{
    return format == OPP_JSON ? write_json(report, writer, err)
                              : write_text(report, writer, err);
}
