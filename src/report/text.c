/* text.c: the report for people. */
#include "report/writers.h"

#include <stdio.h>

#include "ops/elem.h"

enum {
    FINDINGS_SHOWN = 8, /* of one rule; the others become one line */
    NOTES_SHOWN = 3,
};

/* ---- pieces --------------------------------------------------------- */

void
put_clean(struct writer *writer, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        writer_bytes(writer, byte < 0x20 || byte == 0x7F ? "?" : c, 1);
    }
}

const char *
plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* Integers only, because printf writes the decimal point of the locale. */
const char *
size_text(char text[SIZE_TEXT], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    const size_t last = sizeof units / sizeof *units - 1;
    uint64_t unit = 1, tenths;
    size_t i = 0;

    while (i < last && bytes / unit >= 1024) {
        unit *= 1024;
        i++;
    }
    tenths = bytes / unit * 10 + (bytes % unit * 10 + unit / 2) / unit;
    if (tenths == 10240 && i < last) {
        tenths = 10;
        i++;
    }
    if (i == 0)
        snprintf(text, SIZE_TEXT, "%llu B", (unsigned long long)bytes);
    else
        snprintf(text, SIZE_TEXT, "%llu.%llu %s",
                 (unsigned long long)(tenths / 10),
                 (unsigned long long)(tenths % 10), units[i]);
    return text;
}

const char *
precision_text(int elem)
{
    static const char *const texts[ELEM_COUNT] = {
        [ELEM_UNDEFINED] = "other", [ELEM_FLOAT] = "FP32",
        [ELEM_FLOAT16] = "FP16",    [ELEM_BFLOAT16] = "BF16",
        [ELEM_DOUBLE] = "FP64",
    };

    return texts[elem] != NULL ? texts[elem] : elem_name(elem);
}

/* ---- plan ----------------------------------------------------------- */

static uint64_t
count_islands(const struct report *report, uint64_t *nodes)
{
    uint64_t n = 0;

    *nodes = 0;
    for (const struct island *p = report->islands; p != NULL; p = p->next) {
        *nodes += p->nodes;
        n++;
    }
    return n;
}

/* What became of the nodes, once the plan is applied. */
static void
put_converted(const struct report *report, uint64_t islands,
              struct writer *writer)
{
    const struct model_summary *const after = &report->after;

    for (int e = ELEM_COUNT - 1; e > ELEM_UNDEFINED; e--)
        if (e != ELEM_FLOAT && elem_is_float(e) && after->nodes[e] > 0)
            writer_printf(writer, "%llu node%s %s, ",
                          (unsigned long long)after->nodes[e],
                          plural(after->nodes[e]), precision_text(e));
    writer_printf(writer, "%llu node%s FP32",
                  (unsigned long long)after->nodes[ELEM_FLOAT],
                  plural(after->nodes[ELEM_FLOAT]));
    if (islands > 0)
        writer_printf(writer, " in %llu island%s", (unsigned long long)islands,
                      plural(islands));
    writer_printf(writer, ", %llu cast%s", (unsigned long long)after->casts,
                  plural(after->casts));
}

static void
put_plan_line(const struct report *report, struct writer *writer)
{
    uint64_t nodes;
    const uint64_t islands = count_islands(report, &nodes);

    writer_text(writer, "plan      ");
    if (report->plan_line != NULL)
        put_clean(writer, report->plan_line);
    else if (report->changes > 0 && report->after.known)
        put_converted(report, islands, writer);
    else
        writer_printf(writer, "%llu node%s would stay FP32 in %llu island%s",
                      (unsigned long long)nodes, plural(nodes),
                      (unsigned long long)islands, plural(islands));
    writer_text(writer, "\n");
}

static void
put_island(const struct island *island, struct writer *writer)
{
    writer_text(writer, "  ");
    put_clean(writer, island->first);
    if (island->last != NULL) {
        writer_text(writer, " .. ");
        put_clean(writer, island->last);
        writer_printf(writer, " (%llu node%s)",
                      (unsigned long long)island->nodes, plural(island->nodes));
    }
    writer_text(writer, "  ");
    put_clean(writer, island->reason);
    if (island->tells_certainty)
        writer_printf(writer, " (%s)", island->certainty);
    writer_text(writer, "\n");
}

