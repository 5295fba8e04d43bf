#include "model/repack.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/temp.h"
#include "model/sink.h"

/* protobuf refuses messages from 2 GiB on. */
#define MODEL_MAX ((uint64_t)INT32_MAX)

/* Letters of the output's name in the name of its data file: NAME_MAX is 255
 * on usual file systems. */
#define STEM_MAX 200

/* ".0123456789abcdef.data" */
#define SUFFIX_LENGTH 22

/* ---- layout ---------------------------------------------------------- */

static size_t
stem_length(const char *name)
{
    const size_t length = strlen(name);
    const size_t end = length > 5 && strcmp(name + length - 5, ".onnx") == 0
                           ? length - 5
                           : length;

    return end < STEM_MAX ? end : STEM_MAX;
}

static uint64_t
size_with(const struct save *save, const struct layout *layout)
{
    uint64_t size;

    layout_apply(layout);
    size = onnx__model_proto__get_packed_size(save->model->proto);
    layout_undo(layout);
    return size;
}

enum opp_status
repack_layout(struct save *save, const char *output_name, struct layout *layout,
              struct opp_error *err)
{
    const char *const name = save->options.external_data_name;
    const enum layout_reach wanted =
        save->options.external_data ? LAYOUT_INITIALIZERS : LAYOUT_KEEP;
    struct layout_options options = {
        .reach = wanted,
        .threshold = save->options.external_data_threshold,
        .name_length = name != NULL ? strlen(name)
                                    : stem_length(output_name) + SUFFIX_LENGTH,
    };

    uint64_t size;

    layout_make(layout, save->model, &options);
    size = size_with(save, layout);
    while (size > MODEL_MAX && options.reach < LAYOUT_ALL) {
        options.reach++;
        layout_make(layout, save->model, &options);
        size = size_with(save, layout);
    }
    save->progress.total = size + layout->values_size;
    if (size > MODEL_MAX) {
        error_set(err, OPP_EREFUSED, "the model would have 2 GiB or more");
        error_why(err, "protobuf cannot hold it, and what cannot be made "
                       "external data is too large");
        return OPP_EREFUSED;
    }
    if (options.reach != wanted)
        model_note(save->model, "weights are saved as external data: in one "
                                "file the model would have 2 GiB or more, "
                                "which protobuf cannot hold");
    return OPP_OK;
}

/* ---- the data file --------------------------------------------------- */

/* The files while they are written. */
struct files {
    struct save *save;
    const struct output *output;
    const struct layout *layout;
    struct temp_file data, model;
    bool data_is_ours; /* it has its final name and was not there before */
    struct opp_error *err;
};

static enum opp_status
verify_sources(const struct files *files)
{
    enum opp_status status = OPP_OK;

    for (struct source *source = files->save->model->sources;
         source != NULL && status == OPP_OK; source = source->next)
        status = source_verify(source, files->err);
    return status;
}

static struct job *
data_jobs(const struct layout *layout, size_t *n)
{
    struct job *const jobs = calloc(layout->n_items + 1, sizeof *jobs);

    *n = 0;
    for (size_t i = 0; jobs != NULL && i < layout->n_items; i++) {
        const struct layout_item *const item = &layout->items[i];
        if (item->is_written)
            jobs[(*n)++] = (struct job){
                .payload = item->values.payload,
                .memory = values_in_memory(&item->values),
                .size = item->values.bytes,
                .offset = item->offset,
            };
    }
    return jobs;
}

static void
name_data(const struct files *files, uint64_t hash)
{
    const char *const given = files->save->options.external_data_name;
    const char *const output = files->output->name;
    char *const location = files->layout->location;
    const size_t stem = stem_length(output);

    if (given != NULL)
        memcpy(location, given, strlen(given) + 1);
    else
        snprintf(location, stem + SUFFIX_LENGTH + 1, "%.*s.%016" PRIx64 ".data",
                 (int)stem, output, hash);
}

static enum opp_status
write_data(struct files *files)
{
    const struct save *const save = files->save;
    const struct layout *const layout = files->layout;
    struct transfer transfer = {
        .fd = files->data.fd,
        .path = files->output->path,
        .threads = save->options.threads,
        .progress = &files->save->progress,
        .wants_hash = save->options.external_data_name == NULL,
    };
    struct job *const jobs = data_jobs(layout, &transfer.n_jobs);
    enum opp_status status;

    if (jobs == NULL)
        return error_set(files->err, OPP_ENOMEM, "out of memory");
    transfer.jobs = jobs;
    status = transfer_run(&transfer, files->err);
    free(jobs);
    if (status != OPP_OK)
        return status;
    name_data(files, transfer.hash);
    if (layout->checksum != NULL &&
        !source_sha1(files->data.fd, layout->data_size, layout->checksum))
        return output_error(files->output->path, errno, files->err);
    return OPP_OK;
}

