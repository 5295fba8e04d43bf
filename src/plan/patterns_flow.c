/* patterns_flow.c: patterns that are ways through the graph: from a softmax
 * back to the scores, from an addition back to its branch, from an output back
 * to the last contraction. */
#include "graph/flow.h"
#include "plan/pattern_search.h"

/* An addition whose branch is larger is not recognised. */
enum { BRANCH_MOST = 1024 };

/* ---- attention ----------------------------------------------------------- */

/* Scores are a product of two quantities that are both computed. */
static bool
is_product(const struct node *node)
{
    return node_has_trait(node, TRAIT_HEAVY) && node->n_inputs >= 2 &&
           node->inputs[0].value != NULL && node->inputs[1].value != NULL &&
           !search_is_constant(node->inputs[0].value) &&
           !search_is_constant(node->inputs[1].value);
}

static bool
is_between(const struct node *node)
{
    return node_only_moves(node) || node_has_trait(node, TRAIT_PASSES) ||
           node_has_trait(node, TRAIT_DIVIDES) ||
           (node->op != NULL && node->op->class == OP_CONVERT);
}

/* All between a softmax and the contractions behind it, which are in the group
 * as well. A mask that is computed is in it, too. */
static void
gather_scores(const struct pattern_search *search, const struct node *softmax,
              struct search_group *group)
{
    search_add(group, softmax);
    for (size_t i = 0; i < group->n; i++) {
        const struct node *const node = group->nodes[i];
        if (i > 0 && !is_between(node))
            continue;
        for (uint32_t k = 0; k < node->n_inputs; k++) {
            const struct value *const value = node->inputs[k].value;
            const struct node *const def = value == NULL ? NULL : value->def;
            if (def != NULL && search_is_float(search, value) &&
                (is_between(def) || is_product(def)))
                search_add(group, def);
        }
    }
}

/* Whether the way to a product goes through input values of `node`. */
static bool
leads_to_product(const struct node *node, const struct search_group *group,
                 const bool *leads)
{
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        const struct value *const value = node->inputs[k].value;
        for (size_t i = 0; value != NULL && i < group->n; i++)
            if (leads[i] && group->nodes[i] == value->def)
                return true;
    }
    return false;
}

static bool
has_scores(const struct pattern_search *search, const struct node *softmax,
           struct search_group *scores)
{
    struct search_group group = {.n = 0};
    bool leads[GROUP_MOST] = {false}, again = true;

    gather_scores(search, softmax, &group);
    while (again) {
        again = false;
        for (size_t i = 0; i < group.n; i++) {
            const struct node *const node = group.nodes[i];
            if (leads[i] ||
                !(is_product(node) || leads_to_product(node, &group, leads)))
                continue;
            leads[i] = again = true;
        }
    }
    for (size_t i = 0; i < group.n; i++)
        if (leads[i])
            search_add(scores, group.nodes[i]);
    return leads[0];
}

static void
find_attention(struct pattern_search *search, bool softmax_only)
{
    for (uint32_t i = 0; i < search->module->n_nodes; i++) {
        const struct node *const node = search->module->nodes[i];
        struct search_group scores = {.n = 0};
        if (!node_has_trait(node, TRAIT_SOFTMAX) ||
            !has_scores(search, node, &scores))
            continue;
        if (softmax_only)
            search->marks[i] = true;
        else
            search_mark(search, &scores);
    }
}

void
find_attention_scores(struct pattern_search *search)
{
    find_attention(search, false);
}

void
find_attention_softmax(struct pattern_search *search)
{
    find_attention(search, true);
}

/* ---- residual additions -------------------------------------------------- */

/* A way back from one operand: values, each once without and once with a
 * contraction behind it. */
struct branch {
    const struct pattern_search *search;
    uint32_t *seen[2]; /* by value id: number of the way that was there */
    uint32_t number;   /* of this way */
    const struct value *queue[BRANCH_MOST];
    bool heavy[BRANCH_MOST];
    size_t n;
};

static void
push(struct branch *branch, const struct value *value, bool heavy)
{
    if (value == NULL || branch->n == BRANCH_MOST ||
        branch->seen[heavy][value->id] == branch->number ||
        !search_is_float(branch->search, value))
        return;
    branch->seen[heavy][value->id] = branch->number;
    branch->queue[branch->n] = value;
    branch->heavy[branch->n++] = heavy;
}

static bool
comes_from(struct branch *branch, const struct value *value,
           const struct value *ancestor)
{
    const struct value *const source = search_source(ancestor, NULL);

    branch->number++;
    branch->n = 0;
    push(branch, value, false);
    for (size_t i = 0; i < branch->n; i++) {
        const struct value *const at = branch->queue[i];
        bool heavy = branch->heavy[i];
        if (heavy && (at == ancestor || at == source))
            return true;
        if (at->def == NULL)
            continue;
        heavy = heavy || node_has_trait(at->def, TRAIT_HEAVY);
        for (uint32_t k = 0; k < at->def->n_inputs; k++)
            push(branch, at->def->inputs[k].value, heavy);
    }
    return false;
}

