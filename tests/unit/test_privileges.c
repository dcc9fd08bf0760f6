// What memscoped gave up is gone: each child takes on the daemon's state and then tries.

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/confine/filter.h"
#include "daemon/confine/privileges.h"
#include "tests/support/cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static pid_t victim; // a process of this user that sleeps

// Each returns what the kernel said: negative, and errno.
static long try_ptrace(void)
{
    return ptrace(PTRACE_ATTACH, victim, NULL, NULL);
}

static long try_seize(void)
{
    return ptrace(PTRACE_SEIZE, victim, NULL, NULL);
}

static long try_process_vm(bool write)
{
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {&victim, 1};

    return write ? process_vm_writev(victim, &here, 1, &there, 1, 0)
                 : process_vm_readv(victim, &here, 1, &there, 1, 0);
}

static long try_vm_read(void)
{
    return try_process_vm(false);
}

static long try_vm_write(void)
{
    return try_process_vm(true);
}

static long try_pidfd_open(void)
{
    return syscall(SYS_pidfd_open, victim, 0);
}

static long try_pidfd_getfd(void)
{
    return syscall(SYS_pidfd_getfd, 0, 0, 0);
}

static long try_exec(void)
{
    return execl("/bin/true", "true", (char *) NULL);
}

static long try_execveat(void)
{
    char *argv[] = {NULL};

    return syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, argv, 0);
}

static long try_fork(void)
{
    return fork();
}

static long try_inet(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_netlink(void)
{
    return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long try_packet(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static long try_inet_pair(void)
{
    int fds[2];

    return socketpair(AF_INET, SOCK_STREAM, 0, fds);
}

static long try_open_write(void)
{
    return open("/dev/null", O_WRONLY);
}

static long try_open_read_write(void)
{
    return open("/dev/null", O_RDWR);
}

static long try_create(void)
{
    return open("/tmp", O_TMPFILE | O_RDWR, 0600);
}

static long try_truncate(void)
{
    return open("/dev/null", O_RDONLY | O_TRUNC);
}

static long try_creat(void)
{
    return creat("/dev/null", 0600);
}

static long try_openat2(void)
{
    return syscall(437, AT_FDCWD, "/dev/null", NULL, 0);
}

static long try_oom_score(void)
{
    return open("/proc/self/oom_score_adj", O_WRONLY);
}

static long try_mkdir(void)
{
    return mkdir("/tmp/memscope-must-not-exist", 0700);
}

static long try_kill(void)
{
    return kill(victim, 0);
}

static long try_mount(void)
{
    return syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL);
}

static long try_unshare(void)
{
    return unshare(CLONE_NEWUSER);
}

static long try_setuid(void)
{
    return setuid(0);
}

static long try_bpf(void)
{
    return syscall(SYS_bpf, 0, NULL, 0);
}

static long try_io_uring(void)
{
    return syscall(425, 1, NULL);
}

static long try_writable_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0) == MAP_FAILED
                   ? -1
                   : 0;
}

static const struct {
    const char *what;
    long (*attempt)(void);
} forbidden[] = {
        {"ptrace attach", try_ptrace},
        {"ptrace seize", try_seize},
        {"process_vm_readv", try_vm_read},
        {"process_vm_writev", try_vm_write},
        {"pidfd_open", try_pidfd_open},
        {"pidfd_getfd", try_pidfd_getfd},
        {"execve", try_exec},
        {"execveat", try_execveat},
        {"fork", try_fork},
        {"socket AF_INET", try_inet},
        {"socket AF_NETLINK", try_netlink},
        {"socket AF_PACKET", try_packet},
        {"socketpair AF_INET", try_inet_pair},
        {"open for writing", try_open_write},
        {"open for reading and writing", try_open_read_write},
        {"open a temporary file", try_create},
        {"open and truncate", try_truncate},
        {"creat", try_creat},
        {"openat2", try_openat2},
        {"write to /proc", try_oom_score},
        {"mkdir", try_mkdir},
        {"kill", try_kill},
        {"mount", try_mount},
        {"unshare", try_unshare},
        {"setuid", try_setuid},
        {"bpf", try_bpf},
        {"io_uring_setup", try_io_uring},
        {"writable code", try_writable_code},
};

// Calls that change the file system by name, or the system: whatever their arguments, and these
// would be refused with another error than EPERM where they got as far as the kernel.
#define NO_PATH "/nonexistent/memscope"

