#include "plan/policy_file.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/elem.h"
#include "plan/pattern.h"
#include "plan/patterns_named.h"
#include "report/report.h"

/* ---- what stands in it --------------------------------------------------- */

const struct policy_rule *
policy_file_rule(const struct policy_file *file, size_t i)
{
    return (const struct policy_rule *)file->rules.items + i;
}

const struct policy_when *
policy_rule_when(const struct policy_rule *rule)
{
    return rule->match.items;
}

const struct policy_defaults *
policy_file_defaults(const struct policy_file *f)
{
    return f->defaults.count == 0 ? NULL : f->defaults.items;
}

const struct policy_limits *
policy_file_limits(const struct policy_file *file)
{
    return file->limits.count == 0 ? NULL : file->limits.items;
}

int
policy_rule_elem(const struct policy_rule *rule)
{
    return (int)elem_parse(rule->precision.text);
}

/* Folded texts of YAML end in a line break. */
static const char *
one_line(const char *text, struct arena *arena)
{
    char *const line = arena_strdup(arena, text);
    size_t n = strlen(line);

    while (n > 0 && isspace((unsigned char)line[n - 1]))
        line[--n] = '\0';
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    return line;
}

const char *
policy_rule_place(const struct policy_file *file,
                  const struct policy_rule *rule, struct arena *arena)
{
    if (rule->name.text == NULL)
        return arena_printf(arena, "%s:%u", file->name, rule->at.line);
    return arena_printf(arena, "%s:%u rule \"%s\"", file->name, rule->at.line,
                        one_line(rule->name.text, arena));
}

const char *
policy_rule_text(const struct policy_file *file, const struct policy_rule *rule,
                 struct arena *arena)
{
    const char *const place = policy_rule_place(file, rule, arena);

    if (rule->reason.text == NULL)
        return place;
    return arena_printf(arena, "%s: %s", place,
                        one_line(rule->reason.text, arena));
}

const char *
policy_file_unused(const struct policy_file *file, size_t i,
                   struct config_place *at)
{
    const struct policy_defaults *const defaults = policy_file_defaults(file);
    const struct policy_limits *const limits = policy_file_limits(file);
    const struct config_place none = {0, 0};
    const struct {
        const char *key;
        struct config_place at;
    } keys[] = {
        {"default.headroom", defaults == NULL ? none : defaults->headroom.at},
        {"default.constants", defaults == NULL ? none : defaults->constants.at},
        {"limits.max_implicit_casts",
         limits == NULL ? none : limits->max_implicit_casts.at},
        {"targets", file->targets.at},
        {"verify", file->verify.at},
        {"severity", file->severity.at},
        {"ignore", file->ignore.at},
    };

    if (i >= sizeof keys / sizeof *keys)
        return NULL;
    *at = keys[i].at;
    return keys[i].key;
}

/* ---- checks -------------------------------------------------------------- */

