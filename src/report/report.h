/* report.h: what a run found, decided and changed, for people and machines.
 * Passes add to it; writers print it. Owns its arena; texts given to it are
 * copied. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/arena.h"
#include "base/writer.h"

enum rule {
#define RULE(code, name, severity, summary) OPP##code = code,
#include "report/rules.def"
#undef RULE
};

struct rule_info {
    enum rule code;
    const char *name;
    enum opp_severity severity;
    const char *summary;
};

/* Never NULL. */
const struct rule_info *rule_info(enum rule rule);

/* Rule `i` in the order of their codes, NULL behind the last; and the one with
 * this name or code ("saturated-constant", "OPP209"), or NULL. */
const struct rule_info *rule_at(size_t i);
const struct rule_info *rule_find(const char *name);

struct finding {
    enum rule rule;
    const char *message;
    const char *place; /* node, tensor, scope; may be empty */
    uint64_t bytes;    /* size of what it is about, 0 when it has none */
    struct finding *next;
};

/* Sums over a model, by element type (index: enum elem_type). */
enum { SUMMARY_TYPES = 64 };
struct model_summary {
    uint64_t nodes[SUMMARY_TYPES];        /* by precision of the node */
    uint64_t weights[SUMMARY_TYPES];      /* tensors */
    uint64_t weight_bytes[SUMMARY_TYPES]; /* as raw data */
    uint64_t casts;       /* between float types; never counted as nodes */
    uint64_t other_casts; /* between a float type and another, or two others */
    uint64_t file_bytes;                  /* external data included */
    bool known;
};

/* One group of nodes that stay FP32 for one reason. */
struct island {
    const char *first, *last; /* places; `last` NULL for a single node */
    uint64_t nodes;           /* casts do not count */
    const char *const *names; /* of those nodes */
    const char *reason; /* "OPP201 constant 1e+05 > 65504 in `big`" */
    const char *name;   /* of the reason, as in plan files */
    const char *detail; /* of the case; may be empty */
    const char *certainty; /* "proven" */
    bool tells_certainty;  /* people would not guess it */
    int rule;              /* 201 for OPP201; 0 for none */
    struct island *next;
};

/* A Cast of the file between two float types. */
struct cast_entry {
    const char *place; /* the node */
    const char *value; /* what it casts */
    int from, to;      /* enum elem_type */
    struct cast_entry *next;
};

/* What became of a float32 weight that was to be stored in a narrower type. */
enum weight_fate {
    WEIGHT_EXACT,   /* the type holds all its values */
    WEIGHT_ROUNDED, /* some of them changed */
    WEIGHT_KEPT,    /* stays float32 */
};

struct stored_weight {
    const char *name;
    const char *place; /* path of its scope; "" for the main graph */
    uint64_t bytes;    /* as float32 */
    enum weight_fate fate;
    double error;       /* of a rounded one: root mean square of the errors, in
                           that of the values */
    const char *reason; /* why it is kept, else NULL */
    struct stored_weight *next;
};

/* The certificate of a rewrite. Rule and condition are static. */
struct rewritten {
    const char *rule;
    const char *place; /* of the node that made the value, as the file has it */
    const char *before, *after; /* expressions */
    bool is_exact;         /* to the last bit, on the condition */
    const char *condition; /* when both are equal, or how far they may differ */
    uint32_t removed;      /* nodes that are gone */
    struct rewritten *next;
};

/* The float constants that a plan narrows, and how many of them the type holds
 * exactly: those lose nothing. */
struct narrowed {
    uint64_t tensors, exact;
    int to; /* enum elem_type */
};

/* Casts that a plan puts in, and the bytes that they read and write. */
struct cast_figures {
    uint64_t casts, bytes;
    uint64_t unknown; /* casts of which the bytes are not known */
};

/* How light work was placed beside islands. */
struct placement_record {
    const char *cost; /* "casts", "bytes", "none"; NULL when nothing was */
    struct cast_figures plan, every; /* as it is; with no light work wide */
    uint64_t max_casts; /* asked for; UINT64_MAX for any number */
    uint64_t guessed;   /* parts that a limit left to an estimate */
};

struct pass_record {
    const char *name;
    double seconds;
    uint64_t changes;
    const char *count_names[9];
    uint64_t counts[8];
    struct pass_record *next;
};

struct report {
    struct arena arena;
    const char *model; /* path as the user gave it */
    struct finding *findings, **findings_tail;
    struct island *islands, **islands_tail;
    struct cast_entry *casts, **casts_tail;
    struct stored_weight *weights, **weights_tail;
    struct rewritten *rewrites, **rewrites_tail;
    bool has_rewrites; /* they were looked for */
    int weights_to; /* enum elem_type; 0 when no weights were to be stored */
    struct narrowed narrowed;
    struct placement_record placement;
    struct pass_record *passes, **passes_tail;
    struct model_summary before, after;
    const char *plan_line; /* one line about the decision; or NULL */
    const char *policy;      /* path of the policy file, or NULL */
    const char *policy_hash; /* of its bytes */
    uint64_t changes;
};

void report_init(struct report *report, const char *model, jmp_buf *unwind);

/* Adds a finding; the printf text is its message. */
void report_find(struct report *report, enum rule rule, const char *place,
                 uint64_t bytes, const char *format, ...) PRINTF_LIKE(5, 6);

/* Adds a copy. */
void report_island(struct report *report, const struct island *island);

void report_cast(struct report *report, const char *place, const char *value,
                 int from, int to);

/* Adds a copy. */
void report_weight(struct report *report, const struct stored_weight *weight);

/* Says which policy file was obeyed. */
void report_policy(struct report *report, const char *path, const char *hash);

/* Adds a copy. */
void report_rewritten(struct report *report,
                      const struct rewritten *rewritten);

struct pass_record *report_pass(struct report *report, const char *name);

size_t report_findings(const struct report *report,
                       enum opp_severity severity);

/* For people: rewrites, the plan and its islands, what became of stored
 * weights, findings by severity and rule (of many of one rule the first few and
 * a count), sums before and after. */
enum opp_status report_write_text(const struct report *report,
                                  struct writer *writer,
                                  struct opp_error *err);

/* For machines: one object with all of it. The same run gives the same bytes,
 * so it holds no times. Schema 1: model, policy (file and hash, where one was
 * obeyed), findings, islands, rewrites (where they were looked for), placement
 * (where one was made), stored_weights (where weights were to be stored in a
 * narrower type), narrowed (where a plan narrows some), before, after (null
 * when not known), changes, passes. */
enum opp_status report_write_json(const struct report *report,
                                  struct writer *writer,
                                  struct opp_error *err);

/* Changes, time and counts of each pass. */
enum opp_status report_write_passes(const struct report *report,
                                    enum opp_format format,
                                    struct writer *writer,
                                    struct opp_error *err);

#endif
