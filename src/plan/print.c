#include "plan/print.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { PLAN_FORMAT = 1 };

/* ---- where items are ---------------------------------------------------- */

struct item_place {
    const struct node *node; /* NULL for inputs and outputs of the model */
    const char *name;        /* type variable, or name of the end */
};

typedef enum opp_status (*item_fn)(void *payload, uint32_t item,
                                   struct item_place place,
                                   struct opp_error *err);

static enum opp_status
each_end(const struct plan *plan, item_fn fn, void *payload,
         struct opp_error *err)
{
    const struct graph *const graph = plan->module->graphs[0];
    enum opp_status status = OPP_OK;

    for (uint32_t i = 0; status == OPP_OK && i < graph->n_inputs; i++)
        status = fn(payload, plan->first_input + i,
                    (struct item_place){NULL, graph->inputs[i]->name}, err);
    for (uint32_t i = 0; status == OPP_OK && i < graph->n_outputs; i++)
        status =
            fn(payload, plan->first_output + i,
               (struct item_place){NULL, graph->proto->output[i]->name}, err);
    return status;
}

/* Calls `fn` for every item that has one known type. */
static enum opp_status
each_item(const struct plan *plan, item_fn fn, void *payload,
          struct opp_error *err)
{
    enum opp_status status = each_end(plan, fn, payload, err);

    for (uint32_t n = 0; n < plan->module->n_nodes; n++) {
        const struct node *const node = plan->module->nodes[n];
        const uint32_t first = plan->first_item[n];
        for (uint32_t i = first;
             status == OPP_OK && i < plan->first_item[n + 1]; i++) {
            const struct item_place place = {
                node, plan_item_name(plan, node, i - first)};
            status = fn(payload, i, place, err);
        }
    }
    return status;
}

static bool
is_worth_saying(const struct plan *plan, uint32_t item)
{
    return plan_decision(plan, item)->reason != REASON_OTHER_TYPE;
}

/* ---- writing ------------------------------------------------------------ */

struct plan_writer {
    const struct plan *plan;
    struct writer *writer;
    json_t *items;
};

static enum opp_status
write_text_item(void *payload, uint32_t item, struct item_place place,
                struct opp_error *err)
{
    const struct plan_writer *const w = payload;
    const struct plan *const plan = w->plan;
    const struct decision *const d = plan_decision(plan, item);

    (void)err;
    if (!is_worth_saying(plan, item))
        return OPP_OK;
    writer_printf(w->writer, "%-10s %s%s %s  (%s%s%s)\n", elem_name(d->elem),
                  place.node == NULL
                      ? "end "
                      : graph_path(plan->module, place.node->graph),
                  place.node == NULL ? ""
                                     : node_label(plan->module, place.node),
                  place.name, reason_info(d->reason)->text,
                  d->detail[0] == '\0' ? "" : ": ", d->detail);
    return OPP_OK;
}

static enum opp_status
write_json_item(void *payload, uint32_t item, struct item_place place,
                struct opp_error *err)
{
    const struct plan_writer *const w = payload;
    const struct plan *const plan = w->plan;
    const struct decision *const d = plan_decision(plan, item);
    json_t *object;

    (void)err;
    if (!is_worth_saying(plan, item))
        return OPP_OK;
    object = json_pack(
        "{s:s, s:s, s:s, s:s}", "operand", place.name, "type",
        elem_name(d->elem), "reason", reason_info(d->reason)->id, "detail",
        d->detail);
    if (place.node != NULL) {
        json_object_set_new(object, "scope",
                            json_string(graph_path(plan->module,
                                                   place.node->graph)));
        json_object_set_new(
            object, "node",
            json_string(node_label(plan->module, place.node)));
        json_object_set_new(object, "id",
                            json_integer((json_int_t)place.node->id));
    }
    json_array_append_new(w->items, object);
    return OPP_OK;
}

static int
dump_chunk(const char *text, size_t size, void *payload)
{
    struct writer *const writer = payload;

    writer_bytes(writer, text, size);
    return writer->failed ? -1 : 0;
}

