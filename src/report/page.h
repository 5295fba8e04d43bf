/* page.h: what a rule or a reason means, for people: a page of sections, from
 * rule_pages.def for rules and from src/plan/reason_pages.def for reasons. All
 * of it is constant. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "base/json_tree.h"
#include "report/report.h"

enum { PAGE_SECTIONS = 6 };

struct page_section {
    const char *key;   /* of the JSON */
    const char *title; /* NULL ends the list */
    const char *text;  /* paragraphs apart by line feeds */
    bool is_graph;     /* lines of a model, kept as they are */
};

struct page {
    const char *kind; /* "rule", "reason" */
    const char *code; /* "OPP304", or "" */
    const char *name;
    const char *level; /* severity of a rule, certainty of a reason */
    const char *summary;
    struct page_section sections[PAGE_SECTIONS];
};

/* Rule `i` in the order of rules.def. False behind the last. A rule without a
 * row in rule_pages.def has a page without sections. */
bool page_of_rule(struct page *page, size_t i);

/* "OPP304" for 304; "" for 0 and for what is no rule. */
const char *page_code(int rule);

/* One page. */
void page_write_text(const struct page *page, struct writer *writer);
void page_write_markdown(const struct page *page, struct writer *writer);

/* Adds the page to the array `pages`. */
void page_add_json(const struct page *page, struct json_tree *tree,
                   json_t *pages);

#endif
