#include "common/cleanup.h"
#include "common/file.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char path[32];
    int dir;
} fixture_t;

static int setup(void **state)
{
    static fixture_t f;

    strcpy(f.path, "/tmp/memscope-test-XXXXXX");
    if (!mkdtemp(f.path))
        return -1;
    f.dir = open(f.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *state = &f;
    return f.dir < 0;
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    unlinkat(f->dir, "file", 0);
    close(f->dir);
    return rmdir(f->path);
}

static void write_file(const fixture_t *f, size_t len)
{
    _cleanup_close_ int fd = openat(f->dir, "file", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    _cleanup_free_ char *bytes = malloc(len + 1);

    assert_true(fd >= 0 && bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char) ('a' + i % 26);
    assert_int_equal(write(fd, bytes, len), len);
}

static void test_read_at(void **state)
{
    const fixture_t *f = *state;
    char buf[16];

    write_file(f, 10);
    assert_int_equal(file_read_at(f->dir, "file", buf, sizeof(buf)), 10);
    assert_string_equal(buf, "abcdefghij");
    assert_int_equal(file_read_at(f->dir, "file", buf, 11), 10);
    memset(buf, 'X', sizeof(buf));
    assert_int_equal(file_read_at(f->dir, "file", buf, 5), 4); // there may be more
    assert_string_equal(buf, "abcd");
    assert_int_equal(buf[5], 'X');
    assert_int_equal(file_read_at(f->dir, "file", buf, 1), 0);
    assert_int_equal(file_read_at(f->dir, "file", buf, 0), -EINVAL);
    assert_int_equal(file_read_at(f->dir, "none", buf, sizeof(buf)), -ENOENT);
    assert_int_equal(file_read_at(f->dir, ".", buf, sizeof(buf)), -EISDIR);
}

static void test_a_descriptor_is_read_from_its_start_each_time(void **state)
{
    const fixture_t *f = *state;
    _cleanup_close_ int fd = -1;
    char buf[16];

    write_file(f, 10);
    fd = openat(f->dir, "file", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(file_pread_all(fd, buf, sizeof(buf)), 10);
        assert_string_equal(buf, "abcdefghij");
    }
    assert_int_equal(file_pread_all(-1, buf, sizeof(buf)), -EBADF);
}

static void test_read_alloc(void **state)
{
    static const size_t lengths[] = {0, 1, 4094, 4095, 4096, 8190, 8191, 8192, 20000};
    const fixture_t *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        _cleanup_free_ char *buf = NULL;
        char untouched, *none = &untouched;
        size_t len = 77;

        write_file(f, lengths[i]);
        assert_int_equal(file_read_alloc(f->dir, "file", lengths[i], &buf, &len), 0);
        assert_int_equal(len, lengths[i]);
        assert_int_equal(buf[len], '\0');
        for (size_t k = 0; k < len; k++)
            assert_int_equal(buf[k], 'a' + k % 26);
        if (lengths[i] == 0)
            continue;
        assert_int_equal(file_read_alloc(f->dir, "file", lengths[i] - 1, &none, &len), -EFBIG);
        assert_ptr_equal(none, &untouched);
        assert_int_equal(len, lengths[i]);
    }
}

static void test_proc_says_less_than_asked(void **state)
{
    _cleanup_free_ char *buf = NULL;
    char small[64];
    size_t len;

    (void) state;
    if (access("/proc/self/maps", R_OK) < 0)
        skip_because("/proc has no maps here");
    assert_int_equal(file_read_alloc(AT_FDCWD, "/proc/self/maps", 1 << 24, &buf, &len), 0);
    assert_true(len > 100);
    assert_int_equal(strlen(buf), len);
    assert_int_equal(buf[len - 1], '\n');
    assert_int_equal(file_read_at(AT_FDCWD, "/proc/self/maps", small, sizeof(small)), 63);
}

static int without_standard(const fixture_t *f)
{
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    file_occupy_standard();

    _cleanup_close_ int fd = openat(f->dir, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd <= STDERR_FILENO)
        return 1;
    return write(STDOUT_FILENO, "x", 1) < 0 && errno == EBADF ? 0 : 2;
}

static void test_no_file_becomes_standard_output(void **state)
{
    pid_t pid = process_fork();

    if (pid == 0)
        _exit(without_standard(*state));
    assert_int_equal(process_wait(pid), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_read_at),
            TEST(test_a_descriptor_is_read_from_its_start_each_time),
            TEST(test_read_alloc),
            TEST(test_proc_says_less_than_asked),
            TEST(test_no_file_becomes_standard_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
