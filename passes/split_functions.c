/* split-functions: gives local functions one copy for each way in which they
 * are called. Ways differ in the types of values, also of values inside
 * (facts/types.h), and in the list of the user or rule of the policy file that
 * a call is on. Ways without a type that conversions change share one function.
 * needs types; keeps nothing. */
#include "pass/policy.h"
#include "plan/node_lists.h"

enum { COUNT_COPIES, COUNT_CALLS };

/* The types that conversions change, in either direction. */
static const uint64_t converted =
    ELEM_BIT(ELEM_FLOAT) | ELEM_BIT(ELEM_FLOAT16) | ELEM_BIT(ELEM_BFLOAT16);

/* The user's lists in the order of their weight; behind them come the rules of
 * the policy file, and none. */
enum { LISTS = 4 };

/* A call in the function of a variant: the one at `call` of its calls. */
struct site {
    struct variant *caller;
    uint32_t call;
    struct site *next;
};

/* Calls that are served by one function, the main graph among them. */
struct variant {
    struct graph *graph;  /* NULL until it is made */
    struct node **calls;  /* the calls in it, in order */
    struct site *sites;   /* where it is called */
    struct variant *next; /* of the same function, in order of appearance */
    uint32_t list;
    bool shared; /* by ways that need no function of their own */
};

/* What is known of a function. */
struct family {
    struct variant *first, *last;
    struct variant *shared;
    uint32_t n_ways;
    bool ordered;
};

struct split {
    struct pass_run *run;
    struct family *families;   /* by graph id */
    struct variant **variants; /* by way id and list */
    uint32_t *list;            /* by node id: that a call is on */
    uint32_t no_list;          /* number of lists and rules */
    struct graph **order;      /* functions, callers behind what they call */
    uint32_t n_order;
};

/* ---- calls -------------------------------------------------------------- */

struct node_list {
    struct arena *arena;
    struct node **nodes;
    size_t n;
};

/* The calls in a graph, as type_way.calls has them: a graph that is given to a
 * function is nobody's body. */
static void
gather_calls(struct node_list *list, const struct graph *graph)
{
    for_each_node (graph, node) {
        for (uint32_t i = 0; node->function == NULL && i < node->n_bodies; i++)
            gather_calls(list, node->bodies[i]);
        if (node->function == NULL)
            continue;
        list->nodes =
            arena_grow(list->arena, list->nodes, list->n, sizeof *list->nodes);
        list->nodes[list->n++] = node;
    }
}

static struct node **
calls_in(const struct split *split, const struct graph *graph)
{
    struct node_list list = {.arena = split->run->scratch};

    gather_calls(&list, graph);
    return list.nodes;
}

static enum opp_status
find_lists(struct split *split, struct opp_error *err)
{
    const struct module *const module = split->run->module;
    struct policy policy;
    struct policy_matches rules;
    const struct {
        struct pattern_list *list;
        const struct pattern *(*match)(struct pattern_list *,
                                       const struct module *,
                                       const struct node *);
    } lists[LISTS] = {
        {&policy.node_block, node_list_match},
        {&policy.node_include, node_list_match},
        {&policy.op_block, op_list_match},
        {&policy.op_include, op_list_match},
    };
    enum opp_status status = policy_parse(&policy, split->run, err);

    if (status == OPP_OK)
        status = policy_load(&rules, split->run, err);
    if (status != OPP_OK)
        return status;
    split->no_list =
        LISTS + (rules.file == NULL ? 0 : (uint32_t)rules.file->rules.count);
    node_list_know(&policy.node_block, module);
    node_list_know(&policy.node_include, module);
    for (uint32_t i = 0; i < module->n_nodes; i++) {
        const struct node *const node = module->nodes[i];
        if (node == NULL || node->function == NULL)
            continue;
        split->list[i] = 0;
        while (split->list[i] < LISTS &&
               lists[split->list[i]].match(lists[split->list[i]].list, module,
                                           node) == NULL)
            split->list[i]++;
        if (split->list[i] == LISTS && rules.file != NULL)
            split->list[i] += rules.owner[i] == POLICY_NO_RULE
                                  ? split->no_list - LISTS
                                  : rules.owner[i];
    }
    return OPP_OK;
}

/* ---- variants ----------------------------------------------------------- */

static struct variant *
variant_new(struct split *split, struct graph *graph)
{
    struct family *const family = &split->families[graph->id];
    struct variant *const variant =
        arena_new(split->run->scratch, struct variant);

    if (family->first == NULL) {
        family->first = variant;
        variant->graph = graph;
        variant->calls = calls_in(split, graph);
    } else {
        family->last->next = variant;
    }
    family->last = variant;
    return variant;
}

/* Where the variant stands that a call of `caller` needs. What one shared
 * function calls is shared, because a call has one target. */
