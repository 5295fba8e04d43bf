#include "model/external.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/map.h"
#include "model/payload.h"

struct external {
    int root; /* descriptor of the folder */
    const char *root_path;
    struct map sources; /* by location */
};

/* The entries of one tensor, read. */
struct request {
    const char *location;
    const char *offset_text, *length_text, *checksum;
    uint64_t offset, length;
};

/* The keys of ExternalData.md and where their values go. */
static const struct {
    const char *name;
    size_t at;
} keys[] = {
    {"location", offsetof(struct request, location)},
    {"offset", offsetof(struct request, offset_text)},
    {"length", offsetof(struct request, length_text)},
    {"checksum", offsetof(struct request, checksum)},
};

/* ---- messages -------------------------------------------------------- */

/* Adds the place to an error, whose status is OPP_EINPUT. */
static enum opp_status
located(const struct model *model, const struct walk_place *place,
        const struct request *request, struct opp_error *err)
{
    const char *const location = request->location;
    char text[256];

    walk_describe(place, text, sizeof text);
    error_where(err, "%s  %s (location \"%s\", offset %s, length %s)",
                model->path, text, location != NULL ? location : "",
                request->offset_text != NULL ? request->offset_text : "0",
                request->length_text != NULL ? request->length_text
                                             : "to the end");
    return OPP_EINPUT;
}

static enum opp_status
bad_entry(const struct model *model, const struct walk_place *place,
          const struct request *request, const char *what,
          struct opp_error *err)
{
    error_set(err, OPP_EINPUT, "bad external data: %s", what);
    return located(model, place, request, err);
}

static enum opp_status
cannot_open(const struct model *model, const struct walk_place *place,
            const struct request *request, int why, struct opp_error *err)
{
    const char *const location = request->location;

    if (why == ELOOP) {
        error_set(err, OPP_EINPUT,
                  "external data file `%s` is a link or behind one", location);
        error_why(err, "a link can lead to a file that the author of the "
                       "model must not read");
        error_help(err, "if you trust the model: --follow-links");
    } else if (why == ENOENT || why == ENOTDIR) {
        error_set(err, OPP_EINPUT, "external data file `%s` not found",
                  location);
        error_why(err, "looked for in the folder `%s`",
                  model->external->root_path);
        error_help(err, "put it beside the model, or name its folder: "
                        "--external-root DIR");
    } else {
        error_set(err, OPP_EINPUT, "cannot open external data file `%s`: %s",
                  location, strerror(why));
        if (why == EMFILE)
            error_help(err, "raise the limit on open files: ulimit -n");
    }
    return located(model, place, request, err);
}

/* ---- entries --------------------------------------------------------- */

/* Plain decimal digits, at most INT64_MAX. */
static bool
parse_number(const char *text, uint64_t *value)
{
    *value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (*value > ((uint64_t)INT64_MAX - 9) / 10)
            return false;
        *value = *value * 10 + (uint64_t)(*text - '0');
    }
    return true;
}

static bool
is_sha1(const char *text)
{
    return strlen(text) == 40 && strspn(text, "0123456789abcdefABCDEF") == 40;
}

static const char **
slot_of(struct request *request, const char *key)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i].name, key) == 0)
            return (const char **)(void *)((char *)request + keys[i].at);
    return NULL;
}

static const char *
collect(const Onnx__TensorProto *tensor, struct request *request)
{
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const Onnx__StringStringEntryProto *const entry =
            tensor->external_data[i];
        const char **const slot =
            slot_of(request, entry->key != NULL ? entry->key : "");
        if (slot == NULL)
            return "a key is none of location, offset, length, checksum";
        if (*slot != NULL)
            return "a key occurs twice";
        *slot = entry->value != NULL ? entry->value : "";
    }
    return NULL;
}

/* NULL when fine, else what is wrong with the location. */
static const char *
check_location(const char *location)
{
    const char *component = location;

    if (location == NULL || *location == '\0')
        return "there is no location";
    if (*location == '/')
        return "the location is an absolute path";
    for (;;) {
        const size_t length = strcspn(component, "/");
        if (length == 2 && memcmp(component, "..", 2) == 0)
            return "the location has a `..`";
        if (component[length] == '\0')
            return length == 0 ? "the location ends with a slash" : NULL;
        component += length + 1;
    }
}

static const char *
parse(const Onnx__TensorProto *tensor, struct request *request)
{
    const char *what;

    memset(request, 0, sizeof *request);
    what = collect(tensor, request);
    if (what == NULL)
        what = check_location(request->location);
    if (what != NULL)
        return what;
    if (request->offset_text != NULL &&
        !parse_number(request->offset_text, &request->offset))
        return "the offset is no number, or too large";
    if (request->length_text != NULL &&
        !parse_number(request->length_text, &request->length))
        return "the length is no number, or too large";
    if (request->checksum != NULL && !is_sha1(request->checksum))
        return "the checksum is not a SHA-1 in hex";
    return NULL;
}

const char *
external_entry(const Onnx__TensorProto *tensor, const char *key)
{
    for (size_t i = 0; i < tensor->n_external_data; i++)
        if (tensor->external_data[i]->key != NULL &&
            strcmp(tensor->external_data[i]->key, key) == 0)
            return tensor->external_data[i]->value;
    return NULL;
}

/* ---- files ----------------------------------------------------------- */

static const char *
folder_of(struct model *model, const char *path)
{
    const char *const slash = strrchr(path, '/');

    if (slash == NULL)
        return ".";
    return arena_memdup(&model->arena, path,
                        slash == path ? 1 : (size_t)(slash - path));
}

