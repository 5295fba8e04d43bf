/* range_usual.h: what values are like where nothing tells it: a mean and a
 * deviation, and the magnitude that the channel which is farthest out reaches.
 * It begins where an op fills a known interval whatever comes (a gate), or
 * normalises, and goes through arithmetic as if operands were independent, as
 * those of trained networks roughly are. So it is an assumption, no bound and
 * no evidence. What is computed, and is added to something of which nothing is
 * known, stays as it is: nothing says that the other cancels it. A constant is
 * often there to cancel. Plain values; no ownership. */
#ifndef FACTS_RANGE_USUAL_H
#define FACTS_RANGE_USUAL_H

#include "facts/shapes.h"

struct usual {
    double mean, dev;
    double peak; /* a magnitude that occurs; 0: nothing is assumed */
    uint8_t products; /* contractions since it began */
    bool fixed;       /* made of constants alone */
};

/* Of values with this mean, and this mean of their squares; the peak follows
 * from them. */
struct usual usual_of(double mean, double mean_square);

/* The magnitude that many values with this mean and deviation reach. */
double usual_reach(double mean, double dev);

/* Of values that fill an interval: they are around a quarter and three quarters
 * of it. Nothing is assumed where an end is infinite. */
struct usual usual_within(double lo, double hi);

/* Of values that are each of two as likely. */
struct usual usual_of_two(double a, double b, double peak);

/* Of shares of 1 along the last dimension of a tensor. */
struct usual usual_share(const struct shape *shape);

/* Of two operands; `b` NULL: both are one value. */
struct usual usual_sum(const struct usual *a, const struct usual *b);
struct usual usual_difference(const struct usual *a, const struct usual *b);
struct usual usual_product(const struct usual *a, const struct usual *b);

/* By a constant. */
struct usual usual_quotient(const struct usual *a, const struct usual *b);
struct usual usual_scale(const struct usual *a, double factor);

/* After another contraction. Nothing is assumed after more than three: what is
 * off in one is multiplied by the next. */
struct usual usual_contract(struct usual usual, unsigned products);

/* Of the sum of `n` values. */
struct usual usual_total(const struct usual *a, double n);

/* That with the greater, respectively the lesser peak. */
struct usual usual_greater(const struct usual *a, const struct usual *b);
struct usual usual_lesser(const struct usual *a, const struct usual *b);

/* Brings it between bounds. */
void usual_hold(struct usual *usual, double lo, double hi);

#endif
