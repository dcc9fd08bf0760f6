// Who memscoped is, and what it may, once it has given up the rest: each child takes on its state.

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/confine/filter.h"
#include "daemon/confine/privileges.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long long status_number(const char *field, int base)
{
    _cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
    char line[256];

    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, field, strlen(field)) == 0)
            return strtoull(line + strlen(field), NULL, base);
    return ~0ULL;
}

static bool has_two_capabilities(void)
{
    const unsigned long long two = 1ULL << 19 | 1ULL << 2;

    return !(status_number("CapEff:", 16) & ~two) && !(status_number("CapPrm:", 16) & ~two) &&
           status_number("CapAmb:", 16) == 0 && status_number("NoNewPrivs:", 10) == 1;
}

static bool is_nobody(void)
{
    return getuid() == 65534 && geteuid() == 65534 && getgid() != 0 && getgroups(0, NULL) == 0 &&
           has_two_capabilities();
}

// For a trace nothing is kept at all.
static bool has_nothing(void)
{
    return status_number("CapEff:", 16) == 0 && status_number("CapPrm:", 16) == 0 && geteuid() != 0;
}

static bool has_no_filters(void)
{
    pid_t pid = process_fork();

    if (pid == 0)
        _exit(filter_daemon() == -EOPNOTSUPP);
    return process_wait(pid) == 1;
}

static bool is_filtered(void)
{
    return status_number("Seccomp:", 10) == 2 && open("/dev/null", O_WRONLY) < 0;
}

// Whether it holds in a child that has dropped its privileges.
static bool holds(const char *user, bool keep, bool (*what)(void))
{
    pid_t pid = process_fork();
    int r;

    if (pid == 0)
        _exit(privileges_drop(user, keep) < 0 ? 2 : !what());
    r = process_wait(pid);
    assert_in_range(r, 0, 1);
    return r == 0;
}

// Root in most containers.
static bool is_root_without_ptrace(void)
{
    return geteuid() == 0 && !(status_number("CapPrm:", 16) >> CAP_SYS_PTRACE & 1);
}

static bool lose_ptrace(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct own[2];

    if (syscall(SYS_capget, &header, own) < 0)
        return false;
    own[0].effective &= ~(1u << CAP_SYS_PTRACE);
    own[0].permitted &= ~(1u << CAP_SYS_PTRACE);
    return syscall(SYS_capset, &header, own) == 0 && is_root_without_ptrace();
}

static void test_capabilities(void **state)
{
    (void) state;
    if (is_root_without_ptrace())
        skip_because("there is no CAP_SYS_PTRACE here to be kept");
    assert_true(holds("no-such-user", true, has_two_capabilities));
}

static void test_another_user(void **state)
{
    (void) state;
    if (geteuid() != 0)
        skip_because("only root can become somebody else");
    if (is_root_without_ptrace())
        skip_because("there is no CAP_SYS_PTRACE here to be kept");
    assert_true(holds("nobody", true, is_nobody));
}

static void test_no_capabilities(void **state)
{
    (void) state;
    assert_true(holds("no-such-user", false, has_nothing));
}

static void test_filter(void **state)
{
    (void) state;
    if (has_no_filters())
        skip_because("no filters of system calls here");
    assert_true(holds("no-such-user", true, is_filtered));
    assert_true(holds("no-such-user", false, is_filtered));
}

// What daemon/confine/privileges.h says of Landlock: a domain that forbids no more than writing
// takes /proc/PID/io of all others away. On a kernel where it does not, memscoped should have one.
static bool reads_io_of(pid_t pid)
{
    char path[64], text[16];
    _cleanup_close_ int fd = -1;

    snprintf(path, sizeof(path), "/proc/%d/io", (int) pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, text, sizeof(text)) > 0;
}

static int enter_landlock(void)
{
    const struct landlock_ruleset_attr attr = {.handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE};
    _cleanup_close_ int fd = (int) syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

    if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return (int) syscall(SYS_landlock_restrict_self, fd, 0);
}

static void test_landlock(void **state)
{
    enum { WITHOUT, NO_LANDLOCK, UNREADABLE, READABLE };
    pid_t parent = getpid(), pid = process_fork();
    int r;

    (void) state;
    if (pid == 0) {
        if (!reads_io_of(parent))
            _exit(WITHOUT);
        if (enter_landlock() < 0)
            _exit(NO_LANDLOCK);
        _exit(reads_io_of(parent) ? READABLE : UNREADABLE);
    }
    r = process_wait(pid);
    if (r == WITHOUT || r == NO_LANDLOCK)
        skip_because("no %s here", r == WITHOUT ? "/proc/PID/io" : "Landlock");
    assert_int_equal(r, UNREADABLE);
}

// A process of root, which has the same capabilities, can then be read still.
static void test_root_without_ptrace(void **state)
{
    pid_t pid;

    (void) state;
    if (geteuid() != 0)
        skip_because("only root can be root without CAP_SYS_PTRACE");
    pid = process_fork();
    if (pid == 0) {
        pid_t other = lose_ptrace() ? process_fork() : -1;

        if (other == 0) {
            pause();
            _exit(0);
        }
        _exit(other < 0 || privileges_drop("nobody", true) < 0 || geteuid() != 0 ||
                !reads_io_of(other));
    }
    assert_int_equal(process_wait(pid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_capabilities),
            cmocka_unit_test(test_another_user),
            cmocka_unit_test(test_root_without_ptrace),
            cmocka_unit_test(test_no_capabilities),
            cmocka_unit_test(test_filter),
            cmocka_unit_test(test_landlock),
    };

    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
