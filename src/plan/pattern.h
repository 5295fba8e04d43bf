/* pattern.h: how people name nodes and ops. A pattern is an exact name, a glob
 * (`*`, `?`, `[...]`; `*` matches `/` too), or `re:` and a POSIX extended
 * regular expression that must match the whole name. An exact name wins, so
 * names that hold glob characters can be given as they are. */
#ifndef PLAN_PATTERN_H
#define PLAN_PATTERN_H

#include "base/arena.h"

struct pattern {
    const char *text;
    const char *regex; /* the part behind "re:", NULL for the others */
    bool exact;        /* it is a name as it is: no glob, no expression */
    uint64_t matches;  /* counted by pattern_list_match */
};

struct pattern_list {
    struct pattern *items;
    size_t n;
};

/* Reads patterns, one a line. OPP_EUSAGE for a bad regular expression. */
enum opp_status pattern_list_parse(struct pattern_list *list,
                                   struct arena *arena, const char *lines,
                                   struct opp_error *err);

/* Adds one pattern, whose text must outlive the list. OPP_EUSAGE. */
enum opp_status pattern_list_add(struct pattern_list *list,
                                 struct arena *arena, const char *text,
                                 struct opp_error *err);

/* Tells the list a name that exists, before any is matched: a pattern that is
 * one means that name alone. */
void pattern_list_know(struct pattern_list *list, const char *name);

/* The first pattern that matches `name`, or NULL. Counts the match in every
 * pattern that matches, so that none is called unused because an earlier one
 * took its names. */
const struct pattern *pattern_list_match(struct pattern_list *list,
                                         const char *name);

/* The first pattern that has matched nothing, or NULL. */
const struct pattern *pattern_list_unused(const struct pattern_list *list);

#endif
