#include "ops/table.h"

#include <assert.h>
#include <string.h>

/* Rows refer to each other and to names by 16-bit index, not by pointer: the
 * table needs no relocation, so nothing of it is touched at start-up. */

/* --- names: one string after the other, each with its NUL --- */

struct op_names {
#define NAME(id) char n_##id[sizeof #id];
#define NAME_AS(id, text) char n_##id[sizeof text];
#include "ops/ops.def"
};

static const struct op_names names = {
#define NAME(id) #id,
#define NAME_AS(id, text) text,
#include "ops/ops.def"
};

#define NAME_AT(id) offsetof(struct op_names, n_##id)

_Static_assert(sizeof names <= UINT16_MAX, "offsets of names are 16 bits");

static const char *
name_at(size_t offset)
{
    return (const char *)&names + offset;
}

/* --- domains --- */

enum domain_id {
#define DOMAIN(id, text, newest) DOMAIN_##id,
#include "ops/ops.def"
    DOMAIN_COUNT,
};

static const struct op_domain domains[] = {
#define DOMAIN(id, text, newest) {text, newest},
#include "ops/ops.def"
};

/* --- bodies --- */

enum layout_id {
#define LAYOUT(id, node_in, body_in, body_out, carried, but, elements, a, b)   \
    LAYOUT_##id,
#include "ops/ops.def"
};

