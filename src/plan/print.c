#include "plan/print.h"

#include <stdio.h>
#include <string.h>

#include "base/json_tree.h"
#include "plan/clamp.h"
#include "plan/roles.h"
#include "plan/explain_write.h"

enum { PLAN_FORMAT = 1 };

enum { HASH_TEXT = 17 };

static void
print_structure(char *text, const struct plan *plan)
{
    snprintf(text, HASH_TEXT, "%016llx", (unsigned long long)plan->structure);
}

/* Items of types that are not converted are none of the plan's. */
static bool
is_item_of_plan(const struct plan *plan, uint32_t item)
{
    return plan_decides(plan, plan_decision(plan, item)->from);
}

/* ---- writing ------------------------------------------------------------ */

static void
write_text_item(const struct plan *plan, uint32_t item,
                const struct plan_place *place, struct writer *writer)
{
    const struct decision *const d = plan_decision(plan, item);

    if (place->node == NULL)
        writer_printf(writer, "%-8s  %s%s", elem_name(d->elem), place->scope,
                      place->operand);
    else
        writer_printf(writer, "%-8s  %s%s %s", elem_name(d->elem),
                      place->scope, place->label, place->operand);
    writer_printf(writer, "  (%s%s%s)\n", reason_info(d->reason)->text,
                  d->detail[0] == '\0' ? "" : ": ", d->detail);
}

/* A decision and the chain behind it; for an item with a default, none. */
struct told {
    const struct explained_step *steps;
    size_t n;
};

/* A JSON tree allows no allocation beside it, so the chains come first; one for
 * each class. */
static const struct told *
tell_causes(const struct plan *plan, const struct plan_place *places)
{
    struct told *const told =
        arena_array(plan->module->arena, plan->n_items, struct told);

    for (uint32_t i = 0; i < plan->n_items; i++) {
        const struct decision *const d = plan_decision(plan, i);
        if (plan_root(plan, i) == i && is_item_of_plan(plan, i) &&
            d->reason != REASON_DEFAULT)
            told[i].steps =
                explain_steps(plan->module, d, &places[i], &told[i].n);
    }
    return told;
}

static void
add_json_item(struct json_tree *tree, json_t *items, const struct plan *plan,
              uint32_t item, const struct plan_place *place,
              const struct told *told)
{
    const struct decision *const d = plan_decision(plan, item);
    json_t *const object = json_tree_add_object(tree, items);

    if (place->node != NULL) {
        json_tree_set(tree, object, "id", json_tree_count(place->node->id));
        json_tree_set(tree, object, "node", json_tree_text(place->label));
    }
    if (place->node != NULL || place->scope[0] != '\0')
        json_tree_set(tree, object, "scope", json_tree_text(place->scope));
    json_tree_set(tree, object, "operand", json_tree_text(place->operand));
    json_tree_set(tree, object, "type", json_tree_text(elem_name(d->elem)));
    json_tree_set(tree, object, "reason",
                  json_tree_text(reason_info(d->reason)->name));
    if (d->detail[0] != '\0')
        json_tree_set(tree, object, "detail", json_tree_text(d->detail));
    json_tree_set(
        tree, object, "certainty",
        json_tree_text(certainty_name((enum certainty)d->certainty)));
    if (told->n > 0)
        steps_to_json(tree, object, "cause", told->steps, told->n);
}

static void
add_clamp(struct json_tree *tree, struct numeric_clamp clamp)
{
    json_t *object;

    if (clamp.max_finite == 0)
        return;
    object = json_tree_set_object(tree, tree->root, "clamp");
    json_tree_set(tree, object, "min_positive",
                  json_real((double)clamp.min_positive));
    json_tree_set(tree, object, "max_finite",
                  json_real((double)clamp.max_finite));
}

static void
add_saturations(struct json_tree *tree, const struct plan *plan)
{
    json_t *const list =
        plan->saturates == NULL
            ? NULL
            : json_tree_set_array(tree, tree->root, "saturates");

    for (uint32_t i = 0; i < plan->n_saturates; i++) {
        const struct saturation *const at = &plan->saturates[i];
        json_t *object;
        if (at->limit == 0)
            continue;
        object = json_tree_add_object(tree, list);
        json_tree_set(tree, object, "id", json_tree_count(i));
        json_tree_set(tree, object, "value",
                      json_tree_text(plan->module->values[i]->name));
        json_tree_set(tree, object, "limit", json_real((double)at->limit));
        if (at->role != NULL)
            json_tree_set(tree, object, "role", json_tree_text(at->role));
    }
}

