#include "model/copy.h"

#include <errno.h>
#include <stdlib.h>

#include "base/temp.h"

/* A data file that was put beside the output, so that a failure later on can
 * take it away again. */
struct placed {
    const char *location;
    bool is_ours;
    size_t new_folders; /* created for it, of those in its location */
};

struct copying {
    struct save *save;
    const struct output *output;
    struct placed *placed; /* one for each source */
    size_t n_placed;
    struct opp_error *err;
};

static enum opp_status
copy_source(struct copying *copying, struct source *source, int fd,
            const char *path)
{
    const struct payload payload = {.source = source, .size = source->size};
    const struct job job = {
        .payload = &payload,
        .memory = source->memory,
        .size = source->size,
    };
    struct transfer transfer = {
        .jobs = &job,
        .n_jobs = 1,
        .fd = fd,
        .path = path,
        .threads = copying->save->options.threads,
        .progress = &copying->save->progress,
    };
    enum opp_status status = source_verify(source, copying->err);

    if (status == OPP_OK)
        status = transfer_run(&transfer, copying->err);
    if (status == OPP_OK)
        status = source_unchanged(source, copying->err);
    return status;
}

static enum opp_status
is_in_the_way(const struct copying *copying, const char *location)
{
    error_set(copying->err, OPP_EOUTPUT,
              "external data file `%s` exists and has other content", location);
    error_where(copying->err, "%s", copying->output->folder);
    error_help(copying->err, "write to another folder, or remove the file");
    return OPP_EOUTPUT;
}

/* Whether the file is beside the output already. */
static enum opp_status
find_copy(const struct copying *copying, const struct source *source,
          bool *found)
{
    struct file_info info;
    const int fd =
        file_open_beneath(copying->output->dir, source->location, true, &info);

    *found = false;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return OPP_OK;
    if (fd < 0)
        return output_error(source->location, errno, copying->err);
    *found = file_same(&info, &source->info) ||
             (info.kind == FILE_REGULAR && info.size == source->size &&
              file_equal(fd, source->fd, info.size));
    file_close(fd);
    return *found ? OPP_OK : is_in_the_way(copying, source->location);
}

static enum opp_status
write_copy(struct copying *copying, struct source *source, int dir,
           const char *name)
{
    struct temp_file temp = TEMP_NONE;
    enum opp_status status = OPP_OK;

    if (!temp_create(&temp, dir, name))
        return output_error(source->location, errno, copying->err);
    status = copy_source(copying, source, temp.fd, source->location);
    if (status == OPP_OK && !temp_commit_new(&temp, name))
        status = errno == EEXIST
                     ? is_in_the_way(copying, source->location)
                     : output_error(source->location, errno, copying->err);
    temp_discard(&temp);
    return status;
}

static enum opp_status
place_source(struct copying *copying, struct source *source)
{
    struct placed *const placed = &copying->placed[copying->n_placed++];
    enum opp_status status;
    const char *name;
    bool found;
    int dir;

    *placed = (struct placed){.location = source->location};
    status = find_copy(copying, source, &found);
    if (status == OPP_OK && found)
        progress_add(&copying->save->progress, source->size);
    if (status != OPP_OK || found)
        return status;
    dir = file_make_folders(copying->output->dir, source->location, &name,
                            &placed->new_folders);
    if (dir < 0)
        return output_error(source->location, errno, copying->err);
    status = write_copy(copying, source, dir, name);
    placed->is_ours = status == OPP_OK;
    file_close(dir);
    return status;
}

static enum opp_status
place_sources(struct copying *copying)
{
    enum opp_status status = OPP_OK;

    for (struct source *source = copying->save->model->sources;
         source != NULL && status == OPP_OK; source = source->next)
        if (source->location != NULL)
            status = place_source(copying, source);
    return status;
}

static void
take_away(const struct copying *copying)
{
    const int dir = copying->output->dir;

    for (size_t i = copying->n_placed; i > 0; i--) {
        const struct placed *const placed = &copying->placed[i - 1];
        if (placed->is_ours)
            file_remove(dir, placed->location);
        file_remove_folders(dir, placed->location, placed->new_folders);
    }
}

static enum opp_status
copy_model(struct copying *copying)
{
    const struct output *const output = copying->output;
    struct temp_file temp = TEMP_NONE;
    enum opp_status status;

    if (!temp_create(&temp, output->dir, output->name))
        return output_error(output->path, errno, copying->err);
    status = copy_source(copying, copying->save->model->source, temp.fd,
                         output->path);
    if (status == OPP_OK)
        status = place_sources(copying);
    if (status == OPP_OK && !temp_commit(&temp, output->name))
        status = output_error(output->path, errno, copying->err);
    temp_discard(&temp);
    return status;
}

static size_t
count_sources(const struct model *model)
{
    size_t n = 0;

    for (const struct source *source = model->sources; source != NULL;
         source = source->next)
        n++;
    return n;
}

enum opp_status
copy_to_file(struct save *save, const struct output *output,
             struct opp_error *err)
{
    struct copying copying = {.save = save, .output = output, .err = err};
    enum opp_status status;

    save->progress.total = model_total_size(save->model);
    copying.placed = calloc(count_sources(save->model), sizeof *copying.placed);
    if (copying.placed == NULL)
        return error_set(err, OPP_ENOMEM, "out of memory");
    status = copy_model(&copying);
    if (status != OPP_OK)
        take_away(&copying);
    free(copying.placed);
    return status;
}

enum opp_status
copy_to_callback(struct save *save, opp_write_fn write, void *payload,
                 struct opp_error *err)
{
    const struct source *const source = save->model->source;
    unsigned char block[64 * 1024];
    enum opp_status status = OPP_OK;

    save->progress.total = source->size;
    for (uint64_t at = 0; at < source->size && status == OPP_OK;) {
        const uint64_t rest = source->size - at;
        const size_t step = rest < sizeof block ? (size_t)rest : sizeof block;
        status = source_read(source, block, at, step, err);
        if (status == OPP_OK && write(payload, block, step) != 0)
            status = error_set(err, OPP_EOUTPUT, "could not write the output");
        if (status == OPP_OK)
            progress_add(&save->progress, step);
        at += step;
    }
    if (status == OPP_OK)
        status = source_unchanged(source, err);
    return status;
}
