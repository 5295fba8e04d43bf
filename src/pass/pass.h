/* pass.h: what a pass is. One file passes/NAME.c defines one `const struct
 * pass`, one line in passes/passes.def registers it; help, docs, pipeline
 * parsing and statistics derive from the descriptor. A pass keeps no state
 * between runs, calls no other pass, and never loads or saves. */
#ifndef PASS_PASS_H
#define PASS_PASS_H

#include "facts/facts.h"
#include "graph/edit.h"
#include "plan/plan.h"
#include "report/report.h"

enum {
    PASS_MAX_OPTIONS = 24,
    PASS_MAX_COUNTS = 8,
};

enum option_kind {
    OPTION_FLAG,   /* "true" or "false" */
    OPTION_TEXT,   /* any text */
    OPTION_NUMBER, /* a non-negative decimal integer */
    OPTION_LIST,   /* texts; '+' joins them in a pipeline, "@FILE" reads one a
                      line */
};

struct pass_option {
    const char *name; /* NULL ends the list */
    enum option_kind kind;
    const char *missing; /* value when not given, as text */
    const char *help;    /* one line, lower case, no full stop */
};

struct pass_run;

struct pass {
    const char *name;    /* "plan-precision" */
    const char *summary; /* one line, lower case, no full stop */
    bool edits;          /* may change the model */
    unsigned needs;      /* enum fact bits that must be there before */
    unsigned keeps;      /* facts that stay right although it edits */
    struct pass_option options[PASS_MAX_OPTIONS + 1];
    const char *counts[PASS_MAX_COUNTS + 1]; /* names, NULL ends the list */
    /* Called before the first pass of a pipeline that has this one: begins
     * what can go on beside the others. Or NULL. */
    void (*begin)(struct pass_run *run);
    enum opp_status (*run)(struct pass_run *run, struct opp_error *err);
};

/* One run of one pass; owned by the runner. */
struct pass_run {
    struct module *module;
    struct facts *facts;
    struct plan **plan; /* *plan is NULL until a pass has made one */
    struct report *report;
    struct arena *scratch; /* emptied after the run */
    uint64_t changes; /* that the passes before this one made in this run */
    const struct pass *pass;
    const char *const *values; /* by index in pass->options */
    uint64_t counts[PASS_MAX_COUNTS];
    opp_progress_fn progress; /* may be NULL */
    void *progress_payload;
};

/* Value of an option by name, never NULL. Lists have '\n' between items. */
const char *pass_option(const struct pass_run *run, const char *name);
bool pass_option_flag(const struct pass_run *run, const char *name);
uint64_t pass_option_number(const struct pass_run *run, const char *name);

/* All passes in the order of passes.def, ended by NULL. */
extern const struct pass *const pass_registry[];
const struct pass *pass_find(const char *name);

struct preset {
    const char *name, *summary, *pipeline;
};
/* All presets, ended by a NULL name. */
extern const struct preset preset_registry[];
const struct preset *preset_find(const char *name);

#endif
