/* text.h: expressions for certificates. */
#ifndef REWRITE_TEXT_H
#define REWRITE_TEXT_H

#include "rewrite/rule.h"

/* How `value` is made, by the nodes of the match and those that the rewrite
 * made, from values that are named, and constants of one element: "Log(Softmax(
 * x))". Operands that are no floats are left out. In the scratch arena. */
const char *rewrite_text(const struct rewrite *rewrite,
                         const struct value *value);

#endif