#define NONE OP_NONE
static const struct op_body bodies[] = {
#define LAYOUT(id, node_in, body_in, body_out, carried, but, elements, a, b)   \
    {NAME_AT(but), node_in, body_in, body_out, {ELEM_##a, ELEM_##b}, carried,  \
     elements},
#include "ops/ops.def"
};

/* --- parameters, inputs before outputs --- */

#define V(variable) variable, ELEM_UNDEFINED
#define T(elem) OP_NONE, ELEM_##elem
#define OPTION_SINGLE OP_OPTION_SINGLE, 1, false
#define OPTION_OPTIONAL OP_OPTION_OPTIONAL, 0, false
#define OPTION_VARIADIC OP_OPTION_VARIADIC, 1, false
#define OPTION_VARIADIC_0 OP_OPTION_VARIADIC, 0, false
#define OPTION_MIXED OP_OPTION_VARIADIC, 1, true
#define OPTION_MIXED_0 OP_OPTION_VARIADIC, 0, true

static const struct op_param params[] = {
#define IN(name, type, option) {NAME_AT(name), type, OPTION_##option},
#define OUT(name, type, option) {NAME_AT(name), type, OPTION_##option},
#include "ops/ops.def"
};

/* --- sets of element types --- */

static const struct op_set sets[] = {
#define VAR(variable, name, container, elems)                                  \
    {elems, NAME_AT(name), variable, OP_##container},
#include "ops/ops.def"
};

/* --- rules --- */

static const struct op_rule rules[] = {
#define RULE(kind, attr, variable, elem, other)                                \
    {NAME_AT(attr), OP_RULE_##kind, variable, ELEM_##elem, other},
#include "ops/ops.def"
};

/* --- op versions --- */

/* Where the rows of each op begin: each enumeration counts one kind of row.
 * (The second member of a pair makes the next pair start after its rows.) */
#define ROWS(first, n) first, first##_END = first + (n) - 1,
#define IO(min, max, formals) formals
enum first_param {
#define OP(domain, name, since, class, flags, inputs, outputs, vars, rules)    \
    ROWS(PARAM_##domain##_##name##_##since, (inputs) + (outputs))
#include "ops/ops.def"
    PARAM_COUNT,
};
enum first_set {
#define OP(domain, name, since, class, flags, inputs, outputs, vars, rules)    \
    ROWS(SET_##domain##_##name##_##since, vars)
#include "ops/ops.def"
    SET_COUNT,
};
enum first_rule {
#define OP(domain, name, since, class, flags, inputs, outputs, vars, rules)    \
    ROWS(RULE_##domain##_##name##_##since, rules)
#include "ops/ops.def"
    RULE_COUNT,
};
#undef IO

#define LENGTH(table) (sizeof(table) / sizeof *(table))
_Static_assert(LENGTH(params) == PARAM_COUNT, "an OP row miscounts IN, OUT");
_Static_assert(LENGTH(sets) == SET_COUNT, "an OP row miscounts VAR");
_Static_assert(LENGTH(rules) == RULE_COUNT, "an OP row miscounts RULE");

#define IO(min, max, formals) {min, max, formals}
#define ANY OP_ANY
static const struct op_schema schemas[] = {
#define OP(domain, name, since, class, flags, inputs, outputs, vars, rules)    \
    {NAME_AT(name), DOMAIN_##domain, since, OP_##class, flags, inputs, outputs,\
     vars, rules, PARAM_##domain##_##name##_##since,                           \
     SET_##domain##_##name##_##since, RULE_##domain##_##name##_##since},
#include "ops/ops.def"
};

static const struct op_table built_in = {
    .names = (const char *)&names,
    .domains = domains,
    .params = params,
    .sets = sets,
};

/* Rows of ops.def have no pointer to their table: each would be relocated. */
static const struct op_table *
table_of(const struct op_schema *op)
{
    return (op->flags & OP_DECLARED) == 0
               ? &built_in
               : ((const struct op_declared *)op)->table;
}

/* --- lookup --- */

static const struct op_domain *
find_domain(const char *name)
{
    if (strcmp(name, "ai.onnx") == 0)
        name = "";
    for (size_t i = 0; i < DOMAIN_COUNT; i++)
        if (strcmp(domains[i].name, name) == 0)
            return &domains[i];
    return NULL;
}

const struct op_schema *
ops_find(const char *domain, const char *name, int64_t opset)
{
    const struct op_domain *known = find_domain(domain);
    if (known == NULL)
        return NULL;
    int id = (int)(known - domains);

    /* The last row that is not beyond (domain, name, opset). */
    size_t low = 0, high = LENGTH(schemas);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct op_schema *op = &schemas[middle];
        int order = op->domain - id;
        if (order == 0)
            order = strcmp(op_name(op), name);
        if (order < 0 || (order == 0 && op->since <= opset))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct op_schema *op = &schemas[low - 1];
    return op->domain == id && strcmp(op_name(op), name) == 0 ? op : NULL;
}

int
ops_newest(const char *domain)
{
    const struct op_domain *known = find_domain(domain);
    return known == NULL ? 0 : known->newest;
}

size_t
ops_count(void)
{
    return LENGTH(schemas);
}

const struct op_schema *
ops_at(size_t i)
{
    assert(i < LENGTH(schemas));
    return &schemas[i];
}

const char *
op_domain(const struct op_schema *op)
{
    return table_of(op)->domains[op->domain].name;
}

const char *
op_name(const struct op_schema *op)
{
    return table_of(op)->names + op->name_at;
}

/* --- parameters --- */

static const struct op_param *
param_of(const struct op_param *first, size_t formals, size_t i)
{
    if (i < formals)
        return &first[i];
    if (formals > 0 && first[formals - 1].option == OP_OPTION_VARIADIC)
        return &first[formals - 1];
    return NULL;
}

const struct op_param *
op_input(const struct op_schema *op, size_t i)
{
    return param_of(&table_of(op)->params[op->first_param],
                    op->inputs.formals, i);
}

const struct op_param *
op_output(const struct op_schema *op, size_t i)
{
    const struct op_param *first = &table_of(op)->params[op->first_param];
    return param_of(first + op->inputs.formals, op->outputs.formals, i);
}

const char *
op_param_name(const struct op_schema *op, const struct op_param *param)
{
    return table_of(op)->names + param->name_at;
}

uint64_t
op_param_elems(const struct op_schema *op, const struct op_param *param,
               enum op_container container)
{
    if (param->var != OP_NONE)
        return op_var_elems(op, param->var, container);
    return container == OP_TENSOR ? elem_bit(param->elem) : 0;
}

bool
op_param_allows(const struct op_schema *op, const struct op_param *param,
                enum op_container container, int elem)
{
    return (op_param_elems(op, param, container) & elem_bit(elem)) != 0;
}

enum elem_type
op_param_elem(const struct op_schema *op, const struct op_param *param)
{
    uint64_t all = 0;
    for (int container = 0; container < OP_CONTAINERS; container++)
        all |= op_param_elems(op, param, (enum op_container)container);
    for (int elem = 1; elem < ELEM_COUNT; elem++)
        if (all == ELEM_BIT(elem))
            return (enum elem_type)elem;
    return ELEM_UNDEFINED;
}

/* --- type variables --- */

static const struct op_set *
sets_of(const struct op_schema *op)
{
    return &table_of(op)->sets[op->first_set];
}

size_t
op_vars(const struct op_schema *op)
{
    return op->n_sets == 0 ? 0 : sets_of(op)[op->n_sets - 1].var + (size_t)1;
}

const char *
op_var_name(const struct op_schema *op, size_t var)
{
    const struct op_set *set = sets_of(op);
    assert(var < op_vars(op));
    while (set->var != var)
        set++;
    return table_of(op)->names + set->name_at;
}

uint64_t
op_var_elems(const struct op_schema *op, size_t var,
             enum op_container container)
{
    assert(var < op_vars(op));
    for (size_t i = 0; i < op->n_sets; i++) {
        const struct op_set *set = &sets_of(op)[i];
        if (set->var == var && set->container == container)
            return set->elems;
    }
    return 0;
}

bool
op_var_allows(const struct op_schema *op, size_t var,
              enum op_container container, int elem)
{
    return (op_var_elems(op, var, container) & elem_bit(elem)) != 0;
}

/* --- rules --- */

const struct op_rule *
op_rule(const struct op_schema *op, size_t i)
{
    assert(i < op->n_rules);
    return &rules[op->first_rule + i];
}

const struct op_rule *
op_rule_for(const struct op_schema *op, const char *attr)
{
    for (size_t i = 0; i < op->n_rules; i++) {
        const struct op_rule *rule = op_rule(op, i);
        const char *name = op_rule_attr(rule);
        if (*name != '\0' && strcmp(name, attr) == 0)
            return rule;
    }
    return NULL;
}

const char *
op_rule_attr(const struct op_rule *rule)
{
    return name_at(rule->attr_at);
}

const struct op_body *
op_rule_body(const struct op_rule *rule)
{
    assert(rule->kind == OP_RULE_GRAPH);
    return rule->other == OP_NONE ? NULL : &bodies[rule->other];
}

const char *
op_body_but(const struct op_body *body)
{
    const char *name = name_at(body->but_at);
    return *name == '\0' ? NULL : name;
}
