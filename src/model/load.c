#include "model/model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/check.h"
#include "model/digest.h"
#include "model/external.h"
#include "model/payload.h"
#include "model/slice.h"
#include "model/sniff.h"
#include "model/tensor.h"

/* Default limit on the graph's memory. Unpacked, a graph takes 4.4 times its
 * bytes in usual models, and up to 140 times in hostile ones. */
#define LIMIT_FACTOR 64
#define LIMIT_BASE   ((uint64_t)1 << 30)

/* ---- opening --------------------------------------------------------- */

static void
begin(struct model *model, const char *path,
      const struct opp_load_options *options, jmp_buf *unwind)
{
    *model = (struct model){0};
    if (options != NULL)
        model->options = *options;
    arena_init(&model->arena, SIZE_MAX, unwind);
    if (model->options.memory_limit != 0 &&
        model->options.memory_limit < SIZE_MAX)
        model->arena.limit = (size_t)model->options.memory_limit;
    model->path = arena_strdup(&model->arena, path);
    if (model->options.external_root != NULL)
        model->options.external_root =
            arena_strdup(&model->arena, model->options.external_root);
}

static enum opp_status
cannot_open(const char *path, int why, struct opp_error *err)
{
    error_set(err, OPP_EINPUT, "cannot open `%s`: %s", path, strerror(why));
    return OPP_EINPUT;
}

/* A pipe, or standard input, becomes a file. */
static enum opp_status
spool(struct source *source, int in, struct opp_error *err)
{
    source->fd = file_spool(in, &source->info);
    if (source->fd >= 0)
        return OPP_OK;
    error_set(err, OPP_EINPUT, "cannot spool `%s` to a temporary file: %s",
              source->path, strerror(errno));
    error_help(err, "set TMPDIR to a folder with room for the model");
    return OPP_EINPUT;
}

static enum opp_status
open_source(struct source *source, const char *path, struct opp_error *err)
{
    int fd;

    if (strcmp(path, "-") == 0)
        return spool(source, 0, err);
    fd = file_open(path, &source->info);
    if (fd < 0)
        return cannot_open(path, errno, err);
    source->fd = fd;
    if (source->info.kind == FILE_SPECIAL) {
        const enum opp_status status = spool(source, fd, err);
        file_close(fd);
        return status;
    }
    if (source->info.kind == FILE_DIRECTORY) {
        error_set(err, OPP_EINPUT, "`%s` is a folder", path);
        error_help(err, "name the model file in it");
        return OPP_EINPUT;
    }
    return OPP_OK;
}

/* ---- unpacking ------------------------------------------------------- */

struct allocation {
    struct arena *arena;
    bool failed;
};

static void *
allocate(void *data, size_t size)
{
    struct allocation *const allocation = data;
    void *const memory = arena_try_alloc(allocation->arena, size);

    if (memory == NULL)
        allocation->failed = true;
    return memory;
}

static void
release(void *data, void *memory)
{
    (void)data, (void)memory;
}

static void
set_limit(struct model *model)
{
    const uint64_t wire = model->slice->wire.size;
    const uint64_t limit = wire * LIMIT_FACTOR + LIMIT_BASE;

    if (model->options.memory_limit == 0)
        model->arena.limit = limit < SIZE_MAX ? (size_t)limit : SIZE_MAX;
}

static enum opp_status
unpack(struct model *model, struct opp_error *err)
{
    const struct buffer *const wire = &model->slice->wire;
    struct allocation allocation = {&model->arena, false};
    ProtobufCAllocator allocator = {allocate, release, &allocation};

    set_limit(model);
    model->proto =
        onnx__model_proto__unpack(&allocator, wire->size, wire->data);
    if (model->proto != NULL)
        return OPP_OK;
    if (allocation.failed) {
        error_set(err, OPP_ENOMEM,
                  "the graph in `%s` needs more than %zu MiB of memory",
                  model->path, model->arena.limit >> 20);
        error_help(err, "raise the limit: --memory-limit SIZE");
        return OPP_ENOMEM;
    }
    error_set(err, OPP_EINPUT, "`%s` is not a valid model", model->path);
    error_why(err, "the protobuf decoder refuses it");
    return OPP_EINPUT;
}

/* ---- binding --------------------------------------------------------- */

struct binding {
    struct model *model;
    bool *claimed; /* by index of the range */
    size_t n_claimed;
    struct opp_error *err;
};

/* A token stands for one range; a second one would be our own mistake. */
static enum opp_status
bind_token(struct binding *binding, Onnx__TensorProto *tensor)
{
    struct model *const model = binding->model;
    struct slice_range range;
    size_t i;

    if (!tensor->has_raw_data ||
        !slice_is_token(model->slice, tensor->raw_data.data,
                        tensor->raw_data.len, &i))
        return OPP_OK;
    if (binding->claimed[i])
        return error_set(binding->err, OPP_EBUG,
                         "two tensors claim the same weights");
    binding->claimed[i] = true;
    binding->n_claimed++;
    range = slice_range(model->slice, i);
    payload_bind(tensor, payload_new(model, model->source, range.offset,
                                     range.size, tensor->data_type));
    return OPP_OK;
}