static enum opp_status
open_root(struct model *model, struct opp_error *err)
{
    const char *path = model->options.external_root;
    struct external *external;

    if (model->external != NULL)
        return OPP_OK;
    if (path == NULL &&
        (model->source->fd < 0 || strcmp(model->path, "-") == 0)) {
        error_set(err, OPP_EINPUT,
                  "the model has external data, but there "
                  "is no folder to look for it");
        error_help(err, "name the folder: --external-root DIR");
        return OPP_EINPUT;
    }
    if (path == NULL)
        path = folder_of(model, model->path);
    external = arena_new(&model->arena, struct external);
    external->root_path = path;
    external->root = -1;
    map_init(&external->sources, &model->arena);
    model->external = external;
    external->root = file_open_folder(path);
    if (external->root < 0)
        error_set(err, OPP_EINPUT, "cannot open the folder `%s`: %s", path,
                  strerror(errno));
    return external->root < 0 ? OPP_EINPUT : OPP_OK;
}

/* What may not be read although it could be opened. */
static const char *
judge(const struct model *model, const struct file_info *info)
{
    if (info->kind == FILE_DIRECTORY)
        return "the location is a folder";
    if (info->kind != FILE_REGULAR)
        return "the location is a device or a pipe";
    if (info->links != 1 && !model->options.follow_links)
        return "the file has more than one hard link";
    return NULL;
}

/* The source that is this file already, under another spelling. */
static struct source *
same_file(const struct model *model, const struct file_info *info)
{
    for (struct source *source = model->sources; source != NULL;
         source = source->next)
        if (source->location != NULL && file_same(&source->info, info))
            return source;
    return NULL;
}

static enum opp_status
adopt(struct model *model, struct source *source, const struct request *request,
      const struct walk_place *place, struct opp_error *err)
{
    const char *const what = judge(model, &source->info);
    struct source *const same = same_file(model, &source->info);

    if (what != NULL) {
        bad_entry(model, place, request, what, err);
        if (source->info.kind == FILE_REGULAR) {
            error_why(err, "another name of the file may belong to somebody "
                           "who does not share it");
            error_help(err, "if you trust the model: --follow-links");
        }
        return OPP_EINPUT;
    }
    source->size = source->info.size;
    source->location = arena_strdup(&model->arena, request->location);
    map_put(&model->external->sources, source->location,
            same != NULL ? same : source);
    return OPP_OK;
}

static enum opp_status
find_source(struct model *model, const struct request *request,
            const struct walk_place *place, struct source **out,
            struct opp_error *err)
{
    struct external *const external = model->external;
    struct source *source = map_get(&external->sources, request->location);
    enum opp_status status;

    if (source == NULL) {
        source = source_new(model, arena_printf(&model->arena, "%s/%s",
                                                external->root_path,
                                                request->location));
        source->fd =
            file_open_beneath(external->root, request->location,
                              model->options.follow_links, &source->info);
        if (source->fd < 0)
            return cannot_open(model, place, request, errno, err);
        status = adopt(model, source, request, place, err);
        if (status != OPP_OK)
            return status;
        source = map_get(&external->sources, request->location);
    }
    *out = source;
    return OPP_OK;
}

/* ---- binding --------------------------------------------------------- */

/* Offset and length against the file and against the type. */
static enum opp_status
check_range(const struct model *model, const struct source *source,
            struct request *request, const struct walk_place *place,
            uint64_t bytes, struct opp_error *err)
{
    const uint64_t size = source->size;

    if (request->offset > size || (request->length_text != NULL &&
                                   request->length > size - request->offset)) {
        error_set(err, OPP_EINPUT,
                  "external data file `%s` has only %" PRIu64 " bytes",
                  request->location, size);
        error_help(err, "compare with the original size (a cut download?)");
        return located(model, place, request, err);
    }
    /* "Reads to the end" (ExternalData.md), of which a tensor takes what its
     * type and shape need, as in ONNX Runtime. */
    if (request->length_text == NULL) {
        const uint64_t rest = size - request->offset;
        request->length = rest > bytes ? bytes : rest;
    }
    if (bytes != UINT64_MAX && request->length != bytes) {
        error_set(err, OPP_EINPUT,
                  "the tensor needs %" PRIu64
                  " bytes, its external data has %" PRIu64,
                  bytes, request->length);
        return located(model, place, request, err);
    }
    return OPP_OK;
}

static enum opp_status
take_checksum(struct model *model, struct source *source,
              const struct request *request, const struct walk_place *place,
              struct opp_error *err)
{
    if (request->checksum == NULL)
        return OPP_OK;
    if (source->checksum == NULL)
        source->checksum = arena_strdup(&model->arena, request->checksum);
    else if (strcmp(source->checksum, request->checksum) != 0)
        return bad_entry(model, place, request,
                         "two checksums of one file differ", err);
    return OPP_OK;
}

enum opp_status
external_bind(struct model *model, Onnx__TensorProto *tensor,
              const struct walk_place *place, uint64_t bytes,
              struct opp_error *err)
{
    struct request request;
    const char *const what = parse(tensor, &request);
    struct source *source = NULL;
    enum opp_status status;

    if (what != NULL)
        return bad_entry(model, place, &request, what, err);
    status = open_root(model, err);
    if (status != OPP_OK)
        return located(model, place, &request, err);
    status = find_source(model, &request, place, &source, err);
    if (status == OPP_OK)
        status = check_range(model, source, &request, place, bytes, err);
    if (status == OPP_OK)
        status = take_checksum(model, source, &request, place, err);
    if (status == OPP_OK)
        payload_bind(tensor, payload_new(model, source, request.offset,
                                         request.length, tensor->data_type));
    return status;
}

void
external_close(struct external *external)
{
    if (external != NULL)
        file_close(external->root);
}
