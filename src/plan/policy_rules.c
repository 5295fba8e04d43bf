/* policy_rules.c: decisions by the rules of a policy file. */
#include <string.h>

#include "plan/decide.h"

/* A rule while it is obeyed. */
struct obeyed {
    struct plan *plan;
    const struct policy_effect *effect;
    int elem;         /* what it asks for; ELEM_UNDEFINED: as it is */
    const char *text; /* place and reason of the rule */
};

/* A class has the type already, gets it as the one that the plan converts to,
 * or is none of the rule's. */
static void
obey(const struct obeyed *o, uint32_t item, const struct node *node)
{
    struct decision *decision;

    if (!plan_is_free(o->plan, item))
        return;
    decision = plan_decision(o->plan, item);
    if (o->elem == ELEM_UNDEFINED || o->elem == decision->from)
        plan_keep(o->plan, item, REASON_POLICY, node, o->text);
    else if (o->elem == o->plan->to &&
             plan_keep(o->plan, item, REASON_POLICY, node, o->text))
        decision->elem = (uint8_t)o->plan->to;
}

static void
obey_on_node(const struct obeyed *o, const struct node *node)
{
    const struct plan *const plan = o->plan;

    if (o->effect->takes[node->id] == POLICY_OPERANDS) {
        for (uint32_t i = 0; i < node->n_inputs; i++)
            if (policy_takes_operand(o->effect, node, i))
                obey(o, plan_use_item(plan, &node->inputs[i]), node);
        return;
    }
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++)
        obey(o, i, node);
}

static void
obey_on_ends(const struct obeyed *o, const struct graph *function)
{
    const uint32_t first = o->plan->first_end[function->id];

    for (uint32_t i = 0; i < function->n_inputs + function->n_outputs; i++)
        obey(o, first + i, NULL);
}

static enum opp_status
check_type(const struct plan *plan, const struct policy_file *file,
           const struct policy_rule *rule, struct opp_error *err)
{
    const int elem = policy_rule_elem(rule);

    if (elem == ELEM_UNDEFINED || elem == plan->to || plan_converts(plan, elem))
        return OPP_OK;
    config_fail(err, file->path, rule->precision.at,
                "the rule asks for %s, but the model is converted to %s",
                elem_name(elem), elem_name(plan->to));
    error_help(err, "--to %s, or precision: keep", elem_name(elem));
    return OPP_EUSAGE;
}

static void
obey_rule(struct plan *plan, const struct policy_matches *m, uint32_t r)
{
    const struct module *const module = plan->module;
    const struct policy_effect *const effect = &m->effects[r];
    const struct obeyed o = {
        plan, effect, policy_rule_elem(effect->rule),
        policy_rule_text(m->file, effect->rule, module->arena)};

    for (uint32_t i = 0; i < module->n_nodes; i++)
        if (module->nodes[i] != NULL && effect->takes[i] != POLICY_NOTHING)
            obey_on_node(&o, module->nodes[i]);
    for (uint32_t i = 0; i < module->n_graphs; i++)
        if (m->function[i] == r)
            obey_on_ends(&o, module->graphs[i]);
}

static void
keep_rest(struct plan *plan, const struct policy_file *file)
{
    const struct policy_defaults *const defaults = policy_file_defaults(file);
    const char *text;

    if (defaults == NULL || defaults->precision.text == NULL ||
        elem_parse(defaults->precision.text) != ELEM_FLOAT)
        return;
    text = arena_printf(plan->module->arena, "%s:%u default", file->name,
                        defaults->precision.at.line);
    for (uint32_t i = 0; i < plan->n_items; i++)
        plan_keep(plan, i, REASON_POLICY, NULL, text);
}

enum opp_status
decide_rules(struct plan *plan, const struct policy_matches *matches,
             struct opp_error *err)
{
    const struct policy_file *const file = matches->file;
    size_t next = 0;

    plan->policy = arena_strdup(plan->module->arena, file->hash);
    if (policy_find_unused(matches, &next, err))
        return OPP_EUSAGE;
    for (uint32_t r = 0; r < file->rules.count; r++)
        if (check_type(plan, file, matches->effects[r].rule, err) != OPP_OK)
            return OPP_EUSAGE;
    for (uint32_t r = 0; r < file->rules.count; r++)
        obey_rule(plan, matches, r);
    if (plan->to != ELEM_FLOAT)
        keep_rest(plan, file);
    return OPP_OK;
}