/* A mask that every layer adds to its scores was an operand of the layers
 * before, and so is an ancestor, too: what belongs to scores is no residual. */
static const bool *
score_nodes(const struct pattern_search *search)
{
    struct pattern_search scores = *search;

    scores.marks = arena_array(search->arena, search->module->n_nodes, bool);
    find_attention_scores(&scores);
    return scores.marks;
}

void
find_residual_adds(struct pattern_search *search)
{
    const struct module *const module = search->module;
    const bool *const scores = score_nodes(search);
    struct branch *const branch = arena_new(search->arena, struct branch);

    branch->search = search;
    branch->seen[0] = arena_array(search->arena, module->n_values, uint32_t);
    branch->seen[1] = arena_array(search->arena, module->n_values, uint32_t);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        const struct value *a, *b;
        if (!node_has_trait(node, TRAIT_ADDS) || node->n_inputs != 2 ||
            scores[i])
            continue;
        a = node->inputs[0].value;
        b = node->inputs[1].value;
        if (a != NULL && b != NULL && !search_is_constant(a) &&
            !search_is_constant(b))
            search->marks[i] =
                comes_from(branch, a, b) || comes_from(branch, b, a);
    }
}

/* ---- ways back ----------------------------------------------------------- */

/* Whether to go on to the inputs of the maker of a value. */
typedef bool (*goes_back_fn)(struct pattern_search *search,
                             const struct node *node);

struct way {
    struct pattern_search *search;
    struct flow flow;
    bool *seen; /* by value id */
    const struct value **queue;
    size_t n;
};

static void
push_way(void *payload, const struct value *value)
{
    struct way *const way = payload;

    if (value == NULL || way->seen[value->id])
        return;
    way->seen[value->id] = true;
    way->queue[way->n++] = value;
}

static void
begin_way(struct way *way, struct pattern_search *search)
{
    const uint32_t n = search->module->n_values;

    *way = (struct way){.search = search};
    flow_init(&way->flow, search->arena, search->module);
    way->seen = arena_array(search->arena, n, bool);
    way->queue = arena_array(search->arena, n, const struct value *);
}

static void
go_back(struct way *way, goes_back_fn goes_back)
{
    for (size_t i = 0; i < way->n; i++) {
        const struct value *const value = way->queue[i];
        const struct node *const def = value->def;
        if (def == NULL || def->n_bodies > 0 || def->function != NULL) {
            flow_back(&way->flow, value, push_way, way);
            continue;
        }
        if (!search_is_float(way->search, value) ||
            !goes_back(way->search, def))
            continue;
        for (uint32_t k = 0; k < def->n_inputs; k++)
            push_way(way, def->inputs[k].value);
    }
}

static bool
goes_to_contraction(struct pattern_search *search, const struct node *node)
{
    if (!node_has_trait(node, TRAIT_HEAVY))
        return true;
    search->marks[node->id] = true;
    return false;
}

void
find_final_logits(struct pattern_search *search)
{
    const struct graph *const graph = search->module->graphs[0];
    struct way way;

    begin_way(&way, search);
    for (uint32_t i = 0; i < graph->n_outputs; i++)
        push_way(&way, graph->outputs[i].value);
    go_back(&way, goes_to_contraction);
}

/* Marks what casts and moves the operands of a contraction. */
static void
mark_positions(struct pattern_search *search, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *value = node->inputs[i].value;
        const struct value *const source = search_source(value, NULL);
        while (value != NULL && value != source && value->def != NULL) {
            search->marks[value->def->id] = true;
            value = value->def->inputs[0].value;
        }
    }
}

/* A phase is scaled, moved and shifted; positions are often multiplied with
 * frequencies in a product of matrices. Beyond that it is another quantity. */
static bool
goes_to_phase(struct pattern_search *search, const struct node *node)
{
    if (node_has_trait(node, TRAIT_HEAVY)) {
        search->marks[node->id] = true;
        mark_positions(search, node);
        return false;
    }
    if (!is_between(node) && !node_has_trait(node, TRAIT_POWER))
        return false;
    search->marks[node->id] = true;
    return true;
}

void
find_phases(struct pattern_search *search)
{
    const struct module *const module = search->module;
    struct way way;

    begin_way(&way, search);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (!node_has_trait(node, TRAIT_PERIODIC) || node->n_inputs == 0)
            continue;
        search->marks[i] = true;
        push_way(&way, node->inputs[0].value);
    }
    go_back(&way, goes_to_phase);
}
