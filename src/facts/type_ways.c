/* type_ways.c: tells apart the ways in which functions are called. The sweep of
 * a function sets the types of the same values in the same order each time, so
 * these types, in that order, are the key of the way. */
#include "facts/type_infer.h"

#include <stdio.h>

static void
add_to_key(struct infer *in, char c)
{
    struct draft_way *const draft = in->draft;

    draft->key = arena_grow(in->arena, draft->key, draft->n_key, 1);
    draft->key[draft->n_key++] = c;
}

static void
add_number(struct infer *in, uint32_t number)
{
    char text[16];

    snprintf(text, sizeof text, "(%u)", number);
    for (const char *c = text; *c != '\0'; c++)
        add_to_key(in, *c);
}

void
way_begin(struct infer *in, struct draft_way *draft, struct graph *graph)
{
    *draft = (struct draft_way){.way = arena_new(in->arena, struct type_way)};
    draft->way->graph = graph;
    in->draft = draft;
    add_number(in, graph->id);
}

void
way_note_type(struct infer *in, struct value_type type)
{
    struct type_way *const way = in->draft->way;

    if (type.known)
        way->elems |= elem_bit(type.elem);
    /* The only way of the main graph needs no key. */
    if (way->graph->kind == GRAPH_MAIN)
        return;
    add_to_key(in, type.known ? (char)('a' + type.container) : '?');
    add_to_key(in, type.known ? (char)('A' + type.elem) : '?');
}

void
way_note_call(struct infer *in, struct node *node, const struct type_way *way)
{
    struct type_way *const caller = in->draft->way;

    caller->elems |= way->elems;
    caller->calls = arena_grow(in->arena, caller->calls, caller->n_calls,
                               sizeof *caller->calls);
    caller->calls[caller->n_calls++] = (struct way_call){node, way};
    add_number(in, way->id);
}

struct type_way *
way_end(struct infer *in, struct draft_way *outer)
{
    const struct draft_way *const draft = in->draft;
    struct type_way *way;

    add_to_key(in, '\0');
    in->draft = outer;
    way = map_get(&in->way_keys, draft->key);
    if (way != NULL)
        return way;
    way = draft->way;
    way->id = in->n_ways;
    in->ways = arena_grow(in->arena, in->ways, in->n_ways, sizeof *in->ways);
    in->ways[in->n_ways++] = way;
    map_put(&in->way_keys, draft->key, way);
    return way;
}
