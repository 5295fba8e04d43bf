/* rewrites.c: the certificates of exact rewrites. */
#include "report/writers.h"

void
report_rewritten(struct report *report, const struct rewritten *rewritten)
{
    struct arena *const arena = &report->arena;
    struct rewritten *const copy = arena_new(arena, struct rewritten);

    *copy = *rewritten;
    copy->place = arena_strdup(arena, rewritten->place);
    copy->before = arena_strdup(arena, rewritten->before);
    copy->after = arena_strdup(arena, rewritten->after);
    *report->rewrites_tail = copy;
    report->rewrites_tail = &copy->next;
}

static const char *
kind(const struct rewritten *rewritten)
{
    return rewritten->is_exact ? "exact" : "bounded";
}

static void
put_rewrite(const struct rewritten *rewritten, struct writer *writer)
{
    writer_printf(writer, "  %s  ", rewritten->rule);
    put_clean(writer, rewritten->place);
    writer_text(writer, "\n    ");
    put_clean(writer, rewritten->before);
    writer_text(writer, "\n    -> ");
    put_clean(writer, rewritten->after);
    writer_printf(writer, "\n    %s: %s\n", kind(rewritten),
                  rewritten->condition);
}

void
put_rewrites(const struct report *report, struct writer *writer)
{
    if (!report->has_rewrites)
        return;
    writer_text(writer, report->rewrites == NULL
                            ? "no rewrites: nothing to be found\n"
                            : "rewrites\n");
    for (const struct rewritten *r = report->rewrites; r != NULL; r = r->next)
        put_rewrite(r, writer);
    writer_text(writer, "\n");
}

void
rewrites_to_json(const struct report *report, struct json_tree *tree)
{
    json_t *list;

    if (!report->has_rewrites)
        return;
    list = json_tree_set_array(tree, tree->root, "rewrites");
    for (const struct rewritten *r = report->rewrites; r != NULL; r = r->next) {
        json_t *const object = json_tree_add_object(tree, list);
        json_tree_set(tree, object, "rule", json_tree_text(r->rule));
        json_tree_set(tree, object, "place", json_tree_text(r->place));
        json_tree_set(tree, object, "before", json_tree_text(r->before));
        json_tree_set(tree, object, "after", json_tree_text(r->after));
        json_tree_set(tree, object, "kind", json_tree_text(kind(r)));
        json_tree_set(tree, object, "condition", json_tree_text(r->condition));
        json_tree_set(tree, object, "removed", json_tree_count(r->removed));
    }
}
