/* range_product.c: rules for sums of products. With constant weights every
 * output channel has a bound of its own: the positive weights times the upper
 * end of the input plus the negative ones times the lower end. */
#include "facts/range_rules.h"

#include <math.h>

#include "facts/weights.h"

static double
product(double a, double b)
{
    return a * b;
}

static double
plus(double a, double b)
{
    return a + b;
}

/* ---- constant weights ------------------------------------------------- */

/* The constant in `slot`, or that of which it is the transpose. */
static const struct value *
constant_in(const struct range_site *site, uint32_t slot, bool *turned)
{
    const struct value *const value = range_operand(site->node, slot);

    *turned = value != NULL && value->def != NULL &&
              node_turns_matrix(value->def);
    return *turned ? value->def->inputs[0].value : value;
}

/* The sums over the weights in `slot`, or NULL. */
static const struct weight_sums *
sums_of(const struct range_site *site, uint32_t slot)
{
    const struct constants *const constants = site->sweep->constants;
    const struct constant_extent *extent;
    const Onnx__TensorProto *tensor;
    const struct value *value;
    struct weight_layout layout;
    bool turned;

    value = constant_in(site, slot, &turned);
    extent = constants == NULL || value == NULL ? NULL
                                                : constants->extents[value->id];
    if (extent == NULL || extent->sums == NULL)
        return NULL;
    tensor = value->tensor != NULL ? value->tensor : value_constant(value);
    if (tensor == NULL ||
        !(turned ? weight_layout_turned : weight_layout_of)(
            site->node, slot, tensor, &layout))
        return NULL;
    return layout.inner == extent->sums->layout.inner &&
                   layout.channels == extent->sums->layout.channels &&
                   layout.repeat == extent->sums->layout.repeat
               ? extent->sums
               : NULL;
}

/* Zero times what has no end is zero: a weight of zero adds nothing. */
static double
times(double weight, double x)
{
    return weight == 0 ? 0 : weight * x;
}

static void
weigh_bound(const struct weight_sums *sums, struct span x,
            struct range_draft *out)
{
    struct span all = span_none();
    double most = 0;

    for (uint64_t i = 0; i < sums->n; i++) {
        const double p = sums->positive[i];
        const double n = sums->negative[i];
        all = span_hull(all, span_of(times(p, x.lo) + times(n, x.hi),
                                     times(p, x.hi) + times(n, x.lo)));
        most = fmax(most, p - n);
    }
    out->bound = all;
    if (isfinite(span_max_abs(x)))
        out->summed = (double)sums->terms * most * span_max_abs(x);
}

/* Of inputs that are all alike each channel makes its sum. */
static void
weigh_witness(const struct weight_sums *sums, const struct range_draft *x,
              struct range_draft *out)
{
    struct span total = span_none();

    for (uint64_t i = 0; i < sums->n; i++) {
        const double sum = sums->positive[i] + sums->negative[i];
        total = span_hull(total, span_of(sum, sum));
    }
    out->source = x->source;
    for (int i = 0; i < WITNESSES; i++)
        if (span_is_point(x->at[i]))
            out->at[i] = span_scale(total, x->at[i].lo);
}

/* Of independent inputs each channel deviates by the root of the sum of the
 * squares of its weights. */
static void
weigh_usual(const struct weight_sums *sums, const struct usual *x,
            struct range_draft *out)
{
    double mean = 0, square = 0, peak = 0;

    if (x->peak == 0)
        return;
    for (uint64_t i = 0; i < sums->n; i++) {
        const double m = x->mean * (sums->positive[i] + sums->negative[i]);
        const double variance = x->dev * x->dev * sums->squares[i];
        mean += m;
        square += m * m + variance;
        peak = fmax(peak, usual_reach(m, sqrt(variance)));
    }
    out->usual = usual_of(mean / (double)sums->n, square / (double)sums->n);
    out->usual.peak = peak;
    out->usual = usual_contract(out->usual, x->products);
    out->usual.fixed = x->fixed && out->usual.peak > 0;
}

/* ---- two operands that are computed ----------------------------------- */

/* Sums of `terms` products; `known`: that number is. */
static void
multiply(const struct range_draft *a, const struct range_draft *b, bool known,
         double terms, struct range_draft *out)
{
    const struct span one = span_mul(a->bound, b->bound);

    if (!known) {
        out->bound = (struct span){one.lo >= 0 ? 0 : -INFINITY,
                                   one.hi <= 0 ? 0 : INFINITY};
        return;
    }
    out->bound = span_scale(one, terms);
    if (isfinite(span_max_abs(one)))
        out->summed = terms * terms * span_max_abs(one);
    out->usual = usual_product(&a->usual, &b->usual);
    out->usual = usual_total(&out->usual, terms);
    out->usual = usual_contract(out->usual, out->usual.products);
    range_witness(out, a, b, product, false);
    out->halves = false;
    for (int i = 0; i < WITNESSES; i++)
        out->at[i] = span_is_point(out->at[i]) ? span_scale(out->at[i], terms)
                                               : span_none();
}

