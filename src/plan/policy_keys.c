/* policy_keys.c: the keys of a policy file, as tables. */
#include "plan/policy_file.h"

#define WORDS(...)        \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

enum { SLOTS_MOST = 64, CASTS_MOST = 1000000000 };

/* ---- rules --------------------------------------------------------------- */

#define WHEN(field) offsetof(struct policy_when, field)
#define PATTERNS(key, field, text)                                            \
    {                                                                         \
        .name = key, .kind = CONFIG_TEXTS, .offset = WHEN(field), .least = 1, \
        .help = text                                                          \
    }

static const struct config_key when_keys[] = {
    PATTERNS("node", node,
             "nodes, by label, alone or behind the path of the scope"),
    PATTERNS("op", op, "operator types"),
    PATTERNS("domain", domain, "domains; ai.onnx is the default one"),
    PATTERNS("scope", scope,
             "paths of bodies and functions; what is inside matches too"),
    PATTERNS("pattern", pattern, "named patterns, found by structure"),
    PATTERNS("initializer", initializer,
             "initializers; means the operands that read them"),
    PATTERNS("from", from, "tensors where a region begins; with `to`"),
    PATTERNS("to", to, "tensors where it ends: the nodes on ways between"),
    {.name = "input",
     .kind = CONFIG_NUMBERS,
     .offset = WHEN(input),
     .least = 1,
     .most = SLOTS_MOST,
     .help = "indices of operands, from 0: these and no others of the node"},
    {.name = NULL},
};

static const struct config_record when_record = {
    "a match", sizeof(struct policy_when), when_keys};

struct guard_record {
    struct config_place at;
    struct config_text kind, durability;
};

static const struct config_key guard_keys[] = {
    {.name = "kind",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = offsetof(struct guard_record, kind),
     .help = "how the border is guarded, such as clip"},
    {.name = "durability",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct guard_record, durability),
     .help = "class of durability, such as D1"},
    {.name = NULL},
};

static const struct config_record guard_record = {
    "a guard", sizeof(struct guard_record), guard_keys};

#define RULE(field) offsetof(struct policy_rule, field)

static const struct config_key rule_keys[] = {
    {.name = "name",
     .kind = CONFIG_TEXT,
     .offset = RULE(name),
     .help = "what reports call the rule"},
    {.name = "match",
     .kind = CONFIG_RECORDS,
     .required = true,
     .offset = RULE(match),
     .least = 1,
     .most = 1,
     .record = &when_record,
     .help = "what it is about; all keys must hold, of a list any entry"},
    {.name = "precision",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = RULE(precision),
     .words = WORDS("float32", "float16", "bfloat16", "keep"),
     .help = "the type to compute in; keep: as it is in the file"},
    {.name = "reason",
     .kind = CONFIG_TEXT,
     .offset = RULE(reason),
     .help = "why; stands in plans and reports"},
    {.name = "owner",
     .kind = CONFIG_TEXT,
     .offset = RULE(owner),
     .help = "who answers for it"},
    {.name = "expires",
     .kind = CONFIG_TEXT,
     .offset = RULE(expires),
     .help = "last day, 2027-03-31; afterwards it still applies and is OPP702"},
    {.name = "optional",
     .kind = CONFIG_FLAG,
     .offset = RULE(optional),
     .help = "true: it may match nothing"},
    {.name = "guard",
     .kind = CONFIG_RECORDS,
     .offset = RULE(guard),
     .most = 1,
     .record = &guard_record,
     .help = "no effect yet"},
    {.name = NULL},
};

static const struct config_record rule_record = {
    "a rule", sizeof(struct policy_rule), rule_keys};

/* ---- defaults, ranges, limits -------------------------------------------- */

static const struct config_key io_keys[] = {
    {.name = "name",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = offsetof(struct policy_io, name),
     .help = "an input or output of the model"},
    {.name = "type",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = offsetof(struct policy_io, type),
     .words = WORDS("float32", "float16", "bfloat16", "keep"),
     .help = "the type that callers see"},
    {.name = NULL},
};

static const struct config_record io_record = {
    "a type of an input or output", sizeof(struct policy_io), io_keys};

#define DEFAULT(field) offsetof(struct policy_defaults, field)

