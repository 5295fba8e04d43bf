/* rewrite-exact: replaces what is known to break in low precision by what
 * computes the same: decomposed normalisations by the operator, Log of Softmax
 * by LogSoftmax, products of constants by their result. Each rewrite leaves a
 * certificate in the report.
 * needs types; keeps nothing. */
#include <string.h>

#include "base/suggest.h"
#include "facts/types.h"
#include "pass/pass.h"
#include "rewrite/rule.h"

enum { COUNT_REWRITES, COUNT_REMOVED };

/* Before, arithmetic broadcasts by attributes (ONNX Operators.md, Add-6). */
enum { OPSET_BROADCAST = 7 };

struct sweep {
    struct pass_run *run;
    struct rewrite *rewrite;
    const struct term **terms; /* RULE_TERMS_MOST for each rule */
    bool *chosen;              /* by rule */
    enum rule_sweep order;
};

static size_t
count_rules(void)
{
    size_t n = 0;

    while (rewrite_rules[n].name != NULL)
        n++;
    return n;
}

static const char *
rule_name(const void *list, size_t i)
{
    return ((const struct rewrite_rule *)list)[i].name;
}

static enum opp_status
choose(const struct sweep *sweep, const char *name, struct opp_error *err)
{
    size_t i = 0;
    const char *near;

    while (rewrite_rules[i].name != NULL &&
           strcmp(rewrite_rules[i].name, name) != 0)
        i++;
    if (rewrite_rules[i].name != NULL) {
        sweep->chosen[i] = true;
        return OPP_OK;
    }
    error_set(err, OPP_EUSAGE, "there is no rewrite `%s`", name);
    near = suggest_near(name, rule_name, rewrite_rules);
    if (near != NULL)
        error_help(err, "did you mean `%s`?", near);
    else
        error_help(err, "docs/rewrites.md names them all");
    return OPP_EUSAGE;
}

static enum opp_status
choose_rules(const struct sweep *sweep, struct opp_error *err)
{
    char *const names =
        arena_strdup(sweep->run->scratch, pass_option(sweep->run, "rules"));
    char *rest = NULL;
    enum opp_status status = OPP_OK;

    if (names[0] == '\0')
        memset(sweep->chosen, true, count_rules());
    for (char *name = strtok_r(names, "\n", &rest);
         name != NULL && status == OPP_OK; name = strtok_r(NULL, "\n", &rest))
        status = choose(sweep, name, err);
    return status;
}

static void
read_terms(const struct sweep *sweep)
{
    struct term_reader *const reader = term_reader_new(sweep->run->scratch);

    for (size_t i = 0; rewrite_rules[i].name != NULL; i++)
        for (size_t k = 0; rewrite_rules[i].terms[k] != NULL; k++)
            sweep->terms[i * RULE_TERMS_MOST + k] =
                term_read(reader, rewrite_rules[i].terms[k]);
}

/* Only float32 is rewritten: what is FP16 already somebody has decided. What is
 * newer than the facts a rewrite has made. */
static bool
is_float(const struct pass_run *run, const struct node *node)
{
    const struct types *const types = run->facts->types;
    const struct value *const output =
        node->n_outputs == 1 ? node->outputs[0] : NULL;

    if (output == NULL)
        return false;
    return output->id >= types->n ||
           (type_is(types->of[output->id], ELEM_FLOAT) &&
            !types->of[output->id].assumed);
}

static bool
can_make(const struct sweep *sweep, const struct rewrite_rule *rule,
         const struct node *node)
{
    struct module *const module = sweep->run->module;

    return (rule->target == NULL ||
            edit_can_set_op(module, node->graph, rule->target)) &&
           edit_can_set_op(module, node->graph, "Constant");
}

static bool
apply_rule(const struct sweep *sweep, size_t rule, struct node *node)
{
    struct rewrite *const rewrite = sweep->rewrite;
    const struct rewrite_rule *const row = &rewrite_rules[rule];

    rewrite->rule = row;
    for (size_t i = 0; row->terms[i] != NULL; i++) {
        rewrite->condition = NULL;
        rewrite->n_made = 0;
        if (!match_node(&rewrite->match, sweep->run->module,
                        sweep->terms[rule * RULE_TERMS_MOST + i], node) ||
            !can_make(sweep, row, node) || !row->apply(rewrite))
            continue;
        sweep->run->counts[COUNT_REMOVED] += rewrite_close(rewrite);
        sweep->run->counts[COUNT_REWRITES]++;
        return true;
    }
    return false;
}

/* True when the node was rewritten; then it may be once more. */
static bool
visit(const struct sweep *sweep, struct node *node)
{
    bool any = false;
    bool again = is_float(sweep->run, node);

    while (again) {
        again = false;
        for (size_t i = 0; !again && rewrite_rules[i].name != NULL; i++)
            again = sweep->chosen[i] &&
                    rewrite_rules[i].sweep == sweep->order &&
                    apply_rule(sweep, i, node);
        any |= again;
    }
    return any;
}

static bool
visit_graph(const struct sweep *sweep, const struct graph *graph)
{
    const bool forward = sweep->order == SWEEP_FORWARD;
    struct node *node = forward ? graph->first : graph->last;
    bool any = false;

    if (graph_new_opset(sweep->run->module, graph) < OPSET_BROADCAST)
        return false;
    while (node != NULL) {
        any |= visit(sweep, node);
        node = forward ? node->next : node->prev;
    }
    return any;
}

/* One rewrite can make way for another. */
static void
visit_all(struct sweep *sweep)
{
    const struct module *const module = sweep->run->module;
    bool any = true;

    while (any) {
        any = false;
        for (int order = SWEEP_FORWARD; order <= SWEEP_BACKWARD; order++) {
            sweep->order = (enum rule_sweep)order;
            for (uint32_t i = 0; i < module->n_graphs; i++)
                any |= visit_graph(sweep, module->graphs[i]);
        }
    }
}

static enum opp_status
rewrite_exact(struct pass_run *run, struct opp_error *err)
{
    struct sweep sweep = {
        .run = run,
        .rewrite = arena_new(run->scratch, struct rewrite),
        .chosen = arena_array(run->scratch, count_rules(), bool),
        .terms = arena_array(run->scratch, count_rules() * RULE_TERMS_MOST,
                             const struct term *),
    };
    const enum opp_status status = choose_rules(&sweep, err);

    if (status != OPP_OK)
        return status;
    *sweep.rewrite = (struct rewrite){
        .module = run->module,
        .facts = run->facts,
        .report = run->report,
        .scratch = run->scratch,
        .scale = pass_option_number(run, "scale"),
    };
    run->report->has_rewrites = true;
    read_terms(&sweep);
    visit_all(&sweep);
    return OPP_OK;
}

const struct pass pass_rewrite_exact = {
    .name = "rewrite-exact",
    .summary = "replace what breaks in low precision by what computes the same",
    .edits = true,
    .needs = FACT_TYPES | FACT_SHAPES,
    .options =
        {
            {"rules", OPTION_LIST, "", "names of rewrites; none means all"},
            {"scale", OPTION_NUMBER, "0",
             "powers of two that scale-norm divides by; 0 means none"},
        },
    .counts = {"rewrites", "removed"},
    .run = rewrite_exact,
};
