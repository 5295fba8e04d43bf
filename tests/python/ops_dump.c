/* Prints the compiled op table as JSON, one op version a line, with what the
 * functions of ops.h answer. For test_ops_table.py. */
#include "ops/ops.h"

#include <stdio.h>

static const char *const type_forms[OP_CONTAINERS][2] = {
    [OP_TENSOR] = {"tensor(", ")"},
    [OP_SPARSE_TENSOR] = {"sparse_tensor(", ")"},
    [OP_SEQUENCE] = {"seq(tensor(", "))"},
    [OP_OPTIONAL] = {"optional(tensor(", "))"},
    [OP_OPTIONAL_SEQUENCE] = {"optional(seq(tensor(", ")))"},
    [OP_MAP_INT64] = {"map(int64, ", ")"},
    [OP_MAP_STRING] = {"map(string, ", ")"},
    [OP_SEQUENCE_MAP_INT64] = {"seq(map(int64, ", "))"},
    [OP_SEQUENCE_MAP_STRING] = {"seq(map(string, ", "))"},
};

static const char *const kind_names[] = {
    [OP_RULE_DTYPE] = "DTYPE",
    [OP_RULE_BITS] = "BITS",
    [OP_RULE_NAME] = "NAME",
    [OP_RULE_TENSOR] = "TENSOR",
    [OP_RULE_SPARSE_TENSOR] = "SPARSE_TENSOR",
    [OP_RULE_TYPE_PROTO] = "TYPE_PROTO",
    [OP_RULE_VALUE] = "VALUE",
    [OP_RULE_PRESENT] = "PRESENT",
    [OP_RULE_STASH] = "STASH",
    [OP_RULE_STASH_WIDER] = "STASH_WIDER",
    [OP_RULE_GRAPH] = "GRAPH",
    [OP_RULE_SAME] = "SAME",
    [OP_RULE_OTHER] = "OTHER",
    [OP_RULE_SEQUENCE_OF] = "SEQUENCE_OF",
    [OP_RULE_OPTIONAL_OF] = "OPTIONAL_OF",
    [OP_RULE_MAP_OF] = "MAP_OF",
};

static const char *const class_names[] = {
    [OP_COMPUTE] = "compute",   [OP_CONVERT] = "convert",
    [OP_MOVEMENT] = "movement", [OP_CONSTANT] = "constant",
    [OP_CONTROL] = "control",
};

static void
print_types(enum op_container container, uint64_t elems, int *count)
{
    for (int elem = 0; elem < 64; elem++)
        if (elems >> elem & 1)
            printf("%s\"%s%s%s\"", (*count)++ ? ", " : "",
                   type_forms[container][0], elem_name(elem),
                   type_forms[container][1]);
}

static void
print_param(const struct op_schema *op, const struct op_param *param)
{
    static const char *const options[] = {"Single", "Optional", "Variadic"};
    int count = 0;
    printf("{\"name\": \"%s\", \"option\": \"%s\", \"min\": %d, "
           "\"mixed\": %d, \"var\": %d, \"elem\": %d, \"types\": [",
           op_param_name(op, param), options[param->option], param->min,
           param->mixed, param->var == OP_NONE ? -1 : param->var,
           op_param_elem(op, param));
    for (int c = 0; c < OP_CONTAINERS; c++)
        print_types((enum op_container)c,
                    op_param_elems(op, param, (enum op_container)c), &count);
    printf("]}");
}

static void
print_params(const struct op_schema *op, const char *key,
             const struct op_arity *arity,
             const struct op_param *get(const struct op_schema *, size_t))
{
    printf(", \"%s\": {\"min\": %d, \"max\": %d, \"params\": [", key,
           arity->min, arity->max == OP_ANY ? INT32_MAX : arity->max);
    for (size_t i = 0; i < arity->formals; i++) {
        printf("%s", i > 0 ? ", " : "");
        print_param(op, get(op, i));
    }
    printf("]}");
}

static void
print_vars(const struct op_schema *op)
{
    printf(", \"vars\": [");
    for (size_t var = 0; var < op_vars(op); var++) {
        int count = 0;
        printf("%s{\"name\": \"%s\", \"types\": [", var > 0 ? ", " : "",
               op_var_name(op, var));
        for (int c = 0; c < OP_CONTAINERS; c++)
            print_types((enum op_container)c,
                        op_var_elems(op, var, (enum op_container)c), &count);
        printf("]}");
    }
    printf("]");
}

static void
print_body(const struct op_rule *rule)
{
    const struct op_body *body = op_rule_body(rule);
    if (body == NULL) {
        printf(", \"body\": null");
        return;
    }
    const char *but = op_body_but(body);
    printf(", \"body\": {\"node_in\": %d, \"body_in\": %d, \"body_out\": %d, "
           "\"lead\": [%d, %d], \"carried\": %d, \"elements\": %d, "
           "\"but\": \"%s\"}",
           body->node_in == OP_NONE ? -1 : body->node_in, body->body_in,
           body->body_out, body->lead[0], body->lead[1], body->carried,
           body->elements, but == NULL ? "" : but);
}

static void
print_rules(const struct op_schema *op)
{
    printf(", \"rules\": [");
    for (size_t i = 0; i < op->n_rules; i++) {
        const struct op_rule *rule = op_rule(op, i);
        printf("%s{\"kind\": \"%s\", \"attr\": \"%s\", \"var\": %d, "
               "\"elem\": %d, \"other\": %d",
               i > 0 ? ", " : "", kind_names[rule->kind], op_rule_attr(rule),
               rule->var == OP_NONE ? -1 : rule->var, rule->elem,
               rule->other == OP_NONE ? -1 : rule->other);
        if (rule->kind == OP_RULE_GRAPH)
            print_body(rule);
        printf("}");
    }
    printf("]");
}

int
main(void)
{
    for (size_t i = 0; i < ops_count(); i++) {
        const struct op_schema *op = ops_at(i);
        printf("{\"domain\": \"%s\", \"name\": \"%s\", \"since\": %d, "
               "\"class\": \"%s\", \"newest\": %d, \"deprecated\": %d, "
               "\"function\": %d, \"context_function\": %d, "
               "\"extension\": %d",
               op_domain(op), op_name(op), op->since, class_names[op->class],
               ops_newest(op_domain(op)), (op->flags & OP_DEPRECATED) != 0,
               (op->flags & OP_FUNCTION) != 0,
               (op->flags & OP_CONTEXT_FUNCTION) != 0,
               (op->flags & OP_EXTENSION) != 0);
        print_params(op, "inputs", &op->inputs, op_input);
        print_params(op, "outputs", &op->outputs, op_output);
        print_vars(op);
        print_rules(op);
        printf("}\n");
    }
    for (int elem = 0; elem < ELEM_COUNT; elem++)
        printf("{\"elem\": %d, \"text\": \"%s\", \"bits\": %d, "
               "\"is_float\": %d}\n",
               elem, elem_name(elem), elem_bits(elem), elem_is_float(elem));
    return 0;
}
