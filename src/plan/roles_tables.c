/* roles_tables.c: the rows of roles.def. */
#include <string.h>

#include "plan/roles_internal.h"

enum { ANY = -1 };

struct place {
    const char *op;
    int slot;
    enum role_id role;
};

#define EFFECT(op, effect)
#define PLACE(op, slot, role)
static const struct role roles[] = {
#define ROLE(id, signs, treatment, text) {signs, treatment, text},
#include "plan/roles.def"
#undef ROLE
};
#undef PLACE

#define ROLE(id, signs, treatment, text)
static const struct place places[] = {
#define PLACE(op, slot, role) {#op, slot, ROLE_##role},
#include "plan/roles.def"
#undef PLACE
};
#undef EFFECT

#define PLACE(op, slot, role)
static const struct {
    const char *op;
    enum effect effect;
} effects[] = {
#define EFFECT(op, effect) {#op, effect},
#include "plan/roles.def"
#undef EFFECT
};
#undef PLACE
#undef ROLE

const struct role *
role_info(enum role_id id)
{
    return &roles[id];
}

static bool
is_op(const struct node *node, const char *name)
{
    return node != NULL && node->op != NULL &&
           op_domain(node->op)[0] == '\0' &&
           strcmp(op_name(node->op), name) == 0;
}

enum role_id
role_of_place(const struct use *use)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (is_op(use->user, places[i].op) &&
            (places[i].slot == ANY || places[i].slot == (int)use->slot))
            return places[i].role;
    return ROLE_COUNT;
}

enum effect
role_effect(const struct node *node)
{
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (is_op(node, effects[i].op))
            return effects[i].effect;
    return NONE;
}

const char *
roles_text(const char *text)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (strcmp(roles[i].text, text) == 0)
            return roles[i].text;
    return NULL;
}
