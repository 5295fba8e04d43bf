/* policy.c: what the user asked for. */
#include "plan/decide.h"

#include <string.h>

#include "base/suggest.h"
#include "plan/node_lists.h"

/* ---- inputs and outputs ------------------------------------------------ */

static const char *
input_name(const struct graph *graph, size_t i)
{
    return graph->inputs[i]->name;
}

/* Names of inputs, then of outputs. */
static const char *
io_name_at(const void *list, size_t i)
{
    const struct graph *const graph = list;

    if (i < graph->n_inputs)
        return input_name(graph, i);
    i -= graph->n_inputs;
    return i < graph->n_outputs ? graph->proto->output[i]->name : NULL;
}

static bool
keep_named(struct plan *plan, const char *name)
{
    const struct graph *const graph = plan->module->graphs[0];
    bool found = false;

    for (uint32_t i = 0; io_name_at(graph, i) != NULL; i++) {
        if (strcmp(io_name_at(graph, i), name) != 0)
            continue;
        plan_keep(plan, plan->first_end[graph->id] + i, REASON_IO, NULL, name);
        found = true;
    }
    return found;
}

static enum opp_status
fail_io_name(const struct plan *plan, const char *name, struct opp_error *err)
{
    const char *const near =
        suggest_near(name, io_name_at, plan->module->graphs[0]);

    error_set(err, OPP_EUSAGE, "`%s` is no input or output of the model",
              name);
    error_where(err, "%s", plan->module->model->path);
    if (near != NULL)
        error_help(err, "did you mean `%s`?", near);
    return OPP_EUSAGE;
}

enum opp_status
decide_io(struct plan *plan, const char *keep, struct opp_error *err)
{
    const struct graph *const graph = plan->module->graphs[0];
    char *rest = NULL;

    for (uint32_t i = 0; i < graph->n_inputs + graph->n_outputs; i++)
        if (plan_is_low(plan, plan->first_end[graph->id] + i))
            plan_keep(plan, plan->first_end[graph->id] + i, REASON_IO, NULL,
                      "");
    if (strcmp(keep, "none") == 0)
        return OPP_OK;
    if (strcmp(keep, "all") == 0) {
        for (uint32_t i = 0; i < graph->n_inputs + graph->n_outputs; i++)
            plan_keep(plan, plan->first_end[graph->id] + i, REASON_IO, NULL,
                      "");
        return OPP_OK;
    }
    for (char *name =
             strtok_r(arena_strdup(plan->module->arena, keep), "\n", &rest);
         name != NULL; name = strtok_r(NULL, "\n", &rest))
        if (!keep_named(plan, name))
            return fail_io_name(plan, name, err);
    return OPP_OK;
}

/* ---- nodes and ops ----------------------------------------------------- */

static void
set_included(struct plan *plan, uint32_t item, const struct node *node,
             const char *pattern)
{
    if (plan_keep(plan, item, REASON_INCLUDED, node, pattern))
        plan_decision(plan, item)->elem = (uint8_t)plan->to;
}

void
plan_include_node(struct plan *plan, const struct node *node,
                  const char *detail)
{
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++)
        set_included(plan, i, node, detail);
}

static void
decide_items(struct plan *plan, const struct node *node,
             const struct pattern *pattern, enum reason reason)
{
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++)
        if (reason == REASON_INCLUDED)
            set_included(plan, i, node, pattern->text);
        else
            plan_keep(plan, i, reason, node, pattern->text);
}

typedef const struct pattern *(*match_fn)(struct pattern_list *list,
                                           const struct module *module,
                                           const struct node *node);

/* What a list says of calls: a function whose calls all match is decided with
 * all that is in it, and then the calls in it match, too. */
struct matched_calls {
    const struct pattern **of; /* by node id: what a call matches, or NULL */
    const struct pattern **function; /* by graph id: what a call of it does */
    uint32_t *others; /* by graph id: calls that do not match */
    bool *done;       /* by graph id */
};

static void
match_call(struct matched_calls *calls, const struct node *call,
           const struct pattern *pattern)
{
    calls->of[call->id] = pattern;
    calls->function[call->function->id] = pattern;
}

static void
decide_ends(struct plan *plan, const struct graph *function,
            const struct pattern *pattern, enum reason reason)
{
    const uint32_t first = plan->first_end[function->id];
    const uint32_t n = function->n_inputs + function->n_outputs;

    for (uint32_t i = first; i < first + n; i++)
        if (reason == REASON_INCLUDED)
            set_included(plan, i, NULL, pattern->text);
        else
            plan_keep(plan, i, reason, NULL, pattern->text);
}

static void
decide_function(struct plan *plan, struct matched_calls *calls,
                const struct graph *function, enum reason reason)
{
    const struct module *const module = plan->module;
    const struct pattern *const pattern = calls->function[function->id];

    decide_ends(plan, function, pattern, reason);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (node == NULL || graph_root(node->graph) != function)
            continue;
        decide_items(plan, node, pattern, reason);
        if (node->function == NULL || calls->of[i] != NULL)
            continue;
        match_call(calls, node, pattern);
        calls->others[node->function->id]--;
    }
}

static void
decide_functions(struct plan *plan, struct matched_calls *calls,
                 enum reason reason)
{
    const struct module *const module = plan->module;
    bool again = true;

    while (again) {
        again = false;
        for (uint32_t i = 0; i < module->n_graphs; i++) {
            if (calls->done[i] || calls->function[i] == NULL ||
                calls->others[i] > 0)
                continue;
            calls->done[i] = again = true;
            decide_function(plan, calls, module->graphs[i], reason);
        }
    }
}

static void
decide_list(struct plan *plan, struct pattern_list *list, match_fn match,
            enum reason reason)
{
    const struct module *const module = plan->module;
    struct matched_calls calls;

    if (list->n == 0)
        return;
    calls.of =
        arena_array(module->arena, module->n_nodes, const struct pattern *);
    calls.function =
        arena_array(module->arena, module->n_graphs, const struct pattern *);
    calls.others = arena_array(module->arena, module->n_graphs, uint32_t);
    calls.done = arena_array(module->arena, module->n_graphs, bool);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        const struct pattern *const pattern =
            node == NULL ? NULL : match(list, module, node);
        if (pattern != NULL)
            decide_items(plan, node, pattern, reason);
        if (node == NULL || node->function == NULL)
            continue;
        if (pattern != NULL)
            match_call(&calls, node, pattern);
        else
            calls.others[node->function->id]++;
    }
    decide_functions(plan, &calls, reason);
}

enum opp_status
decide_policy(struct plan *plan, struct policy *policy,
              struct opp_error *err)
{
    const struct {
        struct pattern_list *list;
        bool by_name;
        enum reason reason;
    } steps[] = {
        {&policy->node_block, true, REASON_NODE_BLOCKED},
        {&policy->node_include, true, REASON_INCLUDED},
        {&policy->op_block, false, REASON_OP_BLOCKED},
        {&policy->op_include, false, REASON_INCLUDED},
    };
    enum opp_status status = OPP_OK;

    node_list_know(&policy->node_block, plan->module);
    node_list_know(&policy->node_include, plan->module);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        decide_list(plan, steps[i].list,
                    steps[i].by_name ? node_list_match : op_list_match,
                    steps[i].reason);
    for (size_t i = 0; status == OPP_OK && i < sizeof steps / sizeof *steps;
         i++)
        status = (steps[i].by_name ? node_list_fail_unused
                                   : op_list_fail_unused)(
            steps[i].list, plan->module, err);
    return status;
}
