#include "report/page.h"

#include <string.h>

#include "report/writers.h"

/* ---- rules --------------------------------------------------------------- */

static const struct {
    enum rule rule;
    const char *what, *why, *example, *fix, *depends, *references;
} rule_pages[] = {
#define RULE_PAGE(code, what, why, example, fix, depends, references) \
    {OPP##code, what, why, example, fix, depends, references},
#include "report/rule_pages.def"
#undef RULE_PAGE
};

static const struct {
    enum rule rule;
    const char *code;
} rules[] = {
#define RULE(code, name, severity, summary) {OPP##code, "OPP" #code},
#include "report/rules.def"
#undef RULE
};

const char *
page_code(int rule)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if ((int)rules[i].rule == rule)
            return rules[i].code;
    return "";
}

static void
fill_rule(struct page *page, size_t i)
{
    const struct page_section sections[PAGE_SECTIONS] = {
        {"what", "What it finds", rule_pages[i].what, false},
        {"why", "Why that is bad", rule_pages[i].why, false},
        {"example", "Example", rule_pages[i].example, true},
        {"fix", "What to do, and what that changes", rule_pages[i].fix, false},
        {"depends", "What it depends on", rule_pages[i].depends, false},
        {"references", "References", rule_pages[i].references, false},
    };

    memcpy(page->sections, sections, sizeof sections);
}

bool
page_of_rule(struct page *page, size_t i)
{
    const struct rule_info *info;

    *page = (struct page){.kind = "rule", .code = ""};
    if (i >= sizeof rules / sizeof *rules)
        return false;
    info = rule_info(rules[i].rule);
    page->code = rules[i].code;
    page->name = info->name;
    page->level = severity_name(info->severity);
    page->summary = info->summary;
    for (size_t k = 0; k < sizeof rule_pages / sizeof *rule_pages; k++)
        if (rule_pages[k].rule == rules[i].rule)
            fill_rule(page, k);
    return true;
}

/* ---- writing ------------------------------------------------------------- */

enum { WIDTH = 78, INDENT = 2 };

/* Words of one paragraph, up to `end`. */
static void
put_wrapped(struct writer *writer, const char *text, const char *end)
{
    size_t at = 0;

    while (text < end) {
        const size_t word = strcspn(text, " \n");
        if (at == 0 || at + 1 + word > WIDTH) {
            writer_text(writer, at == 0 ? "  " : "\n  ");
            at = INDENT;
        } else {
            writer_text(writer, " ");
            at++;
        }
        writer_bytes(writer, text, word);
        at += word;
        text += word + 1;
    }
    writer_text(writer, "\n");
}

static void
put_lines(struct writer *writer, const struct page_section *section)
{
    for (const char *line = section->text; *line != '\0';) {
        const size_t n = strcspn(line, "\n");
        if (section->is_graph) {
            writer_text(writer, "    ");
            writer_bytes(writer, line, n);
            writer_text(writer, "\n");
        } else {
            put_wrapped(writer, line, line + n);
        }
        line += n + (line[n] == '\n');
    }
}

void
page_write_text(const struct page *page, struct writer *writer)
{
    if (page->code[0] != '\0')
        writer_printf(writer, "%s ", page->code);
    writer_printf(writer, "%s (%s, %s): %s\n", page->name, page->kind,
                  page->level, page->summary);
    for (size_t i = 0; i < PAGE_SECTIONS && page->sections[i].title != NULL;
         i++) {
        writer_printf(writer, "\n%s\n", page->sections[i].title);
        put_lines(writer, &page->sections[i]);
    }
}

static void
put_markdown(const struct page_section *section, struct writer *writer)
{
    writer_printf(writer, "\n## %s\n\n", section->title);
    if (section->is_graph)
        writer_printf(writer, "```\n%s\n```\n", section->text);
    for (const char *line = section->text;
         !section->is_graph && *line != '\0';) {
        const size_t n = strcspn(line, "\n");
        if (line != section->text)
            writer_text(writer, "\n");
        writer_bytes(writer, line, n);
        writer_text(writer, "\n");
        line += n + (line[n] == '\n');
    }
}

void
page_write_markdown(const struct page *page, struct writer *writer)
{
    writer_printf(writer, "# %s%s%s\n\n*%s, %s*: %s.\n", page->code,
                  page->code[0] == '\0' ? "" : " ", page->name, page->kind,
                  page->level, page->summary);
    for (size_t i = 0; i < PAGE_SECTIONS && page->sections[i].title != NULL;
         i++)
        put_markdown(&page->sections[i], writer);
}

void
page_add_json(const struct page *page, struct json_tree *tree, json_t *pages)
{
    json_t *const object = json_tree_add_object(tree, pages);
    json_t *sections;

    json_tree_set(tree, object, "kind", json_tree_text(page->kind));
    if (page->code[0] != '\0')
        json_tree_set(tree, object, "code", json_tree_text(page->code));
    json_tree_set(tree, object, "name", json_tree_text(page->name));
    json_tree_set(tree, object, "level", json_tree_text(page->level));
    json_tree_set(tree, object, "summary", json_tree_text(page->summary));
    sections = json_tree_set_object(tree, object, "sections");
    for (size_t i = 0; i < PAGE_SECTIONS && page->sections[i].title != NULL;
         i++)
        json_tree_set(tree, sections, page->sections[i].key,
                      json_tree_text(page->sections[i].text));
}