static int
two_digits(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

bool
policy_is_date(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int month, day, year;

    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == 'd' ? isdigit((unsigned char)text[i]) == 0
                           : text[i] != form[i])
            return false;
    year = two_digits(text) * 100 + two_digits(text + 2);
    month = two_digits(text + 5);
    day = two_digits(text + 8);
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
        return false;
    return month != 2 || day < 29 ||
           (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* A file while it is checked. */
struct checker {
    const struct policy_file *file;
    struct arena *arena;
    struct opp_error *err;
};

static enum opp_status
check_patterns(const struct checker *c, const struct config_list *list)
{
    const struct config_text *const texts = list->items;
    struct pattern_list patterns = {0};
    enum opp_status status = OPP_OK;

    for (size_t i = 0; status == OPP_OK && i < list->count; i++) {
        status = pattern_list_add(&patterns, c->arena, texts[i].text, c->err);
        if (status != OPP_OK)
            error_where(c->err, "%s:%u:%u", c->file->path, texts[i].at.line,
                        texts[i].at.column);
    }
    return status;
}

static const char *
pattern_name_at(const void *list, size_t i)
{
    const struct named_pattern *const pattern = named_pattern_at(i);

    (void)list;
    return pattern == NULL ? NULL : pattern->name;
}

static enum opp_status
check_named(const struct checker *c, const struct config_list *list)
{
    const struct config_text *const texts = list->items;

    for (size_t i = 0; i < list->count; i++) {
        if (named_pattern_find(texts[i].text) != NULL)
            continue;
        config_fail(c->err, c->file->path, texts[i].at,
                    "no pattern is called `%s`", texts[i].text);
        if (!config_suggest(c->err, texts[i].text, pattern_name_at, NULL))
            error_help(c->err, "docs/policy.md has their names");
        return OPP_EUSAGE;
    }
    return OPP_OK;
}

static enum opp_status
check_slots(const struct checker *c, const struct config_list *list)
{
    const struct config_number *const slots = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (slots[i].value < 0 || slots[i].value != floor(slots[i].value) ||
            slots[i].value > INT32_MAX)
            return config_fail(c->err, c->file->path, slots[i].at,
                               "`input` must be whole numbers from 0");
    return OPP_OK;
}

/* The keys of a match depend on each other. */
static enum opp_status
check_keys(const struct checker *c, const struct policy_when *when)
{
    const size_t nodes = when->node.count + when->op.count +
                         when->domain.count + when->scope.count +
                         when->pattern.count + when->initializer.count +
                         when->from.count;

    if ((when->from.count == 0) != (when->to.count == 0))
        return config_fail(c->err, c->file->path, when->at,
                           "`from` and `to` make a region together");
    if (nodes == 0 && when->input.count > 0)
        return config_fail(c->err, c->file->path, when->at,
                           "`input` needs a key that says of which nodes");
    if (nodes == 0)
        return config_fail(c->err, c->file->path, when->at,
                           "a match needs a key: node, op, pattern, ...");
    return OPP_OK;
}

static enum opp_status
check_when(const struct checker *c, const struct policy_when *when)
{
    const struct config_list *const lists[] = {
        &when->node,        &when->op,   &when->domain, &when->scope,
        &when->initializer, &when->from, &when->to,
    };
    enum opp_status status = check_keys(c, when);

    for (size_t i = 0; status == OPP_OK && i < sizeof lists / sizeof *lists;
         i++)
        status = check_patterns(c, lists[i]);
    if (status == OPP_OK)
        status = check_named(c, &when->pattern);
    return status == OPP_OK ? check_slots(c, &when->input) : status;
}

static enum opp_status
check_rule(const struct checker *c, const struct policy_rule *rule)
{
    if (rule->expires.text != NULL && !policy_is_date(rule->expires.text))
        return config_fail(c->err, c->file->path, rule->expires.at,
                           "`%s` is no date such as 2027-03-31",
                           rule->expires.text);
    return check_when(c, policy_rule_when(rule));
}

static enum opp_status
check_ranges(const struct checker *c)
{
    const struct policy_range *const ranges = c->file->ranges.items;

    for (size_t i = 0; i < c->file->ranges.count; i++) {
        const struct config_number *const ends = ranges[i].range.items;
        if (ends[0].value > ends[1].value)
            return config_fail(c->err, c->file->path, ends[0].at,
                               "a range begins with the least value");
    }
    return OPP_OK;
}

static const char *
rule_name_at(const void *list, size_t i)
{
    const struct rule_info *const info = rule_at(i);

    (void)list;
    return info == NULL ? NULL : info->name;
}

static enum opp_status
check_limits(const struct checker *c)
{
    const struct policy_limits *const limits = policy_file_limits(c->file);
    const struct config_text *names;

    if (limits == NULL)
        return OPP_OK;
    if (limits->max_float32_node_share.value < 0 ||
        limits->max_float32_node_share.value > 1)
        return config_fail(c->err, c->file->path,
                           limits->max_float32_node_share.at,
                           "`max_float32_node_share` must be from 0 to 1");
    names = limits->forbid.items;
    for (size_t i = 0; i < limits->forbid.count; i++) {
        if (rule_find(names[i].text) != NULL)
            continue;
        config_fail(c->err, c->file->path, names[i].at,
                    "no rule is called `%s`", names[i].text);
        config_suggest(c->err, names[i].text, rule_name_at, NULL);
        return OPP_EUSAGE;
    }
    return OPP_OK;
}

/* ---- reading ------------------------------------------------------------- */

enum opp_status
policy_file_read(struct policy_file *out, const char *path, struct arena *arena,
                 struct opp_error *err)
{
    const char *const copy = arena_strdup(arena, path);
    const char *const slash = strrchr(copy, '/');
    const struct checker checker = {out, arena, err};
    enum opp_status status;

    *out = (struct policy_file){.path = copy,
                                .name = slash == NULL ? copy : slash + 1};
    status = config_read_hashed(out, &policy_file_record, path, arena,
                                out->hash, err);
    for (size_t i = 0; status == OPP_OK && i < out->rules.count; i++)
        status = check_rule(&checker, policy_file_rule(out, i));
    if (status == OPP_OK)
        status = check_ranges(&checker);
    return status == OPP_OK ? check_limits(&checker) : status;
}
