/* ranges.c: one forward sweep over the main graph, and into what it calls. */
#include "facts/ranges.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "facts/range_rules.h"

enum { ALL = 255 };

/* A row of ranges.def. */
struct row {
    const char *key; /* "domain\nname" */
    range_rule *rule;
    uint8_t since;
    uint8_t output; /* a slot, or ALL */
    int arg;
};

static const struct row rows[] = {
#define RANGE(domain, op, since, output, rule, arg) \
    {domain "\n" op, bound_##rule, since, output, arg},
#include "facts/ranges.def"
#undef RANGE
    {NULL, NULL, 0, 0, 0},
};

/* ---- the public face -------------------------------------------------- */

static struct value_range
unknown_range(void)
{
    return (struct value_range){
        .lo = -INFINITY,
        .hi = INFINITY,
        .reach_lo = INFINITY,
        .reach_hi = -INFINITY,
        .bound_basis = RANGE_UNKNOWN,
        .reach_basis = RANGE_UNKNOWN,
    };
}

const struct value_range *
ranges_of(const struct ranges *ranges, const struct value *value)
{
    static const struct value_range unknown = {
        .lo = -INFINITY,
        .hi = INFINITY,
        .reach_lo = INFINITY,
        .reach_hi = -INFINITY,
        .bound_basis = RANGE_UNKNOWN,
        .reach_basis = RANGE_UNKNOWN,
    };

    return ranges == NULL || value == NULL || value->id >= ranges->n
               ? &unknown
               : &ranges->of[value->id];
}

bool
range_fits(const struct value_range *range, double limit)
{
    return range->lo >= -limit && range->hi <= limit;
}

bool
range_has_reach(const struct value_range *range)
{
    return range->reach_lo <= range->reach_hi;
}

bool
range_exceeds(const struct value_range *range, double limit)
{
    return range_has_reach(range) &&
           (range->reach_lo < -limit || range->reach_hi > limit);
}

bool
range_usually_exceeds(const struct value_range *range, double limit)
{
    return range->usual > limit && !range_fits(range, limit);
}

bool
range_is_bounded(const struct value_range *range)
{
    return range->lo > -INFINITY || range->hi < INFINITY;
}

static struct value_range
publish(const struct range_draft *draft)
{
    struct value_range out = unknown_range();

    out.lo = draft->bound.lo;
    out.hi = draft->bound.hi;
    out.min_abs = draft->min_abs;
    out.integer = draft->integer;
    if (range_is_bounded(&out) || out.min_abs > 0)
        out.bound_basis = draft->bound_basis;
    for (int i = 0; i < WITNESSES; i++)
        if (!span_is_none(draft->at[i])) {
            out.reach_lo = fmin(out.reach_lo, draft->at[i].lo);
            out.reach_hi = fmax(out.reach_hi, draft->at[i].hi);
            out.reach_basis = draft->reach_basis;
        }
    if (!range_has_reach(&out))
        out.usual = draft->usual.peak;
    return out;
}

/* ---- rows ------------------------------------------------------------- */

static const struct row *
find_row(const struct range_sweep *sweep, const struct op_schema *op,
         uint32_t output)
{
    const struct row *found = NULL;
    char key[128];

    if (op == NULL)
        return NULL;
    snprintf(key, sizeof key, "%s\n%s", op_domain(op), op_name(op));
    for (const struct row *row = map_get(&sweep->rows, key);
         row != NULL && row->key != NULL && strcmp(row->key, key) == 0; row++)
        if (row->since <= op->since &&
            (row->output == ALL || row->output == output))
            found = row;
    return found;
}

/* ---- what a rule sees ------------------------------------------------- */

static const struct range_draft nothing = {
    .bound = {-INFINITY, INFINITY},
    .limit = {-INFINITY, INFINITY},
    .at = {{INFINITY, -INFINITY},
           {INFINITY, -INFINITY},
           {INFINITY, -INFINITY}},
};

const struct range_draft *
range_nothing(void)
{
    return &nothing;
}

const struct value *
range_operand(const struct node *node, uint32_t slot)
{
    return slot < node->n_inputs ? node->inputs[slot].value : NULL;
}

bool
range_has_input(const struct range_site *site, uint32_t slot)
{
    return range_operand(site->node, slot) != NULL;
}

const struct range_draft *
range_input(const struct range_site *site, uint32_t slot)
{
    return range_has_input(site, slot)
               ? &site->sweep->now[site->node->inputs[slot].value->id]
               : &nothing;
}

const struct shape *
range_input_shape(const struct range_site *site, uint32_t slot)
{
    return shapes_of(site->sweep->shapes,
                     range_has_input(site, slot)
                         ? site->node->inputs[slot].value
                         : NULL);
}

const struct shape *
range_output_shape(const struct range_site *site)
{
    return shapes_of(site->sweep->shapes, site->node->outputs[site->output]);
}

double
range_attr(const struct range_site *site, const char *name, double missing)
{
    const Onnx__AttributeProto *const attr = node_attr(site->node, name);

    return attr == NULL ? missing
           : attr->has_f ? (double)attr->f
           : attr->has_i ? (double)attr->i
                         : missing;
}

bool
range_dim(const struct shape *shape, int64_t axis, double *n)
{
    const struct dim dim = shape_dim(shape, axis);

    *n = (double)dim.n;
    return shape->known && !shape->assumed && dim.kind == DIM_KNOWN &&
           !dim.assumed;
}

bool
range_count(const struct shape *shape, const struct shape_list *axes,
            double *n)
{
    *n = 1;
    if (!shape->known || shape->assumed || !axes->known)
        return false;
    for (uint32_t i = 0; i < axes->n; i++) {
        double length;
        if (axes->item[i].kind != DIM_KNOWN || axes->item[i].assumed ||
            !range_dim(shape, axes->item[i].n, &length))
            return false;
        *n *= length;
    }
    return true;
}

struct shape_site
range_shape_site(const struct range_site *site)
{
    return (struct shape_site){
        .shapes = site->sweep->shapes,
        .module = site->sweep->module,
        .node = site->node,
        .output = site->output,
    };
}

bool
range_made_by(const struct range_site *site, uint32_t slot,
              struct range_maker *maker)
{
    const struct range_sweep *const sweep = site->sweep;
    const struct node *const node =
        range_has_input(site, slot) ? site->node->inputs[slot].value->def
                                    : NULL;
    const struct row *const row =
        node == NULL || node->n_bodies > 0 || node->function != NULL
            ? NULL
            : find_row(sweep, node->op, 0);
    const struct node *const read =
        row == NULL ? NULL : node_in_call(sweep->arena, sweep->attrs, node);

    if (read == NULL)
        return false;
    *maker = (struct range_maker){read, row->rule, row->arg};
    return true;
}

int
range_elem(const struct range_sweep *sweep, const struct value *value)
{
    const struct value_type type =
        value->id < sweep->types->n ? sweep->types->of[value->id]
                                    : (struct value_type){0};

    return type.known && type.container == OP_TENSOR ? type.elem
                                                     : ELEM_UNDEFINED;
}

int
range_output_elem(const struct range_site *site)
{
    return range_elem(site->sweep, site->node->outputs[site->output]);
}

/* ---- nodes ------------------------------------------------------------ */

/* A bound that is no tighter than what the op promises is proven, whatever its
 * operands rest on; else it rests on the weakest of them. */
static void
set_basis(const struct range_site *site, struct range_draft *out)
{
    const bool promised = out->bound.lo == out->limit.lo &&
                          out->bound.hi == out->limit.hi;

    out->bound_basis = RANGE_PROVEN;
    out->reach_basis = RANGE_PROVEN;
    for (uint32_t i = 0; i < site->node->n_inputs; i++) {
        const struct range_draft *const in = range_input(site, i);
        if (!promised && in->bound_basis > out->bound_basis)
            out->bound_basis = in->bound_basis;
        if (in->reach_basis > out->reach_basis)
            out->reach_basis = in->reach_basis;
        out->inputs |= in->inputs;
    }
}

static void
sweep_node(struct range_sweep *sweep, const struct node *node)
{
    const struct node *const read =
        node_in_call(sweep->arena, sweep->attrs, node);
    struct range_site site = {.sweep = sweep, .node = read};

    if (node->n_bodies > 0 || node->function != NULL) {
        range_sweep_inside(sweep, node);
        return;
    }
    sweep->budget -= sweep->budget > 0;
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        const struct row *const row =
            read != NULL ? find_row(sweep, node->op, i) : NULL;
        struct range_draft draft;
        range_draft_init(&draft);
        if (row != NULL && node->outputs[i] != NULL) {
            site.output = i;
            site.arg = row->arg;
            row->rule(&site, &draft);
            set_basis(&site, &draft);
        }
        range_set(sweep, node->outputs[i], &draft);
    }
}

