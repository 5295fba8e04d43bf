/* explain_text.c: explanations for people. */
#include "plan/explain.h"

#include <string.h>

#include "plan/explain_write.h"
#include "plan/pages.h"
#include "report/writers.h"

enum { LABEL = 13, LINE = 62 };

static void
put_label(struct writer *writer, const char *label)
{
    writer_printf(writer, "  %-*s", LABEL - 2, label);
}

static void
put_node_name(struct writer *writer, const char *label, const char *op)
{
    writer_text(writer, "`");
    put_clean(writer, label);
    writer_text(writer, "`");
    if (op[0] == '\0')
        return;
    writer_text(writer, " (");
    put_clean(writer, op);
    writer_text(writer, ")");
}

static void
put_step(struct writer *writer, const struct explained_step *step)
{
    if (step->facts > 1) {
        writer_printf(writer, "through %u nodes", step->facts);
        if (step->node != NULL) {
            writer_text(writer, ": ");
            put_node_name(writer, step->node, step->op);
        }
        if (step->last != NULL) {
            writer_text(writer, " .. ");
            put_node_name(writer, step->last, "");
        }
        writer_text(writer, "\n");
        return;
    }
    if (step->node != NULL)
        put_node_name(writer, step->node, step->op);
    else if (step->value != NULL)
        put_node_name(writer, step->value, "");
    if (step->text != NULL && (step->node != NULL || step->value != NULL))
        writer_text(writer, ": ");
    if (step->text != NULL) {
        put_clean(writer, step->text);
    } else if (step->value != NULL && step->node != NULL) {
        writer_text(writer, ", by `");
        put_clean(writer, step->value);
        writer_text(writer, "`");
    }
    writer_text(writer, "\n");
}

static void
put_chain(const struct explained_class *class, struct writer *writer)
{
    for (size_t i = 0; i < class->n_steps; i++) {
        put_label(writer, i == 0 ? "because" : "");
        writer_printf(writer, "%zu. ", i + 1);
        put_step(writer, &class->steps[i]);
    }
}

static void
put_reason(const struct explained_class *class, struct writer *writer)
{
    const struct decision *const d = class->decision;
    const struct reason_info *const info = reason_info(d->reason);

    put_label(writer, class->operands);
    if (strlen(class->operands) > LABEL - 3)
        writer_text(writer, "  ");
    if (d->from == d->elem)
        writer_printf(writer, "%s", precision_text(d->from));
    else
        writer_printf(writer, "%s -> %s", precision_text(d->from),
                      precision_text(d->elem));
    writer_printf(writer, "  %s", info->text);
    if (d->detail[0] != '\0') {
        writer_text(writer, ": ");
        put_clean(writer, d->detail);
    }
    writer_text(writer, "\n");
    put_label(writer, "");
    writer_printf(writer, "%s", certainty_name((enum certainty)d->certainty));
    if (info->rule != 0)
        writer_printf(writer, ", OPP%d", info->rule);
    writer_printf(writer, ", %s", info->name);
    if (class->decided_at != NULL) {
        writer_text(writer, "; decided at `");
        put_clean(writer, class->decided_at);
        writer_text(writer, "`");
    }
    writer_text(writer, "\n");
}

/* What the node was looked at for. */
static void
put_considered(const struct explained_node *node, struct writer *writer)
{
    size_t at = 0;

    put_label(writer, "none of");
    for (int i = 0; i < REASON_COUNT; i++) {
        const char *const name = reason_info((enum reason)i)->name;
        if (!reason_page((enum reason)i)->considered)
            continue;
        if (at > LINE - strlen(name)) {
            writer_text(writer, ",\n");
            put_label(writer, "");
            at = 0;
        }
        writer_printf(writer, "%s%s", at > 0 ? ", " : "", name);
        at += strlen(name) + 2;
    }
    writer_text(writer, "\n");
    for (const struct explained_constant *c = node->constants; c != NULL;
         c = c->next) {
        put_label(writer, c == node->constants ? "constants" : "");
        put_clean(writer, c->text);
        writer_text(writer, "\n");
    }
}

static void
put_class(const struct explanation *e, const struct explained_node *node,
          const struct explained_class *class, struct writer *writer)
{
    const struct plan *const plan = e->input->plan;
    const struct reason_page *const page = reason_page(class->decision->reason);

    put_reason(class, writer);
    put_chain(class, writer);
    if (class->decision->reason == REASON_DEFAULT && plan->to != ELEM_FLOAT)
        put_considered(node, writer);
    if (!class->is_wide || plan->to == ELEM_FLOAT)
        return;
    put_label(writer, "needs");
    writer_printf(writer, "%s\n", page->needs);
    put_label(writer, "options");
    writer_printf(writer, "%s\n", page->options);
}

static void
put_bytes(const struct border_cost *cost, struct writer *writer)
{
    char size[SIZE_TEXT];
    const bool more = cost->bytes < 0;

    if (cost->bytes == 0)
        return;
    size_text(size, (uint64_t)(more ? -cost->bytes : cost->bytes));
    writer_printf(writer, ", %s%s a run", cost->unknown == 0 ? "" : "at least ",
                  size);
}

static void
put_island(const struct explanation *e, const struct border_island *island,
           struct writer *writer)
{
    put_label(writer, "island");
    writer_printf(writer, "%u of %u: %u node%s, %lld cast%s at its borders",
                  island->number, borders_islands(e->borders), island->nodes,
                  plural(island->nodes), (long long)island->cost.casts,
                  plural((uint64_t)island->cost.casts));
    put_bytes(&island->cost, writer);
    writer_text(writer, "\n");
}

static void
put_flip(const struct explanation *e, const struct explained_node *node,
         struct writer *writer)
{
    const struct plan *const plan = e->input->plan;
    const bool wide = explained_is_wide(node);
    const int64_t casts = node->flip.casts;
    const uint64_t n = (uint64_t)(casts < 0 ? -casts : casts);
    struct border_cost cost = node->flip;

    put_label(writer, "cost");
    writer_printf(writer, "%s here alone: ",
                  precision_text(wide ? plan->to : ELEM_FLOAT));
    if (casts == 0) {
        writer_text(writer, "as many casts as now\n");
        return;
    }
    writer_printf(writer, "%llu cast%s %s", (unsigned long long)n, plural(n),
                  casts < 0 ? "fewer" : "more");
    if ((cost.bytes < 0) == (casts < 0) && cost.unknown == 0)
        put_bytes(&cost, writer);
    writer_text(writer, "\n");
}

static void
put_node(const struct explanation *e, const struct explained_node *node,
         struct writer *writer)
{
    put_clean(writer, node->label);
    writer_text(writer, "  ");
    put_clean(writer, node_op_type(node->node));
    if (node->classes != NULL)
        writer_printf(writer, "  -> %s", precision_text(node->elem));
    writer_text(writer, "\n");
    if (node->classes == NULL) {
        put_label(writer, "nothing");
        writer_printf(writer, "%s\n", explained_nothing(node));
        return;
    }
    for (const struct explained_class *c = node->classes; c != NULL;
         c = c->next)
        put_class(e, node, c, writer);
    if (node->island != NULL)
        put_island(e, node->island, writer);
    if (node->can_flip && e->input->plan->to != ELEM_FLOAT)
        put_flip(e, node, writer);
}

void
explain_write_text(const struct explanation *explanation, struct writer *writer)
{
    for (const struct explained_node *node = explanation->nodes; node != NULL;
         node = node->next) {
        if (node != explanation->nodes)
            writer_text(writer, "\n");
        put_node(explanation, node, writer);
    }
}
