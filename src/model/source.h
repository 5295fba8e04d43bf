/* source.h: a file that a model lies in: the model file itself or one with
 * external data; or the caller's memory. Sources belong to the model, whose
 * arena they are in, and model_close closes them. Reading changes nothing but
 * the verdict on a checksum, so threads may read one source at once after
 * source_verify. */
#ifndef MODEL_SOURCE_H
#define MODEL_SOURCE_H

#include "base/file.h"
#include "model/model.h"

struct source {
    struct source *next;
    const char *path;     /* for messages */
    const char *location; /* of external data, as in the model; else NULL */
    int fd;               /* -1 when it is memory */
    const unsigned char *memory;
    uint64_t size;
    struct file_info info; /* of `fd` when it was opened */
    const char *checksum;  /* SHA-1 that the model claims, in hex; or NULL */
    bool verified;         /* the checksum has been compared */
};

/* A new source at the end of the model's list, with nothing open yet. */
struct source *source_new(struct model *model, const char *path);

/* Reads `size` bytes at `offset`, which lie within the size of the source.
 * OPP_EINPUT when the file cannot be read or has become shorter. */
enum opp_status source_read(const struct source *source, void *data,
                            uint64_t offset, size_t size,
                            struct opp_error *err);

/* OPP_EINPUT when the file is not the one any more that was opened: somebody
 * wrote to it. */
enum opp_status source_unchanged(const struct source *source,
                                 struct opp_error *err);

/* Compares the checksum, if there is one, the first time it is called.
 * OPP_EINPUT when it differs. */
enum opp_status source_verify(struct source *source, struct opp_error *err);

/* The SHA-1 of `size` bytes of a file as 40 hex digits and a NUL. False with
 * errno when it cannot be read. */
bool source_sha1(int fd, uint64_t size, char hex[41]);

/* The error of a read that failed with `why` (an errno; 0: end of file). */
enum opp_status source_read_error(const struct source *source, int why,
                                  struct opp_error *err);

#endif
