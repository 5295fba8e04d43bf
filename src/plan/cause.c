#include "plan/cause.h"

const struct cause *
cause_new(struct arena *arena, const struct cause *because,
          const struct node *node, const struct value *value, const char *text)
{
    struct cause *const cause = arena_new(arena, struct cause);

    cause->because = because;
    cause->node = node;
    cause->value = value;
    cause->text = text;
    cause->depth = because == NULL ? 0 : because->depth + 1;
    cause->run = text == NULL && because != NULL && because->text == NULL
                     ? because->run
                     : cause;
    return cause;
}

struct cause_step *
cause_steps(struct arena *arena, const struct cause *cause, size_t *n)
{
    struct cause_step *steps;
    size_t count = 0;

    for (const struct cause *c = cause; c != NULL; c = c->run->because)
        count++;
    steps = arena_array(arena, count, struct cause_step);
    *n = count;
    for (const struct cause *c = cause; c != NULL; c = c->run->because)
        steps[--count] = (struct cause_step){
            .first = c->run, .last = c, .facts = c->depth - c->run->depth + 1};
    return steps;
}

const char *
cause_of_decision(struct arena *arena, const struct decision *decision)
{
    const struct reason_info *const info = reason_info(decision->reason);

    return decision->detail[0] == '\0'
               ? info->text
               : arena_printf(arena, "%s: %s", info->text, decision->detail);
}
