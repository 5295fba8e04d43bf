/* explain_json.c: explanations for machines, and what text and JSON share. */
#include "plan/explain_write.h"
#include "plan/pages.h"

enum { EXPLAIN_SCHEMA = 1 };

bool
explained_is_wide(const struct explained_node *node)
{
    for (const struct explained_class *c = node->classes; c != NULL;
         c = c->next)
        if (c->is_wide)
            return true;
    return false;
}

const char *
explained_nothing(const struct explained_node *node)
{
    if (node->node->function != NULL)
        return "the nodes of the function that it calls are decided";
    if (node->node->op == NULL)
        return "no table knows the operator (OPP409): its operands stay as "
               "they are";
    return "it has no operands of a float type that could change";
}

static void
set_text(struct json_tree *tree, json_t *object, const char *key,
         const char *text)
{
    if (text != NULL)
        json_tree_set(tree, object, key, json_tree_text(text));
}

void
steps_to_json(struct json_tree *tree, json_t *object, const char *key,
              const struct explained_step *steps, size_t n)
{
    json_t *const list = json_tree_set_array(tree, object, key);

    for (size_t i = 0; i < n; i++) {
        json_t *const step = json_tree_add_object(tree, list);
        set_text(tree, step, "node", steps[i].node);
        set_text(tree, step, "last", steps[i].last);
        set_text(tree, step, "value", steps[i].value);
        set_text(tree, step, "text", steps[i].text);
        if (steps[i].facts > 1)
            json_tree_set(tree, step, "facts", json_tree_count(steps[i].facts));
    }
}

static void
set_cost(struct json_tree *tree, json_t *object, const struct border_cost *cost)
{
    json_tree_set(tree, object, "casts", json_integer(cost->casts));
    json_tree_set(tree, object, "bytes", json_integer(cost->bytes));
    json_tree_set(tree, object, "casts_of_unknown_size",
                  json_integer(cost->unknown));
}

static void
add_class(struct json_tree *tree, json_t *classes,
          const struct explained_class *class)
{
    const struct decision *const d = class->decision;
    const struct reason_info *const info = reason_info(d->reason);
    const struct reason_page *const page = reason_page(d->reason);
    json_t *const object = json_tree_add_object(tree, classes);

    set_text(tree, object, "operands", class->operands);
    set_text(tree, object, "from", elem_name(d->from));
    set_text(tree, object, "type", elem_name(d->elem));
    set_text(tree, object, "reason", info->name);
    set_text(tree, object, "text", info->text);
    if (d->detail[0] != '\0')
        set_text(tree, object, "detail", d->detail);
    set_text(tree, object, "certainty",
             certainty_name((enum certainty)d->certainty));
    if (info->rule != 0)
        set_text(tree, object, "rule", page_code(info->rule));
    set_text(tree, object, "decided_at", class->decided_at);
    steps_to_json(tree, object, "cause", class->steps, class->n_steps);
    if (class->is_wide) {
        set_text(tree, object, "needs", page->needs);
        set_text(tree, object, "options", page->options);
    }
}

static void
set_considered(struct json_tree *tree, json_t *object)
{
    json_t *const list = json_tree_set_array(tree, object, "considered");

    for (int i = 0; i < REASON_COUNT; i++)
        if (reason_page((enum reason)i)->considered)
            json_tree_add(tree, list,
                          json_tree_text(reason_info((enum reason)i)->name));
}

static void
add_costs(struct json_tree *tree, json_t *object, const struct explanation *e,
          const struct explained_node *node)
{
    json_t *one;

    if (node->island != NULL) {
        one = json_tree_set_object(tree, object, "island");
        json_tree_set(tree, one, "number",
                      json_tree_count(node->island->number));
        json_tree_set(tree, one, "nodes", json_tree_count(node->island->nodes));
        set_cost(tree, one, &node->island->cost);
    }
    if (!node->can_flip || e->input->plan->to == ELEM_FLOAT)
        return;
    one = json_tree_set_object(tree, object, "flip");
    set_text(
        tree, one, "to",
        elem_name(explained_is_wide(node) ? e->input->plan->to : ELEM_FLOAT));
    set_cost(tree, one, &node->flip);
}

static void
add_node(struct json_tree *tree, json_t *nodes, const struct explanation *e,
         const struct explained_node *node)
{
    json_t *const object = json_tree_add_object(tree, nodes);
    json_t *list;

    json_tree_set(tree, object, "id", json_tree_count(node->node->id));
    set_text(tree, object, "node", node->label);
    set_text(tree, object, "op", node_op_type(node->node));
    if (node->classes != NULL)
        set_text(tree, object, "type", elem_name(node->elem));
    else
        set_text(tree, object, "nothing", explained_nothing(node));
    list = json_tree_set_array(tree, object, "classes");
    for (const struct explained_class *c = node->classes; c != NULL;
         c = c->next)
        add_class(tree, list, c);
    list = json_tree_set_array(tree, object, "constants");
    for (const struct explained_constant *c = node->constants; c != NULL;
         c = c->next)
        json_tree_add(tree, list, json_tree_text(c->text));
    add_costs(tree, object, e, node);
}

static enum opp_status
write_json(const struct explanation *e, const struct border_cost *total,
           struct writer *writer, struct opp_error *err)
{
    struct json_tree tree;
    json_t *nodes;

    json_tree_init(&tree);
    json_tree_set(&tree, tree.root, "opp_explain",
                  json_tree_count(EXPLAIN_SCHEMA));
    set_text(&tree, tree.root, "to", elem_name(e->input->plan->to));
    json_tree_set(&tree, tree.root, "islands",
                  json_tree_count(borders_islands(e->borders)));
    set_cost(&tree, json_tree_set_object(&tree, tree.root, "plan"), total);
    if (e->input->plan->to != ELEM_FLOAT)
        set_considered(&tree, tree.root);
    nodes = json_tree_set_array(&tree, tree.root, "nodes");
    for (const struct explained_node *node = e->nodes; node != NULL;
         node = node->next)
        add_node(&tree, nodes, e, node);
    return json_tree_write(&tree, writer, err);
}

enum opp_status
explain_write(const struct explanation *explanation, enum opp_format format,
              struct writer *writer, struct opp_error *err)
{
    const struct border_cost total = borders_total(explanation->borders);

    if (format == OPP_JSON)
        return write_json(explanation, &total, writer, err);
    explain_write_text(explanation, writer);
    return writer_flush(writer, err);
}
