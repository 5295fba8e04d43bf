#include "base/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#ifdef __linux__
#include <sys/syscall.h>
#endif
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* Temporary files that may live at once for one target. */
#define NAMES_MAX 32

/* Whether `name` in `dir` is the file that `fd` has open. */
static bool
is_named(int dir, const char *name, int fd)
{
    struct file_info open, named;

    return file_stat_open(fd, &open) && file_stat_in(dir, name, &named) &&
           file_same(&open, &named);
}

/* Removes `name` if no living process holds its lock. Whoever has the lock
 * and finds the name on the locked file may remove it: nobody else then takes
 * that file for living or dead. */
static bool
remove_dead(int dir, const char *name)
{
    const int fd =
        openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct file_info info;
    bool removed = false;

    if (fd < 0)
        return errno == ENOENT;
    if (file_stat_open(fd, &info) && info.kind == FILE_REGULAR &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        removed = !is_named(dir, name, fd) || unlinkat(dir, name, 0) == 0;
    file_close(fd);
    return removed;
}

/* Locks a file that was just created. Where locks do not exist nobody can take
 * it for dead either. */
static bool
lock_new(const struct temp_file *temp)
{
    if (flock(temp->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return false;
    return is_named(temp->dir, temp->name, temp->fd);
}

/* Creates the file and locks it. False with EEXIST when the name is in use. */
static bool
create_locked(struct temp_file *temp)
{
    for (int attempt = 0; attempt < 8; attempt++) {
        temp->fd = openat(temp->dir, temp->name,
                          O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (temp->fd >= 0) {
            if (lock_new(temp))
                return true;
            /* Another process took it for dead between the two calls. */
            file_close(temp->fd);
        } else if (errno != EEXIST) {
            return false;
        } else if (!remove_dead(temp->dir, temp->name)) {
            break;
        }
    }
    errno = EEXIST;
    return false;
}

static void
name_number(struct temp_file *temp, const char *target, int number)
{
    snprintf(temp->name, sizeof temp->name, ".%.200s.opp-tmp%d", target,
             number);
}

/* Removes the dead among the numbers behind the one that was free. */
static void
remove_others(const struct temp_file *temp, const char *target, int number)
{
    struct temp_file other = {.fd = -1};

    for (int i = number + 1; i < NAMES_MAX; i++) {
        name_number(&other, target, i);
        (void)remove_dead(temp->dir, other.name);
    }
}

bool
temp_create(struct temp_file *temp, int dir, const char *target)
{
    struct file_info old;

    temp->dir = dir;
    for (int i = 0; i < NAMES_MAX; i++) {
        name_number(temp, target, i);
        if (create_locked(temp)) {
            if (file_stat_in(dir, target, &old) && old.kind == FILE_REGULAR)
                (void)fchmod(temp->fd, (mode_t)old.mode & 0777);
            remove_others(temp, target, i);
            return true;
        }
        if (errno != EEXIST)
            break;
    }
    temp->fd = -1;
    return false;
}

/* Errors of earlier writes that the system kept to itself, as NFS does until
 * a descriptor is closed. The lock stays with the other descriptor. */
static bool
flush_errors(const struct temp_file *temp)
{
    const int copy = fcntl(temp->fd, F_DUPFD_CLOEXEC, 3);

    return copy >= 0 && close(copy) == 0;
}

static void
forget(struct temp_file *temp)
{
    file_close(temp->fd);
    *temp = TEMP_NONE;
}

bool
temp_commit(struct temp_file *temp, const char *target)
{
    if (!flush_errors(temp) ||
        renameat(temp->dir, temp->name, temp->dir, target) != 0)
        return false;
    forget(temp);
    return true;
}

static bool
rename_new(const struct temp_file *temp, const char *target)
{
    const int dir = temp->dir;

#ifdef SYS_renameat2
    if (syscall(SYS_renameat2, dir, temp->name, dir, target,
                RENAME_NOREPLACE) == 0)
        return true;
    if (errno != ENOSYS && errno != EINVAL && errno != EPERM)
        return false;
#endif
    if (linkat(dir, temp->name, dir, target, 0) != 0)
        return false;
    (void)unlinkat(dir, temp->name, 0);
    return true;
}

bool
temp_commit_new(struct temp_file *temp, const char *target)
{
    if (!flush_errors(temp) || !rename_new(temp, target))
        return false;
    forget(temp);
    return true;
}

void
temp_discard(struct temp_file *temp)
{
    const int saved = errno;

    if (temp->fd < 0)
        return;
    (void)unlinkat(temp->dir, temp->name, 0);
    forget(temp);
    errno = saved;
}
