#include "facts/range_usual.h"

#include <math.h>

/* Of a normal distribution one value in 370 is farther out: of a tensor some
 * are. */
enum { DEVIATIONS = 3 };

enum { MOST_PRODUCTS = 3 };

static const struct usual nothing = {0};

/* Nothing is assumed of what the arithmetic cannot say. */
static struct usual
checked(struct usual usual)
{
    return isfinite(usual.mean) && isfinite(usual.dev) &&
                   isfinite(usual.peak) && usual.peak > 0
               ? usual
               : nothing;
}

double
usual_reach(double mean, double dev)
{
    return fabs(mean) + DEVIATIONS * dev;
}

struct usual
usual_of(double mean, double mean_square)
{
    const double dev = sqrt(fmax(mean_square - mean * mean, 0));

    return checked((struct usual){mean, dev, usual_reach(mean, dev), 0, false});
}

struct usual
usual_within(double lo, double hi)
{
    const double dev = (hi - lo) / 4;

    return checked((struct usual){lo / 2 + hi / 2, dev,
                                  usual_reach(lo / 2 + hi / 2, dev), 0, false});
}

struct usual
usual_of_two(double a, double b, double peak)
{
    const double mean = a / 2 + b / 2;
    const double dev = fabs(a - b) / 2;

    return checked((struct usual){mean, dev, fmax(peak, fabs(mean) + dev),
                                  0, false});
}

struct usual
usual_share(const struct shape *shape)
{
    const struct dim last = shape_dim(shape, -1);

    if (!shape->known || last.kind != DIM_KNOWN || last.n < 1)
        return nothing;
    return usual_of(1.0 / (double)last.n, 1.0 / (double)last.n);
}

static uint8_t
most_products(const struct usual *a, const struct usual *b)
{
    return a->products > b->products ? a->products : b->products;
}

struct usual
usual_contract(struct usual usual, unsigned products)
{
    if (products >= MOST_PRODUCTS)
        return nothing;
    usual.products = (uint8_t)(products + 1);
    return usual;
}

struct usual
usual_sum(const struct usual *a, const struct usual *b)
{
    double mean, dev;

    if (b == NULL)
        return usual_scale(a, 2);
    if (a->peak == 0 || b->peak == 0)
        return a->fixed || b->fixed ? nothing : a->peak == 0 ? *b : *a;
    mean = a->mean + b->mean;
    dev = hypot(a->dev, b->dev);
    return checked((struct usual){
        .mean = mean,
        .dev = dev,
        .peak = fmin(a->peak + b->peak,
                     fmax(usual_reach(mean, dev),
                          fmax(a->peak - fabs(b->mean),
                               b->peak - fabs(a->mean)))),
        .products = most_products(a, b),
        .fixed = a->fixed && b->fixed,
    });
}

struct usual
usual_difference(const struct usual *a, const struct usual *b)
{
    struct usual negative;

    if (b == NULL)
        return nothing;
    negative = usual_scale(b, -1);
    return usual_sum(a, &negative);
}

static double
mean_square(const struct usual *a)
{
    return a->mean * a->mean + a->dev * a->dev;
}

/* The fourth moment is that of a normal distribution. */
static struct usual
square(const struct usual *a)
{
    const double m = a->mean * a->mean, v = a->dev * a->dev;

    return checked((struct usual){m + v, sqrt(2 * v * v + 4 * m * v),
                                  a->peak * a->peak, a->products, a->fixed});
}

struct usual
usual_product(const struct usual *a, const struct usual *b)
{
    struct usual out;

    if (b == NULL)
        return square(a);
    if (a->peak == 0 || b->peak == 0)
        return nothing;
    out = usual_of(a->mean * b->mean, mean_square(a) * mean_square(b));
    out.peak = fmax(a->peak * sqrt(mean_square(b)),
                    b->peak * sqrt(mean_square(a)));
    out.products = most_products(a, b);
    out.fixed = a->fixed && b->fixed;
    return checked(out);
}

struct usual
usual_quotient(const struct usual *a, const struct usual *b)
{
    return b->peak == 0 ? nothing : usual_scale(a, 1 / sqrt(mean_square(b)));
}

struct usual
usual_scale(const struct usual *a, double factor)
{
    return checked((struct usual){a->mean * factor, a->dev * fabs(factor),
                                  a->peak * fabs(factor), a->products,
                                  a->fixed});
}

struct usual
usual_total(const struct usual *a, double n)
{
    const double mean = a->mean * n, dev = a->dev * sqrt(n);

    return a->peak == 0
               ? nothing
               : checked((struct usual){mean, dev, usual_reach(mean, dev),
                                        a->products, a->fixed});
}

struct usual
usual_greater(const struct usual *a, const struct usual *b)
{
    return a->peak >= b->peak ? *a : *b;
}

struct usual
usual_lesser(const struct usual *a, const struct usual *b)
{
    return a->peak <= b->peak ? *a : *b;
}

void
usual_hold(struct usual *usual, double lo, double hi)
{
    const double low = fmin(fmax(usual->mean - usual->dev, lo), hi);
    const double high = fmin(fmax(usual->mean + usual->dev, lo), hi);
    const double most = fmax(fabs(lo), fabs(hi));
    struct usual held;

    if (usual->peak == 0 || (low == usual->mean - usual->dev &&
                             high == usual->mean + usual->dev &&
                             usual->peak <= most))
        return;
    held = usual_of_two(low, high, fmin(usual->peak, most));
    held.products = usual->products;
    held.fixed = usual->fixed;
    *usual = held;
}