static const struct config_key default_keys[] = {
    {.name = "precision",
     .kind = CONFIG_TEXT,
     .offset = DEFAULT(precision),
     .words = WORDS("float32", "float16", "bfloat16"),
     .help = "of what no rule matches; float32: nothing else is converted"},
    {.name = "io",
     .kind = CONFIG_TEXT,
     .offset = DEFAULT(io),
     .words = WORDS("keep", "convert"),
     .help = "types of the model's inputs and outputs"},
    {.name = "io_types",
     .kind = CONFIG_RECORDS,
     .offset = DEFAULT(io_types),
     .record = &io_record,
     .help = "of single inputs and outputs"},
    {.name = "headroom",
     .kind = CONFIG_NUMBER,
     .offset = DEFAULT(headroom),
     .help = "no effect yet"},
    {.name = "unknown_ops",
     .kind = CONFIG_TEXT,
     .offset = DEFAULT(unknown_ops),
     .words = WORDS("float32"),
     .help = "no effect: what no table knows always stays as it is"},
    {.name = "constants",
     .kind = CONFIG_TEXT,
     .offset = DEFAULT(constants),
     .words = WORDS("keep-float32", "clamp", "error"),
     .help = "no effect yet"},
    {.name = NULL},
};

static const struct config_record default_record = {
    "default", sizeof(struct policy_defaults), default_keys};

static const struct config_key range_keys[] = {
    {.name = "name",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = offsetof(struct policy_range, name),
     .help = "a tensor, as --range names it"},
    {.name = "range",
     .kind = CONFIG_NUMBERS,
     .required = true,
     .offset = offsetof(struct policy_range, range),
     .least = 2,
     .most = 2,
     .help = "least and greatest value"},
    {.name = NULL},
};

static const struct config_record range_record = {
    "a range", sizeof(struct policy_range), range_keys};

struct target_casts {
    struct config_place at;
    struct config_text target;
    struct config_integer most;
};

static const struct config_key target_cast_keys[] = {
    {.name = "target",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = offsetof(struct target_casts, target),
     .help = "a runtime"},
    {.name = "max",
     .kind = CONFIG_INTEGER,
     .required = true,
     .offset = offsetof(struct target_casts, most),
     .most = CASTS_MOST,
     .help = "casts that it may insert"},
    {.name = NULL},
};

static const struct config_record target_cast_record = {
    "a limit of implicit casts", sizeof(struct target_casts), target_cast_keys};

#define LIMIT(field) offsetof(struct policy_limits, field)

static const struct config_key limit_keys[] = {
    {.name = "max_explicit_casts",
     .kind = CONFIG_INTEGER,
     .offset = LIMIT(max_explicit_casts),
     .most = CASTS_MOST,
     .help = "casts between float types in the file"},
    {.name = "max_float32_node_share",
     .kind = CONFIG_NUMBER,
     .offset = LIMIT(max_float32_node_share),
     .help = "FP32 nodes among those of FP32, FP16 and BF16; 0 to 1"},
    {.name = "forbid",
     .kind = CONFIG_TEXTS,
     .offset = LIMIT(forbid),
     .help = "names of rules that may find nothing, such as "
             "saturated-constant"},
    {.name = "max_implicit_casts",
     .kind = CONFIG_RECORDS,
     .offset = LIMIT(max_implicit_casts),
     .record = &target_cast_record,
     .help = "no effect yet"},
    {.name = NULL},
};

static const struct config_record limit_record = {
    "limits", sizeof(struct policy_limits), limit_keys};

/* ---- what is kept for later ---------------------------------------------- */

struct model_record {
    struct config_place at;
    struct config_list files;
    struct config_text owner, ticket;
};

static const struct config_key model_keys[] = {
    {.name = "files",
     .kind = CONFIG_TEXTS,
     .offset = offsetof(struct model_record, files),
     .help = "models that the policy is for"},
    {.name = "owner",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct model_record, owner),
     .help = "who answers for them"},
    {.name = "ticket",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct model_record, ticket),
     .help = "where it was agreed"},
    {.name = NULL},
};

static const struct config_record model_record = {
    "model", sizeof(struct model_record), model_keys};

struct target_record {
    struct config_place at;
    struct config_list require;
    struct config_text profile_min_date;
};

static const struct config_key target_keys[] = {
    {.name = "require",
     .kind = CONFIG_TEXTS,
     .offset = offsetof(struct target_record, require),
     .help = "runtimes"},
    {.name = "profile_min_date",
     .kind = CONFIG_TEXT,
     .offset = offsetof(struct target_record, profile_min_date),
     .help = "oldest profile of a runtime"},
    {.name = NULL},
};

static const struct config_record target_record = {
    "targets", sizeof(struct target_record), target_keys};

