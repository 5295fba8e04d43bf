/* temp.h: a file that gets its name when it is complete. It is written under
 * a name of its own in the folder of its target and locked while it lives, so
 * that the next temp_create for the same target can tell what a killed process
 * left behind, and removes that and nothing else. Whoever created one ends it
 * with temp_commit or temp_discard. Functions fail with false and errno. */
#ifndef BASE_TEMP_H
#define BASE_TEMP_H

#include <limits.h>
#include <stdbool.h>

struct temp_file {
    int fd; /* open for reading and writing; -1 when there is none */
    int dir;
    char name[NAME_MAX + 1];
};

#define TEMP_NONE ((struct temp_file){.fd = -1, .dir = -1})

/* Creates a temporary file for `target`, a name in the folder `dir`, which
 * stays the caller's and must outlive the temporary file. Its permissions are
 * those of a new file, or of the old `target` when that is a regular file. */
bool temp_create(struct temp_file *temp, int dir, const char *target);

/* Gives the file the name `target`, in place of what has it. On failure the
 * file is still temporary. */
bool temp_commit(struct temp_file *temp, const char *target);

/* The same, but fails with EEXIST where the name is taken. */
bool temp_commit_new(struct temp_file *temp, const char *target);

/* Removes the file. Does nothing when there is none. */
void temp_discard(struct temp_file *temp);

#endif
