#include "model/output.h"

#include <errno.h>
#include <string.h>

enum opp_status
output_error(const char *path, int why, struct opp_error *err)
{
    error_set(err, OPP_EOUTPUT, "cannot write `%s`: %s", path, strerror(why));
    switch (why) {
    case ENOSPC:
    case EDQUOT:
        error_help(err, "make room, or write to another disk");
        break;
    case EACCES:
    case EPERM:
    case EROFS:
        error_help(err, "choose a folder that you may write to");
        break;
    case ENOENT:
    case ENOTDIR:
        error_help(err, "create the folder first");
        break;
    case EFBIG:
        error_help(err, "raise the limit on file sizes: ulimit -f");
        break;
    case EEXIST:
        error_why(err, "too many runs write it at once");
        break;
    default:
        break;
    }
    return OPP_EOUTPUT;
}

const struct source *
output_input(const struct model *model, const struct file_info *info)
{
    for (const struct source *source = model->sources; source != NULL;
         source = source->next)
        if (source->fd >= 0 && file_same(&source->info, info))
            return source;
    return NULL;
}

static void
split(struct output *output, struct model *model, const char *path)
{
    const char *const slash = strrchr(path, '/');

    output->path = path;
    output->dir = -1;
    output->is_stream = false;
    output->name = slash == NULL ? path : slash + 1;
    if (slash == NULL)
        output->folder = ".";
    else
        output->folder = arena_memdup(
            &model->arena, path, slash == path ? 1 : (size_t)(slash - path));
}

static enum opp_status
refuse_folder(const char *path, struct opp_error *err)
{
    error_set(err, OPP_EOUTPUT, "cannot write `%s`: it is a folder", path);
    error_help(err, "name a file in it");
    return OPP_EOUTPUT;
}

enum opp_status
output_check(struct output *output, struct model *model, const char *path,
             struct opp_error *err)
{
    const struct source *input;
    struct file_info info;

    split(output, model, path);
    if (*path == '\0')
        return error_set(err, OPP_EUSAGE, "the output has no name");
    if (!file_stat(path, &info))
        info.kind = *output->name == '\0' ? FILE_DIRECTORY : FILE_REGULAR;
    else if ((input = output_input(model, &info)) != NULL) {
        error_set(err, OPP_EUSAGE, "the output `%s` is the input `%s`", path,
                  input->path);
        error_help(err, "write to another name and rename it afterwards");
        return OPP_EUSAGE;
    }
    if (info.kind == FILE_DIRECTORY)
        return refuse_folder(path, err);
    output->is_stream = info.kind == FILE_SPECIAL;
    return OPP_OK;
}

enum opp_status
output_open(struct output *output, struct opp_error *err)
{
    output->dir = file_open_folder(output->folder);
    if (output->dir < 0)
        return output_error(output->path, errno, err);
    return OPP_OK;
}

void
output_close(struct output *output)
{
    file_close(output->dir);
    output->dir = -1;
}
