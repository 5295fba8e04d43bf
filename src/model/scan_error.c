#include "model/scan.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* "graph.node.attribute" for the field that `frame` is, cut at the left. */
static void
path_of(const struct frame *frame, char *text, size_t size)
{
    size_t start = size - 1;

    text[start] = '\0';
    for (; frame != NULL && frame->field != NULL; frame = frame->parent) {
        const char *const name = frame->field->name;
        const size_t length = strlen(name);
        if (start < length + 5) {
            start -= 3;
            memcpy(text + start, "...", 3);
            break;
        }
        if (text[start] != '\0')
            text[--start] = '.';
        start -= length;
        memcpy(text + start, name, length);
    }
    memmove(text, text + start, size - start);
}

/* Adds the place to an error. */
static enum opp_status
located(const struct scan *scan, const struct frame *frame,
        const struct header *header)
{
    char path[256];

    path_of(frame, path, sizeof path);
    if (header->field != NULL)
        error_where(scan->err, "field %s%s%s at byte offset %" PRIu64, path,
                    *path ? "." : "", header->field->name, header->offset);
    else if (header->number != 0)
        error_where(scan->err,
                    "%s%sfield number %" PRIu32 " at byte offset %" PRIu64,
                    path, *path ? ", " : "", header->number, header->offset);
    else
        error_where(scan->err, "%s%sbyte offset %" PRIu64, path,
                    *path ? ", " : "", header->offset);
    return OPP_EINPUT;
}

enum opp_status
scan_damaged(const struct scan *scan, const struct frame *frame,
             const struct header *header, const char *what)
{
    error_set(scan->err, OPP_EINPUT, "`%s` is not a valid model: %s",
              scan->reader.source->path, what);
    return located(scan, frame, header);
}

enum opp_status
scan_unreadable(const struct scan *scan)
{
    return source_read_error(scan->reader.source, errno, scan->err);
}

enum opp_status
scan_no_memory(const struct scan *scan)
{
    error_set(scan->err, OPP_ENOMEM,
              "the graph in `%s` needs more memory than allowed",
              scan->reader.source->path);
    error_help(scan->err, "raise the limit: --memory-limit SIZE");
    return OPP_ENOMEM;
}

static void
suggest_cut(const struct scan *scan)
{
    error_help(scan->err,
               "the file is %" PRIu64 " bytes; compare with the original size "
               "(a cut download?)",
               scan->reader.source->size);
}

enum opp_status
scan_unfinished(const struct scan *scan, const struct frame *frame,
                const struct header *header, const char *what)
{
    const struct source *const source = scan->reader.source;

    scan_damaged(scan, frame, header, what);
    if (frame->parent == NULL && source->size - scan->reader.at < 10) {
        error_set(scan->err, OPP_EINPUT, "`%s` ends early: %s", source->path,
                  what);
        located(scan, frame, header);
        suggest_cut(scan);
    }
    return OPP_EINPUT;
}

enum opp_status
scan_out_of_bounds(const struct scan *scan, const struct frame *frame,
                   const struct header *header, uint64_t size)
{
    const struct source *const source = scan->reader.source;
    const uint64_t left = source->size - scan->reader.at;
    const char *const name = header->field ? header->field->name : "(unknown)";
    char path[256];

    if (size <= left) {
        scan_damaged(scan, frame, header, "a field is longer than its message");
        error_why(scan->err,
                  "%" PRIu64 " bytes at offset %" PRIu64
                  ", but the message around it ends at %" PRIu64,
                  size, scan->reader.at, frame->end);
        return OPP_EINPUT;
    }
    path_of(frame, path, sizeof path);
    error_set(scan->err, OPP_EINPUT,
              "`%s` ends early: field %s%s%s needs %" PRIu64
              " bytes at offset %" PRIu64 ", file has %" PRIu64 " left",
              source->path, path, *path ? "." : "", name, size, scan->reader.at,
              left);
    suggest_cut(scan);
    return OPP_EINPUT;
}
