/* Files, temporary files and workers of src/base. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/temp.h"
#include "base/workers.h"

struct fixture {
    char folder[32];
    int dir;
};

static int
setup(void **state)
{
    struct fixture *const f = calloc(1, sizeof *f);

    strcpy(f->folder, "/tmp/opp-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->dir = file_open_folder(f->folder);
    assert_true(f->dir >= 0);
    *state = f;
    return 0;
}

/* The tests remove what they create, so that an empty folder is a check. */
static int
teardown(void **state)
{
    struct fixture *const f = *state;

    file_close(f->dir);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static void
create(const struct fixture *f, const char *name, const char *text)
{
    const int fd = openat(f->dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_true(file_write_at(fd, text, strlen(text), 0));
    file_close(fd);
}

static bool
has(const struct fixture *f, const char *name, const char *text)
{
    char content[100] = "";
    struct file_info info;
    const int fd = file_open_beneath(f->dir, name, false, &info);
    const bool same = fd >= 0 && info.size == strlen(text) &&
                      file_read_at(fd, content, strlen(text), 0) &&
                      strcmp(content, text) == 0;

    file_close(fd);
    return same;
}

/* ---- files ------------------------------------------------------------- */

static void
test_read_write(void **state)
{
    const struct fixture *const f = *state;
    char data[5] = "";
    int fd;

    create(f, "a", "hello");
    fd = openat(f->dir, "a", O_RDWR);
    assert_true(file_read_at(fd, data, 3, 2));
    assert_memory_equal(data, "llo", 3);
    errno = EIO;
    assert_false(file_read_at(fd, data, 4, 2));
    assert_int_equal(errno, 0);
    assert_true(file_write_at(fd, "LL", 2, 2));
    file_close(fd);
    assert_true(has(f, "a", "heLLo"));
    assert_false(file_read_at(fd, data, 1, 0));
    assert_int_equal(errno, EBADF);
    file_remove(f->dir, "a");
}

static void
test_copy(void **state)
{
    const struct fixture *const f = *state;
    int in, out, append;

    create(f, "in", "0123456789");
    create(f, "out", "abcdefghij");
    in = openat(f->dir, "in", O_RDONLY);
    out = openat(f->dir, "out", O_RDWR);
    append = openat(f->dir, "out", O_RDWR | O_APPEND);
    assert_int_equal(file_copy(in, 3, out, 1, 4), FILE_COPIED);
    assert_true(has(f, "out", "a3456fghij"));
    assert_int_equal(file_copy(in, 8, out, 1, 4), FILE_READ_FAILED);
    assert_int_equal(errno, 0);
    assert_int_equal(file_copy(in, 0, in, 5, 2), FILE_WRITE_FAILED);
    /* copy_file_range refuses such a descriptor; the fallback does not. */
    assert_int_equal(file_copy(in, 0, append, 0, 2), FILE_COPIED);
    assert_true(file_equal(in, in, 10));
    assert_false(file_equal(in, out, 10));
    file_close(append);
    file_close(out);
    file_close(in);
    file_remove(f->dir, "in");
    file_remove(f->dir, "out");
}

static void
check_beneath(const struct fixture *f, bool by_component)
{
    static const struct {
        const char *name;
        int error; /* 0: opens */
    } cases[] = {
        {"plain", 0},           {"sub/inner", 0},         {"./sub//inner", 0},
        {"link", ELOOP},        {"folder/inner", ELOOP},  {"absent", ENOENT},
        {"sub/absent", ENOENT}, {"plain/inner", ENOTDIR}, {"../plain", EXDEV},
        {"sub/../../x", EXDEV},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_info info;
        const int fd =
            by_component
                ? file_open_by_component(f->dir, cases[i].name)
                : file_open_beneath(f->dir, cases[i].name, false, &info);
        if (cases[i].error == 0)
            assert_true(fd >= 0);
        else if (fd >= 0 || errno != cases[i].error)
            fail_msg("%s: fd %d, errno %d", cases[i].name, fd, errno);
        file_close(fd);
    }
}

static void
test_open_beneath(void **state)
{
    const struct fixture *const f = *state;
    struct file_info info;
    int fd;

    create(f, "plain", "x");
    assert_int_equal(mkdirat(f->dir, "sub", 0755), 0);
    create(f, "sub/inner", "y");
    assert_int_equal(symlinkat("plain", f->dir, "link"), 0);
    assert_int_equal(symlinkat("sub", f->dir, "folder"), 0);
    check_beneath(f, false);
    check_beneath(f, true);
    fd = file_open_beneath(f->dir, "link", true, &info);
    assert_true(fd >= 0);
    assert_int_equal(info.kind, FILE_REGULAR);
    file_close(fd);
    file_remove(f->dir, "link");
    file_remove(f->dir, "folder");
    file_remove(f->dir, "sub/inner");
    file_remove_folders(f->dir, "sub/inner", 1);
    file_remove(f->dir, "plain");
}

static void
test_open_beneath_does_not_wait(void **state)
{
    const struct fixture *const f = *state;
    struct file_info info;
    int fd;

    assert_int_equal(mkfifoat(f->dir, "fifo", 0644), 0);
    fd = file_open_beneath(f->dir, "fifo", false, &info);
    assert_true(fd >= 0);
    assert_int_equal(info.kind, FILE_SPECIAL);
    file_close(fd);
    file_remove(f->dir, "fifo");
}

static void
test_make_folders(void **state)
{
    const struct fixture *const f = *state;
    const char *last;
    size_t created;
    int fd;

    assert_int_equal(mkdirat(f->dir, "a", 0755), 0);
    fd = file_make_folders(f->dir, "a/b/c/file", &last, &created);
    assert_true(fd >= 0);
    assert_string_equal(last, "file");
    assert_int_equal(created, 2);
    file_close(fd);
    fd = file_make_folders(f->dir, "file", &last, &created);
    assert_true(fd >= 0);
    assert_int_equal(created, 0);
    file_close(fd);
    assert_int_equal(symlinkat("a", f->dir, "link"), 0);
    assert_int_equal(file_make_folders(f->dir, "link/b/file", &last, &created),
                     -1);
    assert_int_equal(errno, ELOOP);
    file_remove_folders(f->dir, "a/b/c/file", 2);
    assert_int_equal(faccessat(f->dir, "a/b", F_OK, 0), -1);
    assert_int_equal(faccessat(f->dir, "a", F_OK, 0), 0);
    file_remove(f->dir, "link");
    file_remove_folders(f->dir, "a/b", 1);
}

static void
test_spool(void **state)
{
    const struct fixture *const f = *state;
    struct file_info info;
    char data[7] = "";
    int ends[2], fd;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "through", 7), 7);
    close(ends[1]);
    fd = file_spool(ends[0], &info);
    close(ends[0]);
    assert_true(fd >= 0);
    assert_int_equal(info.size, 7);
    assert_int_equal(info.links, 0);
    assert_true(file_read_at(fd, data, 7, 0));
    assert_memory_equal(data, "through", 7);
    file_close(fd);

    create(f, "regular", "content");
    const int in = openat(f->dir, "regular", O_RDONLY);
    fd = file_spool(in, &info);
    assert_int_equal(info.links, 1);
    file_close(fd);
    assert_int_equal(lseek(in, 2, SEEK_SET), 2);
    fd = file_spool(in, &info);
    assert_int_equal(info.links, 0);
    assert_int_equal(info.size, 5);
    file_close(fd);
    file_close(in);
    file_remove(f->dir, "regular");
}