static enum opp_status
write_json(struct plan_writer *w, struct opp_error *err)
{
    const struct plan *const plan = w->plan;
    char structure[17];
    json_t *root;
    int failed;

    snprintf(structure, sizeof structure, "%016llx",
             (unsigned long long)plan->structure);
    w->items = json_array();
    each_item(plan, write_json_item, w, err);
    root = json_pack("{s:i, s:s, s:s, s:o}", "opp_plan", PLAN_FORMAT, "to",
                     elem_name(plan->to), "structure", structure, "items",
                     w->items);
    if (root == NULL)
        return error_set(err, OPP_ENOMEM, "memory is used up");
    failed = json_dump_callback(root, dump_chunk, w->writer,
                                JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    json_decref(root);
    writer_text(w->writer, "\n");
    if (failed != 0)
        w->writer->failed = true;
    return writer_flush(w->writer, err);
}

enum opp_status
plan_write(const struct plan *plan, enum opp_format format,
           struct writer *writer, struct opp_error *err)
{
    struct plan_writer w = {.plan = plan, .writer = writer};

    if (format == OPP_JSON)
        return write_json(&w, err);
    each_item(plan, write_text_item, &w, err);
    return writer_flush(writer, err);
}

/* ---- reading ------------------------------------------------------------ */

struct plan_reader {
    struct plan *plan;
    const char *path;
    const json_t *items;
    size_t next; /* index in items */
    bool *given; /* by root: the file has decided this class */
};

static enum opp_status
fail_plan(const struct plan_reader *r, struct opp_error *err,
          const char *what)
{
    error_set(err, OPP_EUSAGE, "the plan does not fit: %s", what);
    error_where(err, "%s  item %zu", r->path, r->next);
    error_help(err, "make a new one: convert --plan-out FILE %s",
               r->plan->module->model->path);
    return OPP_EUSAGE;
}

static const char *
text_of(const json_t *object, const char *key)
{
    const char *const text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static enum reason
reason_of(const char *id)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (strcmp(reason_info((enum reason)i)->id, id) == 0)
            return (enum reason)i;
    return REASON_PLAN;
}

static bool
is_same_place(const struct plan_reader *r, const json_t *item,
              struct item_place place)
{
    if (strcmp(text_of(item, "operand"), place.name) != 0)
        return false;
    if (place.node == NULL)
        return json_object_get(item, "node") == NULL;
    return json_integer_value(json_object_get(item, "id")) ==
               (json_int_t)place.node->id &&
           strcmp(text_of(item, "node"),
                  node_label(r->plan->module, place.node)) == 0;
}

static enum opp_status
read_item(void *payload, uint32_t item, struct item_place place,
          struct opp_error *err)
{
    struct plan_reader *const r = payload;
    struct plan *const plan = r->plan;
    const uint32_t root = plan_root(plan, item);
    struct decision *const d = &plan->of[root];
    const json_t *object;
    int elem;

    if (d->from != ELEM_FLOAT)
        return OPP_OK;
    object = json_array_get(r->items, r->next);
    if (object == NULL || !is_same_place(r, object, place))
        return fail_plan(r, err, "its operands are not those of the model");
    elem = (int)elem_parse(text_of(object, "type"));
    if (elem != d->from && elem != plan->to)
        return fail_plan(r, err, "a type is neither the old nor the new one");
    if (r->given[root] && d->elem != elem)
        return fail_plan(r, err, "operands that must agree do not");
    if (!r->given[root] && !plan_is_free(plan, item) && elem != d->from)
        return fail_plan(r, err, "a type is not allowed there");
    r->given[root] = true;
    r->next++;
    d->elem = (uint8_t)elem;
    d->reason = reason_of(text_of(object, "reason"));
    d->where = place.node;
    d->detail = arena_strdup(plan->module->arena, text_of(object, "detail"));
    return OPP_OK;
}

static enum opp_status
read_root(struct plan_reader *r, const json_t *root, struct opp_error *err)
{
    char structure[17];

    snprintf(structure, sizeof structure, "%016llx",
             (unsigned long long)r->plan->structure);
    if (json_integer_value(json_object_get(root, "opp_plan")) != PLAN_FORMAT)
        return fail_plan(r, err, "it is no plan of this version");
    if (strcmp(text_of(root, "structure"), structure) != 0)
        return fail_plan(r, err, "it was made for a model of another structure");
    if ((int)elem_parse(text_of(root, "to")) != r->plan->to)
        return fail_plan(r, err, "it was made for another type");
    r->items = json_object_get(root, "items");
    return each_item(r->plan, read_item, r, err);
}

enum opp_status
plan_read(struct plan *plan, const char *path, struct opp_error *err)
{
    struct plan_reader r = {.plan = plan, .path = path};
    json_error_t problem;
    enum opp_status status;
    json_t *root;

    r.given = arena_array(plan->module->arena, plan->n_items, bool);
    root = json_load_file(path, 0, &problem);
    if (root == NULL) {
        error_set(err, OPP_EUSAGE, "cannot read the plan: %s", problem.text);
        error_where(err, "%s:%d", path, problem.line);
        return OPP_EUSAGE;
    }
    status = read_root(&r, root, err);
    json_decref(root);
    return status;
}