static enum opp_status
write_json(const struct plan *plan, const struct plan_place *places,
           struct writer *writer, struct opp_error *err)
{
    const struct told *const told = tell_causes(plan, places);
    struct json_tree tree;
    char structure[HASH_TEXT];
    json_t *items;

    print_structure(structure, plan);
    json_tree_init(&tree);
    json_tree_set(&tree, tree.root, "opp_plan", json_tree_count(PLAN_FORMAT));
    json_tree_set(&tree, tree.root, "to",
                  json_tree_text(elem_name(plan->to)));
    json_tree_set(&tree, tree.root, "structure", json_tree_text(structure));
    add_clamp(&tree, plan->clamp);
    add_saturations(&tree, plan);
    items = json_tree_set_array(&tree, tree.root, "items");
    for (uint32_t i = 0; i < plan->n_items; i++)
        if (is_item_of_plan(plan, i))
            add_json_item(&tree, items, plan, i, &places[i],
                          &told[plan_root(plan, i)]);
    return json_tree_write(&tree, writer, err);
}

enum opp_status
plan_write(const struct plan *plan, enum opp_format format,
           struct writer *writer, struct opp_error *err)
{
    const struct plan_place *const places = plan_places(plan);

    if (format == OPP_JSON)
        return write_json(plan, places, writer, err);
    for (uint32_t i = 0; i < plan->n_items; i++)
        if (is_item_of_plan(plan, i))
            write_text_item(plan, i, &places[i], writer);
    return writer_flush(writer, err);
}

/* ---- reading ------------------------------------------------------------ */

struct plan_reader {
    struct plan *plan;
    const struct plan_place *places;
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
    if (r->items == NULL)
        error_where(err, "%s", r->path);
    else
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
reason_of(const char *name)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (strcmp(reason_info((enum reason)i)->name, name) == 0)
            return (enum reason)i;
    return REASON_PLAN;
}

/* Files of before there were certainties say none. */
static enum certainty
certainty_of(const char *name, enum reason reason)
{
    for (int i = 0; i < CERTAINTY_COUNT; i++)
        if (strcmp(certainty_name((enum certainty)i), name) == 0)
            return (enum certainty)i;
    return reason_info(reason)->certainty;
}

/* The structure's hash has compared all names already; this catches a file
 * whose items were moved or removed by hand. */
static bool
is_same_place(const json_t *item, const struct plan_place *place)
{
    const json_t *const id = json_object_get(item, "id");

    if (place->node == NULL)
        return id == NULL;
    return json_integer_value(id) == (json_int_t)place->node->id &&
           strcmp(text_of(item, "operand"), place->operand) == 0;
}

static enum opp_status
read_type(const struct plan_reader *r, uint32_t item, const json_t *object,
          struct opp_error *err)
{
    const uint32_t root = plan_root(r->plan, item);
    struct decision *const d = &r->plan->of[root];
    const int elem = (int)elem_parse(text_of(object, "type"));

    if (elem != d->from && elem != plan_other(r->plan, d->from))
        return fail_plan(r, err, "a type is neither the old nor the new one");
    if (r->given[root] && d->elem != elem)
        return fail_plan(r, err, "operands that must agree do not");
    if (!r->given[root] && !plan_is_free(r->plan, item) && elem != d->from)
        return fail_plan(r, err, "a type is not allowed there");
    r->given[root] = true;
    d->elem = (uint8_t)elem;
    return OPP_OK;
}

/* Allocates without unwinding: the JSON tree would be lost. */
static enum opp_status
read_item(struct plan_reader *r, uint32_t item, struct opp_error *err)
{
    struct decision *const d = plan_decision(r->plan, item);
    const json_t *const object = json_array_get(r->items, r->next);
    const char *detail;
    enum opp_status status;
    char *copy;

    if (object == NULL || !is_same_place(object, &r->places[item]))
        return fail_plan(r, err, "its operands are not those of the model");
    status = read_type(r, item, object, err);
    if (status != OPP_OK)
        return status;
    detail = text_of(object, "detail");
    copy = arena_try_alloc(r->plan->module->arena, strlen(detail) + 1);
    if (copy == NULL)
        return error_set(err, OPP_ENOMEM, "memory is used up");
    memcpy(copy, detail, strlen(detail) + 1);
    d->detail = copy;
    d->reason = reason_of(text_of(object, "reason"));
    d->certainty =
        (uint8_t)certainty_of(text_of(object, "certainty"), d->reason);
    d->where = r->places[item].node;
    d->cause = NULL;
    r->next++;
    return OPP_OK;
}

