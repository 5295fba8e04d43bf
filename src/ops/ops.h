/* ops.h: what the schemas say about the types of every version of every op
 * (ONNX, and what ONNX Runtime adds to it: com.microsoft and its internal
 * domains). The rows are in ops.def, which tools/gen_ops.py writes; they are
 * constant, nobody owns them, and nothing here allocates or fails but by
 * returning NULL. An op that the user declares (signatures.h) is a struct
 * op_schema as well, and all that begins with op_ answers for both.
 *
 * An op version (struct op_schema) has formal parameters; the type of each is
 * fixed, or a type variable that parameters share. A variable allows a set of
 * element types in each container (tensor, sequence, ...). How the type of an
 * output follows:
 *  1. a fixed type; of a `mixed` output, what the body yields (struct op_body);
 *  2. the type of any present input that has the same variable (parameters
 *     that are `mixed` bind nothing: each operand has a type of its own);
 *  3. the first rule of the op that decides the variable and has an answer;
 *  4. a variable that allows one single type;
 *  5. otherwise it is unknown, and only the model can say it.
 * A rule that gives an element type means it in the first container, in the
 * order of enum op_container, in which the variable allows it. A type that the
 * variable does not allow is a fault of the model. */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include "ops/elem.h"

#include <stddef.h>

/* What a value is made of; in maps the element type is that of the values. */
enum op_container {
    OP_TENSOR,
    OP_SPARSE_TENSOR,
    OP_SEQUENCE,          /* of tensors */
    OP_OPTIONAL,          /* of a tensor */
    OP_OPTIONAL_SEQUENCE, /* of a sequence of tensors */
    OP_MAP_INT64,
    OP_MAP_STRING,
    OP_SEQUENCE_MAP_INT64,
    OP_SEQUENCE_MAP_STRING,
    OP_CONTAINERS, /* how many there are */
};

/* What an op is for. */
enum op_class {
    OP_COMPUTE,
    OP_CONVERT,  /* changes the element type and nothing else */
    OP_MOVEMENT, /* moves or selects elements, computes none */
    OP_CONSTANT, /* its value is in an attribute */
    OP_CONTROL,  /* has bodies */
};

enum op_flag {
    OP_DEPRECATED = 1 << 0,
    OP_FUNCTION = 1 << 1,         /* ONNX gives it a body */
    OP_CONTEXT_FUNCTION = 1 << 2, /* ... that depends on types, attributes */
    OP_EXTENSION = 1 << 3,        /* ONNX Runtime's, not in the standard; its
                                     function bodies are not known */
    OP_DECLARED = 1 << 4,         /* no row of ops.def: the user declares it */
};

enum op_limit {
    OP_ANY = 0xff,  /* op_arity.max: no limit */
    OP_NONE = 0xff, /* an index of nothing */
    OP_VARS_MOST = 64, /* type variables of an op */
};

enum op_option {
    OP_OPTION_SINGLE,
    OP_OPTION_OPTIONAL,
    OP_OPTION_VARIADIC, /* the last one; stands for all further operands */
};

/* A formal parameter. */
struct op_param {
    uint16_t name_at; /* op_param_name() */
    uint8_t var;      /* type variable; OP_NONE for a fixed type */
    uint8_t elem;     /* of a fixed type, which is always a tensor */
    uint8_t option;   /* enum op_option */
    uint8_t min;      /* operands it needs at least: 0 or 1 */
    bool mixed;       /* variadic, and each operand has its own type */
};

/* How a type variable is decided by something else than an input that has it;
 * where an input has it too, attribute and input must agree. "Default": when
 * the attribute is absent, or 0 for an element type, the type is that of input
 * `other`, if `other` is not OP_NONE and that input is there; else `elem`,
 * where ELEM_UNDEFINED means that there is no answer. */
enum op_rule_kind {
    /* The attribute ... */
    OP_RULE_DTYPE,         /* is the element type (int); has a default */
    OP_RULE_BITS,          /* the same, of an op that reinterprets bits: no
                              type of it can change alone */
    OP_RULE_NAME,          /* names it ("FLOAT", "TO_FLOAT"); has a default */
    OP_RULE_TENSOR,        /* is a tensor of it; has a default */
    OP_RULE_SPARSE_TENSOR, /* is a sparse tensor of it */
    OP_RULE_TYPE_PROTO,    /* is the type inside the container */
    OP_RULE_VALUE,         /* is, in itself, the value, of type `elem` */
    OP_RULE_PRESENT,       /* if present and not empty, says: `elem` in the
                              container `other` */
    /* The attribute is the element type to compute in. It decides no variable
     * (`var` is OP_NONE), or that of outputs that show the inside. */
    OP_RULE_STASH,       /* has a default */
    OP_RULE_STASH_WIDER, /* absent: the wider of `elem` and input `other` */
    OP_RULE_GRAPH,       /* the attribute is a body: op_rule_body() */
    /* No attribute: the variable ... */
    OP_RULE_SAME,        /* is the default */
    OP_RULE_OTHER,       /* is, of its two types, not that of input `other` */
    OP_RULE_SEQUENCE_OF, /* is a sequence of what variable `other` is, ... */
    OP_RULE_OPTIONAL_OF, /* ... an optional of it, or the same where the set
                              of the variable has more than optionals, ... */
    OP_RULE_MAP_OF,      /* ... a map to its elements. Either variable of
                              these three decides the other. */
};

