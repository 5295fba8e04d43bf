#include "rewrite/term.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

struct term_row {
    const char *name, *text;
};

static const struct term_row rows[] = {
#define TERM(name, text) {#name, text},
#include "rewrite/terms.def"
#undef TERM
};

enum { ROWS = sizeof rows / sizeof *rows };

struct term_reader {
    struct arena *arena;
    struct term *named[ROWS]; /* NULL until it is read */
};

/* Where the reading of one text is. */
struct cursor {
    struct term_reader *reader;
    const char *at;
};

static const struct term *read_choice(struct cursor *cursor);
static const struct term *read_one(struct cursor *cursor);

static bool
accept(struct cursor *cursor, const char *token)
{
    const size_t n = strlen(token);

    while (*cursor->at == ' ')
        cursor->at++;
    if (strncmp(cursor->at, token, n) != 0)
        return false;
    cursor->at += n;
    return true;
}

static const char *
read_word(struct cursor *cursor)
{
    const char *const start = cursor->at;

    while (isalnum((unsigned char)*cursor->at) || *cursor->at == '_')
        cursor->at++;
    assert(cursor->at > start);
    return arena_memdup(cursor->reader->arena, start,
                        (size_t)(cursor->at - start));
}

static struct term *
term_new(const struct cursor *cursor, enum term_kind kind, const char *name)
{
    struct term *const term = arena_new(cursor->reader->arena, struct term);

    term->kind = kind;
    term->name = name;
    return term;
}

/* Decimals as the tables have them; strtod would ask the locale. */
static const struct term *
read_number(struct cursor *cursor)
{
    struct term *const term = term_new(cursor, TERM_NUMBER, NULL);
    const bool is_negative = accept(cursor, "-");
    double step = 1;
    bool is_fraction = false;

    for (; isdigit((unsigned char)*cursor->at) || *cursor->at == '.';
         cursor->at++) {
        if (*cursor->at == '.') {
            is_fraction = true;
            continue;
        }
        term->number = term->number * 10 + (*cursor->at - '0');
        step = is_fraction ? step * 10 : step;
    }
    term->number = (is_negative ? -term->number : term->number) / step;
    return term;
}

static void
read_operands(struct cursor *cursor, struct term *node, const char *close)
{
    bool closed;

    node->parts = arena_array(cursor->reader->arena, TERM_OPERANDS_MOST,
                              const struct term *);
    do {
        if (accept(cursor, "...")) {
            node->has_more = true;
            break;
        }
        assert(node->n < TERM_OPERANDS_MOST);
        node->parts[node->n++] = read_choice(cursor);
    } while (accept(cursor, ","));
    assert(!node->in_any_order || (node->n == 2 && !node->has_more));
    closed = accept(cursor, close);
    assert(closed);
    (void)closed;
}

/* The term of a row of terms.def; a row may be a part of itself. */
static const struct term *
named_term(struct term_reader *reader, const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct cursor cursor = {reader, rows[i].text};
        if (strcmp(rows[i].name, name) != 0)
            continue;
        if (reader->named[i] == NULL) {
            reader->named[i] = term_new(&cursor, TERM_CHOICE, NULL);
            *reader->named[i] = *read_choice(&cursor);
        }
        return reader->named[i];
    }
    return NULL;
}

static const struct term *
read_named(struct cursor *cursor)
{
    const char *const word = read_word(cursor);
    const struct term *term;
    struct term *node;

    if (strcmp(word, "_") == 0)
        return term_new(cursor, TERM_ANY, NULL);
    if (accept(cursor, ":")) {
        node = term_new(cursor, TERM_CHOICE, word);
        node->parts =
            arena_array(cursor->reader->arena, 1, const struct term *);
        node->parts[node->n++] = read_one(cursor);
        return node;
    }
    if (isupper((unsigned char)*word)) {
        node = term_new(cursor, TERM_NODE, NULL);
        node->op = word;
        node->in_any_order = accept(cursor, "{");
        if (node->in_any_order || accept(cursor, "("))
            read_operands(cursor, node, node->in_any_order ? "}" : ")");
        return node;
    }
    term = named_term(cursor->reader, word);
    return term != NULL ? term : term_new(cursor, TERM_ANY, word);
}

static const struct term *
read_one(struct cursor *cursor)
{
    while (*cursor->at == ' ')
        cursor->at++;
    if (accept(cursor, "#"))
        return term_new(cursor, TERM_SCALAR, read_word(cursor));
    if (accept(cursor, "%"))
        return term_new(cursor, TERM_TENSOR, read_word(cursor));
    if (*cursor->at == '-' || isdigit((unsigned char)*cursor->at))
        return read_number(cursor);
    return read_named(cursor);
}

static const struct term *
read_choice(struct cursor *cursor)
{
    const struct term *const first = read_one(cursor);
    struct term *choice;

    if (!accept(cursor, "|"))
        return first;
    choice = term_new(cursor, TERM_CHOICE, NULL);
    choice->parts = arena_array(cursor->reader->arena, TERM_CHOICES_MOST,
                                const struct term *);
    choice->parts[choice->n++] = first;
    do {
        assert(choice->n < TERM_CHOICES_MOST);
        choice->parts[choice->n++] = read_one(cursor);
    } while (accept(cursor, "|"));
    return choice;
}

struct term_reader *
term_reader_new(struct arena *arena)
{
    struct term_reader *const reader = arena_new(arena, struct term_reader);

    reader->arena = arena;
    return reader;
}

const struct term *
term_read(struct term_reader *reader, const char *text)
{
    struct cursor cursor = {reader, text};
    const struct term *const term = read_choice(&cursor);

    accept(&cursor, " ");
    assert(*cursor.at == '\0');
    return term;
}
