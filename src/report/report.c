#include "report/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct rule_info rules[] = {
#define RULE(code, name, severity, summary)                                    \
    {OPP##code, name, severity, summary},
#include "report/rules.def"
#undef RULE
};

const struct rule_info *
rule_info(enum rule rule)
{
    size_t i = 0;

    while (rules[i].code != rule)
        i++;
    return &rules[i];
}

const struct rule_info *
rule_at(size_t i)
{
    return i < sizeof rules / sizeof *rules ? &rules[i] : NULL;
}

const struct rule_info *
rule_find(const char *name)
{
    char code[16];

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        snprintf(code, sizeof code, "OPP%d", (int)rules[i].code);
        if (strcmp(rules[i].name, name) == 0 || strcmp(code, name) == 0)
            return &rules[i];
    }
    return NULL;
}

void
report_init(struct report *report, const char *model, jmp_buf *unwind)
{
    *report = (struct report){.model = ""};
    arena_init(&report->arena, SIZE_MAX, unwind);
    report->findings_tail = &report->findings;
    report->islands_tail = &report->islands;
    report->casts_tail = &report->casts;
    report->weights_tail = &report->weights;
    report->rewrites_tail = &report->rewrites;
    report->passes_tail = &report->passes;
    report->model = arena_strdup(&report->arena, model);
}

static const char *
print_text(struct arena *arena, const char *format, va_list args)
{
    char small[1024];

    vsnprintf(small, sizeof small, format, args);
    return arena_strdup(arena, small);
}

void
report_find(struct report *report, enum rule rule, const char *place,
            uint64_t bytes, const char *format, ...)
{
    struct finding *const finding = arena_new(&report->arena, struct finding);
    va_list args;

    finding->rule = rule;
    finding->place = arena_strdup(&report->arena, place);
    finding->bytes = bytes;
    va_start(args, format);
    finding->message = print_text(&report->arena, format, args);
    va_end(args);
    *report->findings_tail = finding;
    report->findings_tail = &finding->next;
}

void
report_island(struct report *report, const struct island *island)
{
    struct arena *const arena = &report->arena;
    struct island *const copy = arena_new(arena, struct island);
    const char **const names = arena_array(arena, island->nodes, const char *);

    *copy = *island;
    copy->first = arena_strdup(arena, island->first);
    if (island->last != NULL)
        copy->last = arena_strdup(arena, island->last);
    copy->reason = arena_strdup(arena, island->reason);
    copy->detail = arena_strdup(arena, island->detail);
    for (uint64_t i = 0; i < island->nodes; i++)
        names[i] = arena_strdup(arena, island->names[i]);
    copy->names = names;
    copy->next = NULL;
    *report->islands_tail = copy;
    report->islands_tail = &copy->next;
}

void
report_cast(struct report *report, const char *place, const char *value,
            int from, int to)
{
    struct cast_entry *const cast =
        arena_new(&report->arena, struct cast_entry);

    cast->place = arena_strdup(&report->arena, place);
    cast->value = arena_strdup(&report->arena, value);
    cast->from = from;
    cast->to = to;
    *report->casts_tail = cast;
    report->casts_tail = &cast->next;
}

void
report_weight(struct report *report, const struct stored_weight *weight)
{
    struct stored_weight *const copy =
        arena_new(&report->arena, struct stored_weight);

    *copy = *weight;
    copy->name = arena_strdup(&report->arena, weight->name);
    copy->place = arena_strdup(&report->arena, weight->place);
    if (weight->reason != NULL)
        copy->reason = arena_strdup(&report->arena, weight->reason);
    *report->weights_tail = copy;
    report->weights_tail = &copy->next;
}

void
report_policy(struct report *report, const char *path, const char *hash)
{
    report->policy = arena_strdup(&report->arena, path);
    report->policy_hash = arena_strdup(&report->arena, hash);
}

struct pass_record *
report_pass(struct report *report, const char *name)
{
    struct pass_record *const record =
        arena_new(&report->arena, struct pass_record);

    record->name = name;
    *report->passes_tail = record;
    report->passes_tail = &record->next;
    return record;
}

size_t
report_findings(const struct report *report, enum opp_severity severity)
{
    size_t n = 0;

    for (const struct finding *f = report->findings; f != NULL; f = f->next)
        n += rule_info(f->rule)->severity >= severity;
    return n;
}
