/* placement.c: what placing light work beside islands saves. */
#include "report/writers.h"

static void
put_figures(const struct cast_figures *figures, const char *what,
            struct writer *writer)
{
    char size[SIZE_TEXT];

    writer_printf(writer, "%llu%s", (unsigned long long)figures->casts, what);
    if (figures->unknown < figures->casts)
        writer_printf(writer, " (%s%s)", figures->unknown > 0 ? "over " : "",
                      size_text(size, figures->bytes));
}

void
put_placement(const struct report *report, struct writer *writer)
{
    const struct placement_record *const p = &report->placement;

    if (p->cost == NULL)
        return;
    if (p->plan.casts != p->every.casts || p->plan.bytes != p->every.bytes) {
        writer_text(writer, "placement ");
        put_figures(&p->plan, p->plan.casts == 1 ? " new cast" : " new casts",
                    writer);
        writer_text(writer, " instead of ");
        put_figures(&p->every, "", writer);
        writer_text(writer, ", because light work joins islands\n");
    }
    if (p->plan.casts > p->max_casts)
        writer_printf(writer,
                      "placement %llu cast%s not reached: the others stand "
                      "beside heavy work, or where both sides are decided\n",
                      (unsigned long long)p->max_casts,
                      p->max_casts == 1 ? " is" : "s are");
    if (p->guessed > 0)
        writer_printf(writer,
                      "placement of %llu part%s is an estimate: the limit of "
                      "operations was reached\n",
                      (unsigned long long)p->guessed, plural(p->guessed));
}

static void
set_figures(struct json_tree *tree, json_t *object, const char *key,
            const struct cast_figures *figures)
{
    json_t *const one = json_tree_set_object(tree, object, key);

    json_tree_set(tree, one, "casts", json_tree_count(figures->casts));
    json_tree_set(tree, one, "bytes", json_tree_count(figures->bytes));
    json_tree_set(tree, one, "casts_of_unknown_size",
                  json_tree_count(figures->unknown));
}

void
placement_to_json(const struct report *report, struct json_tree *tree)
{
    const struct placement_record *const p = &report->placement;
    json_t *object;

    if (p->cost == NULL)
        return;
    object = json_tree_set_object(tree, tree->root, "placement");
    json_tree_set(tree, object, "island_cost", json_tree_text(p->cost));
    set_figures(tree, object, "plan", &p->plan);
    set_figures(tree, object, "every_border", &p->every);
    json_tree_set(tree, object, "max_casts",
                  p->max_casts == UINT64_MAX ? json_null()
                                             : json_tree_count(p->max_casts));
    json_tree_set(tree, object, "estimated_parts", json_tree_count(p->guessed));
}
