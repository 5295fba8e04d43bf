#include "plan/flood.h"

struct flood_step {
    const struct value *value;
    struct flood_step *next;
};

void
flood_init(struct flood *flood, struct plan *plan,
           bool (*passes)(const struct flood *, const struct use *))
{
    const struct module *const module = plan->module;

    *flood = (struct flood){.plan = plan, .passes = passes};
    flood->seen = arena_array(module->arena, module->n_values, bool);
}

static void
push(struct flood *flood, const struct value *value)
{
    struct flood_step *step;

    if (value == NULL || flood->seen[value->id])
        return;
    flood->seen[value->id] = true;
    step = arena_new(flood->plan->module->arena, struct flood_step);
    step->value = value;
    step->next = flood->steps;
    flood->steps = step;
}

static void
keep_users(struct flood *flood, const struct value *value)
{
    for_each_use (value, use) {
        const struct node *const user = use->user;
        plan_keep(flood->plan, plan_use_item(flood->plan, use),
                  flood->reason, user, flood->detail);
        if (user == NULL || !flood->passes(flood, use))
            continue;
        for (uint32_t i = 0; i < user->n_outputs; i++)
            push(flood, user->outputs[i]);
    }
}

void
flood_from(struct flood *flood, const struct value *value,
           enum reason reason, const char *detail)
{
    flood->reason = reason;
    flood->detail = detail;
    push(flood, value);
    while (flood->steps != NULL) {
        const struct value *const next = flood->steps->value;
        flood->steps = flood->steps->next;
        keep_users(flood, next);
    }
}