static void
put_policy(const struct report *report, struct writer *writer)
{
    if (report->policy == NULL)
        return;
    writer_text(writer, "policy    ");
    put_clean(writer, report->policy);
    writer_text(writer, report->islands == NULL && report->plan_line == NULL
                            ? "\n\n"
                            : "\n");
}

static void
put_plan(const struct report *report, struct writer *writer)
{
    put_policy(report, writer);
    if (report->islands == NULL && report->plan_line == NULL)
        return;
    put_plan_line(report, writer);
    put_placement(report, writer);
    if (report->islands != NULL)
        writer_text(writer, "why FP32\n");
    for (const struct island *p = report->islands; p != NULL; p = p->next)
        put_island(p, writer);
    writer_text(writer, "\n");
}

/* ---- findings ------------------------------------------------------- */

static void
put_finding(const struct report *report, const struct finding *finding,
            struct writer *writer)
{
    const struct rule_info *const info = rule_info(finding->rule);
    char size[SIZE_TEXT];

    writer_printf(writer, "%s[OPP%d] %s: ", severity_name(info->severity),
                  (int)info->code, info->name);
    put_clean(writer, finding->message);
    writer_text(writer, "\n  --> ");
    put_clean(writer, report->model);
    if (finding->place[0] != '\0') {
        writer_text(writer, "  ");
        put_clean(writer, finding->place);
    }
    if (finding->bytes > 0)
        writer_printf(writer, "  (%s)", size_text(size, finding->bytes));
    writer_text(writer, "\n");
}

static void
put_rule(const struct report *report, enum rule rule, struct writer *writer)
{
    const uint64_t limit = rule_info(rule)->severity == OPP_NOTE
                               ? NOTES_SHOWN
                               : FINDINGS_SHOWN;
    uint64_t shown = 0, more = 0, bytes = 0;
    char size[SIZE_TEXT];

    for (const struct finding *f = report->findings; f != NULL; f = f->next) {
        if (f->rule != rule)
            continue;
        if (shown < limit) {
            put_finding(report, f, writer);
            shown++;
        } else {
            more++;
            bytes += f->bytes;
        }
    }
    if (more == 0)
        return;
    writer_printf(writer, "  ... and %llu more", (unsigned long long)more);
    if (bytes > 0)
        writer_printf(writer, " (%s)", size_text(size, bytes));
    writer_text(writer, "\n");
}

static void
put_findings(const struct report *report, struct writer *writer)
{
    static const enum rule rules[] = {
#define RULE(code, name, severity, summary) OPP##code,
#include "report/rules.def"
#undef RULE
    };

    for (int severity = OPP_ERROR; severity >= OPP_NOTE; severity--)
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
            if ((int)rule_info(rules[i])->severity == severity)
                put_rule(report, rules[i], writer);
    if (report->findings != NULL)
        writer_text(writer, "\n");
}

/* ---- table ---------------------------------------------------------- */

/* One column for a model that did not change, else before and after. */
struct table {
    const struct model_summary *before, *after;
    bool both;
    const struct narrowed *narrowed;
    struct writer *writer;
};

static void
put_label(const struct table *table, const char *what, const char *kind)
{
    char label[48];

    snprintf(label, sizeof label, "%s%s%s", what, kind[0] == '\0' ? "" : " ",
             kind);
    writer_printf(table->writer, "  %-20s", label);
}

static void
put_counts(const struct table *table, uint64_t before, uint64_t after)
{
    writer_printf(table->writer, "%12llu", (unsigned long long)before);
    if (table->both)
        writer_printf(table->writer, "%12llu", (unsigned long long)after);
    writer_text(table->writer, "\n");
}

static void
put_sizes(const struct table *table, uint64_t before, uint64_t after)
{
    char size[SIZE_TEXT];

    writer_printf(table->writer, "%12s", size_text(size, before));
    if (table->both)
        writer_printf(table->writer, "%12s", size_text(size, after));
}

/* FP32 and FP16 are what people look for, so these show a zero too. */
static bool
has_row(int elem, uint64_t before, uint64_t after)
{
    return elem == ELEM_FLOAT || elem == ELEM_FLOAT16 || before > 0 ||
           after > 0;
}

