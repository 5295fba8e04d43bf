#include "model/save.h"

#include <errno.h>
#include <string.h>

#include "model/copy.h"
#include "model/repack.h"
#include "model/sink.h"
#include "model/tensor.h"
#include "model/walk.h"

#define THRESHOLD   1024
#define THREADS     4
#define THREADS_MAX 64

static void
begin(struct save *save, struct model *model,
      const struct opp_save_options *options)
{
    *save = (struct save){.model = model};
    if (options != NULL)
        save->options = *options;
    if (save->options.external_data_threshold == 0)
        save->options.external_data_threshold = THRESHOLD;
    if (save->options.threads == 0) {
        const unsigned processors = file_processors();
        save->options.threads = processors < THREADS ? processors : THREADS;
    }
    if (save->options.threads > THREADS_MAX)
        save->options.threads = THREADS_MAX;
    save->progress.fn = save->options.progress;
    save->progress.payload = save->options.progress_payload;
}

/* A name in the folder of the model, and no path. */
static enum opp_status
check_data_name(const struct save *save, const struct output *output,
                struct opp_error *err)
{
    const char *const name = save->options.external_data_name;

    if (name == NULL)
        return OPP_OK;
    if (*name == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0) {
        error_set(err, OPP_EUSAGE, "`%s` is no name for external data", name);
        error_why(err, "it must be a file name without a folder: the file "
                       "goes beside the model");
        return OPP_EUSAGE;
    }
    if (strcmp(name, output->name) == 0)
        return error_set(err, OPP_EUSAGE,
                         "`%s` cannot be both the model and its data", name);
    return OPP_OK;
}

static enum opp_status
save_to_output(struct save *save, struct output *output, struct opp_error *err)
{
    const bool repacks = save->model->changed || save->options.external_data;
    enum opp_status status = OPP_OK;
    struct layout layout;

    if (repacks)
        status = repack_layout(save, output->name, &layout, err);
    if (status == OPP_OK)
        status = output_open(output, err);
    if (status != OPP_OK)
        return status;
    status = repacks ? repack_to_file(save, output, &layout, err)
                     : copy_to_file(save, output, err);
    output_close(output);
    return status;
}

/* ---- callbacks ------------------------------------------------------- */

static enum opp_status
find_external(void *payload, Onnx__TensorProto *tensor,
              const struct walk_place *place)
{
    (void)payload, (void)place;
    return tensor_is_external(tensor) ? OPP_EREFUSED : OPP_OK;
}

static enum opp_status
refuse_external(struct opp_error *err)
{
    error_set(err, OPP_EREFUSED,
              "a model with external data cannot be written to a stream");
    error_help(err, "write it to a file");
    return OPP_EREFUSED;
}

static enum opp_status
pack_to_callback(struct save *save, opp_write_fn write, void *payload,
                 struct opp_error *err)
{
    const struct sink_target target = {
        .fd = -1,
        .write = write,
        .payload = payload,
        .progress = &save->progress,
    };
    struct sink *const sink = sink_new(save->model, &target);
    enum opp_status status;

    if (sink == NULL)
        return error_set(err, OPP_ENOMEM, "out of memory");
    protobuf_c_message_pack_to_buffer(&save->model->proto->base,
                                      sink_buffer(sink));
    status = sink_finish(sink, err);
    sink_free(sink);
    if (status == OPP_OK)
        status = source_unchanged(save->model->source, err);
    return status;
}

enum opp_status
model_save_callback(struct model *model, opp_write_fn write, void *payload,
                    const struct opp_save_options *options,
                    struct opp_error *err)
{
    struct save save;
    uint64_t size;

    begin(&save, model, options);
    if (save.options.external_data ||
        walk_tensors(model->proto, find_external, NULL) != OPP_OK)
        return refuse_external(err);
    if (!model->changed)
        return copy_to_callback(&save, write, payload, err);
    size = onnx__model_proto__get_packed_size(model->proto);
    if (size > INT32_MAX) {
        refuse_external(err);
        error_why(err, "in one file it would have 2 GiB or more, which "
                       "protobuf cannot hold");
        return OPP_EREFUSED;
    }
    save.progress.total = size;
    return pack_to_callback(&save, write, payload, err);
}

/* ---- devices and pipes ----------------------------------------------- */

struct stream {
    int fd;
    int why; /* errno of the write that failed */
};

static int
write_stream(void *payload, const void *data, size_t size)
{
    struct stream *const stream = payload;

    if (file_write(stream->fd, data, size))
        return 0;
    stream->why = errno;
    return -1;
}

/* Such a file cannot be renamed over, so it is written in order. */
static enum opp_status
save_to_stream(struct save *save, const struct output *output,
               struct opp_error *err)
{
    struct stream stream = {.fd = file_open_stream(output->path)};
    enum opp_status status;

    if (stream.fd < 0)
        return output_error(output->path, errno, err);
    status = model_save_callback(save->model, write_stream, &stream,
                                 &save->options, err);
    if (status == OPP_EOUTPUT && stream.why != 0)
        output_error(output->path, stream.why, err);
    file_close(stream.fd);
    return status;
}

/* ---- files ----------------------------------------------------------- */

enum opp_status
model_save_file(struct model *model, const char *path,
                const struct opp_save_options *options, struct opp_error *err)
{
    struct output output;
    struct save save;
    enum opp_status status;

    begin(&save, model, options);
    status = output_check(&output, model, path, err);
    if (status == OPP_OK && output.is_stream)
        return save_to_stream(&save, &output, err);
    if (status == OPP_OK)
        status = check_data_name(&save, &output, err);
    if (status == OPP_OK)
        status = save_to_output(&save, &output, err);
    return status;
}

/* ---- size ------------------------------------------------------------ */

static enum opp_status
add_external(void *payload, Onnx__TensorProto *tensor,
             const struct walk_place *place)
{
    uint64_t *const size = payload;

    (void)place;
    if (tensor_is_external(tensor))
        *size += tensor_bytes(tensor);
    return OPP_OK;
}

uint64_t
model_output_size(const struct model *model)
{
    uint64_t size;

    if (!model->changed)
        return model_total_size(model);
    size = onnx__model_proto__get_packed_size(model->proto);
    walk_tensors(model->proto, add_external, &size);
    return size;
}
