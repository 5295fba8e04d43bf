/* range_rules.h: the inside of ranges.h, for range*.c: intervals, what a rule
 * sees, and the rules that ranges.def names.
 *
 * A rule works out one output of one node. It finds a draft in which nothing is
 * known, and narrows it; where it returns early the rest stays unknown. It
 * computes with real numbers: the sweep widens what it made by the rounding of
 * the element type, and notes what it rests on. */
#ifndef FACTS_RANGE_RULES_H
#define FACTS_RANGE_RULES_H

#include "facts/call_attrs.h"
#include "facts/range_usual.h"
#include "facts/ranges.h"
#include "facts/shape_rules.h"

/* By how much what is at most 1 may be above it: runtimes multiply by inverses,
 * and use polynomials (Tanh of ONNX Runtime 1.32 gives 1.00000024). */
#define RANGE_SLACK 0x1p-20

/* ---- intervals -------------------------------------------------------- */

/* lo > hi: empty, or nothing known. */
struct span {
    double lo, hi;
};

struct span span_of(double lo, double hi);
struct span span_all(void);
struct span span_none(void);
bool span_is_none(struct span a);
bool span_is_point(struct span a);
struct span span_hull(struct span a, struct span b); /* none is neutral */
struct span span_meet(struct span a, struct span b);
double span_max_abs(struct span a);

/* All values that the operation gives. Infinities in an operand stand for
 * values that may be infinite; what would be NaN does not count. */
struct span span_add(struct span a, struct span b);
struct span span_sub(struct span a, struct span b);
struct span span_mul(struct span a, struct span b);
struct span span_div(struct span a, struct span b);
struct span span_scale(struct span a, double factor);

/* ---- drafts ----------------------------------------------------------- */

/* The inputs that a reach follows. */
enum witness { ALL_LOW, ALL_HIGH, HALF_EACH, WITNESSES };

enum { SOURCE_NONE = 0, SOURCE_NEW = UINT32_MAX };

/* A range as a rule builds it. */
struct range_draft {
    struct span bound;
    struct span limit; /* what the op itself promises; part of `bound` */
    double min_abs;
    bool integer;
    bool exact; /* the op does not round */
    double summed; /* of a sum: its length times the greatest sum of magnitudes,
                      by which runtimes may be off in units of rounding */
    uint8_t bound_basis, reach_basis;
    /* What the tensor has in its ends under each witness, and whose ends these
     * are: SOURCE_NONE for constants, which are the same under all, else a
     * value's id + 1. */
    uint32_t source;
    uint64_t inputs; /* a bit for each seed that it depends on */
    struct span at[WITNESSES];
    struct usual usual;
    /* Under HALF_EACH, half of the elements are at.lo, the others at.hi. */
    bool halves;
};

void range_draft_init(struct range_draft *draft);

/* Narrows the bound to what the op promises. */
void range_limit(struct range_draft *draft, double lo, double hi);

enum range_union {
    UNION_OF_PARTS, /* both are there */
    UNION_OF_WAYS,  /* one of the two is there, as a whole */
    UNION_OF_CALLS, /* one is there at one time, the other at another */
};

/* Keeps of a draft what holds for `other` as well. */
void range_join(struct range_draft *draft, const struct range_draft *other,
                enum range_union how);

/* Elements are picked out: the ends need not be among them, unless all or half
 * of the elements are there. */
void range_pick_witness(struct range_draft *draft);

/* Works out the witnesses of an operation on two values, which is monotone in
 * each of them. `same`: they are one value. */
typedef double range_fn2(double a, double b);
void range_witness(struct range_draft *out, const struct range_draft *a,
                   const struct range_draft *b, range_fn2 *fn, bool same);

/* The range of which nothing is known. */
const struct range_draft *range_nothing(void);

/* Takes over witnesses as they are. */
void range_copy_witness(struct range_draft *out, const struct range_draft *in);

/* ---- what a rule sees ------------------------------------------------- */

struct range_sweep;

struct range_site {
    const struct range_sweep *sweep;
    const struct node *node;
    uint32_t output; /* slot that is asked for */
    int arg;         /* of the row in ranges.def */
};

/* How an operand was made. */
struct range_maker {
    const struct node *node;
    void (*rule)(const struct range_site *, struct range_draft *);
    int arg;
};

/* Range of an input; unknown when it is omitted. */
const struct range_draft *range_input(const struct range_site *site,
                                      uint32_t slot);
const struct shape *range_input_shape(const struct range_site *site,
                                      uint32_t slot);
const struct shape *range_output_shape(const struct range_site *site);
bool range_has_input(const struct range_site *site, uint32_t slot);

/* The value in an input slot; NULL when it is omitted. */
const struct value *range_operand(const struct node *node, uint32_t slot);
double range_attr(const struct range_site *site, const char *name,
                  double missing);

/* A dimension that is known for sure, respectively the product of `axes`. */
bool range_dim(const struct shape *shape, int64_t axis, double *n);
bool range_count(const struct shape *shape, const struct shape_list *axes,
                 double *n);

/* For site_list and site_number of shape_rules.h. */
struct shape_site range_shape_site(const struct range_site *site);

/* The rule by which output 0 of the maker of input `slot` was worked out, with
 * its `arg`; false when there is none. */
bool range_made_by(const struct range_site *site, uint32_t slot,
                   struct range_maker *maker);

/* Type of the output; ELEM_UNDEFINED when not known. */
int range_output_elem(const struct range_site *site);