static enum opp_status
name_is_taken(const struct files *files)
{
    const char *const location = files->layout->location;

    error_set(files->err, OPP_EOUTPUT,
              "external data file `%s` exists and has other content", location);
    error_where(files->err, "%s", files->output->folder);
    error_why(files->err, "another model may need it, and two files cannot "
                          "be replaced at one moment");
    if (files->save->options.external_data_name != NULL)
        error_help(files->err, "give no name, and one is made from the "
                               "content; or remove the file");
    else
        error_help(files->err, "remove the file");
    return OPP_EOUTPUT;
}

/* Whether the data file is there already, byte for byte. OPP_EUSAGE when the
 * name belongs to an input, OPP_EOUTPUT when it belongs to anything else. */
static enum opp_status
find_old_data(const struct files *files, bool *found)
{
    const char *const location = files->layout->location;
    const int dir = files->output->dir;
    struct file_info info;
    int fd;

    *found = false;
    if (!file_stat_in(dir, location, &info))
        return OPP_OK;
    if (output_input(files->save->model, &info) != NULL)
        return error_set(files->err, OPP_EUSAGE,
                         "the external data file `%s` is an input", location);
    if (info.kind != FILE_REGULAR || info.size != files->layout->data_size)
        return name_is_taken(files);
    fd = file_open_beneath(dir, location, false, &info);
    *found = fd >= 0 && file_equal(fd, files->data.fd, info.size);
    file_close(fd);
    return *found ? OPP_OK : name_is_taken(files);
}

/* ---- the model file -------------------------------------------------- */

static enum opp_status
pack(struct files *files, struct sink *sink)
{
    struct transfer transfer = {
        .fd = files->model.fd,
        .path = files->output->path,
        .threads = files->save->options.threads,
        .progress = &files->save->progress,
    };
    enum opp_status status;

    layout_apply(files->layout);
    protobuf_c_message_pack_to_buffer(&files->save->model->proto->base,
                                      sink_buffer(sink));
    layout_undo(files->layout);
    status = sink_finish(sink, files->err);
    if (status != OPP_OK)
        return status;
    transfer.jobs = sink_jobs(sink, &transfer.n_jobs);
    return transfer_run(&transfer, files->err);
}

static enum opp_status
write_model(struct files *files)
{
    const struct sink_target target = {
        .fd = files->model.fd,
        .path = files->output->path,
        .progress = &files->save->progress,
    };
    struct sink *const sink = sink_new(files->save->model, &target);
    enum opp_status status;

    if (sink == NULL)
        return error_set(files->err, OPP_ENOMEM, "out of memory");
    status = pack(files, sink);
    sink_free(sink);
    return status;
}

/* ---- both ------------------------------------------------------------ */

static enum opp_status
create(struct files *files)
{
    const struct output *const output = files->output;

    if ((files->layout->is_external &&
         !temp_create(&files->data, output->dir, output->name)) ||
        !temp_create(&files->model, output->dir, output->name))
        return output_error(output->path, errno, files->err);
    return OPP_OK;
}

static enum opp_status
check_inputs(const struct files *files)
{
    enum opp_status status = OPP_OK;

    for (const struct source *source = files->save->model->sources;
         source != NULL && status == OPP_OK; source = source->next)
        status = source_unchanged(source, files->err);
    return status;
}

static enum opp_status
write_both(struct files *files)
{
    enum opp_status status = create(files);

    if (status == OPP_OK)
        status = verify_sources(files);
    if (status == OPP_OK && files->layout->is_external)
        status = write_data(files);
    if (status == OPP_OK)
        status = write_model(files);
    if (status == OPP_OK)
        status = check_inputs(files);
    return status;
}

/* From the first rename on the new data lies beside the old model, which does
 * not know it; so a crash leaves the old pair or the new one. */
static enum opp_status
commit(struct files *files)
{
    const struct output *const output = files->output;
    const char *const location = files->layout->location;
    bool found = true;
    enum opp_status status = OPP_OK;

    if (files->layout->is_external)
        status = find_old_data(files, &found);
    if (status != OPP_OK)
        return status;
    if (!found) {
        files->data_is_ours = temp_commit_new(&files->data, location);
        if (!files->data_is_ours)
            return errno == EEXIST
                       ? name_is_taken(files)
                       : output_error(output->path, errno, files->err);
    }
    if (!temp_commit(&files->model, output->name)) {
        status = output_error(output->path, errno, files->err);
        if (files->data_is_ours)
            file_remove(output->dir, location);
    }
    return status;
}

enum opp_status
repack_to_file(struct save *save, const struct output *output,
               const struct layout *layout, struct opp_error *err)
{
    struct files files = {
        .save = save,
        .output = output,
        .layout = layout,
        .data = TEMP_NONE,
        .model = TEMP_NONE,
        .err = err,
    };
    enum opp_status status = write_both(&files);

    if (status == OPP_OK)
        status = commit(&files);
    temp_discard(&files.model);
    temp_discard(&files.data);
    return status;
}
