#include "plan/plan.h"

#include "base/sets.h"

static const struct reason_info reasons[] = {
#define REASON(id, name, rule, certainty, text)                               \
    {name, rule, CERTAINTY_##certainty, text},
#include "plan/reasons.def"
#undef REASON
};

const struct reason_info *
reason_info(enum reason reason)
{
    return &reasons[reason];
}

const char *
certainty_name(enum certainty certainty)
{
    static const char *const names[CERTAINTY_COUNT] = {
        [CERTAINTY_GIVEN] = "given",
        [CERTAINTY_PROVEN] = "proven",
        [CERTAINTY_EVIDENCED] = "evidenced",
        [CERTAINTY_MEASURED] = "measured",
        [CERTAINTY_ASSUMED] = "assumed",
        [CERTAINTY_POSSIBLE] = "possible",
    };

    return names[certainty];
}

float
plan_saturation(const struct plan *plan, const struct value *value)
{
    return value->id < plan->n_saturates ? plan->saturates[value->id].limit
                                         : 0;
}

struct numeric_clamp
plan_clamp_of(const struct plan *plan, const struct value *value)
{
    return plan->clamp.max_finite > 0
               ? plan->clamp
               : (struct numeric_clamp){0, plan_saturation(plan, value)};
}

const struct node *
plan_node(const struct plan *plan, uint32_t i)
{
    const struct node *const node = plan->module->nodes[i];

    return node != NULL && node->op != NULL ? node : NULL;
}

bool
plan_converts(const struct plan *plan, int elem)
{
    return (plan->from & elem_bit(elem)) != 0;
}

bool
plan_decides(const struct plan *plan, int elem)
{
    return ((plan->from | plan->low) & elem_bit(elem)) != 0;
}

int
plan_other(const struct plan *plan, int elem)
{
    return plan_converts(plan, elem) ? plan->to : ELEM_FLOAT;
}

uint32_t
plan_root(const struct plan *plan, uint32_t item)
{
    return sets_root(plan->parent, item);
}

struct decision *
plan_decision(const struct plan *plan, uint32_t item)
{
    return &plan->of[plan_root(plan, item)];
}

bool
plan_is_free(const struct plan *plan, uint32_t item)
{
    return item != ITEM_FIXED &&
           plan_decision(plan, item)->reason == REASON_DEFAULT;
}

static void
note_against(const struct plan *plan, uint32_t item, enum reason reason,
             const char *detail)
{
    struct decision *const decision =
        item == ITEM_FIXED ? NULL : plan_decision(plan, item);

    if (decision == NULL || decision->reason != REASON_POLICY ||
        decision->elem == decision->from ||
        decision->against != REASON_DEFAULT)
        return;
    decision->against = reason;
    decision->against_detail = detail == NULL ? "" : detail;
}

bool
plan_stays_wide(const struct plan *plan, const struct decision *decision)
{
    return plan_decides(plan, decision->from) && decision->elem != plan->to;
}

bool
plan_is_low(const struct plan *plan, uint32_t item)
{
    return item != ITEM_FIXED &&
           (plan->low & elem_bit(plan_decision(plan, item)->from)) != 0;
}

bool
plan_will_be_low(const struct plan *plan, uint32_t item, uint32_t beside)
{
    if (item == ITEM_FIXED)
        return plan_is_low(plan, beside);
    return plan_is_free(plan, item) ||
           plan_decision(plan, item)->elem == plan->to;
}

/* Schemas and attributes say how a class is, not how it should be. */
static bool
speaks_for_float(enum reason reason)
{
    return reason_info(reason)->certainty != CERTAINTY_GIVEN ||
           reason == REASON_NODE_BLOCKED || reason == REASON_OP_BLOCKED;
}

bool
plan_keep(struct plan *plan, uint32_t item, enum reason reason,
          const struct node *where, const char *detail)
{
    struct decision *decision;

    if (!plan_is_free(plan, item)) {
        note_against(plan, item, reason, detail);
        return false;
    }
    decision = plan_decision(plan, item);
    decision->elem = decision->from;
    if (plan_is_low(plan, item) && speaks_for_float(reason))
        decision->elem = ELEM_FLOAT;
    decision->reason = reason;
    decision->certainty = (uint8_t)reason_info(reason)->certainty;
    decision->where = where;
    decision->detail = detail;
    return true;
}

bool
plan_keep_because(struct plan *plan, uint32_t item, enum reason reason,
                  const struct node *where, const struct cause *cause)
{
    const bool kept = plan_keep(plan, item, reason, where, "");

    if (kept)
        plan_decision(plan, item)->cause = cause;
    return kept;
}

void
plan_keep_node(struct plan *plan, const struct node *node,
               enum reason reason, const char *detail)
{
    for (uint32_t i = plan->first_item[node->id];
         i < plan->first_item[node->id + 1]; i++)
        plan_keep(plan, i, reason, node, detail);
}

void
plan_settle_low(struct plan *plan)
{
    bool any = false;

    for (uint32_t i = 0; i < plan->n_items; i++)
        any |= plan->parent[i] == i && plan_is_low(plan, i) &&
               plan->of[i].elem != plan->to;
    for (uint32_t i = 0; !any && i < plan->n_items; i++)
        if (plan->parent[i] == i && plan_is_low(plan, i) &&
            plan_is_free(plan, i))
            plan->of[i].reason = REASON_OTHER_TYPE;
}

void
plan_hash(const struct plan *plan, char text[HASH128_TEXT])
{
    unsigned char structure[sizeof plan->structure];
    struct hash128 hash;

    for (size_t i = 0; i < sizeof structure; i++)
        structure[i] = (unsigned char)(plan->structure >> (8 * i));
    hash128_begin(&hash);
    hash128_add(&hash, structure, sizeof structure);
    for (uint32_t i = 0; i < plan->n_items; i++)
        hash128_add(&hash, &plan->of[plan_root(plan, i)].elem, 1);
    hash128_text(&hash, text);
}

static int
planned_elem(const struct plan *plan, uint32_t item, struct value_type now)
{
    const struct decision *decision;

    if (item == ITEM_FIXED || !now.known)
        return now.elem;
    decision = plan_decision(plan, item);
    return decision->from == now.elem ? decision->elem : now.elem;
}

int
plan_elem_of_use(const struct plan *plan, const struct types *types,
                 const struct use *use)
{
    return planned_elem(plan, plan_use_item(plan, use),
                        types_of_use(types, use));
}

int
plan_elem_of_value(const struct plan *plan, const struct types *types,
                   const struct value *value)
{
    return planned_elem(plan, plan_value_item(plan, value),
                        types->of[value->id]);
}
