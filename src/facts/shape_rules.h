/* shape_rules.h: the inside of shapes.h, for shape*.c: arithmetic on
 * dimensions, what a rule sees, and the rules that shapes.def names.
 *
 * A rule works out one output of one node. It finds an empty draft, in which
 * nothing is known, and fills in what it can; where it returns early the rest
 * stays unknown. A model that contradicts itself must not be caught here, but
 * must not do harm either: it gives unknown. */
#ifndef FACTS_SHAPE_RULES_H
#define FACTS_SHAPE_RULES_H

#include "facts/call_attrs.h"
#include "facts/shapes.h"

/* ---- dimensions ------------------------------------------------------- */

struct dim dim_of(int64_t n);
bool dim_is(struct dim dim, int64_t n);

/* True when both are known to be the same number. */
bool dim_same(struct dim a, struct dim b);

/* Exact arithmetic on what is known, the neutral element included (a symbol
 * times 1 is the symbol); unknown on overflow. */
struct dim dim_add(struct dim a, struct dim b);
struct dim dim_sub(struct dim a, struct dim b);
struct dim dim_mul(struct dim a, struct dim b);

/* The quotient of numbers that are not negative. Unknown unless it is exact,
 * respectively rounded down. */
struct dim dim_div(struct dim a, struct dim b);
struct dim dim_quotient(struct dim a, struct dim b);

/* Of two dimensions that broadcast (ONNX Broadcasting.md). */
struct dim dim_broadcast(struct dim a, struct dim b);

/* Of two that must be equal: what either knows. */
struct dim dim_merge(struct dim a, struct dim b);

/* What holds whichever of the two it is. */
struct dim dim_join(struct dim a, struct dim b);

/* `dim`, unless it is a negative number: then unknown. */
struct dim dim_length(struct dim dim);

/* ---- drafts ----------------------------------------------------------- */

/* An output as a rule builds it; the fields are those of struct shape. */
struct shape_draft {
    bool known, assumed, has_ints;
    uint32_t rank, n_ints;
    struct dim dims[SHAPE_MAX];
    struct dim ints[SHAPE_MAX];
};

/* Gives the draft `rank` unknown dims. False, and no shape, when that is more
 * than is followed. */
bool draft_rank(struct shape_draft *out, uint64_t rank);

/* Adds one dimension, or one integer. */
void draft_dim(struct shape_draft *out, struct dim dim);
void draft_int(struct shape_draft *out, struct dim item);

/* Copies shape, respectively integers. */
void draft_shape(struct shape_draft *out, const struct shape *shape);
void draft_ints(struct shape_draft *out, const struct shape *shape);

/* Keeps of a draft what holds for `shape` as well. */
void draft_join(struct shape_draft *out, const struct shape *shape);

/* True when the same is known of both. */
bool shape_equals(const struct shape *a, const struct shape *b);

/* Shape and integers of a tensor. */
void draft_tensor(struct shape_draft *out, struct model *model,
                  const Onnx__TensorProto *tensor);

/* Number of elements of a draft that are few enough to be followed; false
 * when there are more or their number is not known. */
bool draft_elements(const struct shape_draft *out, uint32_t *n);

/* The product of dims [from, to). */
struct dim dims_product(const struct dim *dims, uint32_t from, uint32_t to);

/* `axis` of a tensor of `rank` as an index; false when there is none. */
bool axis_of(int64_t axis, uint32_t rank, uint32_t *index);

/* ---- what a rule sees ------------------------------------------------- */

struct shape_site {
    const struct shapes *shapes;
    struct module *module;
    const struct node *node;
    uint32_t output; /* slot that is asked for */
    int arg;         /* of the row in shapes.def */
};

enum { NO_SLOT = 255 };

/* Shape of an input; not known when it is omitted. */
const struct shape *site_input(const struct shape_site *site, uint32_t slot);
bool site_has_input(const struct shape_site *site, uint32_t slot);

/* A list of integers, from an attribute or else an input. */
struct shape_list {
    bool present; /* either is there */
    bool known;   /* so are its length and those items that are */
    uint32_t n;
    struct dim item[SHAPE_MAX];
};

/* `attr` may be NULL and `slot` NO_SLOT. */
void site_list(const struct shape_site *site, const char *attr, uint32_t slot,
               struct shape_list *list);

/* The one number of such a list; `missing` when neither is there. */
struct dim site_number(const struct shape_site *site, const char *attr,
                       uint32_t slot, struct dim missing);

int64_t site_int(const struct shape_site *site, const char *attr,
                 int64_t missing);

/* True when a string attribute is present with this value. */
bool site_text_is(const struct shape_site *site, const char *attr,
                  const char *text);

