#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

/* One transfer moves less than 2 GiB on Linux; smaller steps keep a signal
 * from waiting long. */
#define STEP_MAX ((size_t)64 * 1024 * 1024)

static void
info_from(const struct stat *st, struct file_info *info)
{
    info->kind = S_ISREG(st->st_mode)   ? FILE_REGULAR
                 : S_ISDIR(st->st_mode) ? FILE_DIRECTORY
                                        : FILE_SPECIAL;
    info->size = st->st_size < 0 ? 0 : (uint64_t)st->st_size;
    info->device = (uint64_t)st->st_dev;
    info->inode = (uint64_t)st->st_ino;
    info->links = (uint64_t)st->st_nlink;
    info->modified =
        (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    info->mode = (unsigned)st->st_mode & 07777;
}

bool
file_stat_open(int fd, struct file_info *info)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    info_from(&st, info);
    return true;
}

bool
file_stat(const char *path, struct file_info *info)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    info_from(&st, info);
    return true;
}

bool
file_stat_in(int dir, const char *name, struct file_info *info)
{
    struct stat st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    info_from(&st, info);
    return true;
}

bool
file_same(const struct file_info *a, const struct file_info *b)
{
    return a->device == b->device && a->inode == b->inode;
}

void
file_close(int fd)
{
    const int saved = errno;

    if (fd >= 0)
        close(fd);
    errno = saved;
}

/* `fd`, or -1 when the system does not tell what it is. */
static int
with_info(int fd, struct file_info *info)
{
    if (fd < 0)
        return -1;
    if (!file_stat_open(fd, info)) {
        file_close(fd);
        return -1;
    }
    return fd;
}

int
file_open(const char *path, struct file_info *info)
{
    return with_info(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), info);
}

int
file_open_stream(const char *path)
{
    return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

bool
file_write(int fd, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        const ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

int
file_open_folder(const char *path)
{
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int
temporary_unlinked(void)
{
    const char *const wanted = getenv("TMPDIR");
    const char *const folder = wanted != NULL && *wanted ? wanted : "/tmp";
    char path[PATH_MAX];
    int fd = -1;

#ifdef O_TMPFILE
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
#endif
    if (strlen(folder) + sizeof "/opp-XXXXXX" > sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(path, sizeof path, "%s/opp-XXXXXX", folder);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool
copy_stream(int in, int out)
{
    char block[64 * 1024];
    uint64_t at = 0;

    for (;;) {
        const ssize_t got = read(in, block, sizeof block);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || !file_write_at(out, block, (size_t)got, at))
            return false;
        at += (uint64_t)got;
    }
}

int
file_spool(int in, struct file_info *info)
{
    int fd;

    if (!file_stat_open(in, info))
        return -1;
    if (info->kind == FILE_REGULAR && lseek(in, 0, SEEK_CUR) == 0)
        return fcntl(in, F_DUPFD_CLOEXEC, 3);
    fd = temporary_unlinked();
    if (fd < 0)
        return -1;
    if (!copy_stream(in, fd)) {
        file_close(fd);
        return -1;
    }
    return with_info(fd, info);
}

bool
file_read_at(int fd, void *data, size_t size, uint64_t offset)
{
    unsigned char *to = data;

    while (size > 0) {
        const size_t step = size < STEP_MAX ? size : STEP_MAX;
        const ssize_t got = pread(fd, to, step, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            if (got == 0)
                errno = 0;
            return false;
        }
        to += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

bool
file_write_at(int fd, const void *data, size_t size, uint64_t offset)
{
    const unsigned char *from = data;

    while (size > 0) {
        const size_t step = size < STEP_MAX ? size : STEP_MAX;
        const ssize_t put = pwrite(fd, from, step, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            if (put == 0)
                errno = EIO;
            return false;
        }
        from += put;
        size -= (size_t)put;
        offset += (uint64_t)put;
    }
    return true;
}

static enum file_copied
copy_through_memory(int in, uint64_t in_offset, int out, uint64_t out_offset,
                    uint64_t size)
{
    char block[64 * 1024];

    while (size > 0) {
        const size_t step = size < sizeof block ? (size_t)size : sizeof block;
        if (!file_read_at(in, block, step, in_offset))
            return FILE_READ_FAILED;
        if (!file_write_at(out, block, step, out_offset))
            return FILE_WRITE_FAILED;
        in_offset += step;
        out_offset += step;
        size -= step;
    }
    return FILE_COPIED;
}

/* Bytes that the kernel copied by itself; the rest is for the fallback, which
 * also finds out what was wrong. */
static uint64_t
copy_in_kernel(int in, uint64_t in_offset, int out, uint64_t out_offset,
               uint64_t size)
{
    uint64_t done = 0;

#ifdef __linux__
    off_t from = (off_t)in_offset, to = (off_t)out_offset;

    while (done < size) {
        const uint64_t rest = size - done;
        const size_t step = rest < STEP_MAX ? (size_t)rest : STEP_MAX;
        const ssize_t put = copy_file_range(in, &from, out, &to, step, 0);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        done += (uint64_t)put;
    }
#else
    (void)in, (void)in_offset, (void)out, (void)out_offset, (void)size;
#endif
    return done;
}

enum file_copied
file_copy(int in, uint64_t in_offset, int out, uint64_t out_offset,
          uint64_t size)
{
    const uint64_t done = copy_in_kernel(in, in_offset, out, out_offset, size);

    return copy_through_memory(in, in_offset + done, out, out_offset + done,
                               size - done);
}

bool
file_equal(int a, int b, uint64_t size)
{
    char block_a[32 * 1024], block_b[32 * 1024];

    for (uint64_t at = 0; at < size;) {
        const uint64_t rest = size - at;
        const size_t step =
            rest < sizeof block_a ? (size_t)rest : sizeof block_a;
        if (!file_read_at(a, block_a, step, at) ||
            !file_read_at(b, block_b, step, at) ||
            memcmp(block_a, block_b, step) != 0)
            return false;
        at += step;
    }
    return true;
}

bool
file_random(void *data, size_t size)
{
    return getrandom(data, size, 0) == (ssize_t)size;
}

unsigned
file_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
#endif
    return count < 1 ? 1 : (unsigned)count;
}