/* ---- temporary files --------------------------------------------------- */

static void
test_temp_commit(void **state)
{
    const struct fixture *const f = *state;
    struct temp_file temp;
    struct file_info info;

    create(f, "target", "old");
    assert_int_equal(fchmodat(f->dir, "target", 0640, 0), 0);
    assert_true(temp_create(&temp, f->dir, "target"));
    assert_true(file_write_at(temp.fd, "new", 3, 0));
    assert_true(has(f, "target", "old"));
    assert_true(temp_commit(&temp, "target"));
    assert_int_equal(temp.fd, -1);
    assert_true(has(f, "target", "new"));
    assert_true(file_stat_in(f->dir, "target", &info));
    assert_int_equal(info.mode, 0640);
    temp_discard(&temp);
    file_remove(f->dir, "target");
}

static void
test_temp_commit_new(void **state)
{
    const struct fixture *const f = *state;
    struct temp_file temp;

    create(f, "target", "old");
    assert_true(temp_create(&temp, f->dir, "target"));
    assert_false(temp_commit_new(&temp, "target"));
    assert_int_equal(errno, EEXIST);
    assert_true(has(f, "target", "old"));
    assert_true(temp_commit_new(&temp, "other"));
    assert_true(has(f, "other", ""));
    file_remove(f->dir, "target");
    file_remove(f->dir, "other");
}