static struct variant **
variant_slot(const struct split *split, const struct variant *caller,
             const struct type_way *way, uint32_t list)
{
    struct family *const family = &split->families[way->graph->id];
    const bool can_copy =
        edit_can_copy_function(split->run->module, way->graph);

    if (caller->shared || (way->elems & converted) == 0 ||
        (family->n_ways > 1 && !can_copy))
        return &family->shared;
    return &split->variants[way->id * (split->no_list + (size_t)1) +
                            (can_copy ? list : split->no_list)];
}

static void
add_site(const struct split *split, struct variant *variant,
         struct variant *caller, uint32_t call)
{
    struct site *const site = arena_new(split->run->scratch, struct site);

    *site = (struct site){caller, call, variant->sites};
    variant->sites = site;
}

static void
visit(struct split *split, struct variant *variant, const struct type_way *way)
{
    for (uint32_t i = 0; i < way->n_calls; i++) {
        const struct way_call *const call = &way->calls[i];
        const uint32_t own = split->list[call->node->id];
        const uint32_t list = own < variant->list ? own : variant->list;
        struct variant **const slot =
            variant_slot(split, variant, call->way, list);
        if (*slot == NULL) {
            *slot = variant_new(split, call->way->graph);
            (*slot)->list = list;
            (*slot)->shared =
                slot == &split->families[call->way->graph->id].shared;
            visit(split, *slot, call->way);
        }
        add_site(split, *slot, variant, i);
    }
}

/* ---- the pass ----------------------------------------------------------- */

static void
put_in_order(struct split *split, const struct type_way *way)
{
    for (uint32_t i = way->n_calls; i > 0; i--) {
        const struct type_way *const callee = way->calls[i - 1].way;
        struct family *const family = &split->families[callee->graph->id];
        if (family->ordered)
            continue;
        family->ordered = true;
        put_in_order(split, callee);
        split->order[split->n_order++] = callee->graph;
    }
}

/* All that call the variant have been made by now. Once a change is refused
 * all others are. */
static void
make(const struct split *split, struct variant *variant, struct graph *function)
{
    struct pass_run *const run = split->run;

    if (!change_begin(run->module, "a function is called in several ways"))
        return;
    variant->graph = edit_copy_function(run->module, function);
    variant->calls = calls_in(split, variant->graph);
    for (const struct site *site = variant->sites; site != NULL;
         site = site->next) {
        edit_set_function(run->module, site->caller->calls[site->call],
                          variant->graph);
        run->counts[COUNT_CALLS]++;
    }
    run->counts[COUNT_COPIES]++;
    change_end(run->module);
}

static void
split_all(struct split *split)
{
    const struct types *const types = split->run->facts->types;
    const struct type_way *const main_way = types->ways[types->n_ways - 1];
    struct variant *const main_variant = variant_new(split, main_way->graph);

    for (uint32_t i = 0; i < types->n_ways; i++)
        split->families[types->ways[i]->graph->id].n_ways++;
    main_variant->list = split->no_list;
    visit(split, main_variant, main_way);
    put_in_order(split, main_way);
    for (uint32_t i = split->n_order; i > 0; i--) {
        struct graph *const function = split->order[i - 1];
        struct variant *variant = split->families[function->id].first->next;
        for (; variant != NULL; variant = variant->next)
            make(split, variant, function);
    }
}

static enum opp_status
split_functions(struct pass_run *run, struct opp_error *err)
{
    const struct module *const module = run->module;
    struct split split = {.run = run};
    enum opp_status status;

    if (module->functions.count == 0)
        return OPP_OK;
    split.families = arena_array(run->scratch, module->n_graphs, struct family);
    split.order = arena_array(run->scratch, module->n_graphs, struct graph *);
    split.list = arena_array(run->scratch, module->n_nodes, uint32_t);
    status = find_lists(&split, err);
    if (status != OPP_OK)
        return status;
    split.variants = arena_array(
        run->scratch, run->facts->types->n_ways * (split.no_list + (size_t)1),
        struct variant *);
    split_all(&split);
    return OPP_OK;
}

const struct pass pass_split_functions = {
    .name = "split-functions",
    .summary = "give local functions one copy for each way they are called in",
    .edits = true,
    .needs = FACT_TYPES,
    .options =
        {
            {"node-block", OPTION_LIST, "", "as of plan-precision"},
            {"node-include", OPTION_LIST, "", "as of plan-precision"},
            {"op-block", OPTION_LIST, "", "as of plan-precision"},
            {"op-include", OPTION_LIST, "", "as of plan-precision"},
            {"policy", OPTION_TEXT, "", "as of plan-precision"},
        },
    .counts = {"copies", "calls"},
    .run = split_functions,
};
