#include "plan/patterns_named.h"

#include <string.h>

#include "plan/pattern_search.h"

static void
mark_trait(struct pattern_search *search, enum trait trait)
{
    for (uint32_t i = 0; i < search->module->n_nodes; i++)
        if (node_has_trait(search->module->nodes[i], trait))
            search->marks[i] = true;
}

static void
find_normalizations(struct pattern_search *search)
{
    mark_trait(search, TRAIT_NORMALIZES);
}

static void
find_softmax(struct pattern_search *search)
{
    mark_trait(search, TRAIT_SOFTMAX);
}

/* Rows of a table by computed indices; by constant ones it is a constant. */
static void
find_embeddings(struct pattern_search *search)
{
    for (uint32_t i = 0; i < search->module->n_nodes; i++) {
        const struct node *const node = search->module->nodes[i];
        if (!node_has_trait(node, TRAIT_LOOKUP) || node->n_inputs < 2 ||
            node->inputs[0].value == NULL || node->inputs[1].value == NULL)
            continue;
        search->marks[i] = search_is_float(search, node->inputs[0].value) &&
                           search_is_constant(node->inputs[0].value) &&
                           !search_is_constant(node->inputs[1].value);
    }
}

static const struct named_pattern patterns[] = {
    {"decomposed-norm",
     "squares, their mean, an epsilon, a root that is divided by",
     find_decomposed_norms},
    {"normalization", "operators that are norms", find_normalizations},
    {"softmax", "Softmax and LogSoftmax", find_softmax},
    {"attention-scores",
     "a product of two computed matrices, scale and mask, and its softmax",
     find_attention_scores},
    {"attention-softmax", "the softmax of attention-scores alone",
     find_attention_softmax},
    {"residual-add",
     "an addition to what its other operand was contracted from",
     find_residual_adds},
    {"embedding", "rows of a constant table by computed indices",
     find_embeddings},
    {"final-logits", "the last contractions before the outputs",
     find_final_logits},
    {"phases", "operators of angles and what scales and shifts their operands",
     find_phases},
};

const struct named_pattern *
named_pattern_at(size_t i)
{
    return i < sizeof patterns / sizeof *patterns ? &patterns[i] : NULL;
}

const struct named_pattern *
named_pattern_find(const char *name)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (strcmp(patterns[i].name, name) == 0)
            return &patterns[i];
    return NULL;
}

const bool *
named_pattern_nodes(const struct named_pattern *pattern,
                    const struct module *module, const struct types *types,
                    struct arena *arena)
{
    struct pattern_search search = {module, types, arena, NULL};

    search.marks = arena_array(arena, module->n_nodes, bool);
    pattern->find(&search);
    return search.marks;
}