struct op_rule {
    uint16_t attr_at; /* op_rule_attr() */
    uint8_t kind;     /* enum op_rule_kind */
    uint8_t var;      /* the variable that it decides, or OP_NONE */
    uint8_t elem;     /* enum elem_type */
    uint8_t other;    /* see the kinds */
};

/* How the inputs and outputs of a body are tied to those of its node. Operand
 * `node_in` + i of the node goes to input `body_in` + i of the body; output i
 * of the node comes from output `body_out` + i of the body. */
struct op_body {
    uint16_t but_at; /* op_body_but() */
    uint8_t node_in; /* OP_NONE: the body gets nothing */
    uint8_t body_in;
    uint8_t body_out;
    uint8_t lead[2]; /* element types of the inputs before body_in */
    bool carried;    /* what goes in also comes back, and goes in again: input
                        body_in + i and output body_out + i of the body have
                        one element type (an optional may come back as what
                        it holds) */
    bool elements;   /* of a sequence one element goes in at a time; what
                        comes out is gathered in a sequence */
};

struct op_arity {
    uint8_t min, max; /* operands; max may be OP_ANY */
    uint8_t formals;
};

/* One version of an op. */
struct op_schema {
    uint16_t name_at; /* op_name() */
    uint8_t domain;   /* op_domain() */
    uint8_t since;    /* the opset that brought this version */
    uint8_t class;    /* enum op_class */
    uint8_t flags;    /* enum op_flag */
    struct op_arity inputs, outputs;
    uint8_t n_sets; /* rows of the table below, not variables */
    uint8_t n_rules;
    uint16_t first_param, first_set, first_rule;
};

/* The version of an op that is in force at `opset`: the newest with since <=
 * opset. "" and "ai.onnx" are one domain. NULL when there is none. Beyond
 * ops_newest() it is the newest known one. */
const struct op_schema *ops_find(const char *domain, const char *name,
                                 int64_t opset);

/* The greatest opset of a domain up to which the table is complete; 0 for a
 * domain that it does not know. */
int ops_newest(const char *domain);

/* All versions of all ops of ops.def, sorted by domain, name and version. */
size_t ops_count(void);
const struct op_schema *ops_at(size_t i);

const char *op_domain(const struct op_schema *op); /* "" for ONNX itself */
const char *op_name(const struct op_schema *op);

/* The formal parameter of operand `i` (from 0), or NULL when the op has no
 * such operand. Below inputs.formals, `i` is the index of the formal. */
const struct op_param *op_input(const struct op_schema *op, size_t i);
const struct op_param *op_output(const struct op_schema *op, size_t i);
const char *op_param_name(const struct op_schema *op,
                          const struct op_param *param);

/* The element types that a parameter of `op` allows in `container`, as a mask
 * of ELEM_BIT. */
uint64_t op_param_elems(const struct op_schema *op,
                        const struct op_param *param,
                        enum op_container container);
bool op_param_allows(const struct op_schema *op, const struct op_param *param,
                     enum op_container container, int elem);

/* The one element type that a parameter can have, in whatever container;
 * ELEM_UNDEFINED when there are several. */
enum elem_type op_param_elem(const struct op_schema *op,
                             const struct op_param *param);

/* Type variables, counted from 0. */
size_t op_vars(const struct op_schema *op);
const char *op_var_name(const struct op_schema *op, size_t var);
uint64_t op_var_elems(const struct op_schema *op, size_t var,
                      enum op_container container);
bool op_var_allows(const struct op_schema *op, size_t var,
                   enum op_container container, int elem);

/* Rule `i` of n_rules, in the order in which they are asked. */
const struct op_rule *op_rule(const struct op_schema *op, size_t i);

/* The rule for an attribute; NULL when the attribute carries no type. */
const struct op_rule *op_rule_for(const struct op_schema *op, const char *attr);

/* Name of the attribute that a rule reads; "" when it reads none. */
const char *op_rule_attr(const struct op_rule *rule);

/* For OP_RULE_GRAPH. NULL for a body whose inputs and outputs are not tied to
 * operands (they have the types that the body itself declares). */
const struct op_body *op_rule_body(const struct op_rule *rule);

/* Attribute that counts the last operands which go in but are not carried
 * (Scan: num_scan_inputs); NULL when all are carried. */
const char *op_body_but(const struct op_body *body);

#endif