static void
put_nodes(const struct table *table, int elem)
{
    const uint64_t before = table->before->nodes[elem];
    const uint64_t after = table->after->nodes[elem];

    if (!has_row(elem, before, after))
        return;
    put_label(table, "nodes", precision_text(elem));
    put_counts(table, before, after);
}

static void
put_weights(const struct table *table, int elem)
{
    const uint64_t before = table->before->weights[elem];
    const uint64_t after = table->after->weights[elem];

    if (!has_row(elem, before, after))
        return;
    put_label(table, "weights", precision_text(elem));
    put_sizes(table, table->before->weight_bytes[elem],
              table->after->weight_bytes[elem]);
    if (!table->both && before > 0)
        writer_printf(table->writer, "  in %llu tensor%s",
                      (unsigned long long)before, plural(before));
    writer_text(table->writer, "\n");
}

static void
put_narrowed(const struct table *table)
{
    const struct narrowed *const narrowed = table->narrowed;
    char share[48];

    if (!table->both || narrowed->tensors == 0)
        return;
    snprintf(share, sizeof share, "%llu of %llu",
             (unsigned long long)narrowed->exact,
             (unsigned long long)narrowed->tensors);
    put_label(table, "exact in", precision_text(narrowed->to));
    writer_printf(table->writer, "%24s  constants\n", share);
}

static void
put_rows(const struct table *table)
{
    const struct model_summary *const before = table->before;
    const struct model_summary *const after = table->after;

    for (int e = ELEM_UNDEFINED + 1; e < ELEM_COUNT; e++)
        put_nodes(table, e);
    put_nodes(table, ELEM_UNDEFINED);
    put_label(table, "casts", "");
    put_counts(table, before->casts, after->casts);
    if (before->other_casts > 0 || after->other_casts > 0) {
        put_label(table, "other casts", "");
        put_counts(table, before->other_casts, after->other_casts);
    }
    for (int e = 0; e < ELEM_COUNT; e++)
        if (elem_is_float(e))
            put_weights(table, e);
    for (int e = 0; e < ELEM_COUNT; e++)
        if (!elem_is_float(e))
            put_weights(table, e);
    put_narrowed(table);
    put_label(table, "file", "");
    put_sizes(table, before->file_bytes, after->file_bytes);
    writer_text(table->writer, "\n");
}

static void
put_table(const struct report *report, struct writer *writer)
{
    const struct table table = {
        .before = &report->before,
        .after = &report->after,
        .both = report->changes > 0 && report->after.known,
        .narrowed = &report->narrowed,
        .writer = writer,
    };

    if (!report->before.known)
        return;
    if (table.both)
        writer_printf(writer, "  %-20s%12s%12s\n", "", "before", "after");
    put_rows(&table);
    writer_text(writer, "\n");
}

/* ---- casts ---------------------------------------------------------- */

/* All of them: a list that auditors read or compare. */
static void
put_casts(const struct report *report, struct writer *writer)
{
    if (report->casts == NULL)
        return;
    writer_text(writer, "casts between float types\n");
    for (const struct cast_entry *p = report->casts; p != NULL; p = p->next) {
        writer_printf(writer, "  %s -> %s  `", precision_text(p->from),
                      precision_text(p->to));
        put_clean(writer, p->value);
        writer_text(writer, "`  ");
        put_clean(writer, p->place);
        writer_text(writer, "\n");
    }
    writer_text(writer, "\n");
}

/* ---- the whole ------------------------------------------------------ */

static void
put_totals(const struct report *report, struct writer *writer)
{
    size_t above = 0;

    for (int severity = OPP_ERROR; severity >= OPP_NOTE; severity--) {
        const size_t n =
            report_findings(report, (enum opp_severity)severity) - above;
        if (n > 0)
            writer_printf(writer, "%s%zu %s%s", above > 0 ? ", " : "", n,
                          severity_name((enum opp_severity)severity),
                          plural(n));
        above += n;
    }
    writer_text(writer, above > 0 ? "\n" : "no findings\n");
}

enum opp_status
report_write_text(const struct report *report, struct writer *writer,
                  struct opp_error *err)
{
    put_rewrites(report, writer);
    put_plan(report, writer);
    put_stored_weights(report, writer);
    put_findings(report, writer);
    put_casts(report, writer);
    put_table(report, writer);
    put_totals(report, writer);
    return writer_flush(writer, err);
}
