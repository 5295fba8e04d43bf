/* Opening what an untrusted file names, without leaving a folder. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif
#if defined(SYS_openat2) && __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#define HAVE_OPENAT2 1
#endif

#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

/* O_NONBLOCK: the open of a FIFO returns at once, and fstat then tells. */
#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* The first component of `name` in `component`; what follows it, or NULL
 * when it is too long. */
static const char *
first_component(const char *name, char component[NAME_MAX + 1])
{
    const size_t size = strcspn(name, "/");

    if (size > NAME_MAX)
        return NULL;
    memcpy(component, name, size);
    component[size] = '\0';
    return name + size + strspn(name + size, "/");
}

/* The folder `component` of `dir`. A link is ELOOP, as openat2 says it. */
static int
open_subfolder(int dir, const char *component)
{
    const int fd =
        openat(dir, component, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const int why = errno;
    struct stat st;

    if (fd < 0) {
        if (fstatat(dir, component, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(st.st_mode))
            errno = ELOOP;
        else
            errno = why;
    }
    return fd;
}

int
file_open_by_component(int root, const char *name)
{
    char component[NAME_MAX + 1];
    int dir = root, next;

    for (;;) {
        const char *const rest = first_component(name, component);
        if (rest == NULL || strcmp(component, "..") == 0) {
            errno = rest == NULL ? ENAMETOOLONG : EXDEV;
            next = -1;
            break;
        }
        if (*rest == '\0') {
            next = openat(dir, component, READ_FLAGS | O_NOFOLLOW);
            break;
        }
        next = open_subfolder(dir, component);
        if (next < 0)
            break;
        if (dir != root)
            file_close(dir);
        dir = next;
        name = rest;
    }
    if (dir != root)
        file_close(dir);
    return next;
}

static int
open_without_links(int root, const char *name)
{
#ifdef HAVE_OPENAT2
    const struct open_how how = {
        .flags = READ_FLAGS,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    const long fd = syscall(SYS_openat2, root, name, &how, sizeof how);

    /* Old kernels lack the call, sandboxes forbid it, and EAGAIN means that
     * the tree changed meanwhile. */
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EAGAIN))
        return (int)fd;
#endif
    return file_open_by_component(root, name);
}

int
file_open_beneath(int root, const char *name, bool follow,
                  struct file_info *info)
{
    const int fd = follow ? openat(root, name, READ_FLAGS)
                          : open_without_links(root, name);

    if (fd >= 0 && !file_stat_open(fd, info)) {
        file_close(fd);
        return -1;
    }
    return fd;
}

/* Creates the folder unless it is there, and opens it. */
static int
make_subfolder(int dir, const char *component, size_t *created)
{
    if (mkdirat(dir, component, 0777) == 0)
        ++*created;
    else if (errno != EEXIST)
        return -1;
    return open_subfolder(dir, component);
}

int
file_make_folders(int root, const char *name, const char **last,
                  size_t *created)
{
    char component[NAME_MAX + 1];
    int dir = fcntl(root, F_DUPFD_CLOEXEC, 3);

    *created = 0;
    while (dir >= 0) {
        const char *const rest = first_component(name, component);
        int next = -1;
        if (rest != NULL && *rest == '\0') {
            *last = name;
            return dir;
        }
        if (rest == NULL)
            errno = ENAMETOOLONG;
        else
            next = make_subfolder(dir, component, created);
        file_close(dir);
        dir = next;
        name = rest;
    }
    return -1;
}

void
file_remove_folders(int root, const char *name, size_t count)
{
    char path[PATH_MAX];
    const size_t length = strlen(name);

    if (length >= sizeof path)
        return;
    memcpy(path, name, length + 1);
    while (count > 0) {
        char *const slash = strrchr(path, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
        if (unlinkat(root, path, AT_REMOVEDIR) == 0)
            count--;
    }
}

void
file_remove(int dir, const char *name)
{
    (void)unlinkat(dir, name, 0);
}