static void
forget(struct range_sweep *sweep, const struct graph *graph)
{
    for_each_node (graph, node)
        for (uint32_t i = 0; i < node->n_outputs; i++)
            if (node->outputs[i] != NULL)
                sweep->now[node->outputs[i]->id] = nothing;
}

void
range_sweep_graph(struct range_sweep *sweep, const struct graph *graph)
{
    forget(sweep, graph);
    for (uint32_t i = 0; i < graph->n_initializers; i++) {
        struct range_draft draft;
        if (graph->initializers[i]->kind != VALUE_INITIALIZER)
            continue;
        range_draft_init(&draft);
        range_of_constant(sweep, graph->initializers[i], &draft);
        range_set(sweep, graph->initializers[i], &draft);
    }
    for_each_node (graph, node)
        sweep_node(sweep, node);
}

/* The default of an input is what the file says it is, unless a caller gives
 * another one. */
static void
sweep_main_inputs(struct range_sweep *sweep, const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_inputs; i++) {
        struct range_draft draft;
        range_draft_init(&draft);
        if (graph->inputs[i]->tensor != NULL) {
            range_of_constant(sweep, graph->inputs[i], &draft);
            draft.bound_basis = RANGE_DECLARED;
            draft.reach_basis = RANGE_DECLARED;
        }
        range_set(sweep, graph->inputs[i], &draft);
    }
}

