// The daemon's filter of system calls: what it leaves, and what it refuses, in every thread.

#include "common/cleanup.h"
#include "common/log.h"
#include "daemon/confine/filter.h"
#include "tests/support/cmocka.h"
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include <sys/wait.h>
#include <unistd.h>

#define NO_PATH "/nonexistent/memscope"
#define VICTIM  LONG_MIN // an argument: the PID of a process of this user that sleeps
#define WRITES  (PROT_READ | PROT_WRITE | PROT_EXEC)

static pid_t victim;

typedef struct {
    const char *what;
    long number;
    long arg[6];
} call_t;

// These would do it.
static const call_t deeds[] = {
        {"ptrace attach", SYS_ptrace, {PTRACE_ATTACH, VICTIM, 0, 0}},
        {"ptrace seize", SYS_ptrace, {PTRACE_SEIZE, VICTIM, 0, 0}},
        {"process_vm_readv", SYS_process_vm_readv, {VICTIM, 0, 0, 0, 0, 0}},
        {"process_vm_writev", SYS_process_vm_writev, {VICTIM, 0, 0, 0, 0, 0}},
        {"pidfd_open", 434, {VICTIM, 0}},
        {"pidfd_getfd", 438, {0, 0, 0}},
        {"execve", SYS_execve, {(long) "/bin/true", 0, 0}},
        {"execveat", SYS_execveat, {AT_FDCWD, (long) "/bin/true", 0, 0, 0}},
#ifdef SYS_fork
        {"fork", SYS_fork, {0}},
        {"open for writing", SYS_open, {(long) "/dev/null", O_WRONLY}},
        {"creat", SYS_creat, {(long) "/dev/null", 0600}},
#endif
        {"clone of a process", SYS_clone, {SIGCHLD, 0, 0, 0, 0}},
        {"socketpair AF_INET", SYS_socketpair, {AF_INET, SOCK_STREAM, 0, 0}},
        {"openat for writing", SYS_openat, {AT_FDCWD, (long) "/dev/null", O_WRONLY}},
        {"openat for reading and writing", SYS_openat, {AT_FDCWD, (long) "/dev/null", O_RDWR}},
        {"openat of a temporary file", SYS_openat,
                {AT_FDCWD, (long) "/tmp", O_TMPFILE | O_RDWR, 0600}},
        {"openat to truncate", SYS_openat, {AT_FDCWD, (long) "/dev/null", O_TRUNC}},
        {"openat to append", SYS_openat, {AT_FDCWD, (long) "/dev/null", O_APPEND}},
        {"openat2", 437, {AT_FDCWD, (long) "/dev/null", 0, 0}},
        {"write to /proc", SYS_openat, {AT_FDCWD, (long) "/proc/self/oom_score_adj", O_WRONLY}},
        {"mkdirat", SYS_mkdirat, {AT_FDCWD, (long) "/tmp/memscope-must-not-exist", 0700}},
        {"kill", SYS_kill, {VICTIM, 0}},
        {"mount", SYS_mount, {(long) "none", (long) "/mnt", (long) "tmpfs", 0, 0}},
        {"unshare", SYS_unshare, {CLONE_NEWUSER}},
        {"setuid", SYS_setuid, {0}},
        {"bpf", SYS_bpf, {0, 0, 0}},
        {"io_uring_setup", 425, {1, 0}},
        {"mmap of writable code", SYS_mmap, {0, 4096, WRITES, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
};

// Calls that change the file system by name, or the system: whatever their arguments, and these
// would be refused with another error than EPERM where they got as far as the kernel.
static const call_t empty[] = {
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

#define ATTEMPTS (ARRAY_SIZE(deeds) + ARRAY_SIZE(empty))

static const call_t *attempt(size_t i)
{
    return i < ARRAY_SIZE(deeds) ? &deeds[i] : &empty[i - ARRAY_SIZE(deeds)];
}

static long make(const call_t *c)
{
    long a[6];

    for (size_t i = 0; i < ARRAY_SIZE(a); i++)
        a[i] = c->arg[i] == VICTIM ? victim : c->arg[i];
    errno = 0;
    return syscall(c->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// Those that are not refused: how many.
static size_t try_all(void)
{
    size_t failed = 0;

    for (size_t i = 0; i < ATTEMPTS; i++) {
        if (make(attempt(i)) < 0 && (errno == EPERM || errno == ENOSYS))
            continue;
        fprintf(stderr, "%s: not refused: %s\n", attempt(i)->what, strerror(errno));
        failed++;
    }
    // Where nothing stands against it the kernel would go and look for modules.
    for (int family = 0; failed == 0 && family < AF_MAX; family++) {
        if (family == AF_UNIX || (socket(family, SOCK_DGRAM, 0) < 0 && errno == EPERM))
            continue;
        fprintf(stderr, "socket of family %d: not refused: %s\n", family, strerror(errno));
        failed++;
    }
    return failed;
}

static void *thread_main(void *arg)
{
    *(size_t *) arg = try_all();
    return arg;
}

static int attempts_in_a_child(void)
{
    size_t in_thread = 1;
    pthread_t thread;

    if (filter_daemon() < 0 || try_all() > 0)
        return 1;
    if (pthread_create(&thread, NULL, thread_main, &in_thread) != 0)
        return 2;
    return pthread_join(thread, NULL) != 0 || in_thread > 0;
}

static void *nothing(void *arg)
{
    return arg;
}

// What the daemon goes on doing. The line that failed, 0: none.
static int still_works(void)
{
    char buf[4096];
    pthread_t thread;
    void *result;
    int fd, marker;

    if (filter_daemon() < 0)
        return __LINE__;
    fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, buf, sizeof(buf)) <= 0)
        return __LINE__;
    if (socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0)
        return __LINE__;
    if (pthread_create(&thread, NULL, nothing, &marker) != 0 ||
            pthread_join(thread, &result) != 0 || result != &marker)
        return __LINE__;
    free(malloc(1 << 20));
    return 0;
}

static int in_child(int (*run)(void))
{
    pid_t pid = process_fork();

    if (pid == 0)
        _exit(run());
    return process_wait(pid);
}

// Of kernel or build. Anything else that stands against a filter is a fault.
static int has_no_filters(void)
{
    return filter_daemon() == -EOPNOTSUPP;
}

static void test_refused(void **state)
{
    (void) state;
    if (in_child(has_no_filters) == 1)
        skip_because("no filters of system calls here");
    assert_int_equal(in_child(attempts_in_a_child), 0);
}

// The attempts are worth something only where they get further without the filter.
static void test_without_the_filter(void **state)
{
    unsigned reached = 0;

    (void) state;
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
        reached += make(&empty[i]) >= 0 || errno != EPERM;
    assert_true(reached > 20);
}

static void test_allowed(void **state)
{
    (void) state;
    if (in_child(has_no_filters) == 1)
        skip_because("no filters of system calls here");
    assert_int_equal(in_child(still_works), 0);
}

static int begin(void **state)
{
    (void) state;
    victim = process_fork();
    if (victim == 0) {
        pause();
        _exit(0);
    }
    return 0;
}

static int end(void **state)
{
    (void) state;
    kill(victim, SIGKILL);
    return waitpid(victim, NULL, 0) == victim ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(test_refused),
            cmocka_unit_test(test_without_the_filter),
            cmocka_unit_test(test_allowed),
    };

    log_open("test", LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, begin, end);
}