static const struct {
    const char *what;
    long number;
    long arg[5];
} plain[] = {
#ifdef SYS_unlink
        {"unlink", SYS_unlink, {(long) NO_PATH}},
        {"rename", SYS_rename, {(long) NO_PATH, (long) NO_PATH}},
        {"rmdir", SYS_rmdir, {(long) NO_PATH}},
        {"link", SYS_link, {(long) NO_PATH, (long) NO_PATH}},
        {"symlink", SYS_symlink, {(long) NO_PATH, (long) NO_PATH}},
        {"mknod", SYS_mknod, {(long) NO_PATH, S_IFIFO | 0600}},
        {"chmod", SYS_chmod, {(long) NO_PATH, 0}},
        {"chown", SYS_chown, {(long) NO_PATH, -1, -1}},
        {"utime", SYS_utime, {(long) NO_PATH}},
#endif
        {"unlinkat", SYS_unlinkat, {AT_FDCWD, (long) NO_PATH}},
        {"renameat2", SYS_renameat2, {AT_FDCWD, (long) NO_PATH, AT_FDCWD, (long) NO_PATH}},
        {"mkdirat", SYS_mkdirat, {AT_FDCWD, (long) NO_PATH, 0700}},
        {"linkat", SYS_linkat, {AT_FDCWD, (long) NO_PATH, AT_FDCWD, (long) NO_PATH}},
        {"symlinkat", SYS_symlinkat, {(long) NO_PATH, AT_FDCWD, (long) NO_PATH}},
        {"mknodat", SYS_mknodat, {AT_FDCWD, (long) NO_PATH, S_IFIFO | 0600}},
        {"fchmod", SYS_fchmod, {-1, 0}},
        {"fchmodat", SYS_fchmodat, {AT_FDCWD, (long) NO_PATH, 0}},
        {"fchownat", SYS_fchownat, {AT_FDCWD, (long) NO_PATH, -1, -1}},
        {"truncate", SYS_truncate, {(long) NO_PATH}},
        {"utimensat", SYS_utimensat, {AT_FDCWD, (long) NO_PATH}},
        {"setxattr", SYS_setxattr, {(long) NO_PATH, (long) "user.x", (long) "", 0}},
        {"removexattr", SYS_removexattr, {(long) NO_PATH, (long) "user.x"}},
        {"umount2", SYS_umount2, {(long) NO_PATH}},
        {"pivot_root", SYS_pivot_root, {(long) NO_PATH, (long) NO_PATH}},
        {"chroot", SYS_chroot, {(long) NO_PATH}},
        {"chdir", SYS_chdir, {(long) NO_PATH}},
        {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0}},
        {"setns", SYS_setns, {-1, 0}},
        {"kcmp", SYS_kcmp, {0, 0, 99, 0, 0}},
        {"tgkill of another", SYS_tgkill, {1, 1, 0}},
        {"rt_sigqueueinfo", SYS_rt_sigqueueinfo, {0, 0, 0}},
        {"prlimit of another", SYS_prlimit64, {1, RLIMIT_CORE, 0, 0}},
        {"prctl PR_SET_DUMPABLE", SYS_prctl, {PR_SET_DUMPABLE, 99}},
        {"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1, 0}},
        {"userfaultfd", SYS_userfaultfd, {-1}},
        {"add_key", SYS_add_key, {0, 0, 0, 0, 0}},
        {"keyctl", SYS_keyctl, {999}},
        {"init_module", SYS_init_module, {0, 0, 0}},
        {"finit_module", SYS_finit_module, {-1, 0, 0}},
        {"kexec_load", SYS_kexec_load, {0, 0, 0, ~0L}},
        {"reboot", SYS_reboot, {0, 0, 0, 0}},
        {"swapoff", SYS_swapoff, {(long) NO_PATH}},
        {"sethostname", SYS_sethostname, {0, -1}},
        {"quotactl", SYS_quotactl, {-1, 0, 0, 0}},
        {"shmget", SYS_shmget, {0, -1, 0}},
        {"msgget", SYS_msgget, {-1, 0}},
        {"personality", SYS_personality, {-1}},
        {"process_madvise", 440, {-1, 0, 0, 0, 99}},
        {"setresuid", SYS_setresuid, {-1, -1, -1}},
        {"capset", SYS_capset, {0, 0}},
        {"mount_setattr", 442, {-1, 0, 0, 0, 0}},
        {"move_mount", 429, {-1, 0, -1, 0, 0xff}},
        {"fsopen", 430, {(long) NO_PATH, 0xff}},
};

static void *thread_main(void *arg)
{
    return arg;
}

// What the daemon goes on doing. The line that failed, 0: none.
static int still_works(void)
{
    char buf[4096];
    int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC), marker;
    pthread_t thread;
    void *result;

    if (fd < 0 || read(fd, buf, sizeof(buf)) <= 0)
        return __LINE__;
    if (socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0)
        return __LINE__;
    if (pthread_create(&thread, NULL, thread_main, &marker) != 0 ||
            pthread_join(thread, &result) != 0 || result != &marker)
        return __LINE__;
    free(malloc(1 << 20));
    return 0;
}

