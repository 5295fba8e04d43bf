/* json.c: the report for machines. */
#include "report/writers.h"

#include <stdio.h>

#include "ops/elem.h"
#include "report/page.h"

enum { REPORT_SCHEMA = 1 };

const char *
severity_name(enum opp_severity severity)
{
    switch (severity) {
    case OPP_NOTE:
        return "note";
    case OPP_WARNING:
        return "warning";
    case OPP_ERROR:
        return "error";
    }
    return "";
}

static void
add_finding(struct json_tree *tree, json_t *findings,
            const struct finding *finding)
{
    const struct rule_info *const info = rule_info(finding->rule);
    json_t *const object = json_tree_add_object(tree, findings);
    char code[16];

    snprintf(code, sizeof code, "OPP%d", (int)info->code);
    json_tree_set(tree, object, "code", json_tree_text(code));
    json_tree_set(tree, object, "name", json_tree_text(info->name));
    json_tree_set(tree, object, "severity",
                  json_tree_text(severity_name(info->severity)));
    json_tree_set(tree, object, "message", json_tree_text(finding->message));
    json_tree_set(tree, object, "place", json_tree_text(finding->place));
    json_tree_set(tree, object, "bytes", json_tree_count(finding->bytes));
}

static void
add_island(struct json_tree *tree, json_t *islands, const struct island *island)
{
    json_t *const object = json_tree_add_object(tree, islands);
    json_t *names;

    json_tree_set(tree, object, "first", json_tree_text(island->first));
    json_tree_set(
        tree, object, "last",
        json_tree_text(island->last != NULL ? island->last : island->first));
    json_tree_set(tree, object, "nodes", json_tree_count(island->nodes));
    json_tree_set(tree, object, "reason", json_tree_text(island->reason));
    json_tree_set(tree, object, "name", json_tree_text(island->name));
    if (island->rule != 0)
        json_tree_set(tree, object, "rule",
                      json_tree_text(page_code(island->rule)));
    json_tree_set(tree, object, "certainty",
                  json_tree_text(island->certainty));
    json_tree_set(tree, object, "detail", json_tree_text(island->detail));
    names = json_tree_set_array(tree, object, "node_names");
    for (uint64_t i = 0; i < island->nodes; i++)
        json_tree_add(tree, names, json_tree_text(island->names[i]));
}

static const char *
type_key(int elem)
{
    return elem == ELEM_UNDEFINED ? "other" : elem_name(elem);
}

static void
set_nodes(struct json_tree *tree, json_t *object,
          const struct model_summary *summary)
{
    json_t *const nodes = json_tree_set_object(tree, object, "nodes");

    for (int e = 0; e < ELEM_COUNT; e++)
        if (summary->nodes[e] > 0)
            json_tree_set(tree, nodes, type_key(e),
                          json_tree_count(summary->nodes[e]));
}

static void
set_weights(struct json_tree *tree, json_t *object,
            const struct model_summary *summary)
{
    json_t *const weights = json_tree_set_object(tree, object, "weights");

    for (int e = 0; e < ELEM_COUNT; e++) {
        json_t *one;
        if (summary->weights[e] == 0)
            continue;
        one = json_tree_set_object(tree, weights, type_key(e));
        json_tree_set(tree, one, "tensors",
                      json_tree_count(summary->weights[e]));
        json_tree_set(tree, one, "bytes",
                      json_tree_count(summary->weight_bytes[e]));
    }
}

static void
set_summary(struct json_tree *tree, const char *key,
            const struct model_summary *summary)
{
    json_t *object;

    if (!summary->known) {
        json_tree_set(tree, tree->root, key, json_null());
        return;
    }
    object = json_tree_set_object(tree, tree->root, key);
    set_nodes(tree, object, summary);
    json_tree_set(tree, object, "casts", json_tree_count(summary->casts));
    json_tree_set(tree, object, "other_casts",
                  json_tree_count(summary->other_casts));
    set_weights(tree, object, summary);
    json_tree_set(tree, object, "file_bytes",
                  json_tree_count(summary->file_bytes));
}

static void
add_cast(struct json_tree *tree, json_t *casts, const struct cast_entry *cast)
{
    json_t *const object = json_tree_add_object(tree, casts);

    json_tree_set(tree, object, "place", json_tree_text(cast->place));
    json_tree_set(tree, object, "value", json_tree_text(cast->value));
    json_tree_set(tree, object, "from",
                  json_tree_text(elem_name(cast->from)));
    json_tree_set(tree, object, "to", json_tree_text(elem_name(cast->to)));
}

static void
set_narrowed(struct json_tree *tree, const struct narrowed *narrowed)
{
    json_t *object;

    if (narrowed->tensors == 0)
        return;
    object = json_tree_set_object(tree, tree->root, "narrowed");
    json_tree_set(tree, object, "type",
                  json_tree_text(elem_name(narrowed->to)));
    json_tree_set(tree, object, "tensors", json_tree_count(narrowed->tensors));
    json_tree_set(tree, object, "exact", json_tree_count(narrowed->exact));
}

static void
set_policy(const struct report *report, struct json_tree *tree)
{
    json_t *object;

    if (report->policy == NULL)
        return;
    object = json_tree_set_object(tree, tree->root, "policy");
    json_tree_set(tree, object, "file", json_tree_text(report->policy));
    json_tree_set(tree, object, "hash", json_tree_text(report->policy_hash));
}

enum opp_status
report_write_json(const struct report *report, struct writer *writer,
                  struct opp_error *err)
{
    struct json_tree tree;
    json_t *findings, *islands, *casts;

    json_tree_init(&tree);
    json_tree_set(&tree, tree.root, "schema", json_integer(REPORT_SCHEMA));
    json_tree_set(&tree, tree.root, "model", json_tree_text(report->model));
    set_policy(report, &tree);
    findings = json_tree_set_array(&tree, tree.root, "findings");
    for (const struct finding *f = report->findings; f != NULL; f = f->next)
        add_finding(&tree, findings, f);
    islands = json_tree_set_array(&tree, tree.root, "islands");
    for (const struct island *p = report->islands; p != NULL; p = p->next)
        add_island(&tree, islands, p);
    casts = json_tree_set_array(&tree, tree.root, "casts");
    for (const struct cast_entry *p = report->casts; p != NULL; p = p->next)
        add_cast(&tree, casts, p);
    rewrites_to_json(report, &tree);
    placement_to_json(report, &tree);
    stored_weights_to_json(report, &tree);
    set_narrowed(&tree, &report->narrowed);
    set_summary(&tree, "before", &report->before);
    set_summary(&tree, "after", &report->after);
    json_tree_set(&tree, tree.root, "changes",
                  json_tree_count(report->changes));
    passes_to_json(report, &tree, tree.root, false);
    return json_tree_write(&tree, writer, err);
}