/* NULL: nothing is clamped. */
static bool
read_clamp(struct plan *plan, const json_t *clamp)
{
    const double smallest =
        json_number_value(json_object_get(clamp, "min_positive"));
    const double largest =
        json_number_value(json_object_get(clamp, "max_finite"));

    return clamp == NULL || plan_clamp(plan, smallest, largest);
}

/* Allocates without unwinding, as read_item. */
static enum opp_status
read_saturations(struct plan *plan, const json_t *list, struct opp_error *err)
{
    const struct module *const module = plan->module;
    const double most =
        numeric_format_info(tensor_format(plan->to))->max_finite;

    if (list == NULL)
        return OPP_OK;
    plan->saturates = arena_try_alloc(
        module->arena, module->n_values * sizeof *plan->saturates);
    if (plan->saturates == NULL)
        return error_set(err, OPP_ENOMEM, "memory is used up");
    plan->n_saturates = module->n_values;
    memset(plan->saturates, 0, module->n_values * sizeof *plan->saturates);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *const object = json_array_get(list, i);
        const json_int_t id =
            json_integer_value(json_object_get(object, "id"));
        const double limit =
            json_number_value(json_object_get(object, "limit"));
        if (id < 0 || id >= module->n_values || module->values[id] == NULL ||
            strcmp(text_of(object, "value"), module->values[id]->name) != 0 ||
            !(limit > 0 && limit <= most))
            return OPP_EUSAGE;
        plan->saturates[id].limit = (float)limit;
        plan->saturates[id].role = roles_text(text_of(object, "role"));
    }
    return OPP_OK;
}

static enum opp_status
read_root(struct plan_reader *r, const json_t *root, struct opp_error *err)
{
    char structure[HASH_TEXT];
    enum opp_status status = OPP_OK;

    print_structure(structure, r->plan);
    if (json_integer_value(json_object_get(root, "opp_plan")) != PLAN_FORMAT)
        return fail_plan(r, err, "it is no plan of this version");
    if (strcmp(text_of(root, "structure"), structure) != 0)
        return fail_plan(r, err, "it was made for another structure");
    if ((int)elem_parse(text_of(root, "to")) != r->plan->to)
        return fail_plan(r, err, "it was made for another type");
    if (!read_clamp(r->plan, json_object_get(root, "clamp")))
        return fail_plan(r, err, "its clamp is beyond the type");
    if (r->plan->to != ELEM_FLOAT)
        status = read_saturations(r->plan, json_object_get(root, "saturates"),
                                  err);
    if (status == OPP_EUSAGE)
        return fail_plan(r, err, "its saturated values are not the model's");
    r->items = json_object_get(root, "items");
    for (uint32_t i = 0; status == OPP_OK && i < r->plan->n_items; i++)
        if (is_item_of_plan(r->plan, i))
            status = read_item(r, i, err);
    if (status == OPP_OK && json_array_size(r->items) != r->next)
        status = fail_plan(r, err, "it has more operands than the model");
    return status;
}

static json_t *
load_tree(const char *path, struct opp_error *err)
{
    json_error_t problem;
    json_t *const root = json_load_file(path, 0, &problem);

    if (root != NULL)
        return root;
    error_set(err, OPP_EUSAGE, "cannot read the plan: %s", problem.text);
    if (problem.line > 0)
        error_where(err, "%s:%d", path, problem.line);
    return NULL;
}

enum opp_status
plan_read_to(int *to, const char *path, struct opp_error *err)
{
    json_t *const root = load_tree(path, err);

    if (root == NULL)
        return OPP_EUSAGE;
    *to = (int)elem_parse(text_of(root, "to"));
    json_decref(root);
    return OPP_OK;
}

enum opp_status
plan_read(struct plan *plan, const char *path, struct opp_error *err)
{
    struct plan_reader r = {.plan = plan, .path = path};
    enum opp_status status;
    json_t *root;

    r.places = plan_places(plan);
    r.given = arena_array(plan->module->arena, plan->n_items, bool);
    root = load_tree(path, err);
    if (root == NULL)
        return OPP_EUSAGE;
    status = read_root(&r, root, err);
    json_decref(root);
    return status;
}
