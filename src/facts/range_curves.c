/* range_curves.c: rules for functions of one variable. */
#include "facts/range_rules.h"

#include <float.h>
#include <math.h>

enum curve_flag {
    ZERO = 1 << 0,         /* 0 at 0, and monotone on each side of it */
    WHOLE = 1 << 1,        /* whole numbers give whole numbers */
    ALWAYS_WHOLE = 1 << 2, /* all do */
    EXACT = 1 << 3,        /* the result is never rounded */
    ROUGH = 1 << 4,        /* runtimes approximate it, to about 0.001 */
};

typedef double curve_fn(double x, double a, double b);

struct curve {
    curve_fn *fn;
    double turn;
    double from, to;
    double lo, hi;
    unsigned flags;
    const char *names[2];
    double missing[2];
};

/* ---- formulas --------------------------------------------------------- */

#define PLAIN(name, formula)                                                   \
    static double name(double x, double a, double b)                           \
    {                                                                          \
        (void)a;                                                               \
        (void)b;                                                               \
        return formula;                                                        \
    }

PLAIN(fabs_of, fabs(x))
PLAIN(acos_of, acos(x))
PLAIN(acosh_of, acosh(x))
PLAIN(asin_of, asin(x))
PLAIN(asinh_of, asinh(x))
PLAIN(atan_of, atan(x))
PLAIN(atanh_of, atanh(x))
PLAIN(ceil_of, ceil(x))
PLAIN(celu_of, x < 0 ? a * expm1(x / a) : x)
PLAIN(cosh_of, cosh(x))
PLAIN(elu_of, x < 0 ? a * expm1(x) : x)
PLAIN(erf_of, erf(x))
PLAIN(exp_of, exp(x))
PLAIN(floor_of, floor(x))
PLAIN(gelu_of, x * 0.5 * erfc(-x / sqrt(2)))
PLAIN(hard_sigmoid_of, fmin(fmax(a * x + b, 0), 1))
PLAIN(hard_swish_of, x * fmin(fmax(x / 6 + 0.5, 0), 1))
PLAIN(leaky_relu_of, x < 0 ? a * x : x)
PLAIN(log_of, log(x))
PLAIN(mish_of, x * tanh(x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))))
PLAIN(neg_of, -x)
PLAIN(not_of, 1 - x)
PLAIN(relu_of, fmax(x, 0))
PLAIN(rint_of, rint(x))
PLAIN(selu_of, x < 0 ? a * b * expm1(x) : b * x)
PLAIN(sigmoid_of, 1 / (1 + exp(-x)))
PLAIN(sign_of, (x > 0) - (x < 0))
PLAIN(sinh_of, sinh(x))
PLAIN(softplus_of, x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)))
PLAIN(softsign_of, x / (1 + fabs(x)))
PLAIN(sqrt_of, sqrt(x))
PLAIN(tanh_of, tanh(x))
PLAIN(thresholded_relu_of, x > a ? x : 0)

static const struct curve curves[] = {
#define CURVE(id, fn, turn, from, to, lo, hi, flags, a, of_a, b, of_b) \
    {fn, turn, from, to, lo, hi, flags, {a, b}, {of_a, of_b}},
#include "facts/range_curves.def"
#undef CURVE
};

/* ---- the rule --------------------------------------------------------- */

struct bent {
    const struct curve *curve;
    double a, b;
};

/* At an infinity the formula may be inf * 0 and the like; its limit is its
 * value far out. */
static double
value_at(const struct bent *bent, double x)
{
    const double y = bent->curve->fn(x, bent->a, bent->b);

    return isnan(y) && isinf(x)
               ? bent->curve->fn(copysign(DBL_MAX, x), bent->a, bent->b)
               : y;
}

static struct span
image(const struct bent *bent, struct span in)
{
    const double turn = bent->curve->turn;
    const double lo = value_at(bent, in.lo);
    const double hi = value_at(bent, in.hi);
    struct span out;

    if (isnan(lo) || isnan(hi))
        return span_all();
    out = (struct span){fmin(lo, hi), fmax(lo, hi)};
    if (!isnan(turn) && in.lo <= turn && turn <= in.hi) {
        const double y = value_at(bent, turn);
        out = span_hull(out, span_of(y, y));
    }
    return out;
}

/* Values at the ends do occur, those at a turn need not. */
static struct span
image_of_ends(const struct bent *bent, struct span in)
{
    double lo, hi;

    if (span_is_none(in))
        return in;
    lo = value_at(bent, in.lo);
    hi = value_at(bent, in.hi);
    return isnan(lo) || isnan(hi)
               ? span_none()
               : (struct span){fmin(lo, hi), fmax(lo, hi)};
}

static double
least_abs(const struct bent *bent, double min_abs)
{
    const double up = fabs(value_at(bent, min_abs));
    const double down = fabs(value_at(bent, -min_abs));

    if ((bent->curve->flags & ZERO) == 0 || min_abs == 0)
        return 0;
    /* Where one side is flat at zero, or not defined, the other counts. */
    if (!(down > 0))
        return up;
    return up > 0 ? fmin(up, down) : down;
}

/* Two values, each as likely: a deviation below the mean, and one above. */
static void
set_usual(const struct bent *bent, const struct usual *in,
          struct range_draft *out)
{
    const double low = value_at(bent, in->mean - in->dev);
    const double high = value_at(bent, in->mean + in->dev);

    if (in->peak > 0) {
        out->usual = usual_of_two(low, high,
                                  fmax(fabs(value_at(bent, in->peak)),
                                       fabs(value_at(bent, -in->peak))));
        out->usual.products = in->products;
        out->usual.fixed = in->fixed;
    } else if (isfinite(bent->curve->lo) && isfinite(bent->curve->hi)) {
        out->usual = usual_within(out->bound.lo, out->bound.hi);
    }
}

void
bound_curve(const struct range_site *site, struct range_draft *out)
{
    const struct curve *const curve = &curves[site->arg];
    const struct range_draft *const in = range_input(site, 0);
    const struct span domain =
        span_meet(in->bound, span_of(curve->from, curve->to));
    const struct bent bent = {
        curve,
        curve->names[0] == NULL
            ? 0
            : range_attr(site, curve->names[0], curve->missing[0]),
        curve->names[1] == NULL
            ? 0
            : range_attr(site, curve->names[1], curve->missing[1]),
    };

    if (!span_is_none(domain))
        out->bound = image(&bent, domain);
    if ((curve->flags & ROUGH) != 0)
        out->bound =
            span_of(out->bound.lo - 0.001 - 0.001 * fabs(out->bound.lo),
                    out->bound.hi + 0.001 + 0.001 * fabs(out->bound.hi));
    range_limit(out, curve->lo, curve->hi);
    out->min_abs = least_abs(&bent, in->min_abs);
    out->integer = (curve->flags & ALWAYS_WHOLE) != 0 ||
                   ((curve->flags & WHOLE) != 0 && in->integer);
    out->exact = (curve->flags & EXACT) != 0;
    out->source = in->source;
    out->halves = in->halves;
    for (int i = 0; i < WITNESSES; i++)
        out->at[i] = image_of_ends(&bent, in->at[i]);
    set_usual(&bent, &in->usual, out);
}
