#include "plan/policy_check.h"

#include <string.h>

#include "facts/type_text.h"

static bool
is_narrow(int elem)
{
    return elem == ELEM_FLOAT16 || elem == ELEM_BFLOAT16;
}

/* ---- rules --------------------------------------------------------------- */

/* Conversions have the types that stand around them. */
static bool
is_judged(const struct node *node)
{
    return node != NULL && (node->op == NULL || node->op->class != OP_CONVERT);
}

/* The narrow type that a node computes in where the rule takes it, or
 * ELEM_UNDEFINED. */
static int
narrow_type(const struct policy_matches *m, const struct policy_effect *effect,
            const struct node *node)
{
    int elem;

    if (effect->takes[node->id] == POLICY_ALL) {
        elem = node_precision(m->types, node);
        return is_narrow(elem) ? elem : ELEM_UNDEFINED;
    }
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        elem = types_of_use(m->types, &node->inputs[i]).elem;
        if (policy_takes_operand(effect, node, i) && is_narrow(elem))
            return elem;
    }
    return ELEM_UNDEFINED;
}

static void
check_rule(struct report *report, const struct policy_matches *m, uint32_t r)
{
    const struct policy_effect *const effect = &m->effects[r];
    const struct node *first = NULL;
    uint64_t n = 0;
    int elem = ELEM_UNDEFINED;

    if (policy_rule_elem(effect->rule) != ELEM_FLOAT)
        return;
    for (uint32_t i = 0; i < m->module->n_nodes; i++) {
        const struct node *const node = m->module->nodes[i];
        int narrow;
        if (effect->takes[i] == POLICY_NOTHING || m->owner[i] < r ||
            !is_judged(node))
            continue;
        narrow = narrow_type(m, effect, node);
        if (narrow == ELEM_UNDEFINED)
            continue;
        n++;
        if (first == NULL)
            elem = narrow;
        first = first == NULL ? node : first;
    }
    if (n > 0)
        report_find(report, OPP701, node_place(m->module, first), 0,
                    "%llu node%s %s, %s requires float32",
                    (unsigned long long)n, n == 1 ? " is" : "s are",
                    elem_name(elem),
                    policy_rule_place(m->file, effect->rule, m->arena));
}

/* ---- inputs and outputs -------------------------------------------------- */

static void
check_end(struct report *report, const struct policy_matches *m,
          const struct policy_io *io, const struct value *value)
{
    const struct value_type type = m->types->of[value->id];
    const int wanted = (int)elem_parse(io->type.text);

    if (!type.known || wanted == ELEM_UNDEFINED || type.elem == wanted)
        return;
    report_find(report, OPP701, value->name, 0, "is %s, %s:%u requires %s",
                elem_name(type.elem), m->file->name, io->at.line,
                elem_name(wanted));
}

static void
check_ends(struct report *report, const struct policy_matches *m)
{
    const struct policy_defaults *const defaults =
        policy_file_defaults(m->file);
    const struct graph *const graph = m->module->graphs[0];
    const struct policy_io *types;

    if (defaults == NULL)
        return;
    types = defaults->io_types.items;
    for (size_t k = 0; k < defaults->io_types.count; k++) {
        const char *const name = types[k].name.text;
        for (uint32_t i = 0; i < graph->n_inputs; i++)
            if (strcmp(graph->inputs[i]->name, name) == 0)
                check_end(report, m, &types[k], graph->inputs[i]);
        for (uint32_t i = 0; i < graph->n_outputs; i++)
            if (graph->outputs[i].value != NULL &&
                strcmp(graph->proto->output[i]->name, name) == 0)
                check_end(report, m, &types[k], graph->outputs[i].value);
    }
}

/* ---- limits -------------------------------------------------------------- */

static void
check_casts(struct report *report, const struct policy_matches *m,
            const struct policy_limits *limits,
            const struct model_summary *summary)
{
    const struct config_integer *const most = &limits->max_explicit_casts;

    if (most->at.line == 0 || summary->casts <= (uint64_t)most->value)
        return;
    report_find(report, OPP701, "", 0, "%llu casts, %s:%u allows %lld",
                (unsigned long long)summary->casts, m->file->name,
                most->at.line, (long long)most->value);
}

static void
check_share(struct report *report, const struct policy_matches *m,
            const struct policy_limits *limits,
            const struct model_summary *summary)
{
    const struct config_number *const most = &limits->max_float32_node_share;
    const uint64_t wide = summary->nodes[ELEM_FLOAT];
    const uint64_t all =
        wide + summary->nodes[ELEM_FLOAT16] + summary->nodes[ELEM_BFLOAT16];

    if (most->at.line == 0 || (double)wide <= most->value * (double)all)
        return;
    report_find(report, OPP701, "", 0,
                "%llu of %llu float nodes are FP32 (%.3f), %s:%u allows %g",
                (unsigned long long)wide, (unsigned long long)all,
                (double)wide / (double)all, m->file->name, most->at.line,
                most->value);
}

static void
check_forbidden(struct report *report, const struct policy_matches *m,
                const struct config_text *name)
{
    const struct rule_info *const info = rule_find(name->text);
    uint64_t n = 0;

    for (const struct finding *f = report->findings; f != NULL; f = f->next)
        n += f->rule == info->code;
    if (n > 0)
        report_find(report, OPP701, "", 0,
                    "%llu finding%s of %s, which %s:%u forbids",
                    (unsigned long long)n, n == 1 ? "" : "s", info->name,
                    m->file->name, name->at.line);
}

void
report_violations(struct report *report, const struct policy_matches *matches,
                  const struct model_summary *summary)
{
    const struct policy_limits *const limits =
        policy_file_limits(matches->file);
    const struct config_text *names;

    for (uint32_t r = 0; r < matches->file->rules.count; r++)
        check_rule(report, matches, r);
    check_ends(report, matches);
    if (limits == NULL)
        return;
    check_casts(report, matches, limits, summary);
    check_share(report, matches, limits, summary);
    names = limits->forbid.items;
    for (size_t i = 0; i < limits->forbid.count; i++)
        check_forbidden(report, matches, &names[i]);
}

/* ---- dates --------------------------------------------------------------- */

void
report_expired(struct report *report, const struct policy_file *file,
               const char *today)
{
    const bool judges = today != NULL && today[0] != '\0';
    uint64_t dated = 0;

    for (size_t i = 0; i < file->rules.count; i++) {
        const struct policy_rule *const rule = policy_file_rule(file, i);
        if (rule->expires.text == NULL)
            continue;
        dated++;
        if (judges && strcmp(rule->expires.text, today) < 0)
            report_find(
                report, OPP702, "", 0, "%s was to be looked at again by %s%s%s",
                policy_rule_place(file, rule, &report->arena),
                rule->expires.text, rule->owner.text == NULL ? "" : ", owner ",
                rule->owner.text == NULL ? "" : rule->owner.text);
    }
    if (!judges && dated > 0)
        report_find(report, OPP709, "", 0,
                    "%llu rule%s of %s: --today DATE or SOURCE_DATE_EPOCH "
                    "says which day it is",
                    (unsigned long long)dated,
                    dated == 1 ? " with a date" : "s with dates", file->name);
}