static bool filter_applies;

static int in_child(long (*attempt)(void))
{
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        long r;

        if (privileges_drop("no-such-user", true) < 0)
            _exit(100);
        r = attempt();
        _exit(r < 0 && (errno == EPERM || errno == ENOSYS) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int find_out(void **state)
{
    int status;
    pid_t pid = fork();

    (void) state;
    if (pid == 0)
        _exit(filter_daemon() == 0);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    filter_applies = WIFEXITED(status) && WEXITSTATUS(status) == 1;
    victim = fork();
    if (victim == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    return victim < 0 ? -1 : 0;
}

static int end_victim(void **state)
{
    (void) state;
    kill(victim, SIGKILL);
    return waitpid(victim, NULL, 0) == victim ? 0 : -1;
}

static void test_forbidden(void **state)
{
    (void) state;
    if (!filter_applies)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
        int r = in_child(forbidden[i].attempt);

        if (r != 0)
            fail_msg("%s: not refused (%d)", forbidden[i].what, r);
    }
}

// In a second thread, which the filter has to cover as well.
static void *try_plain(void *arg)
{
    (void) arg;
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
        const long *a = plain[i].arg;

        errno = 0;
        if (syscall(plain[i].number, a[0], a[1], a[2], a[3], a[4]) >= 0 || errno != EPERM)
            return (void *) (uintptr_t) plain[i].what;
    }
    return NULL;
}

static long run_plain(void)
{
    pthread_t thread;
    void *failed = try_plain(NULL);

    if (!failed &&
            (pthread_create(&thread, NULL, try_plain, NULL) != 0 || pthread_join(thread, &failed)))
        failed = (void *) (uintptr_t) "a thread";
    if (failed)
        fprintf(stderr, "%s: not refused: %s\n", (const char *) failed, strerror(errno));
    errno = EPERM;
    return failed ? 0 : -1;
}

static void test_nothing_is_changed(void **state)
{
    (void) state;
    if (!filter_applies)
        skip();
    assert_int_equal(in_child(run_plain), 0);
}

// The attempts are worth something only where they get further without the filter.
static void test_without_the_filter(void **state)
{
    unsigned reached = 0;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
        const long *a = plain[i].arg;

        errno = 0;
        reached += syscall(plain[i].number, a[0], a[1], a[2], a[3], a[4]) >= 0 || errno != EPERM;
    }
    assert_true(reached > 20);
}

static long run_still_works(void)
{
    int line = still_works();

    if (line != 0)
        fprintf(stderr, "line %d: %s\n", line, strerror(errno));
    errno = EPERM;
    return line == 0 ? -1 : 0;
}

static void test_allowed(void **state)
{
    (void) state;
    assert_int_equal(in_child(run_still_works), 0);
}

static unsigned long long status_number(const char *field, int base)
{
    _cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
    char line[256];

    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, field, strlen(field)) == 0)
            return strtoull(line + strlen(field), NULL, base);
    return ~0ULL;
}

static long run_capabilities(void)
{
    const unsigned long long two = 1ULL << 19 | 1ULL << 2;
    bool good = !(status_number("CapEff:", 16) & ~two) && !(status_number("CapPrm:", 16) & ~two) &&
                status_number("CapAmb:", 16) == 0 && status_number("NoNewPrivs:", 10) == 1;

    errno = EPERM;
    return good ? -1 : 0;
}

static void test_capabilities(void **state)
{
    (void) state;
    assert_int_equal(in_child(run_capabilities), 0);
}

static long run_become_nobody(void)
{
    bool good = getuid() == 65534 && geteuid() == 65534 && getgid() != 0 && getgroups(0, NULL) == 0;

    if (!good)
        return 0;
    return run_capabilities();
}

static void test_another_user(void **state)
{
    int status;
    pid_t pid;

    (void) state;
    if (geteuid() != 0)
        skip();
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(privileges_drop("nobody", true) < 0 || run_become_nobody() == 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

// For a trace nothing is kept at all.
static void test_no_capabilities(void **state)
{
    int status;
    pid_t pid;

    (void) state;
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(privileges_drop("no-such-user", false) < 0 || status_number("CapEff:", 16) != 0 ||
                status_number("CapPrm:", 16) != 0 || geteuid() == 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_forbidden),
            cmocka_unit_test(test_nothing_is_changed),
            cmocka_unit_test(test_without_the_filter),
            cmocka_unit_test(test_allowed),
            cmocka_unit_test(test_capabilities),
            cmocka_unit_test(test_another_user),
            cmocka_unit_test(test_no_capabilities),
    };

    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, find_out, end_victim);
}
