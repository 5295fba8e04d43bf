#include "cli/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
sink_open(struct sink *sink, const char *path, FILE *fallback)
{
    const bool is_stream = path == NULL || strcmp(path, "-") == 0;

    *sink = (struct sink){
        .path = is_stream ? NULL : path,
        .stream = is_stream ? fallback : NULL,
        .gathering = !is_stream,
    };
}

void
sink_open_report(struct sink *sink, const char *path, FILE *fallback,
                 enum color_when when)
{
    sink_open(sink, path, fallback);
    sink->painted =
        sink->stream != NULL && message_has_color(when, sink->stream);
    sink->gathering = sink->gathering || sink->painted;
}

static void
put(struct sink *sink, const void *data, size_t size)
{
    if (sink->error == 0 && size > 0 &&
        fwrite(data, 1, size, sink->stream) != size)
        sink->error = errno;
}

int
sink_write(void *payload, const void *data, size_t size)
{
    struct sink *const sink = payload;

    if (sink->gathering)
        text_bytes(&sink->text, data, size);
    else
        put(sink, data, size);
    if (sink->text.failed)
        sink->error = ENOMEM;
    return sink->error;
}

static bool
write_all(int fd, const struct text *text)
{
    size_t done = 0;

    while (done < text->size) {
        const ssize_t n = write(fd, text->data + done, text->size - done);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            done += (size_t)n;
    }
    return true;
}

/* Writes into what is there: a device, a pipe. */
static bool
write_through(const char *path, const struct text *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good;

    if (fd < 0)
        return false;
    good = write_all(fd, text);
    return close(fd) == 0 && good;
}

/* The permissions that a plain creat() would give. */
static mode_t
default_mode(void)
{
    const mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

/* Writes the file `path` (no link) by way of `temporary`, a mkstemp pattern. */
static bool
write_renamed(const char *path, char *temporary, mode_t mode,
              const struct text *text)
{
    const int fd = mkostemp(temporary, O_CLOEXEC);
    int cause = 0;

    if (fd < 0)
        return false;
    if (!write_all(fd, text) || fchmod(fd, mode) != 0)
        cause = errno;
    if (close(fd) != 0 && cause == 0)
        cause = errno;
    if (cause == 0 && rename(temporary, path) == 0)
        return true;
    if (cause == 0)
        cause = errno;
    unlink(temporary);
    errno = cause;
    return false;
}

/* Signals wait while the temporary file lives: none is left behind. */
static bool
write_file(const char *path, const struct text *text)
{
    struct stat old;
    struct text temporary = {0};
    const bool exists = stat(path, &old) == 0;
    char *const real = exists ? realpath(path, NULL) : NULL;
    sigset_t all, before;
    bool good = false;
    int cause;

    if (exists && !S_ISREG(old.st_mode)) {
        free(real);
        return write_through(path, text);
    }
    text_printf(&temporary, "%s.XXXXXX", real == NULL ? path : real);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    errno = ENOMEM;
    if (!temporary.failed)
        good =
            write_renamed(real == NULL ? path : real, temporary.data,
                          exists ? old.st_mode & 07777 : default_mode(), text);
    cause = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    text_free(&temporary);
    free(real);
    errno = cause;
    return good;
}

static enum opp_status
fail(const struct sink *sink, struct opp_error *err)
{
    message_set(err, OPP_EOUTPUT, "cannot write %s: %s",
                sink->path != NULL       ? sink->path
                : sink->stream == stdout ? "standard output"
                                         : "standard error",
                strerror(sink->error));
    if (sink->error == EPIPE && sink->path == NULL)
        err->what[0] = '\0';
    return OPP_EOUTPUT;
}

enum opp_status
sink_close(struct sink *sink, struct opp_error *err)
{
    enum opp_status status = OPP_OK;

    if (sink->error == 0 && sink->painted) {
        struct text painted = {0};
        message_color_report(&painted, text_get(&sink->text));
        put(sink, painted.data, painted.size);
        if (painted.failed)
            sink->error = ENOMEM;
        text_free(&painted);
    }
    if (sink->error == 0 && sink->path != NULL &&
        !write_file(sink->path, &sink->text))
        sink->error = errno;
    if (sink->error == 0 && sink->stream != NULL && fflush(sink->stream) != 0)
        sink->error = errno;
    if (sink->error != 0)
        status = fail(sink, err);
    text_free(&sink->text);
    return status;
}

void
sink_drop(struct sink *sink, struct opp_error *err)
{
    if (sink->error != 0)
        fail(sink, err);
    text_free(&sink->text);
}

enum opp_status
sink_print(struct text *text, struct opp_error *err)
{
    struct sink sink;
    enum opp_status status;

    if (text->failed) {
        status = message_set(err, OPP_ENOMEM, "out of memory");
    } else {
        sink_open(&sink, NULL, stdout);
        sink_write(&sink, text_get(text), text->size);
        status = sink_close(&sink, err);
    }
    text_free(text);
    return status;
}

bool
sink_is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

bool
sink_same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}
