/* policy_file.h: a policy file as it stands: the user's rules about precision,
 * in YAML, read by tables of keys (base/config.h). docs/policy.md is its
 * reference. Everything lives in the arena that it was read into. What a rule
 * means for a model is in policy_match.h. */
#ifndef PLAN_POLICY_FILE_H
#define PLAN_POLICY_FILE_H

#include "base/config.h"
#include "base/json_tree.h"

/* What a rule is about. All keys that are given must hold, and of the entries
 * of one key any. The lists are of struct config_text but for `input`. */
struct policy_when {
    struct config_place at;
    struct config_list node, op, domain, scope, pattern, initializer;
    struct config_list from, to; /* tensors: the nodes on the ways between */
    struct config_list input;    /* of struct config_number: operand slots */
};

struct policy_rule {
    struct config_place at;
    struct config_text name, precision, reason, owner, expires;
    struct config_flag optional;
    struct config_list match; /* one struct policy_when */
    struct config_list guard; /* kept for later */
};

struct policy_range {
    struct config_place at;
    struct config_text name;  /* a tensor, or a pattern for several */
    struct config_list range; /* two of struct config_number */
};

struct policy_io {
    struct config_place at;
    struct config_text name, type;
};

struct policy_defaults {
    struct config_place at;
    struct config_text precision, io, unknown_ops, constants;
    struct config_number headroom;
    struct config_list io_types; /* of struct policy_io */
};

struct policy_limits {
    struct config_place at;
    struct config_integer max_explicit_casts;
    struct config_number max_float32_node_share;
    struct config_list forbid; /* of struct config_text: names of rules */
    struct config_list max_implicit_casts;
};

struct policy_file {
    struct config_place at;
    struct config_integer schema;
    struct config_text accum;
    struct config_list rules;    /* of struct policy_rule */
    struct config_list ranges;   /* of struct policy_range */
    struct config_list defaults; /* at most one struct policy_defaults */
    struct config_list limits;   /* at most one struct policy_limits */
    struct config_list model, targets, verify, severity, ignore;
    const char *path;        /* as it was given */
    const char *name;        /* without the folders, for reasons */
    char hash[HASH128_TEXT]; /* of its bytes */
};

/* Reads a file and checks what can be checked without a model. OPP_EUSAGE with
 * line and column, OPP_ENOMEM. */
enum opp_status policy_file_read(struct policy_file *out, const char *path,
                                 struct arena *arena, struct opp_error *err);

const struct policy_rule *policy_file_rule(const struct policy_file *file,
                                           size_t i);
const struct policy_when *policy_rule_when(const struct policy_rule *rule);

/* NULL where the file has none. */
const struct policy_defaults *policy_file_defaults(const struct policy_file *f);
const struct policy_limits *policy_file_limits(const struct policy_file *file);

/* The element type that a rule asks for; ELEM_UNDEFINED for "keep". */
int policy_rule_elem(const struct policy_rule *rule);

/* A rule for people: `policy.yaml:12 rule "norms"`, in `arena`. */
const char *policy_rule_place(const struct policy_file *file,
                              const struct policy_rule *rule,
                              struct arena *arena);

/* The same and its reason: what stands behind a decision. */
const char *policy_rule_text(const struct policy_file *file,
                             const struct policy_rule *rule,
                             struct arena *arena);

/* Key `i` of the file that is read and has no effect yet, and where it is
 * given; NULL behind the last. A key that is not given has line 0. */
const char *policy_file_unused(const struct policy_file *file, size_t i,
                               struct config_place *at);

/* True for a date of the calendar, "2027-03-31". Two of them are in the order
 * of their texts. */
bool policy_is_date(const char *text);

/* The keys of the file, in base/config.h's form: what the JSON Schema and the
 * reference are made of. */
extern const struct config_record policy_file_record;

#endif
