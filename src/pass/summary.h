/* summary.h: counting nodes, casts and weights of a whole model, bodies and
 * functions included (a function once, however often it is called).
 *
 * Every node counts in one place: a cast between float types in `casts`, any
 * other Cast or CastLike in `other_casts`, a Constant of the default domain
 * not at all, each other node in `nodes` by its precision
 * (facts/type_text.h). Initializers and the tensors of Constant nodes count as
 * weights by element type; numbers and lists in attributes do not. */
#ifndef PASS_SUMMARY_H
#define PASS_SUMMARY_H

#include "facts/types.h"
#include "report/report.h"

/* Fills `out`. `file_bytes` is the size of the file that was read while
 * nothing is changed, else of the one that would be written, with external
 * data in both cases. The graph must have been flushed. */
void summary_make(struct model_summary *out, const struct module *module,
                  const struct types *types);

#endif
