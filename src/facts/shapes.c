/* shapes.c: one forward sweep over the main graph, and into what it calls. */
#include "facts/shapes.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "facts/shape_rules.h"

enum { ALL = 255 };

/* A row of shapes.def. */
struct row {
    const char *key; /* "domain\nname" */
    shape_rule *rule;
    uint8_t since;
    uint8_t output; /* a slot, or ALL */
    int arg;
};

static const struct row rows[] = {
#define SHAPE(domain, op, since, output, rule, arg) \
    {domain "\n" op, rule_##rule, since, output, arg},
#include "facts/shapes.def"
#undef SHAPE
    {NULL, NULL, 0, 0, 0},
};

bool
dim_is_certain(struct dim dim)
{
    return dim.kind == DIM_KNOWN && !dim.assumed;
}

const struct shape *
shapes_of(const struct shapes *shapes, const struct value *value)
{
    static const struct shape unknown = {0};

    if (shapes == NULL || value == NULL || value->id >= shapes->n)
        return &unknown;
    return &shapes->of[value->id];
}

const char *
shapes_symbol(const struct shapes *shapes, struct dim dim)
{
    return dim.kind == DIM_SYMBOL ? shapes->symbols[dim.n] : NULL;
}

/* ---- what the file declares ------------------------------------------- */

static struct dim
symbol(struct shape_sweep *sweep, const char *text)
{
    struct shapes *const shapes = sweep->shapes;
    const uint32_t *id = map_get(&sweep->symbols, text);

    if (id == NULL) {
        uint32_t *const fresh = arena_new(sweep->arena, uint32_t);
        *fresh = shapes->n_symbols;
        shapes->symbols =
            arena_grow(sweep->arena, shapes->symbols, shapes->n_symbols,
                       sizeof *shapes->symbols);
        shapes->symbols[shapes->n_symbols++] = text;
        map_put(&sweep->symbols, text, fresh);
        id = fresh;
    }
    return (struct dim){.kind = DIM_SYMBOL, .n = *id};
}

static struct dim
declared_dim(struct shape_sweep *sweep,
             const Onnx__TensorShapeProto__Dimension *dim)
{
    switch (dim->value_case) {
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE:
        return dim_length(dim_of(dim->dim_value));
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
        if (dim->dim_param[0] != '\0')
            return symbol(sweep, dim->dim_param);
        break;
    case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__NOT_SET:
    case _ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__CASE_IS_INT_SIZE:
        break;
    }
    return (struct dim){0};
}

static const Onnx__TensorShapeProto *
declared_shape(const struct value *value)
{
    const Onnx__TypeProto *const type =
        value->info == NULL ? NULL : value->info->type;

    if (type == NULL)
        return NULL;
    if (type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return type->tensor_type->shape;
    if (type->value_case == ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE)
        return type->sparse_tensor_type->shape;
    return NULL;
}

static void
declared(struct shape_sweep *sweep, const struct value *value,
         struct shape_draft *out)
{
    const Onnx__TensorShapeProto *const shape = declared_shape(value);

    if (shape == NULL || !draft_rank(out, shape->n_dim))
        return;
    for (uint32_t i = 0; i < out->rank; i++)
        out->dims[i] = declared_dim(sweep, shape->dim[i]);
}

/* Takes over from `hint` what `out` does not know; a number says more than a
 * symbol. */
static void
take_hint(struct shape_draft *out, const struct shape_draft *hint)
{
    if (!hint->known || (out->known && out->rank != hint->rank))
        return;
    if (!out->known && draft_rank(out, hint->rank))
        out->assumed = true;
    for (uint32_t i = 0; i < out->rank; i++) {
        if (out->dims[i].kind == DIM_KNOWN ||
            hint->dims[i].kind == DIM_UNKNOWN ||
            out->dims[i].kind == hint->dims[i].kind)
            continue;
        out->dims[i] = hint->dims[i];
        out->dims[i].assumed = true;
    }
}

/* ---- setting a shape -------------------------------------------------- */

/* Whether an integer tensor of `elem` can hold `n`; what it cannot hold would
 * wrap around. */
static bool
fits_elem(int elem, int64_t n)
{
    const int bits = elem_bits(elem);

    switch (elem_kind(elem)) {
    case ELEM_KIND_BOOL:
        return n == 0 || n == 1;
    case ELEM_KIND_INT:
        return bits == 64 || (n >= -(INT64_C(1) << (bits - 1)) &&
                              n < INT64_C(1) << (bits - 1));
    case ELEM_KIND_UINT:
        return n >= 0 && (bits == 64 || n < INT64_C(1) << bits);
    case ELEM_KIND_NONE:
    case ELEM_KIND_FLOAT:
    case ELEM_KIND_STRING:
    case ELEM_KIND_COMPLEX:
        return false;
    }
    return false;
}

/* Drops integers that the value cannot have. */
static void
check_ints(const struct shape_sweep *sweep, const struct value *value,
           struct shape_draft *draft)
{
    const struct value_type type = sweep->types->of[value->id];
    const bool tensor = type.known && type.container == OP_TENSOR;
    uint32_t n;

    if (!draft->has_ints)
        return;
    draft->has_ints = tensor && fits_elem(type.elem, 0) &&
                      draft_elements(draft, &n) && n == draft->n_ints;
    for (uint32_t i = 0; draft->has_ints && i < n; i++)
        if (draft->ints[i].kind == DIM_KNOWN &&
            !fits_elem(type.elem, draft->ints[i].n))
            draft->ints[i] = (struct dim){0};
}

static const struct dim *
keep_dims(struct arena *arena, const struct dim *dims, uint32_t n)
{
    struct dim *const kept = arena_array(arena, n, struct dim);

    for (uint32_t i = 0; i < n; i++)
        kept[i] = dims[i];
    return kept;
}

struct shape
sweep_keep(struct shape_sweep *sweep, const struct shape_draft *draft)
{
    struct shape shape = {0};

    if (!draft->known)
        return shape;
    shape.known = true;
    shape.assumed = draft->assumed;
    shape.rank = (uint8_t)draft->rank;
    shape.dims = keep_dims(sweep->arena, draft->dims, draft->rank);
    if (!draft->has_ints)
        return shape;
    shape.has_ints = true;
    shape.n_ints = (uint8_t)draft->n_ints;
    shape.ints = keep_dims(sweep->arena, draft->ints, draft->n_ints);
    return shape;
}

void
sweep_set(struct shape_sweep *sweep, const struct value *value,
          const struct shape_draft *draft)
{
    struct shape_draft merged = *draft, hint = {0};

    if (value == NULL)
        return;
    declared(sweep, value, &hint);
    take_hint(&merged, &hint);
    check_ints(sweep, value, &merged);
    sweep->shapes->of[value->id] = sweep_keep(sweep, &merged);
}

/* ---- inputs and initializers ------------------------------------------ */

static void
stored(const struct shape_sweep *sweep, const struct value *value,
       struct shape_draft *out)
{
    if (value->tensor != NULL) {
        draft_tensor(out, sweep->module->model, value->tensor);
        return;
    }
    if (value->sparse != NULL && draft_rank(out, value->sparse->n_dims))
        for (uint32_t i = 0; i < out->rank; i++)
            out->dims[i] = dim_length(dim_of(value->sparse->dims[i]));
}

/* An initializer that is an input as well is a default that the caller may
 * override. Before IR version 4 every initializer had to be one, so that its
 * values are a good guess there (ONNX IR.md, initializers). */
static void
sweep_default(struct shape_sweep *sweep, const struct value *value,
              struct shape_draft *out)
{
    const Onnx__ModelProto *const proto = sweep->module->model->proto;
    struct shape_draft held = {0};

    stored(sweep, value, &held);
    take_hint(out, &held);
    out->has_ints = held.has_ints && proto->ir_version < 4;
    for (uint32_t i = 0; out->has_ints && i < held.n_ints; i++) {
        held.ints[i].assumed = true;
        draft_int(out, held.ints[i]);
    }
}

static void
sweep_inputs(struct shape_sweep *sweep, const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_inputs; i++) {
        struct shape_draft draft = {0};
        declared(sweep, graph->inputs[i], &draft);
        sweep_default(sweep, graph->inputs[i], &draft);
        sweep_set(sweep, graph->inputs[i], &draft);
    }
}

/* ---- nodes ------------------------------------------------------------ */

static const struct row *
find_row(const struct shape_sweep *sweep, const struct op_schema *op,
         uint32_t output)
{
    const struct row *found = NULL;
    const struct row *first;
    char key[128];

    if (op == NULL)
        return NULL;
    snprintf(key, sizeof key, "%s\n%s", op_domain(op), op_name(op));
    first = map_get(&sweep->rows, key);
    for (const struct row *row = first;
         row != NULL && row->key != NULL && strcmp(row->key, key) == 0; row++)
        if (row->since <= op->since &&
            (row->output == ALL || row->output == output))
            found = row;
    return found;
}

static bool
reads_assumed_rank(const struct shape_site *site)
{
    for (uint32_t i = 0; i < site->node->n_inputs; i++)
        if (site_input(site, i)->assumed)
            return true;
    return false;
}

static void
sweep_node(struct shape_sweep *sweep, const struct node *original)
{
    /* Without the attributes that the calls give, nothing can be said. */
    const struct node *const read =
        node_in_call(sweep->arena, sweep->attrs, original);
    const struct node *const node = read == NULL ? original : read;
    const struct op_schema *const op = read == NULL ? NULL : node->op;
    struct shape_site site = {
        .shapes = sweep->shapes, .module = sweep->module, .node = node};

    sweep_spend(sweep, node->graph);
    if (node->function != NULL) {
        sweep_into_call(sweep, original);
        return;
    }
    if (node->n_bodies > 0) {
        const struct row *const row = find_row(sweep, op, 0);
        sweep_bodies(sweep, node, row != NULL && row->rule == rule_bodies);
    }
    for (uint32_t i = 0; i < node->n_outputs; i++) {
        const struct row *const row = find_row(sweep, op, i);
        struct shape_draft draft = {0};
        if (row != NULL) {
            site.output = i;
            site.arg = row->arg;
            row->rule(&site, &draft);
            draft.assumed = draft.assumed || reads_assumed_rank(&site);
        }
        sweep_set(sweep, node->outputs[i], &draft);
    }
}

void
sweep_graph(struct shape_sweep *sweep, const struct graph *graph)
{
    for (uint32_t i = 0; i < graph->n_initializers; i++) {
        struct shape_draft draft = {0};
        if (graph->initializers[i]->kind != VALUE_INITIALIZER)
            continue;
        stored(sweep, graph->initializers[i], &draft);
        sweep_set(sweep, graph->initializers[i], &draft);
    }
    for_each_node (graph, node)
        sweep_node(sweep, node);
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

struct shapes *
shapes_compute(struct arena *arena, struct module *module,
               const struct types *types)
{
    struct shape_sweep sweep = {
        .arena = arena, .module = module, .types = types};

    sweep.shapes = arena_new(arena, struct shapes);
    sweep.shapes->n = module->n_values;
    sweep.shapes->of = arena_array(arena, module->n_values, struct shape);
    map_init(&sweep.rows, arena);
    map_init(&sweep.symbols, arena);
    index_rows(&sweep.rows);
    sweep_begin_calls(&sweep);
    for (uint32_t i = 0; i < module->n_graphs; i++)
        if (module->graphs[i]->kind == GRAPH_MAIN) {
            sweep_inputs(&sweep, module->graphs[i]);
            sweep_graph(&sweep, module->graphs[i]);
        }
    sweep_end_calls(&sweep);
    return sweep.shapes;
}
