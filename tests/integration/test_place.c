// Where memscoped may listen, and what it says of a place where it cannot: one line that names the
// place and a remedy.

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"
#include "tests/support/temporary.h"
#include "tests/support/watcher.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000

static int setup(void **state)
{
    static temporary_t dir;

    dir = temporary_new();
    *state = &dir;
    return 0;
}

static int teardown(void **state)
{
    temporary_remove(*state);
    return 0;
}

static void assert_refused(const char *path, const char *why)
{
    char output[1024];
    int status = process_run(
            (const char *const[]){MEMSCOPED_PATH, "--socket", path, NULL}, output, sizeof(output));

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_non_null(strstr(output, path));
    assert_non_null(strstr(output, why));
    assert_non_null(strstr(output, "--socket\n")); // the remedy ends it
    assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
}

// Bound; with `listens` it answers, else it is what a crash leaves behind.
static int foreign_socket(const char *path, bool listens)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(fd, (const struct sockaddr *) &address, sizeof(address)), 0);
    if (listens)
        assert_int_equal(listen(fd, 1), 0);
    return fd;
}

// Also for root: it is more likely a slip than a wish.
static void test_no_directory(void **state)
{
    char directory[128], path[160];

    snprintf(directory, sizeof(directory), "%s", temporary_path(*state, "typo"));
    snprintf(path, sizeof(path), "%s/socket", directory);
    assert_refused(path, "there is no such directory");
    assert_int_not_equal(access(directory, F_OK), 0);
}

static void test_no_directory_but_a_file(void **state)
{
    const char *file = temporary_path(*state, "file");
    _cleanup_close_ int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    char path[160];

    assert_true(fd >= 0);
    snprintf(path, sizeof(path), "%s/socket", file);
    assert_refused(path, "Not a directory");
}

static void test_a_directory_that_is_not_writable(void **state)
{
    if (geteuid() == 0)
        skip_because("root may write anywhere");
    assert_int_equal(chmod(((const temporary_t *) *state)->path, 0500), 0);
    assert_refused(temporary_path(*state, "socket"), "Permission denied");
    assert_int_equal(chmod(((const temporary_t *) *state)->path, 0700), 0);
}

static void test_a_file(void **state)
{
    const char *path = temporary_path(*state, "precious");
    _cleanup_close_ int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_refused(path, "exists and is not a socket: remove it");
    assert_int_equal(access(path, F_OK), 0);
}

static void test_too_long(void **state)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%0150d", ((const temporary_t *) *state)->path, 0);
    assert_refused(path, "File name too long");
}

static void test_a_socket_of_another(void **state)
{
    const char *path = temporary_path(*state, "socket");
    _cleanup_close_ int fd = foreign_socket(path, true);
    struct stat st;

    assert_true(fd >= 0);
    assert_refused(path, "somebody listens on");
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
}

static void test_a_stale_socket(void **state)
{
    char path[128];
    process_t daemon;
    watcher_t w;

    snprintf(path, sizeof(path), "%s", temporary_path(*state, "socket"));
    close(foreign_socket(path, false));
    daemon = process_start((const char *const[]){MEMSCOPED_PATH, "--socket", path, NULL});
    watcher_start(&w, path);
    assert_true(watcher_wait_ticks(&w, 1, WAIT_MS));
    watcher_stop(&w);
    process_stop(&daemon);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
            TEST(test_no_directory),
            TEST(test_no_directory_but_a_file),
            TEST(test_a_directory_that_is_not_writable),
            TEST(test_a_file),
            TEST(test_too_long),
            TEST(test_a_socket_of_another),
            TEST(test_a_stale_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
