#include "plan/policy_match.h"

#include <string.h>

#include "plan/node_lists.h"
#include "plan/patterns_named.h"
#include "plan/region.h"

static const char *const key_names[POLICY_KEYS] = {
    "node", "op", "domain", "scope", "pattern", "initializer", "from", "to",
};

static const struct config_list *
key_texts(const struct policy_when *when, size_t key)
{
    const struct config_list *const lists[POLICY_KEYS] = {
        &when->node,    &when->op,          &when->domain, &when->scope,
        &when->pattern, &when->initializer, &when->from,   &when->to,
    };

    return lists[key];
}

/* ---- patterns ------------------------------------------------------------ */

/* What was read is right already. */
static void
fill_lists(struct policy_effect *effect, struct arena *arena)
{
    const struct policy_when *const when = policy_rule_when(effect->rule);

    for (size_t k = 0; k < POLICY_KEYS; k++) {
        const struct config_list *const list = key_texts(when, k);
        const struct config_text *const texts = list->items;
        for (size_t i = 0; i < list->count; i++)
            pattern_list_add(&effect->lists[k], arena, texts[i].text, NULL);
    }
}

static const char *
domain_of(const struct node *node)
{
    const char *const domain = node_original(node)->proto->domain;

    return domain == NULL || domain[0] == '\0' ? "ai.onnx" : domain;
}

/* True when the scope of a node or one around it has a name of the list. All
 * are asked, so that every pattern that matches is counted. */
static bool
matches_scope(struct pattern_list *list, const struct module *module,
              const struct node *node)
{
    const struct graph *graph = node_original(node)->graph;
    bool matches = false;

    for (; graph != NULL; graph = graph->parent) {
        char *const path =
            arena_strdup(module->arena, graph_path(module, graph));
        const size_t n = strlen(path);
        matches |= pattern_list_match(list, path) != NULL;
        if (n == 0 || path[n - 1] != '/')
            continue;
        path[n - 1] = '\0';
        matches |= pattern_list_match(list, path) != NULL;
    }
    return matches;
}

/* ---- one rule ------------------------------------------------------------ */

/* What is known of a rule before nodes are looked at one by one. */
struct marks {
    const bool **patterns; /* by entry of `pattern`: true by node id */
    const bool *region;    /* by node id, or NULL */
};

static const bool *
match_values(const struct policy_matches *m, struct pattern_list *list,
             bool initializers)
{
    bool *found;

    if (list->n == 0)
        return NULL;
    found = arena_array(m->arena, m->module->n_values, bool);
    for (uint32_t i = 0; i < m->module->n_values; i++) {
        const struct value *const value = m->module->values[i];
        if (value != NULL)
            pattern_list_know(list, value->name);
    }
    for (uint32_t i = 0; i < m->module->n_values; i++) {
        const struct value *const value = m->module->values[i];
        if (value == NULL ||
            (initializers && value->tensor == NULL && value->sparse == NULL))
            continue;
        found[i] = pattern_list_match(list, value->name) != NULL;
    }
    return found;
}

static struct marks
mark(const struct policy_matches *m, struct policy_effect *effect)
{
    const struct pattern_list *const named = &effect->lists[POLICY_PATTERN];
    struct marks marks = {NULL, NULL};

    effect->values = match_values(m, &effect->lists[POLICY_INITIALIZER], true);
    if (effect->lists[POLICY_FROM].n > 0)
        marks.region = region_between(
            m->module, match_values(m, &effect->lists[POLICY_FROM], false),
            match_values(m, &effect->lists[POLICY_TO], false), m->arena);
    marks.patterns = arena_array(m->arena, named->n, const bool *);
    for (size_t i = 0; i < named->n; i++)
        marks.patterns[i] =
            named_pattern_nodes(named_pattern_find(named->items[i].text),
                                m->module, m->types, m->arena);
    return marks;
}

static bool
matches_named(struct pattern_list *list, const struct marks *marks,
              const struct node *node)
{
    bool matches = false;

    for (size_t i = 0; i < list->n; i++) {
        if (!marks->patterns[i][node->id])
            continue;
        list->items[i].matches++;
        matches = true;
    }
    return matches;
}

static bool
reads_values(const struct policy_effect *effect, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++)
        if (policy_takes_operand(effect, node, i))
            return true;
    return false;
}

/* All keys are asked although one may not hold, so that a pattern counts as
 * used when it matches alone. */
