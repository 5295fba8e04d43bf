/* file.h: the system calls on files. Descriptors are plain ints that belong
 * to the caller; all are opened close-on-exec. A function that fails returns
 * false or -1 and leaves the reason in errno; messages are the caller's. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum file_kind { FILE_REGULAR, FILE_DIRECTORY, FILE_SPECIAL };

/* What the system says about a file. */
struct file_info {
    enum file_kind kind;
    uint64_t size;
    uint64_t device, inode; /* together the identity of the file */
    uint64_t links;         /* number of hard links */
    int64_t modified;       /* nanoseconds since 1970 */
    unsigned mode;          /* permission bits */
};

/* Opens for reading. `info` is taken from the descriptor. */
int file_open(const char *path, struct file_info *info);

/* Opens a device or a pipe for writing in order; waits for the reader of a
 * FIFO. */
int file_open_stream(const char *path);

/* Writes all `size` bytes in order. */
bool file_write(int fd, const void *data, size_t size);

/* Opens the folder `path`; only for use as the start of another path. */
int file_open_folder(const char *path);

/* Opens `name` for reading, a relative path without "..", from the folder
 * `root`. Unless `follow`, no component may be a symbolic link: ELOOP. Never
 * waits for the other end of a FIFO. */
int file_open_beneath(int root, const char *name, bool follow,
                      struct file_info *info);

/* What file_open_beneath does where the system has no openat2: one component
 * after the other. */
int file_open_by_component(int root, const char *name);

/* A copy of standard input as a descriptor: itself when it is a regular file
 * at its beginning, else an unlinked temporary file that has its content.
 * `path` may also name a pipe that is to be read in this way. */
int file_spool(int in, struct file_info *info);

/* Creates the folders in the path `name`, but not its last component, from
 * `root`, following no links. Returns the descriptor of the last folder; *last
 * is the last component of `name`, *created the number of folders that were
 * not there, counted also after a failure. */
int file_make_folders(int root, const char *name, const char **last,
                      size_t *created);

/* Removes `count` folders in the path `name`, if they are empty: the deepest
 * that exist. */
void file_remove_folders(int root, const char *name, size_t count);

/* Removes the file `name` in the folder `dir`, quietly. */
void file_remove(int dir, const char *name);

/* The file at `path`, links followed; or `name` in the folder `dir`, links
 * not followed. */
bool file_stat(const char *path, struct file_info *info);
bool file_stat_in(int dir, const char *name, struct file_info *info);
bool file_stat_open(int fd, struct file_info *info);
bool file_same(const struct file_info *a, const struct file_info *b);

/* Reads or writes all `size` bytes at `offset`. A read that meets the end of
 * the file fails with errno 0. */
bool file_read_at(int fd, void *data, size_t size, uint64_t offset);
bool file_write_at(int fd, const void *data, size_t size, uint64_t offset);

enum file_copied { FILE_COPIED, FILE_READ_FAILED, FILE_WRITE_FAILED };

/* Copies a range from file to file, inside the kernel where it can. */
enum file_copied file_copy(int in, uint64_t in_offset, int out,
                           uint64_t out_offset, uint64_t size);

/* Whether two files have the same `size` bytes. False also when one cannot
 * be read. */
bool file_equal(int a, int b, uint64_t size);

void file_close(int fd);

/* Random bytes that nobody can foretell. */
bool file_random(void *data, size_t size);

/* Number of processors that this process may use, at least 1. */
unsigned file_processors(void);

#endif