struct output_record {
    struct config_place at;
    struct config_text name;
    struct config_number max_abs, max_rel, min_sqnr, top1;
};

#define OUTPUT(key)                                   \
    {                                                 \
        .name = #key, .kind = CONFIG_NUMBER,          \
        .offset = offsetof(struct output_record, key) \
    }

static const struct config_key output_keys[] = {
    {.name = "name",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = offsetof(struct output_record, name)},
    OUTPUT(max_abs),
    OUTPUT(max_rel),
    OUTPUT(min_sqnr),
    OUTPUT(top1),
    {.name = NULL},
};

static const struct config_record output_record = {
    "an output", sizeof(struct output_record), output_keys};

struct verify_record {
    struct config_place at;
    struct config_list data, arith, outputs;
    struct config_integer min_samples;
};

static const struct config_key verify_keys[] = {
    {.name = "data",
     .kind = CONFIG_TEXTS,
     .offset = offsetof(struct verify_record, data),
     .help = "files with samples"},
    {.name = "min_samples",
     .kind = CONFIG_INTEGER,
     .offset = offsetof(struct verify_record, min_samples),
     .most = CASTS_MOST},
    {.name = "arith",
     .kind = CONFIG_TEXTS,
     .offset = offsetof(struct verify_record, arith),
     .help = "arithmetic to compare under"},
    {.name = "outputs",
     .kind = CONFIG_RECORDS,
     .offset = offsetof(struct verify_record, outputs),
     .record = &output_record,
     .help = "limits of errors; first match wins"},
    {.name = NULL},
};

static const struct config_record verify_record = {
    "verify", sizeof(struct verify_record), verify_keys};

struct severity_record {
    struct config_place at;
    struct config_text code, level;
};

static const struct config_key severity_keys[] = {
    {.name = "code",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = offsetof(struct severity_record, code)},
    {.name = "level",
     .kind = CONFIG_TEXT,
     .required = true,
     .offset = offsetof(struct severity_record, level),
     .words = WORDS("error", "warning", "note", "off")},
    {.name = NULL},
};

static const struct config_record severity_record = {
    "a severity", sizeof(struct severity_record), severity_keys};

struct ignore_record {
    struct config_place at;
    struct config_text code, where, reason, by, expires;
};

#define IGNORE(key, field, is_required)                            \
    {                                                              \
        .name = key, .kind = CONFIG_TEXT, .required = is_required, \
        .offset = offsetof(struct ignore_record, field)            \
    }

static const struct config_key ignore_keys[] = {
    IGNORE("code", code, true),        IGNORE("at", where, false),
    IGNORE("reason", reason, true),    IGNORE("by", by, false),
    IGNORE("expires", expires, false), {.name = NULL},
};

static const struct config_record ignore_record = {
    "an entry of ignore", sizeof(struct ignore_record), ignore_keys};

/* ---- the file ------------------------------------------------------------ */

#define FILE_AT(field) offsetof(struct policy_file, field)
#define RECORD(key, field, count, of, text)                            \
    {                                                                  \
        .name = key, .kind = CONFIG_RECORDS, .offset = FILE_AT(field), \
        .most = count, .record = &of, .help = text                     \
    }

static const struct config_key file_keys[] = {
    {.name = "schema",
     .kind = CONFIG_INTEGER,
     .required = true,
     .offset = FILE_AT(schema),
     .least = 1,
     .most = 1,
     .help = "version of this format: 1"},
    RECORD("model", model, 1, model_record, "for people; no effect"),
    RECORD("default", defaults, 1, default_record,
           "what holds where no rule matches"),
    RECORD("rules", rules, 0, rule_record, "in order: the first match wins"),
    RECORD("limits", limits, 1, limit_record, "exceeded: OPP701, exit code 1"),
    RECORD("ranges", ranges, 0, range_record,
           "promised ranges of tensors, as of --range"),
    {.name = "accum",
     .kind = CONFIG_TEXT,
     .offset = FILE_AT(accum),
     .words = WORDS("fp32", "fp16", "unknown"),
     .help = "type that sums are added up in, as of --accum"},
    RECORD("targets", targets, 1, target_record, "no effect yet"),
    RECORD("verify", verify, 1, verify_record, "no effect yet"),
    RECORD("severity", severity, 0, severity_record, "no effect yet"),
    RECORD("ignore", ignore, 0, ignore_record, "no effect yet"),
    {.name = NULL},
};

const struct config_record policy_file_record = {
    "a policy", sizeof(struct policy_file), file_keys};
