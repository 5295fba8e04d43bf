#include "base/config_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 32, ANCHORS_MOST = 100 };

/* What is being loaded; owns the bytes and the parser. */
struct loader {
    const char *path;
    unsigned char *bytes;
    size_t size;
    yaml_parser_t parser;
    int documents, depth, anchors; /* met so far */
    struct opp_error *err;
};

struct config_place
config_file_place(yaml_mark_t mark)
{
    return (struct config_place){(uint32_t)mark.line + 1,
                                 (uint32_t)mark.column + 1};
}

/* ---- bytes --------------------------------------------------------------- */

static enum opp_status
fail_file(const struct loader *l, const char *verb)
{
    return error_set(l->err, OPP_EUSAGE, "cannot %s `%s`: %s", verb, l->path,
                     strerror(errno));
}

/* Not the size of the file, but as much as comes: it may be a pipe. */
static enum opp_status
read_bytes(struct loader *l)
{
    FILE *const file = fopen(l->path, "re");
    enum opp_status status = OPP_OK;

    if (file == NULL)
        return fail_file(l, "open");
    l->bytes = malloc(CONFIG_FILE_MOST + 1);
    if (l->bytes == NULL)
        status = config_fail_memory(l->err);
    else
        l->size = fread(l->bytes, 1, CONFIG_FILE_MOST + 1, file);
    if (status == OPP_OK && ferror(file) != 0)
        status = fail_file(l, "read");
    if (status == OPP_OK && l->size > CONFIG_FILE_MOST)
        status =
            error_set(l->err, OPP_EUSAGE, "`%s` is larger than 1 MiB", l->path);
    fclose(file);
    return status;
}

/* Place of a byte that is no character, which libyaml has no mark for. */
static struct config_place
place_of_byte(const struct loader *l, size_t offset)
{
    struct config_place at = {1, 1};

    for (size_t i = 0; i < offset && i < l->size; i++) {
        const bool is_start = (l->bytes[i] & 0xC0) != 0x80;
        if (l->bytes[i] == '\n')
            at = (struct config_place){at.line + 1, 1};
        else if (is_start)
            at.column++;
    }
    return at;
}

/* ---- documents ----------------------------------------------------------- */

static enum opp_status
fail_syntax(const struct loader *l)
{
    const yaml_parser_t *const p = &l->parser;
    const char *const problem = p->problem == NULL ? "no YAML" : p->problem;

    if (p->error == YAML_MEMORY_ERROR)
        return config_fail_memory(l->err);
    config_fail(l->err, l->path,
                p->error == YAML_READER_ERROR
                    ? place_of_byte(l, p->problem_offset)
                    : config_file_place(p->problem_mark),
                "broken YAML: %s", problem);
    if (p->error != YAML_READER_ERROR && p->context != NULL)
        error_why(l->err, "%s in line %zu", p->context,
                  p->context_mark.line + 1);
    return OPP_EUSAGE;
}

/* What libyaml takes quadratic time for, or does not mind. */
static enum opp_status
check_event(struct loader *l, const yaml_event_t *event)
{
    const struct config_place at = config_file_place(event->start_mark);
    const unsigned char *anchor = NULL;

    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++l->documents > 1)
            return config_fail(l->err, l->path, at, "a second document begins");
        break;
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        l->depth++;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        l->depth++;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        l->depth--;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
        break;
    }
    l->anchors += anchor == NULL ? 0 : 1;
    if (l->depth > DEPTH_MOST)
        return config_fail(l->err, l->path, at,
                           "more than %d lists and maps in each other",
                           DEPTH_MOST);
    if (l->anchors > ANCHORS_MOST)
        return config_fail(l->err, l->path, at, "more than %d anchors",
                           ANCHORS_MOST);
    return OPP_OK;
}

/* Goes over the whole file once, so that the document can be loaded. */
static enum opp_status
check_events(struct loader *l)
{
    enum opp_status status = OPP_OK;
    bool is_end = false;

    while (status == OPP_OK && !is_end) {
        yaml_event_t event;
        if (yaml_parser_parse(&l->parser, &event) == 0)
            return fail_syntax(l);
        is_end = event.type == YAML_STREAM_END_EVENT;
        status = check_event(l, &event);
        yaml_event_delete(&event);
    }
    if (status == OPP_OK && l->documents == 0)
        status = error_set(l->err, OPP_EUSAGE, "`%s` is empty", l->path);
    return status;
}

static enum opp_status
load_document(struct loader *l, yaml_document_t *document)
{
    return yaml_parser_load(&l->parser, document) == 0 ? fail_syntax(l)
                                                       : OPP_OK;
}

/* Begins at the first byte again. */
static enum opp_status
restart(struct loader *l)
{
    yaml_parser_delete(&l->parser);
    if (yaml_parser_initialize(&l->parser) == 0)
        return config_fail_memory(l->err);
    yaml_parser_set_input_string(&l->parser, l->bytes, l->size);
    return OPP_OK;
}

static void
hash_bytes(const struct loader *l, char text[HASH128_TEXT])
{
    struct hash128 hash;

    hash128_begin(&hash);
    hash128_add(&hash, l->bytes, l->size);
    hash128_text(&hash, text);
}

enum opp_status
config_file_load(yaml_document_t *document, const char *path,
                 char hash[HASH128_TEXT], struct opp_error *err)
{
    struct loader loader = {.path = path, .err = err};
    enum opp_status status = read_bytes(&loader);

    if (status == OPP_OK)
        status = restart(&loader);
    if (status == OPP_OK)
        status = check_events(&loader);
    if (status == OPP_OK)
        status = restart(&loader);
    if (status == OPP_OK)
        status = load_document(&loader, document);
    if (status == OPP_OK)
        hash_bytes(&loader, hash);
    yaml_parser_delete(&loader.parser);
    free(loader.bytes);
    return status;
}

void
config_file_free(yaml_document_t *document)
{
    yaml_document_delete(document);
}