static void
multiply_inputs(const struct range_site *site, bool known, double terms,
                struct range_draft *out)
{
    const struct range_draft *const a = range_input(site, 0);
    const struct range_draft *const b = range_input(site, 1);
    const struct weight_sums *const right = sums_of(site, 1);
    const struct weight_sums *const left =
        right == NULL ? sums_of(site, 0) : NULL;

    if (right != NULL) {
        weigh_bound(right, a->bound, out);
        weigh_witness(right, a, out);
        weigh_usual(right, &a->usual, out);
    } else if (left != NULL) {
        weigh_bound(left, b->bound, out);
        weigh_witness(left, b, out);
        weigh_usual(left, &b->usual, out);
    } else {
        multiply(a, b, known, terms, out);
    }
    if (span_mul(a->bound, b->bound).lo >= 0)
        range_limit(out, 0, INFINITY);
    out->integer = a->integer && b->integer;
}

void
bound_matmul(const struct range_site *site, struct range_draft *out)
{
    const struct shape *const right = range_input_shape(site, 1);
    double terms = 0;
    const bool known =
        range_dim(range_input_shape(site, 0), -1, &terms) ||
        (right->known && range_dim(right, right->rank < 2 ? 0 : -2, &terms));

    multiply_inputs(site, known, terms, out);
}

/* One operand is summed up; of more than two, only the bound is followed. */
void
bound_einsum(const struct range_site *site, struct range_draft *out)
{
    const struct shape_site from = range_shape_site(site);
    const struct dim dim = site_einsum_terms(&from);
    const bool known = dim.kind == DIM_KNOWN && !dim.assumed;
    const uint32_t n = site->node->n_inputs;
    struct span one = range_input(site, 0)->bound;

    if (n == 2) {
        multiply(range_input(site, 0), range_input(site, 1), known,
                 (double)dim.n, out);
        return;
    }
    for (uint32_t i = 1; i < n; i++)
        one = span_mul(one, range_input(site, i)->bound);
    if (!known)
        return;
    out->bound = span_scale(one, (double)dim.n);
    if (isfinite(span_max_abs(one)))
        out->summed = (double)n * (double)dim.n * (double)dim.n *
                      span_max_abs(one);
}

/* alpha * A * B + beta * C. */
void
bound_gemm(const struct range_site *site, struct range_draft *out)
{
    const double alpha = range_attr(site, "alpha", 1);
    const double beta = range_attr(site, "beta", 1);
    struct range_draft added, c;
    double terms = 0;
    const bool known =
        range_dim(range_input_shape(site, 0),
                  range_attr(site, "transA", 0) != 0 ? 0 : 1, &terms);

    multiply_inputs(site, known, terms, out);
    out->bound = span_scale(out->bound, alpha);
    out->limit = span_all();
    out->summed *= fabs(alpha);
    out->integer = false;
    for (int i = 0; i < WITNESSES; i++)
        if (!span_is_none(out->at[i]))
            out->at[i] = span_scale(out->at[i], alpha);
    out->usual = usual_scale(&out->usual, alpha);
    if (!range_has_input(site, 2))
        return;
    c = *range_input(site, 2);
    c.bound = span_scale(c.bound, beta);
    for (int i = 0; i < WITNESSES; i++)
        if (!span_is_none(c.at[i]))
            c.at[i] = span_scale(c.at[i], beta);
    added = *out;
    c.usual = usual_scale(&c.usual, beta);
    out->bound = span_add(out->bound, c.bound);
    out->usual = usual_sum(&added.usual, &c.usual);
    range_witness(out, &added, &c, plus, false);
}

/* Windows over the edge have less in them, as if there were zeros. */
void
bound_conv(const struct range_site *site, struct range_draft *out)
{
    const struct weight_sums *const sums = sums_of(site, 1);
    struct range_draft x = *range_input(site, 0);
    struct range_draft added;

    if (sums == NULL)
        return;
    x.bound = span_hull(x.bound, span_of(0, 0));
    weigh_bound(sums, x.bound, out);
    if (site->arg == 0) {
        weigh_witness(sums, &x, out);
        weigh_usual(sums, &x.usual, out);
    }
    if (!range_has_input(site, 2))
        return;
    added = *out;
    out->bound = span_add(out->bound, range_input(site, 2)->bound);
    range_witness(out, &added, range_input(site, 2), plus, false);
    out->usual = usual_sum(&added.usual, &range_input(site, 2)->usual);
}
