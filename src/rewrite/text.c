#include "rewrite/text.h"

#include "facts/types.h"
#include "rewrite/constant.h"

enum { NESTING_MOST = 16 };

static bool
is_shown(const struct rewrite *rewrite, const struct node *node)
{
    for (uint32_t i = 0; i < rewrite->n_made; i++)
        if (rewrite->made[i] == node)
            return true;
    return match_has(&rewrite->match, node);
}

/* Values that a rewrite made are newer than the facts, and float. */
static bool
is_float(const struct rewrite *rewrite, const struct value *value)
{
    const struct types *const types = rewrite->facts->types;

    return value->id >= types->n || type_is(types->of[value->id], ELEM_FLOAT);
}

static const char *
text(const struct rewrite *rewrite, const struct value *value, unsigned nesting)
{
    struct arena *const arena = rewrite->scratch;
    const struct node *const node = value->def;
    const char *list = "";
    const char *comma = "";
    double number;
    uint32_t rank;

    if (constant_scalar(rewrite->module, value, &number, &rank))
        return arena_printf(arena, "%g", number);
    if (node == NULL || !is_shown(rewrite, node) || nesting == NESTING_MOST ||
        node_is_constant(node))
        return value->name;
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct value *const input = node->inputs[i].value;
        if (input == NULL || !is_float(rewrite, input))
            continue;
        list = arena_printf(arena, "%s%s%s", list, comma,
                            text(rewrite, input, nesting + 1));
        comma = ", ";
    }
    return arena_printf(arena, "%s(%s)", op_name(node->op), list);
}

const char *
rewrite_text(const struct rewrite *rewrite, const struct value *value)
{
    return text(rewrite, value, 0);
}
