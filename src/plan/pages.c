#include "plan/pages.h"

#include <string.h>
#include <strings.h>

#include "base/suggest.h"

enum { PAGES_SCHEMA = 1 };

static const struct reason_page reason_pages[REASON_COUNT] = {
#define REASON_PAGE(id, follows, considered, what, rests, needs, options) \
    [REASON_##id] = {follows, considered, what, rests, needs, options},
#include "plan/reason_pages.def"
#undef REASON_PAGE
};

const struct reason_page *
reason_page(enum reason reason)
{
    return &reason_pages[reason];
}

static void
page_of_reason(struct page *page, enum reason reason)
{
    const struct reason_page *const texts = reason_page(reason);
    const struct reason_info *const info = reason_info(reason);
    const struct page_section sections[] = {
        {"what", "What it says", texts->what, false},
        {"rests", "What it rests on", texts->rests, false},
        {"needs", "What would make it low precision", texts->needs, false},
        {"options", "Options", texts->options, false},
    };

    *page = (struct page){
        .kind = "reason",
        .code = page_code(info->rule),
        .name = info->name,
        .level = certainty_name(info->certainty),
        .summary = info->text,
    };
    if (texts->what != NULL)
        memcpy(page->sections, sections, sizeof sections);
}

/* Page `i` of all: rules, then reasons. */
static bool
page_at(struct page *page, size_t i)
{
    size_t rules = 0;

    while (page_of_rule(page, rules)) {
        if (rules == i)
            return true;
        rules++;
    }
    if (i - rules >= REASON_COUNT)
        return false;
    page_of_reason(page, (enum reason)(i - rules));
    return true;
}

/* The code of a reason is that of its rule, which has a page of its own. */
static bool
is_called(const struct page *page, const char *name)
{
    return strcasecmp(page->name, name) == 0 ||
           (strcmp(page->kind, "rule") == 0 &&
            strcasecmp(page->code, name) == 0);
}

/* Codes, then names: of pages 2 i and 2 i + 1. */
static const char *
name_at(const void *list, size_t i)
{
    struct page *const page = *(struct page *const *)list;

    if (!page_at(page, i / 2))
        return NULL;
    return i % 2 == 0 && page->code[0] != '\0' ? page->code : page->name;
}

static enum opp_status
fail_unknown(const char *name, struct opp_error *err)
{
    struct page page;
    struct page *const list = &page;
    const char *const near = suggest_near(name, name_at, &list);

    error_set(err, OPP_EUSAGE, "`%s` is no rule and no reason", name);
    if (near == NULL) {
        error_help(err, "explain --list names them; for a node of a model: "
                        "explain --node PATTERN MODEL");
        return OPP_EUSAGE;
    }
    error_help(err, "did you mean `%s`?", near);
    return OPP_EUSAGE;
}

static void
put_list_line(const struct page *page, enum opp_format format,
              struct writer *writer)
{
    const bool is_rule = strcmp(page->kind, "rule") == 0;

    if (format == OPP_TEXT)
        writer_printf(writer, "%-7s %-20s %-10s %s\n", page->code, page->name,
                      page->level, page->summary);
    else
        writer_printf(writer, "| [%s](%s.md%s%s) | %s | %s | %s |\n",
                      page->name, is_rule ? page->code : "reasons",
                      is_rule ? "" : "#", is_rule ? "" : page->name, page->code,
                      page->level, page->summary);
}

static void
put_list_head(const struct page *page, enum opp_format format,
              struct writer *writer)
{
    const bool is_rule = strcmp(page->kind, "rule") == 0;

    if (format == OPP_TEXT)
        writer_printf(writer, "%s%s\n", is_rule ? "" : "\n",
                      is_rule ? "rules: what a report finds"
                              : "reasons: why a plan gives a type");
    else
        writer_printf(writer,
                      "%s## %s\n\n| %s | code | %s | |\n"
                      "| --- | --- | --- | --- |\n",
                      is_rule ? "" : "\n", is_rule ? "Rules" : "Reasons",
                      is_rule ? "rule" : "reason",
                      is_rule ? "severity" : "certainty");
}

static void
put_list(enum opp_format format, struct writer *writer)
{
    const char *kind = "";
    struct page page;

    for (size_t i = 0; page_at(&page, i); i++) {
        if (strcmp(page.kind, kind) != 0)
            put_list_head(&page, format, writer);
        kind = page.kind;
        put_list_line(&page, format, writer);
    }
}

static enum opp_status
write_json(const char *name, struct writer *writer, struct opp_error *err)
{
    struct json_tree tree;
    struct page page;
    json_t *pages;

    json_tree_init(&tree);
    json_tree_set(&tree, tree.root, "opp_pages", json_tree_count(PAGES_SCHEMA));
    pages = json_tree_set_array(&tree, tree.root, "pages");
    for (size_t i = 0; page_at(&page, i); i++)
        if (name == NULL || is_called(&page, name))
            page_add_json(&page, &tree, pages);
    return json_tree_write(&tree, writer, err);
}

static void
put_pages(const char *name, enum opp_format format, struct writer *writer)
{
    struct page page;
    bool first = true;

    for (size_t i = 0; page_at(&page, i); i++) {
        if (!is_called(&page, name))
            continue;
        if (!first)
            writer_text(writer, "\n");
        first = false;
        if (format == OPP_TEXT)
            page_write_text(&page, writer);
        else
            page_write_markdown(&page, writer);
    }
}

enum opp_status
pages_write(const char *name, enum opp_format format, struct writer *writer,
            struct opp_error *err)
{
    struct page page;
    bool found = name == NULL;

    for (size_t i = 0; !found && page_at(&page, i); i++)
        found = is_called(&page, name);
    if (!found)
        return fail_unknown(name, err);
    if (format == OPP_JSON)
        return write_json(name, writer, err);
    if (name == NULL)
        put_list(format, writer);
    else
        put_pages(name, format, writer);
    return writer_flush(writer, err);
}
