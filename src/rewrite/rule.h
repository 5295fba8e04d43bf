/* rule.h: the rewrites that leave what a model computes as it is, but for the
 * rounding. A rule is a row of rules.def: what it looks for, as terms, and a
 * function that judges the rest and does it. Each rewrite leaves a
 * certificate in the report: what it was, what it is now, and on what condition
 * both are equal. */
#ifndef REWRITE_RULE_H
#define REWRITE_RULE_H

#include "facts/shapes.h"
#include "report/report.h"
#include "rewrite/match.h"

enum { RULE_TERMS_MOST = 6, REWRITE_MADE_MOST = 8 };

/* In which order of the nodes rules look: with constants, the makers first, so
 * that chains are done in one go; with what has a longer and a shorter form,
 * the users first, so that the longer is found. */
enum rule_sweep { SWEEP_FORWARD, SWEEP_BACKWARD };

struct rewrite;

struct rewrite_rule {
    const char *name;    /* "log-softmax" */
    const char *summary; /* one line, lower case, no full stop */
    bool exact;          /* to the last bit, on its condition */
    enum rule_sweep sweep;
    const char *target;    /* the op that it makes; NULL when it makes only
                              such as it has found */
    const char *condition; /* when before and after are equal, and what bounds
                              the difference */
    const char *source;
    bool (*apply)(struct rewrite *rewrite);
    const char *terms[RULE_TERMS_MOST + 1]; /* NULL ends them */
};

/* All rules in the order in which they are tried, ended by a NULL name. */
extern const struct rewrite_rule rewrite_rules[];

/* One attempt. A function that applies a rule first looks whether it may, then
 * calls rewrite_open, and edits only when that is true. */
struct rewrite {
    struct module *module;
    const struct facts *facts; /* types and shapes, as they were before the
                                  first rewrite */
    struct report *report;
    struct arena *scratch;
    uint64_t scale; /* powers of two that scale-norm divides by; 0 for none */
    const struct rewrite_rule *rule;
    struct match match;
    struct value *target;  /* whose maker the certificate shows */
    const char *place;     /* of that maker, and */
    const char *before;    /* its text, before the edit */
    const char *condition; /* NULL for that of the rule */
    struct node *made[REWRITE_MADE_MOST];
    uint32_t n_made;
    struct value **operands; /* that may lose their last user */
    uint32_t n_operands;
};

/* Opens the change; false once the limit on changes is reached. */
bool rewrite_open(struct rewrite *rewrite, struct value *target);

/* Removes what the edit has left without users, writes the certificate and
 * closes the change. Returns how many nodes are gone. */
uint32_t rewrite_close(struct rewrite *rewrite);

/* The value of a name of the term, which is there. */
struct value *rewrite_get(const struct rewrite *rewrite, const char *name);

/* The shape of a value; not known when a part of it is only assumed. */
const struct shape *rewrite_shape(const struct rewrite *rewrite,
                                  const struct value *value);

/* True when no constant of one element in the match has a greater rank than
 * `value`, so that none of them gives a result more dimensions. */
bool rewrite_rank_fits(const struct rewrite *rewrite,
                       const struct value *value);

/* The attribute of a node; false when it is one of the function around it. */
bool rewrite_attr_int(const struct node *node, const char *name,
                      int64_t missing, int64_t *out);

/* The axes of a reduction, which are an attribute or an input. `n` is 0 when
 * there are none, which means all. False when they are not known. */
bool rewrite_axes(const struct rewrite *rewrite, const struct node *node,
                  int64_t axes[SHAPE_MAX], uint32_t *n);

/* Makes `node` one of the rule's target op. */
void rewrite_become(struct rewrite *rewrite, struct node *node,
                    const char *op_type, struct value *const *inputs,
                    uint32_t n_inputs);

/* A new node Mul of `value` and 2^exponent before `user`. */
struct value *rewrite_scale_by(struct rewrite *rewrite, struct value *value,
                               int exponent, struct node *user);

/* Makes all slots of `node` that read `from` read `to`. */
void rewrite_replace(struct rewrite *rewrite, struct node *node,
                     const struct value *from, struct value *to);

#define REWRITE(name, exact, sweep, target, apply, summary, condition, source, \
                ...)                                                           \
    bool apply(struct rewrite *rewrite);
#include "rewrite/rules.def"
#undef REWRITE

#endif
