/* streams.c: residual streams: additions of what a block computes to what it
 * was computed from, one after the other. What one of them adds stays in the
 * stream, so from the first sum that is out of range on all of them stay wide,
 * and the values do not go to and fro. */
#include "plan/decide.h"

#include "plan/evidence.h"
#include "plan/patterns_named.h"
#include "plan/walk.h"

enum { NO_STREAM = UINT32_MAX };

struct streams {
    struct walk walk;
    const bool *adds;     /* by node id: a residual addition */
    uint32_t *of;         /* by node id: the stream, named by an addition */
    uint32_t *length;     /* by that name */
    const struct node **first; /* by node id: the first of the stream, up to
                                  there, whose sum is out of range; or NULL */
};

static const struct value *
sum_of(const struct node *node)
{
    return node->n_outputs == 0 ? NULL : node->outputs[0];
}

/* The addition that the stream of this one comes from, or NULL. */
static const struct node *
before(const struct streams *s, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_inputs; i++) {
        const struct node *const maker = walk_maker(node->inputs[i].value);
        if (maker != NULL && s->adds[maker->id])
            return maker;
    }
    return NULL;
}

static enum known
known_of(const struct streams *s, const struct node *node)
{
    return sum_of(node) == NULL
               ? KNOWN_NOTHING
               : overflow_known(s->walk.plan, s->walk.types, sum_of(node));
}

static bool
is_out(const struct streams *s, const struct node *node)
{
    return evidence_keeps(s->walk.plan, DANGER_ACTIVATION, known_of(s, node));
}

/* Nodes are sorted; one that is not begins a stream of its own. */
static void
find_streams(struct streams *s)
{
    const struct plan *const plan = s->walk.plan;

    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        const struct node *previous;
        s->of[i] = NO_STREAM;
        if (node == NULL || !s->adds[i])
            continue;
        previous = before(s, node);
        s->of[i] = i;
        if (previous != NULL && previous->id < i) {
            s->of[i] = s->of[previous->id];
            s->first[i] = s->first[previous->id];
        }
        if (s->first[i] == NULL && is_out(s, node))
            s->first[i] = node;
        s->length[s->of[i]]++;
    }
}

static void
decide_add(struct streams *s, const struct node *node, uint32_t length)
{
    struct walk *const walk = &s->walk;
    struct plan *const plan = walk->plan;
    struct arena *const arena = plan->module->arena;
    const struct node *const first = s->first[node->id];

    if (plan->residual == RESIDUAL_LOW) {
        plan_include_node(plan, node, "residual stream");
        return;
    }
    if (plan->residual == RESIDUAL_BY_EVIDENCE && first == NULL)
        return;
    walk_begin(walk, REASON_RESIDUAL, node, sum_of(node),
               plan->residual == RESIDUAL_FLOAT
                   ? arena_printf(arena, "%u additions", length)
                   : arena_printf(arena,
                                  "%u additions, out of range from `%s` on",
                                  length, sum_of(first)->name));
    walk->certainty = plan->residual == RESIDUAL_FLOAT
                          ? CERTAINTY_GIVEN
                          : evidence_certainty(known_of(s, first));
    walk_keep_node(walk, node);
}

/* To look for the streams takes time, and most models need none of it. */
static bool
is_needed(const struct streams *s)
{
    const struct plan *const plan = s->walk.plan;

    if (plan->residual != RESIDUAL_BY_EVIDENCE)
        return true;
    for (uint32_t i = 0; i < plan->module->n_nodes; i++) {
        const struct node *const node = plan_node(plan, i);
        if (node != NULL && node_has_trait(node, TRAIT_ADDS) &&
            is_out(s, node))
            return true;
    }
    return false;
}

void
decide_streams(struct plan *plan, const struct types *types,
               const struct constants *constants)
{
    const struct named_pattern *const pattern =
        named_pattern_find("residual-add");
    const uint32_t n = plan->module->n_nodes;
    struct arena *const arena = plan->module->arena;
    struct streams s = {0};

    walk_init(&s.walk, plan, types, constants);
    if (!is_needed(&s))
        return;
    s.adds = named_pattern_nodes(pattern, plan->module, types, arena);
    s.of = arena_array(arena, n, uint32_t);
    s.length = arena_array(arena, n, uint32_t);
    s.first = arena_array(arena, n, const struct node *);
    find_streams(&s);
    for (uint32_t i = 0; i < n; i++)
        if (s.of[i] != NO_STREAM && s.length[s.of[i]] > 1)
            decide_add(&s, plan->nodes[i], s.length[s.of[i]]);
}
