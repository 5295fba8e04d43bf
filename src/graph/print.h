/* print.h: the graphs as text, in the spirit of ONNX's textual syntax, for
 * people and for diffs. Canonical: the same model gives the same text. */
#ifndef GRAPH_PRINT_H
#define GRAPH_PRINT_H

#include "base/writer.h"
#include "graph/graph.h"

/* Text of the type of a value; the printer shows no types without it. */
struct type_printer {
    const char *(*text)(const void *payload, const struct value *value);
    const void *payload;
};

/* Prints all graphs; `types` may be NULL. */
void graph_print(const struct module *module,
                 const struct type_printer *types, struct writer *writer);

#endif