static void
test_temp_removes_only_the_dead(void **state)
{
    const struct fixture *const f = *state;
    struct temp_file first, second, third;

    create(f, ".target.opp-tmp0", "dead");
    create(f, ".target.opp-tmp9", "dead");
    create(f, ".target2.opp-tmp0", "of another target");
    assert_true(temp_create(&first, f->dir, "target"));
    assert_string_equal(first.name, ".target.opp-tmp0");
    assert_true(has(f, first.name, ""));
    assert_false(has(f, ".target.opp-tmp9", "dead"));
    assert_true(temp_create(&second, f->dir, "target"));
    assert_string_equal(second.name, ".target.opp-tmp1");
    temp_discard(&first);
    assert_true(temp_create(&third, f->dir, "target"));
    assert_string_equal(third.name, ".target.opp-tmp0");
    assert_true(has(f, second.name, ""));
    temp_discard(&second);
    temp_discard(&third);
    assert_true(has(f, ".target2.opp-tmp0", "of another target"));
    file_remove(f->dir, ".target2.opp-tmp0");
}

static void
test_temp_leaves_what_is_no_file(void **state)
{
    const struct fixture *const f = *state;
    struct temp_file temp;

    create(f, "victim", "safe");
    assert_int_equal(symlinkat("victim", f->dir, ".target.opp-tmp0"), 0);
    assert_int_equal(mkfifoat(f->dir, ".target.opp-tmp1", 0644), 0);
    assert_true(temp_create(&temp, f->dir, "target"));
    assert_string_equal(temp.name, ".target.opp-tmp2");
    assert_true(has(f, "victim", "safe"));
    temp_discard(&temp);
    file_remove(f->dir, ".target.opp-tmp0");
    file_remove(f->dir, ".target.opp-tmp1");
    file_remove(f->dir, "victim");
}

/* ---- workers ----------------------------------------------------------- */

struct work {
    atomic_int done[1000];
    atomic_int total;
    int fail_at, reports;
};

static bool
run(void *payload, unsigned worker, size_t unit)
{
    struct work *const work = payload;

    assert_true(worker < 4);
    atomic_fetch_add(&work->done[unit], 1);
    atomic_fetch_add(&work->total, 1);
    return (int)unit != work->fail_at;
}

static void
report(void *payload)
{
    struct work *const work = payload;

    work->reports++;
}

static void
test_workers(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct work work = {.fail_at = -1};
        const struct workers workers = {threads, 1000, &work, run, report};
        assert_true(workers_run(&workers));
        for (int i = 0; i < 1000; i++)
            assert_int_equal(atomic_load(&work.done[i]), 1);
        assert_true(threads > 1 || work.reports == 1000);
    }
}

static void
test_workers_stop(void **state)
{
    struct work work = {.fail_at = 3};
    const struct workers workers = {1, 1000, &work, run, NULL};
    const struct workers none = {4, 0, &work, run, NULL};

    (void)state;
    assert_false(workers_run(&workers));
    assert_int_equal(atomic_load(&work.total), 4);
    assert_true(workers_run(&none));
    assert_true(file_processors() >= 1);
}

int
main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        test(test_read_write),
        test(test_copy),
        test(test_open_beneath),
        test(test_open_beneath_does_not_wait),
        test(test_make_folders),
        test(test_spool),
        test(test_temp_commit),
        test(test_temp_commit_new),
        test(test_temp_removes_only_the_dead),
        test(test_temp_leaves_what_is_no_file),
        cmocka_unit_test(test_workers),
        cmocka_unit_test(test_workers_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
