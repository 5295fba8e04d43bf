/* weights.c: what became of the weights that were to be stored in a narrower
 * type. */
#include "report/writers.h"

#include <stdio.h>
#include <string.h>

#include "ops/elem.h"

static const char *const fates[] = {
    [WEIGHT_EXACT] = "exact",
    [WEIGHT_ROUNDED] = "rounded",
    [WEIGHT_KEPT] = "kept",
};

struct total {
    uint64_t tensors, bytes;
    const struct stored_weight *worst; /* has the largest error */
};

/* Over all weights of a fate; of those that are kept, for `reason` only unless
 * that is NULL. */
static struct total
sum(const struct report *report, enum weight_fate fate, const char *reason)
{
    struct total total = {0};

    for (const struct stored_weight *w = report->weights; w != NULL;
         w = w->next) {
        if (w->fate != fate ||
            (reason != NULL && strcmp(w->reason, reason) != 0))
            continue;
        total.tensors++;
        total.bytes += w->bytes;
        if (total.worst == NULL || w->error > total.worst->error)
            total.worst = w;
    }
    return total;
}

static void
put_total(const struct total *total, const char *label, struct writer *writer)
{
    char size[SIZE_TEXT];

    writer_printf(writer, "  %-20s%12llu%12s", label,
                  (unsigned long long)total->tensors,
                  size_text(size, total->bytes));
}

/* Integers only, because printf writes the decimal point of the locale. */
static void
put_percent(double share, struct writer *writer)
{
    const unsigned long long thousandths =
        (unsigned long long)(share * 100000 + 0.5);

    writer_printf(writer, "%llu.%03llu %%", thousandths / 1000,
                  thousandths % 1000);
}

static void
put_worst(const struct stored_weight *weight, struct writer *writer)
{
    writer_text(writer, "  relative error up to ");
    put_percent(weight->error, writer);
    writer_text(writer, ": `");
    put_clean(writer, weight->name);
    writer_text(writer, "`");
}

static bool
is_first_of_reason(const struct report *report,
                   const struct stored_weight *weight)
{
    for (const struct stored_weight *w = report->weights; w != weight;
         w = w->next)
        if (w->reason != NULL && strcmp(w->reason, weight->reason) == 0)
            return false;
    return true;
}

/* A line for each reason, with one weight that it holds for. */
static void
put_reasons(const struct report *report, struct writer *writer)
{
    for (const struct stored_weight *w = report->weights; w != NULL;
         w = w->next) {
        struct total total;
        if (w->reason == NULL || !is_first_of_reason(report, w))
            continue;
        total = sum(report, w->fate, w->reason);
        put_total(&total, "  of these", writer);
        writer_printf(writer, "  %s: `", w->reason);
        put_clean(writer, w->place);
        put_clean(writer, w->name);
        writer_text(writer, total.tensors > 1 ? "`, ...\n" : "`\n");
    }
}

void
put_stored_weights(const struct report *report, struct writer *writer)
{
    char label[32];

    if (report->weights_to == ELEM_UNDEFINED)
        return;
    snprintf(label, sizeof label, "weights as %s",
             precision_text(report->weights_to));
    writer_printf(writer, "%-22s%12s%12s\n", label, "tensors", "FP32 bytes");
    for (int fate = WEIGHT_EXACT; fate <= WEIGHT_KEPT; fate++) {
        const struct total total = sum(report, (enum weight_fate)fate, NULL);
        put_total(&total, fates[fate], writer);
        if (fate == WEIGHT_ROUNDED && total.worst != NULL)
            put_worst(total.worst, writer);
        writer_text(writer, "\n");
    }
    put_reasons(report, writer);
    writer_text(writer, "\n");
}

/* ---- JSON ------------------------------------------------------------ */

static void
add_weight(struct json_tree *tree, json_t *list,
           const struct stored_weight *weight)
{
    json_t *const object = json_tree_add_object(tree, list);

    json_tree_set(tree, object, "name", json_tree_text(weight->name));
    json_tree_set(tree, object, "place", json_tree_text(weight->place));
    json_tree_set(tree, object, "bytes", json_tree_count(weight->bytes));
    json_tree_set(tree, object, "fate", json_tree_text(fates[weight->fate]));
    if (weight->fate == WEIGHT_ROUNDED)
        json_tree_set(tree, object, "error", json_real(weight->error));
    if (weight->reason != NULL)
        json_tree_set(tree, object, "reason", json_tree_text(weight->reason));
}

void
stored_weights_to_json(const struct report *report, struct json_tree *tree)
{
    json_t *object, *list;

    if (report->weights_to == ELEM_UNDEFINED)
        return;
    object = json_tree_set_object(tree, tree->root, "stored_weights");
    json_tree_set(tree, object, "type",
                  json_tree_text(elem_name(report->weights_to)));
    for (int fate = WEIGHT_EXACT; fate <= WEIGHT_KEPT; fate++) {
        const struct total total = sum(report, (enum weight_fate)fate, NULL);
        json_t *const one = json_tree_set_object(tree, object, fates[fate]);
        json_tree_set(tree, one, "tensors", json_tree_count(total.tensors));
        json_tree_set(tree, one, "bytes", json_tree_count(total.bytes));
    }
    list = json_tree_set_array(tree, object, "weights");
    for (const struct stored_weight *w = report->weights; w != NULL;
         w = w->next)
        add_weight(tree, list, w);
}