static void
index_rows(struct map *map)
{
    for (const struct row *row = rows; row->key != NULL; row++) {
        if (row != rows && strcmp(row->key, row[-1].key) == 0)
            continue;
        assert(map_get(map, row->key) == NULL && "rows of an op are apart");
        map_put(map, row->key, (void *)(uintptr_t)row);
    }
}

struct ranges *
ranges_compute(struct arena *arena, struct module *module,
               const struct types *types, const struct shapes *shapes,
               const struct constants *constants,
               const struct range_seeds *seeds)
{
    const uint32_t n = module->n_values;
    struct ranges *const ranges = arena_new(arena, struct ranges);
    struct range_sweep sweep = {
        .arena = arena,
        .module = module,
        .types = types,
        .shapes = shapes,
        .constants = constants,
        .seeds = seeds,
        .now = arena_array(arena, n, struct range_draft),
        .whole = arena_array(arena, n, struct range_draft),
        .seen = arena_array(arena, n, bool),
    };

    map_init(&sweep.rows, arena);
    index_rows(&sweep.rows);
    for (uint32_t i = 0; i < n; i++)
        sweep.now[i] = sweep.whole[i] = nothing;
    sweep_main_inputs(&sweep, module->graphs[0]);
    range_sweep_module(&sweep);
    ranges->n = n;
    ranges->of = arena_array(arena, n, struct value_range);
    for (uint32_t i = 0; i < n; i++)
        ranges->of[i] = publish(&sweep.whole[i]);
    return ranges;
}
