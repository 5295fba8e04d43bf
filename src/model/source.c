#include "model/source.h"

#include <errno.h>
#include <sha1.h>
#include <string.h>
#include <strings.h>

struct source *
source_new(struct model *model, const char *path)
{
    struct source *const source = arena_new(&model->arena, struct source);
    struct source **end = &model->sources;

    source->path = arena_strdup(&model->arena, path);
    source->fd = -1;
    while (*end != NULL)
        end = &(*end)->next;
    *end = source;
    return source;
}

enum opp_status
source_read_error(const struct source *source, int why, struct opp_error *err)
{
    if (why == 0)
        error_set(err, OPP_EINPUT, "`%s` became shorter while it was read",
                  source->path);
    else
        error_set(err, OPP_EINPUT, "cannot read `%s`: %s", source->path,
                  strerror(why));
    return OPP_EINPUT;
}

enum opp_status
source_read(const struct source *source, void *data, uint64_t offset,
            size_t size, struct opp_error *err)
{
    if (source->memory != NULL)
        memcpy(data, source->memory + offset, size);
    else if (size > 0 && !file_read_at(source->fd, data, size, offset))
        return source_read_error(source, errno, err);
    return OPP_OK;
}

enum opp_status
source_unchanged(const struct source *source, struct opp_error *err)
{
    struct file_info now;

    if (source->fd < 0)
        return OPP_OK;
    if (!file_stat_open(source->fd, &now))
        return source_read_error(source, errno, err);
    if (now.size == source->info.size && now.modified == source->info.modified)
        return OPP_OK;
    error_set(err, OPP_EINPUT, "`%s` changed while it was read", source->path);
    error_help(err, "run again when nobody writes to it");
    return OPP_EINPUT;
}

bool
source_sha1(int fd, uint64_t size, char hex[41])
{
    unsigned char block[32 * 1024];
    unsigned char digest[SHA1_DIGEST_LENGTH];
    SHA1_CTX context;

    SHA1Init(&context);
    for (uint64_t at = 0; at < size;) {
        const uint64_t rest = size - at;
        const size_t step = rest < sizeof block ? (size_t)rest : sizeof block;
        if (!file_read_at(fd, block, step, at))
            return false;
        SHA1Update(&context, block, step);
        at += step;
    }
    SHA1Final(digest, &context);
    for (size_t i = 0; i < sizeof digest; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    hex[40] = '\0';
    return true;
}

enum opp_status
source_verify(struct source *source, struct opp_error *err)
{
    char hex[41];

    if (source->checksum == NULL || source->verified)
        return OPP_OK;
    if (!source_sha1(source->fd, source->size, hex))
        return source_read_error(source, errno, err);
    if (strcasecmp(hex, source->checksum) != 0) {
        error_set(err, OPP_EINPUT, "external data file `%s` is damaged",
                  source->location);
        error_where(err, "%s", source->path);
        error_why(err, "the model says SHA-1 %s, the file has %s",
                  source->checksum, hex);
        error_help(err, "get the file again, from where the model came from");
        return OPP_EINPUT;
    }
    source->verified = true;
    return OPP_OK;
}
