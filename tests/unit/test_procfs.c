// Finding one's way below a proc root: which entries are processes, and what kind of root it is.

#include "common/cleanup.h"
#include "common/file.h"
#include "daemon/proc/procfs.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/proctree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    uint64_t pids[4096];
    size_t count;
} list_t;

static void add(void *user, uint64_t pid)
{
    list_t *list = user;

    assert_true(list->count < ARRAY_SIZE(list->pids));
    list->pids[list->count++] = pid;
}

static bool has(const list_t *list, uint64_t pid)
{
    size_t found = 0;

    for (size_t i = 0; i < list->count; i++)
        found += list->pids[i] == pid;
    assert_true(found <= 1);
    return found == 1;
}

static void test_only_numbers_are_processes(void **state)
{
    static const char *const entries[] = {"1", "4294967295", "77777", "0", "01", "-1", "+1", " 1",
            "1 ", "12a", "a12", "1.", "self", "99999999999999999999999999", "meminfo"};
    proctree_t t = proctree_new();
    char buf[256] __attribute__((aligned(8)));
    list_t list = {0};
    procfs_t fs;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
        proctree_write(&t, entries[i], "x");
    assert_int_equal(procfs_init(&fs, t.path), 0);
    for (int again = 0; again < 2; again++) {
        list.count = 0;
        assert_int_equal(procfs_scan(&fs, buf, sizeof(buf), add, &list), 0);
        assert_int_equal(list.count, 3);
        assert_true(has(&list, 1) && has(&list, 77777) && has(&list, UINT32_MAX));
    }
    procfs_done(&fs);
    proctree_free(&t);
}

static void test_more_than_a_buffer_holds(void **state)
{
    proctree_t t = proctree_new();
    char buf[128] __attribute__((aligned(8))), name[16];
    list_t list = {0};
    procfs_t fs;

    (void) state;
    for (unsigned i = 1; i <= 1000; i++) {
        snprintf(name, sizeof(name), "%u", i);
        proctree_write(&t, name, "x");
    }
    assert_int_equal(procfs_init(&fs, t.path), 0);
    assert_int_equal(procfs_scan(&fs, buf, sizeof(buf), add, &list), 0);
    assert_int_equal(list.count, 1000);
    for (unsigned i = 1; i <= 1000; i++)
        assert_true(has(&list, i));
    procfs_done(&fs);
    proctree_free(&t);
}

static void test_kinds_of_roots(void **state)
{
    proctree_t t = proctree_new();
    procfs_t fs;

    (void) state;
    assert_int_equal(procfs_init(&fs, "/proc"), 0);
    assert_true(fs.mounted);
    assert_true(fs.live);
    assert_int_equal(fs.page_kb * 1024, sysconf(_SC_PAGESIZE));
    procfs_done(&fs);

    // A copy, even one that claims to be this process's own.
    proctree_system(&t, 1000, true);
    assert_int_equal(procfs_init(&fs, t.path), 0);
    assert_false(fs.mounted);
    assert_false(fs.live);
    assert_true(fs.has_schedstat);
    procfs_done(&fs);
    proctree_write(&t, "self/schedstat", "0 0 0\n"); // a kernel that does not count
    assert_int_equal(procfs_init(&fs, t.path), 0);
    assert_false(fs.has_schedstat);
    procfs_done(&fs);
    proctree_remove(&t, "self");
    assert_int_equal(procfs_init(&fs, t.path), 0);
    assert_false(fs.has_schedstat);
    procfs_done(&fs);

    fs.fd = -77;
    proctree_write(&t, "file", "x");
    assert_int_equal(procfs_init(&fs, temporary_path((const temporary_t *) &t, "file")), -ENOTDIR);
    assert_int_equal(procfs_init(&fs, temporary_path((const temporary_t *) &t, "none")), -ENOENT);
    assert_int_equal(fs.fd, -77);
    proctree_free(&t);
}

static bool is_root(const char *path)
{
    procfs_t fs;
    bool r;

    assert_int_equal(procfs_init(&fs, path), 0);
    r = procfs_is_root(&fs);
    procfs_done(&fs);
    return r;
}

static void test_what_is_no_root(void **state)
{
    proctree_t t = proctree_new();

    (void) state;
    assert_true(is_root("/proc"));
    assert_false(is_root("/etc"));
    assert_false(is_root("/proc/self"));
    assert_false(is_root("/proc/self/task")); // numbers, but of threads
    assert_false(is_root(t.path));
    proctree_system(&t, 1000, true);
    assert_false(is_root(t.path));
    proctree_write(&t, "812/stat", "812 (x) S 1\n");
    assert_true(is_root(t.path));
    proctree_remove(&t, "meminfo");
    assert_false(is_root(t.path));
    proctree_free(&t);
}

static void test_opens(void **state)
{
    process_t actor = actor_start();
    char buf[512], expected[32];
    struct stat is;
    procfs_t fs;

    (void) state;
    assert_int_equal(procfs_init(&fs, "/proc"), 0);

    assert_int_equal(procfs_stat(&fs, (uint64_t) actor.pid, "stat", &is), 0);
    assert_int_equal(is.st_uid, geteuid());
    assert_int_equal(procfs_stat(&fs, (uint64_t) actor.pid, "nothing", &is), -ENOENT);
    assert_int_equal(procfs_read(&fs, (uint64_t) actor.pid, "nothing", buf, sizeof(buf)), -ENOENT);
    assert_int_equal(procfs_read(&fs, (uint64_t) actor.pid, "statm", buf, 4), 3);
    assert_int_equal(buf[3], '\0');

    _cleanup_close_ int stat = procfs_open(&fs, (uint64_t) actor.pid, "stat");
    _cleanup_close_ int dir = procfs_open_dir(&fs, (uint64_t) actor.pid);
    assert_true(stat >= 0 && dir >= 0);
    assert_true(file_pread_all(stat, buf, sizeof(buf)) > 0);
    snprintf(expected, sizeof(expected), "%d (actor)", (int) actor.pid);
    assert_int_equal(strncmp(buf, expected, strlen(expected)), 0);
    assert_true(file_read_at(dir, "stat", buf, sizeof(buf)) > 0);
    assert_int_equal(procfs_open(&fs, (uint64_t) actor.pid, "nothing"), -ENOENT);
    assert_int_equal(procfs_open(&fs, UINT64_MAX, "stat"), -ENOENT);
    assert_int_equal(
            procfs_open(&fs, 1, "a-name-that-is-longer-than-any-file-of-a-process-has-ever-been"),
            -ENAMETOOLONG);

    // What was opened stays this process, whoever gets its number next.
    process_stop(&actor);
    assert_int_equal(file_pread_all(stat, buf, sizeof(buf)), -ESRCH);
    assert_true(file_read_at(dir, "stat", buf, sizeof(buf)) < 0);
    assert_int_equal(procfs_open(&fs, (uint64_t) actor.pid, "stat"), -ENOENT);
    procfs_done(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_only_numbers_are_processes),
            cmocka_unit_test(test_more_than_a_buffer_holds),
            cmocka_unit_test(test_kinds_of_roots),
            cmocka_unit_test(test_what_is_no_root),
            cmocka_unit_test(test_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