/* An empty raw_data beside other data says nothing, but would be written. */
static void
drop_empty_raw_data(Onnx__TensorProto *tensor)
{
    if (tensor->has_raw_data && tensor->raw_data.len == 0 &&
        (tensor_is_external(tensor) || tensor_count(tensor) > 0))
        tensor->has_raw_data = 0;
}

static enum opp_status
bind_external(struct binding *binding, Onnx__TensorProto *tensor,
              const struct walk_place *place)
{
    const uint64_t bytes = check_bytes(tensor->data_type, tensor_count(tensor));

    return external_bind(binding->model, tensor, place, bytes, binding->err);
}

static enum opp_status
bind_tensor(void *payload, Onnx__TensorProto *tensor,
            const struct walk_place *place)
{
    struct binding *const binding = payload;
    enum opp_status status = bind_token(binding, tensor);

    if (status == OPP_OK)
        status = check_shape(binding->model, tensor, place, binding->err);
    if (status != OPP_OK)
        return status;
    drop_empty_raw_data(tensor);
    status = check_tensor(binding->model, tensor, place, binding->err);
    if (status == OPP_OK && tensor_is_external(tensor))
        status = bind_external(binding, tensor, place);
    return status;
}

static enum opp_status
bind_tensors(struct model *model, struct opp_error *err)
{
    const size_t n = slice_count(model->slice);
    struct binding binding = {
        .model = model,
        .claimed = arena_array(&model->arena, n, bool),
        .err = err,
    };
    const enum opp_status status =
        walk_tensors(model->proto, bind_tensor, &binding);

    if (status != OPP_OK)
        return status;
    if (binding.n_claimed != n)
        return error_set(err, OPP_EBUG, "some weights belong to no tensor");
    return OPP_OK;
}

/* ---- interface ------------------------------------------------------- */

static void
free_slice(struct model *model)
{
    if (model->slice != NULL)
        slice_free(model->slice);
    model->slice = NULL;
}

/* What every model has (onnx/docs/IR.md); a file that was cut between two
 * fields of the model lacks it. */
static enum opp_status
check_model(const struct model *model, struct opp_error *err)
{
    const Onnx__ModelProto *const proto = model->proto;

    if (proto->graph == NULL) {
        error_set(err, OPP_EINPUT, "`%s` is not an ONNX model", model->path);
        error_why(err, "it has no graph");
        return OPP_EINPUT;
    }
    if (proto->ir_version >= ONNX__VERSION__IR_VERSION_2017_11_3 &&
        proto->n_opset_import == 0) {
        error_set(err, OPP_EINPUT, "`%s` is incomplete", model->path);
        error_why(err, "it has no opset_import");
        error_help(err,
                   "the file is %" PRIu64 " bytes; compare with the "
                   "original size (a cut download?)",
                   model->source->size);
        return OPP_EINPUT;
    }
    return OPP_OK;
}

static enum opp_status
parse(struct model *model, struct opp_error *err)
{
    const struct source *const source = model->source;
    enum opp_status status;

    if (source->size == 0)
        return error_set(err, OPP_EINPUT, "`%s` is empty", model->path);
    model->slice = arena_new(&model->arena, struct slice);
    status = slice_source(model->slice, source, model->arena.limit, err);
    if (status == OPP_OK)
        status = unpack(model, err);
    if (status == OPP_OK)
        status = check_model(model, err);
    if (status == OPP_EINPUT)
        sniff_explain(source, err);
    if (status == OPP_OK)
        status = bind_tensors(model, err);
    free_slice(model);
    return status;
}

enum opp_status
model_load_file(struct model *model, const char *path,
                const struct opp_load_options *options, jmp_buf *unwind,
                struct opp_error *err)
{
    enum opp_status status;

    begin(model, path, options, unwind);
    model->source = source_new(model, path);
    status = open_source(model->source, path, err);
    if (status != OPP_OK)
        return status;
    model->source->size = model->source->info.size;
    return parse(model, err);
}

enum opp_status
model_load_memory(struct model *model, const void *data, size_t size,
                  const struct opp_load_options *options, jmp_buf *unwind,
                  struct opp_error *err)
{
    begin(model, "<memory>", options, unwind);
    model->source = source_new(model, "<memory>");
    model->source->memory = data;
    model->source->size = size;
    return parse(model, err);
}

void
model_close(struct model *model)
{
    digest_stop(model);
    free_slice(model);
    external_close(model->external);
    for (const struct source *source = model->sources; source != NULL;
         source = source->next)
        file_close(source->fd);
    arena_free(&model->arena);
    *model = (struct model){0};
}

void
model_note(struct model *model, const char *format, ...)
{
    struct model_note **end = &model->notes;
    struct model_note *note;
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    note = arena_new(&model->arena, struct model_note);
    note->text = arena_strdup(&model->arena, text);
    while (*end != NULL)
        end = &(*end)->next;
    *end = note;
}

uint64_t
model_file_size(const struct model *model)
{
    return model->source->size;
}

uint64_t
model_total_size(const struct model *model)
{
    uint64_t size = 0;

    for (const struct source *source = model->sources; source != NULL;
         source = source->next)
        size += source->size;
    return size;
}