static enum policy_share
match_node(const struct policy_matches *m, struct policy_effect *effect,
           const struct marks *marks, const struct node *node)
{
    struct pattern_list *const lists = effect->lists;
    const struct policy_when *const when = policy_rule_when(effect->rule);
    bool holds = true;

    if (lists[POLICY_NODE].n > 0)
        holds &= node_list_match(&lists[POLICY_NODE], m->module, node) != NULL;
    if (lists[POLICY_OP].n > 0)
        holds &= op_list_match(&lists[POLICY_OP], m->module, node) != NULL;
    if (lists[POLICY_DOMAIN].n > 0)
        holds &=
            pattern_list_match(&lists[POLICY_DOMAIN], domain_of(node)) != NULL;
    if (lists[POLICY_SCOPE].n > 0)
        holds &= matches_scope(&lists[POLICY_SCOPE], m->module, node);
    if (lists[POLICY_PATTERN].n > 0)
        holds &= matches_named(&lists[POLICY_PATTERN], marks, node);
    if (marks->region != NULL)
        holds &= marks->region[node->id];
    if (effect->values == NULL && when->input.count == 0)
        return holds ? POLICY_ALL : POLICY_NOTHING;
    return holds && reads_values(effect, node) ? POLICY_OPERANDS
                                               : POLICY_NOTHING;
}

static void
match_rule(struct policy_matches *m, uint32_t r)
{
    struct policy_effect *const effect = &m->effects[r];
    struct marks marks;

    effect->rule = policy_file_rule(m->file, r);
    effect->first_rule = POLICY_NO_RULE;
    effect->takes = arena_array(m->arena, m->module->n_nodes, uint8_t);
    fill_lists(effect, m->arena);
    node_list_know(&effect->lists[POLICY_NODE], m->module);
    marks = mark(m, effect);
    for (uint32_t i = 0; i < m->module->n_nodes; i++) {
        const struct node *const node = m->module->nodes[i];
        if (node == NULL)
            continue;
        effect->takes[i] = (uint8_t)match_node(m, effect, &marks, node);
        if (effect->takes[i] == POLICY_ALL && m->owner[i] == POLICY_NO_RULE)
            m->owner[i] = r;
    }
}

/* ---- functions ----------------------------------------------------------- */

/* The rule that all calls of a function have, into `function`. */
static void
find_function_rules(struct policy_matches *m)
{
    const struct module *const module = m->module;
    bool *const mixed = arena_array(m->arena, module->n_graphs, bool);

    for (uint32_t i = 0; i < module->n_graphs; i++)
        m->function[i] = POLICY_NO_RULE;
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        uint32_t id;
        if (node == NULL || node->function == NULL)
            continue;
        id = node->function->id;
        mixed[id] |= m->owner[i] == POLICY_NO_RULE ||
                     (m->function[id] != POLICY_NO_RULE &&
                      m->function[id] != m->owner[i]);
        m->function[id] = m->owner[i];
    }
    for (uint32_t i = 0; i < module->n_graphs; i++)
        if (mixed[i])
            m->function[i] = POLICY_NO_RULE;
}

/* Hands the rules of calls on to what is in the functions, until calls in them
 * change no more: the rule of a node can only become an earlier one. */
static void
enter_functions(struct policy_matches *m)
{
    bool again = m->module->functions.count > 0;

    while (again) {
        again = false;
        find_function_rules(m);
        for (uint32_t i = 0; i < m->module->n_nodes; i++) {
            const struct node *const node = m->module->nodes[i];
            uint32_t rule;
            if (node == NULL)
                continue;
            rule = m->function[graph_root(node->graph)->id];
            if (rule >= m->owner[i])
                continue;
            m->owner[i] = rule;
            m->effects[rule].takes[i] = POLICY_ALL;
            again = true;
        }
    }
}

static void
count_nodes(struct policy_matches *m, uint32_t r)
{
    struct policy_effect *const effect = &m->effects[r];

    for (uint32_t i = 0; i < m->module->n_nodes; i++) {
        if (effect->takes[i] == POLICY_NOTHING)
            continue;
        effect->matched++;
        if (m->owner[i] >= r)
            effect->decided++;
        else if (effect->first_rule == POLICY_NO_RULE)
            effect->first_rule = m->owner[i];
    }
}

void
policy_match(struct policy_matches *out, const struct policy_file *file,
             const struct module *module, const struct types *types,
             struct arena *arena)
{
    const uint32_t n = (uint32_t)file->rules.count;

