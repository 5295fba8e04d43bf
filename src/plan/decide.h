/* decide.h: the steps that fill a plan, in the order of their weight. Each
 * decides classes that are still free; what an earlier step decided stays. */
#ifndef PLAN_DECIDE_H
#define PLAN_DECIDE_H

#include "facts/constants.h"
#include "plan/pattern.h"
#include "plan/plan.h"
#include "plan/policy_match.h"
#include "report/report.h"

/* 1. What the schemas of the model's opsets do not allow, what nobody knows,
 * and ends of the model that are held initializers keep their type. */
void decide_legality(struct plan *plan, const struct types *types);

/* 2. What ONNX Runtime cannot load in low precision although it is legal. */
void decide_quirks(struct plan *plan);

/* 3. Inputs and outputs of the main graph. `keep` is "all", "none", or names,
 * one a line. OPP_EUSAGE when a name is no input or output. */
enum opp_status decide_io(struct plan *plan, const char *keep,
                          struct opp_error *err);

/* 4. The user's lists. A node's name weighs more than its op, and among equals
 * to block more than to include. OPP_EUSAGE when a pattern matches nothing. */
struct policy {
    struct pattern_list node_block, node_include, op_block, op_include;
};
enum opp_status decide_policy(struct plan *plan, struct policy *policy,
                              struct opp_error *err);

/* 5. The rules of a policy file, which docs/policy.md is about: after the
 * lists of the command line and before all evidence. The first rule that takes
 * an operand of a class decides the class. What no rule takes is kept where the
 * file's default precision is float32. OPP_EUSAGE, with its place, for a rule
 * that matches nothing and one that asks for a type which the plan cannot
 * give. */
enum opp_status decide_rules(struct plan *plan,
                             const struct policy_matches *matches,
                             struct opp_error *err);

/* The inputs and outputs that keep their types by a policy file, in the form
 * of decide_io: one a line, or "none". In the model's arena; NULL with an
 * OPP_EUSAGE error for a name that is none of them. */
const char *policy_kept_ends(const struct plan *plan,
                             const struct policy_file *file,
                             struct opp_error *err);

/* Findings OPP708: what rules made low precision against a reason. */
void report_overrides(struct report *report, const struct plan *plan);

/* 6. In a model with low-precision arithmetic, what is wide next to it was kept
 * so on purpose: it stays, with all that wide tensors connect it to. Weights
 * that are only stored in low precision are no arithmetic. */
void decide_written(struct plan *plan, const struct types *types);

/* Steps 7 to 17 ask src/numeric/format.h what the low-precision type can hold;
 * docs/precision.md has what that means for float16 and for bfloat16. */

/* 7. Residual streams, of two additions and more, as plan->residual says; by
 * evidence, they stay wide from the first sum on that is out of range. */
void decide_streams(struct plan *plan, const struct types *types,
                    const struct constants *constants);

/* 8. Constants that the low-precision type cannot hold keep their consumers
 * wide: values out of range unless they saturate, and values that become zero
 * in tensors of up to 16 elements. It follows the values through ops that only
 * move elements or hand on their magnitude (facts/traits.def), until something
 * else is computed from them, and goes back to the quantities that an epsilon
 * protects. None of it where plan->clamp brings them into range. */
void decide_constants(struct plan *plan, const struct types *types,
                      const struct constants *constants);

/* True for tensors of up to 16 elements: parameters of a formula (an epsilon,
 * a scale, a bound), where one value that becomes zero changes the result. In
 * a larger weight it is one small term among many. */
bool constant_is_short(const struct numeric_range *range);

/* 9. Squares that are summed leave the range of float16 long before their roots
 * do (beyond 255.9), and vanish as early (below 2.4e-4): the sums behind norms
 * and variances stay wide, from the squares to the root. In bfloat16 they fit;
 * there only a variance stays wide that is the difference of two of them. */
void decide_squares(struct plan *plan, const struct types *types,
                    const struct constants *constants);

/* 10. A scale for each channel and an offset of 2 and more (1 and more in
 * bfloat16) cancel: both stay wide. */
void decide_offsets(struct plan *plan, const struct types *types,
                    const struct constants *constants);

/* 11. An offset that swallows the differences of values that are ranked, or go
 * into a softmax: from the addition to there they stay wide. */
void decide_ranks(struct plan *plan, const struct types *types,
                  const struct constants *constants);

/* 12. An angle that is made of positions stays wide from them to the sine. */
void decide_phases(struct plan *plan, const struct types *types,
                   const struct constants *constants);

/* 13. So does an exponential up to the logarithm of it, and up to where it is
 * divided by what is computed of it. */
void decide_exponentials(struct plan *plan, const struct types *types,
                         const struct constants *constants);

/* 14. Sums of so many values of one sign that their end is lost, where they may
 * be added up in the low-precision type. */
void decide_sums(struct plan *plan, const struct types *types,
                 const struct constants *constants);

/* Elements that a node with TRAIT_REDUCE sums; 0 when it is not known. */
double sum_length(const struct plan *plan, const struct node *node);

/* 15. Computed values that are known to be out of range, or too small. */
void decide_activations(struct plan *plan, const struct types *types,
                        const struct constants *constants);

/* 16. Running sums and scatters that add round every partial result; what makes
 * values from attributes alone makes them in float32; what is quantised at run
 * time is not rounded before. */
void decide_ops(struct plan *plan);

/* 17. Integers of 16 bits and more that are cast to float (frame counts,
 * positions, token masks, sums of a quantised product) are wide in the float
 * type too: beyond 2048 float16 rounds them, beyond 65504 it has none;
 * bfloat16 rounds them beyond 256. They, what moves them, and the first op
 * that makes fractions of them stay wide. So does float arithmetic that ends
 * in such an integer (an index, a size). */
void decide_integers(struct plan *plan, const struct types *types,
                     const struct constants *constants);

/* Steps 7 to 17: all that the file and the ranges show. */
void decide_numeric(struct plan *plan, const struct types *types,
                    const struct constants *constants);

/* 18. Free classes of light work stay wide where that saves casts. placement.h
 * has that step, and runs it with those that follow. */

/* 19. Inputs and outputs of functions and bodies that get a wide value and hand
 * it on to somebody who wants it wide do not round it. */
void decide_passages(struct plan *plan);

/* 20. A cast that is in the file reads its input as it is made, and makes the
 * low-precision type only if all others want that: anything else would add a
 * rounding or a cast and save nothing. */
void decide_conversions(struct plan *plan);

/* 21. Whatever is still free becomes the low-precision type. */
void decide_rest(struct plan *plan);

#endif