/* ---- inputs and outputs -------------------------------------------------- */

static const char *
end_name_at(const void *list, size_t i)
{
    const struct graph *const graph = list;

    if (i < graph->n_inputs)
        return graph->inputs[i]->name;
    i -= graph->n_inputs;
    return i < graph->n_outputs ? graph->proto->output[i]->name : NULL;
}

static enum opp_status
check_end(const struct graph *graph, const struct policy_file *file,
          const struct policy_io *io, struct opp_error *err)
{
    for (size_t i = 0; end_name_at(graph, i) != NULL; i++)
        if (strcmp(end_name_at(graph, i), io->name.text) == 0)
            return OPP_OK;
    config_fail(err, file->path, io->name.at,
                "`%s` is no input or output of the model", io->name.text);
    config_suggest(err, io->name.text, end_name_at, graph);
    return OPP_EUSAGE;
}

/* What the file says of one of them last counts. */
static bool
keeps_end(const struct plan *plan, const struct policy_defaults *defaults,
          const char *name)
{
    const struct policy_io *const types = defaults->io_types.items;
    bool keeps =
        defaults->io.text == NULL || strcmp(defaults->io.text, "keep") == 0;

    for (size_t i = 0; i < defaults->io_types.count; i++)
        if (strcmp(types[i].name.text, name) == 0)
            keeps = (int)elem_parse(types[i].type.text) != plan->to;
    return keeps;
}

const char *
policy_kept_ends(const struct plan *plan, const struct policy_file *file,
                 struct opp_error *err)
{
    const struct policy_defaults *const defaults = policy_file_defaults(file);
    const struct graph *const graph = plan->module->graphs[0];
    const struct policy_io *types;
    const char *kept = "";

    if (defaults == NULL ||
        (defaults->io.text == NULL && defaults->io_types.count == 0))
        return "all";
    types = defaults->io_types.items;
    for (size_t i = 0; i < defaults->io_types.count; i++)
        if (check_end(graph, file, &types[i], err) != OPP_OK)
            return NULL;
    for (size_t i = 0; end_name_at(graph, i) != NULL; i++)
        if (keeps_end(plan, defaults, end_name_at(graph, i)))
            kept = arena_printf(plan->module->arena, "%s%s%s", kept,
                                kept[0] == '\0' ? "" : "\n",
                                end_name_at(graph, i));
    return kept[0] == '\0' ? "none" : kept;
}

/* ---- what was overridden ------------------------------------------------- */

/* Nodes that one rule made low precision against one reason. */
struct override {
    const struct decision *decision;
    const struct node *first;
    uint64_t nodes;
    struct override *next;
};

static const struct decision *
overridden(const struct plan *plan, const struct node *node)
{
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++)
        if (plan_decision(plan, i)->against != REASON_DEFAULT)
            return plan_decision(plan, i);
    return NULL;
}

static struct override *
gather_overrides(const struct plan *plan)
{
    struct arena *const arena = plan->module->arena;
    struct override *first = NULL, **tail = &first;
    struct map by_text;

    map_init(&by_text, arena);
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        const struct decision *const d =
            node == NULL ? NULL : overridden(plan, node);
        struct override *found;
        const char *key;
        if (d == NULL)
            continue;
        key = arena_printf(arena, "%s\n%d\n%s", d->detail, (int)d->against,
                           d->against_detail);
        found = map_get(&by_text, key);
        if (found == NULL) {
            found = arena_new(arena, struct override);
            *found = (struct override){.decision = d, .first = node};
            map_put(&by_text, key, found);
            *tail = found;
            tail = &found->next;
        }
        found->nodes++;
    }
    return first;
}

void
report_overrides(struct report *report, const struct plan *plan)
{
    const struct module *const module = plan->module;

    for (const struct override *o = gather_overrides(plan); o != NULL;
         o = o->next) {
        const struct reason_info *const info =
            reason_info(o->decision->against);
        const char *const code =
            info->rule == 0 ? ""
                            : arena_printf(module->arena, "OPP%d ", info->rule);
        report_find(report, OPP708, node_place(module, o->first), 0,
                    "%s although %s%s%s%s (%llu node%s), by %s",
                    elem_name(o->decision->elem), code, info->text,
                    o->decision->against_detail[0] == '\0' ? "" : ": ",
                    o->decision->against_detail, (unsigned long long)o->nodes,
                    o->nodes == 1 ? "" : "s", o->decision->detail);
    }
}