/* Broadcast of the inputs with a bit in `mask`, of all when it is 0. */
void site_broadcast(const struct shape_site *site, uint32_t mask,
                    struct shape_draft *out);

/* Of an Einsum: how many products are summed up in an element. */
struct dim site_einsum_terms(const struct shape_site *site);

/* Marks in `set` the axes of a tensor of `rank` that a list names. False
 * when one is not known for sure or out of range. */
bool list_axes(const struct shape_list *list, uint32_t rank,
               bool set[SHAPE_MAX]);

/* ---- rules ------------------------------------------------------------ */

typedef void shape_rule(const struct shape_site *site, struct shape_draft *out);

/* As input `arg`; rule_copy takes the integers over as well. */
shape_rule rule_same, rule_copy;
/* Broadcast of all inputs, or of those in the bit mask `arg`. */
shape_rule rule_broadcast;
/* Broadcast of all inputs; integers by enum shape_calc `arg`. */
shape_rule rule_arithmetic;
/* Fixed: a scalar; [unknown]; [unknown, arg]. */
shape_rule rule_scalar, rule_vector, rule_rows;
/* Values that are integers from the start, and their shapes. */
shape_rule rule_constant, rule_constant_of_shape, rule_range;
shape_rule rule_shape, rule_size;
/* Movement. */
shape_rule rule_transpose, rule_reshape, rule_flatten, rule_squeeze;
shape_rule rule_unsqueeze, rule_concat, rule_split, rule_slice, rule_gather;
shape_rule rule_gather_nd, rule_expand, rule_tile, rule_pad;
shape_rule rule_depth_to_space, rule_space_to_depth;
/* Products: of inputs 0 and `arg`, both with transA and transB where the op
 * has them; of input 0 and a matrix of N columns, which is an attribute. */
shape_rule rule_matmul, rule_matmul_n, rule_einsum;
/* Reductions: over `axes` (attribute or input 1); over the attribute `axis`;
 * from `axis` on; over all but the first two dims. */
shape_rule rule_reduce, rule_reduce_one, rule_statistics, rule_global_pool;
/* Windows: convolution with the weights in input `arg`; pooling. */
shape_rule rule_conv, rule_conv_transpose, rule_pool;
/* Resize with the scales in input `arg` (the sizes in the next one). */
shape_rule rule_resize;
/* Others, each for the op of its name. */
shape_rule rule_attention, rule_fused_attention, rule_grid_sample;
shape_rule rule_nonzero, rule_one_hot, rule_random, rule_roi_align, rule_rnn;
shape_rule rule_topk;
/* If, Loop and Scan, once their bodies are swept. */
shape_rule rule_bodies;

enum shape_calc {
    CALC_ADD,
    CALC_SUB,
    CALC_MUL,
    CALC_DIV,
    CALC_MOD,
    CALC_MIN,
    CALC_MAX,
    CALC_NEG,
    CALC_EQUAL,
    CALC_WHERE,
};

/* ---- the sweep -------------------------------------------------------- */

struct shape_sweep {
    struct shapes *shapes;
    struct arena *arena;
    struct module *module;
    const struct types *types;
    struct map rows;    /* "domain\nname" to the first row of shapes.def */
    struct map symbols; /* text to its place in shapes->symbols */
    uint32_t depth;     /* of the bodies that are being swept */
    const struct call_attrs *attrs; /* of the call; NULL: not known, or main */
    struct shape_calls *calls;      /* of shape_calls.c */
};

/* Works out all values of `graph` but its inputs. */
void sweep_graph(struct shape_sweep *sweep, const struct graph *graph);

/* Sets the shape of a value, from a draft and the hint of its value_info.
 * NULL is allowed. */
void sweep_set(struct shape_sweep *sweep, const struct value *value,
               const struct shape_draft *draft);

/* The draft as a shape in the arena. */
struct shape sweep_keep(struct shape_sweep *sweep,
                        const struct shape_draft *draft);

/* Sweeps the bodies of a node. `tied`: their operands go by the layout of
 * graph/bodies.h, else nothing is known about them. */
void sweep_bodies(struct shape_sweep *sweep, const struct node *node,
                  bool tied);

/* Sweeps the function that `node` calls, unless a call that hands in the same
 * was swept before, and sets the outputs of `node`. */
void sweep_into_call(struct shape_sweep *sweep, const struct node *node);

/* Counts a node of `graph` that is worked out. */
void sweep_spend(struct shape_sweep *sweep, const struct graph *graph);

/* Before the main graph is swept, and after it: sweeps the functions that are
 * not called, and leaves in each value of a function what its calls have in
 * common. */
void sweep_begin_calls(struct shape_sweep *sweep);
void sweep_end_calls(struct shape_sweep *sweep);

#endif
