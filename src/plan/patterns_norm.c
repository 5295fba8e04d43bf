/* patterns_norm.c: norms that are spelt out. The anchor is a root that is
 * divided by; from there it goes back to the squares. */
#include "plan/pattern_search.h"

/* Additions of an epsilon, bounds and factors between two steps of a norm. */
enum { STEPS_MOST = 4 };

/* A root while it is looked at. */
struct norm {
    const struct pattern_search *search;
    struct search_group group;
    const struct node *root;
    const struct value *squared;  /* what the squares are of */
    const struct value *centered; /* what a mean was subtracted from, or NULL */
    bool inverts;                 /* the root is one over the root */
};

static bool
has_exponent(const struct pattern_search *search, const struct node *node,
             double wanted)
{
    double exponent;

    return node_has_trait(node, TRAIT_EXPONENT) && node->n_inputs > 1 &&
           node->inputs[1].value != NULL &&
           search_number(search, node->inputs[1].value, &exponent) &&
           exponent == wanted;
}

static bool
is_square(const struct pattern_search *search, const struct node *node)
{
    if (node == NULL || node->n_inputs < 2)
        return false;
    if (node_has_trait(node, TRAIT_SELF_SQUARE))
        return search_source(node->inputs[0].value, NULL) ==
               search_source(node->inputs[1].value, NULL);
    return has_exponent(search, node, 2);
}

static bool
is_root(struct norm *norm, const struct node *node)
{
    norm->inverts = has_exponent(norm->search, node, -0.5);
    return node->n_inputs > 0 &&
           (norm->inverts || node_has_trait(node, TRAIT_ROOT) ||
            has_exponent(norm->search, node, 0.5));
}

/* Sums and means are steps to stop at, and so are squares. */
static bool
is_step(const struct pattern_search *search, const struct node *node)
{
    return node != NULL &&
           (node_has_trait(node, TRAIT_PASSES) ||
            node_has_trait(node, TRAIT_DIVIDES)) &&
           !is_square(search, node) && search_only_operand(node) != NULL;
}

/* The maker of a value behind additions of an epsilon and the like. */
static const struct node *
maker_behind_steps(struct norm *norm, const struct value *value)
{
    const struct node *node = search_maker(value, &norm->group);

    for (int i = 0; i < STEPS_MOST && is_step(norm->search, node); i++) {
        search_add(&norm->group, node);
        node = search_maker(search_only_operand(node), &norm->group);
    }
    return node;
}

/* A mean that is subtracted belongs to the norm. */
static void
add_centering(struct norm *norm)
{
    const struct node *const minus = search_maker(norm->squared, NULL);
    const struct node *mean;

    if (minus == NULL || !node_has_trait(minus, TRAIT_DIFFERENCE) ||
        minus->n_inputs != 2)
        return;
    mean = search_maker(minus->inputs[1].value, &norm->group);
    if (mean == NULL || !node_has_trait(mean, TRAIT_REDUCE) ||
        search_source(mean->inputs[0].value, NULL) !=
            search_source(minus->inputs[0].value, NULL))
        return;
    search_add(&norm->group, minus);
    search_add(&norm->group, mean);
    norm->centered = search_source(minus->inputs[0].value, NULL);
}

static bool
is_sum_of_squares(struct norm *norm)
{
    const struct node *sum =
        maker_behind_steps(norm, norm->root->inputs[0].value);
    const struct node *square;

    if (sum == NULL || sum->n_inputs == 0)
        return false;
    search_add(&norm->group, sum);
    if (node_has_trait(sum, TRAIT_POWER) &&
        node_has_trait(sum, TRAIT_SQUARE_SUM)) {
        norm->squared = search_source(sum->inputs[0].value, NULL);
        return norm->squared != NULL;
    }
    if (!node_has_trait(sum, TRAIT_REDUCE))
        return false;
    square = maker_behind_steps(norm, sum->inputs[0].value);
    if (!is_square(norm->search, square))
        return false;
    search_add(&norm->group, square);
    norm->squared = search_source(square->inputs[0].value, NULL);
    return norm->squared != NULL;
}

/* What is divided must be what was squared, or what it was centred from. */
static bool
is_same_quantity(const struct norm *norm, const struct value *value)
{
    const struct value *const source = search_source(value, NULL);
    const struct node *const maker = source == NULL ? NULL : source->def;

    if (source == NULL)
        return false;
    if (source == norm->squared || source == norm->centered)
        return true;
    return norm->centered != NULL && maker != NULL && maker->n_inputs == 2 &&
           node_has_trait(maker, TRAIT_DIFFERENCE) &&
           search_source(maker->inputs[0].value, NULL) == norm->centered;
}

static const struct value *
result_of(const struct node *node)
{
    return node->n_outputs == 0 ? NULL : node->outputs[0];
}

/* Products of the quantity with one over the root, perhaps with a scale in
 * between. */
static bool
add_products(struct norm *norm, const struct value *inverse, int scales)
{
    const struct use *uses[USES_MOST];
    const size_t n = search_uses(inverse, uses);
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        const struct node *const user = uses[i]->user;
        const struct value *other;
        if (!node_has_trait(user, TRAIT_SELF_SQUARE) || user->n_inputs != 2)
            continue;
        other = user->inputs[1 - uses[i]->slot].value;
        if (other == NULL || result_of(user) == NULL ||
            !(search_is_constant(other)
                  ? scales > 0 &&
                        add_products(norm, result_of(user), scales - 1)
                  : is_same_quantity(norm, other)))
            continue;
        search_add(&norm->group, user);
        found = true;
    }
    return found;
}

static bool
add_division(struct norm *norm, const struct use *use)
{
    const struct node *const user = use->user;
    const struct value *divided;
    bool found;

    if (!node_has_trait(user, TRAIT_DIVIDES) || result_of(user) == NULL ||
        use->slot + 1 != user->n_inputs)
        return false;
    divided = use->slot == 0 ? NULL : user->inputs[0].value;
    found = divided == NULL || search_is_constant(divided)
                ? add_products(norm, result_of(user), 1)
                : is_same_quantity(norm, divided);
    if (found)
        search_add(&norm->group, user);
    return found;
}

static bool
is_divided_by(struct norm *norm)
{
    const struct value *const root = result_of(norm->root);
    const struct use *uses[USES_MOST];
    const size_t n = search_uses(root, uses);
    bool found = norm->inverts && add_products(norm, root, 1);

    for (size_t i = 0; !norm->inverts && i < n; i++)
        found |= add_division(norm, uses[i]);
    return found;
}

void
find_decomposed_norms(struct pattern_search *search)
{
    for (uint32_t i = 0; i < search->module->n_nodes; i++) {
        const struct node *const node = search->module->nodes[i];
        struct norm norm = {.search = search, .root = node};
        if (node == NULL || result_of(node) == NULL || !is_root(&norm, node) ||
            !is_sum_of_squares(&norm))
            continue;
        search_add(&norm.group, node);
        add_centering(&norm);
        if (is_divided_by(&norm))
            search_mark(search, &norm.group);
    }
}