/* The range of x * sigmoid(x). */
void range_silu(const struct range_draft *in, struct range_draft *out);

/* Limits a quotient x / sqrt(mean(x * x) + c), in any spelling, to sqrt(N). */
void range_limit_by_root(const struct range_site *site,
                         struct range_draft *out);

/* ---- rules ------------------------------------------------------------ */

typedef void range_rule(const struct range_site *site,
                        struct range_draft *out);

/* As input `arg`. Elements picked from input 0; with `arg`, any of a constant
 * can be. The join of all inputs from `arg` on. */
range_rule bound_same, bound_pick, bound_join;
/* Within row `arg` of the fixed bounds, enum range_fixed. */
range_rule bound_fixed;
/* Curve `arg`, enum range_curve. */
range_rule bound_curve;
/* Two operands. */
range_rule bound_add, bound_sub, bound_mul, bound_div, bound_pow, bound_mod;
/* Any number. `arg` -1: least; 1: greatest. */
range_rule bound_extreme, bound_sum, bound_mean;
/* Over some axes, by enum range_reduction `arg`; a running sum. */
range_rule bound_reduce, bound_cumsum;
/* A place along `axis`, which is `arg` when it is not given. */
range_rule bound_index;
/* Hull of input `arg` and 0; of inputs 0 and `arg`, unless they are added. */
range_rule bound_or_zero, bound_scatter;
/* Sums of products: with the second operand in input 1; with alpha, beta and
 * input 2; with windows, and input 2. */
range_rule bound_matmul, bound_gemm, bound_conv, bound_einsum;
/* Normalisations, by enum range_norm `arg`; the inverse deviation that they
 * give as well. */
range_rule bound_norm, bound_inverse_deviation;
/* Others, each for the op of its name. */
range_rule bound_clip, bound_where, bound_cast, bound_constant;
range_rule bound_attention, bound_batch_norm, bound_dequantize, bound_dropout;
range_rule bound_lrn, bound_pad, bound_prelu, bound_range, bound_reciprocal;
range_rule bound_resize, bound_rnn, bound_shrink, bound_swish, bound_uniform;

enum range_reduction {
    REDUCE_SUM,
    REDUCE_MEAN,
    REDUCE_MAX,
    REDUCE_MIN,
    REDUCE_L1,
    REDUCE_L2,
    REDUCE_SUM_SQUARE,
    REDUCE_PRODUCT,
    REDUCE_LOG_SUM,
    REDUCE_LOG_SUM_EXP,
    POOL_MEAN, /* over all but the first two dims */
    POOL_MAX,
};

/* What is normalised together, and where the scale and the bias are. */
enum range_norm {
    NORM_LAYER,    /* from `axis` on; inputs 1 and 2 */
    NORM_SKIP,     /* the last dim of a sum; inputs 2 and 3 */
    NORM_SKIP_RMS, /* the same without a mean; input 2 */
    NORM_RMS,      /* from `axis` on, without a mean; input 1 */
    NORM_INSTANCE, /* all but the first two dims; inputs 1 and 2 */
    NORM_GROUP,    /* and a part of the channels; inputs 1 and 2 */
    NORM_AXES,     /* `axes`; no scale */
};

enum range_fixed {
    FIXED_BOOL,
    FIXED_UNIT,
    FIXED_SHARES, /* the same, and a few of many are not small */
    FIXED_SIGNED_UNIT,
    FIXED_NOT_NEGATIVE,
    FIXED_NOT_POSITIVE,
    FIXED_COUNT,  /* whole and not negative */
    FIXED_ONE_UP, /* not below 1 */
};

enum range_curve {
#define CURVE(id, ...) CURVE_##id,
#include "facts/range_curves.def"
#undef CURVE
};

/* ---- the sweep -------------------------------------------------------- */

struct range_sweep {
    struct arena *arena;
    struct module *module;
    const struct types *types;
    const struct shapes *shapes;
    const struct constants *constants;
    const struct range_seeds *seeds;
    struct map rows;           /* "domain\nname" to its first row */
    struct range_draft *now;   /* by value id, in the present context */
    struct range_draft *whole; /* by value id, of all contexts */
    bool *seen;                /* by value id: `whole` is set */
    bool *swept;               /* by graph id: of functions that were */
    bool *general;             /* by graph id: for calls of any kind */
    uint64_t budget;           /* nodes that may still be worked out */
    uint32_t depth;            /* of the bodies that are being swept */
    const struct call_attrs *attrs; /* of the call; NULL: not known, or main */
};

/* Works out all values of `graph` but its inputs. */
void range_sweep_graph(struct range_sweep *sweep, const struct graph *graph);

/* The same of the bodies of a node or the function that it calls, and sets its
 * outputs. */
void range_sweep_inside(struct range_sweep *sweep, const struct node *node);

/* Works out the main graph, whose inputs are set, and with it all others. */
void range_sweep_module(struct range_sweep *sweep);

/* Narrows a draft by the seeds of the value. */
void range_apply_seed(const struct range_sweep *sweep,
                      const struct value *value, struct range_draft *draft);

/* The range of an initializer or of a Constant node. */
void range_of_constant(const struct range_sweep *sweep,
                       const struct value *value, struct range_draft *out);

/* Element type of a tensor; ELEM_UNDEFINED when not known, or no tensor. */
int range_elem(const struct range_sweep *sweep, const struct value *value);

/* Sets the range of a value. NULL is allowed. */
void range_set(struct range_sweep *sweep, const struct value *value,
               struct range_draft *draft);

#endif