    *out = (struct policy_matches){
        .file = file, .module = module, .types = types, .arena = arena};
    out->effects = arena_array(arena, n, struct policy_effect);
    out->owner = arena_array(arena, module->n_nodes, uint32_t);
    out->function = arena_array(arena, module->n_graphs, uint32_t);
    for (uint32_t i = 0; i < module->n_nodes; i++)
        out->owner[i] = POLICY_NO_RULE;
    for (uint32_t i = 0; i < module->n_graphs; i++)
        out->function[i] = POLICY_NO_RULE;
    for (uint32_t r = 0; r < n; r++)
        match_rule(out, r);
    enter_functions(out);
    for (uint32_t r = 0; r < n; r++)
        count_nodes(out, r);
}

bool
policy_takes_operand(const struct policy_effect *effect,
                     const struct node *node, uint32_t slot)
{
    const struct config_list *const input =
        &policy_rule_when(effect->rule)->input;
    const struct config_number *const slots = input->items;
    const struct value *const value = node->inputs[slot].value;
    bool wanted = input->count == 0;

    if (value == NULL || (effect->values != NULL && !effect->values[value->id]))
        return false;
    for (size_t i = 0; i < input->count; i++)
        wanted |= slots[i].value == (double)slot;
    return wanted;
}

/* ---- what matches nothing ------------------------------------------------ */

static const char *
node_name_at(const void *list, size_t i)
{
    const struct module *const module = list;

    if (i >= module->n_nodes)
        return NULL;
    return module->nodes[i] == NULL ? "" : node_label(module, module->nodes[i]);
}

static const char *
op_name_at(const void *list, size_t i)
{
    const struct module *const module = list;

    if (i >= module->n_nodes)
        return NULL;
    return module->nodes[i] == NULL ? "" : node_op_type(module->nodes[i]);
}

static const char *
value_name_at(const void *list, size_t i)
{
    const struct module *const module = list;

    if (i >= module->n_values)
        return NULL;
    return module->values[i] == NULL ? "" : module->values[i]->name;
}

static void
fail_pattern(const struct policy_matches *m, const struct config_text *text,
             size_t key, struct opp_error *err)
{
    static const suggest_name_fn names[POLICY_KEYS] = {
        [POLICY_NODE] = node_name_at,         [POLICY_OP] = op_name_at,
        [POLICY_INITIALIZER] = value_name_at, [POLICY_FROM] = value_name_at,
        [POLICY_TO] = value_name_at,
    };
    const char *const near =
        names[key] == NULL ? NULL
                           : suggest_near(text->text, names[key], m->module);

    config_fail(err, m->file->path, text->at, "pattern `%s` matches no %s",
                text->text,
                key == POLICY_NODE || key == POLICY_PATTERN ? "node"
                : key == POLICY_OP                          ? "operator"
                : key == POLICY_FROM || key == POLICY_TO    ? "tensor"
                                                            : key_names[key]);
    if (near != NULL)
        error_help(err, "did you mean `%s`? or allow it with optional: true",
                   near);
    else
        error_help(err, "allow it with optional: true");
}

static bool
find_unused_pattern(const struct policy_matches *m,
                    const struct policy_effect *effect, size_t index,
                    struct opp_error *err)
{
    bool any = false;

    for (size_t k = 0; k < POLICY_KEYS; k++) {
        const struct config_text *const texts =
            key_texts(policy_rule_when(effect->rule), k)->items;
        const struct pattern_list *const list = &effect->lists[k];
        for (size_t i = 0; i < list->n; i++) {
            if (list->items[i].matches > 0)
                continue;
            any = true;
            if (index-- > 0)
                continue;
            fail_pattern(m, &texts[i], k, err);
            return true;
        }
    }
    if (any || index > 0 || effect->matched > 0)
        return false;
    config_fail(err, m->file->path, policy_rule_when(effect->rule)->at,
                "the rule matches no node");
    error_why(err, "its keys never hold for one node together");
    error_help(err, "allow it with optional: true");
    return true;
}

bool
policy_find_unused(const struct policy_matches *matches, size_t *next,
                   struct opp_error *err)
{
    size_t n = *next;

    for (size_t r = 0; r < matches->file->rules.count; r++) {
        const struct policy_effect *const effect = &matches->effects[r];
        size_t own = 0;
        if (effect->rule->optional.value)
            continue;
        while (find_unused_pattern(matches, effect, own, err)) {
            own++;
            if (n-- > 0)
                continue;
            ++*next;
            return true;
        }
    }
    return false;
}
