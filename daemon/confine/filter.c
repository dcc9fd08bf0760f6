#include "daemon/confine/filter.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Whatever their arguments.
static const int of_daemon[] = {
        // files that are open, and finding files
        SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
        SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(lseek),
        SCMP_SYS(_llseek), SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(stat), SCMP_SYS(stat64),
        SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64),
        SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(getdents64),
        SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(access), SCMP_SYS(faccessat),
        SCMP_SYS(faccessat2), SCMP_SYS(getcwd), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
        SCMP_SYS(pipe2), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(flock), SCMP_SYS(fsync),
        SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fallocate),
        SCMP_SYS(memfd_create),
        // memory
        SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock),
        SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(mlockall), SCMP_SYS(membarrier),
        // waiting and time
        SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
        SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
        SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2), SCMP_SYS(signalfd4), SCMP_SYS(timerfd_create),
        SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime), SCMP_SYS(inotify_init1),
        SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_rm_watch), SCMP_SYS(nanosleep),
        SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
        SCMP_SYS(gettimeofday), SCMP_SYS(time),
        // signals and threads
        SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
        SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack), SCMP_SYS(futex),
        SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
        SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
        SCMP_SYS(restart_syscall), SCMP_SYS(wait4), SCMP_SYS(exit), SCMP_SYS(exit_group),
        // sockets that are open
        SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(accept), SCMP_SYS(accept4),
        SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
        SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
        SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown),
        // who and where it is
        SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
        SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getresuid), SCMP_SYS(getresgid),
        SCMP_SYS(getgroups), SCMP_SYS(capget), SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit),
        SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(times), SCMP_SYS(uname),
        SCMP_SYS(getrandom), SCMP_SYS(getcpu), SCMP_SYS(umask)};

static const int of_sweeper[] = {SCMP_SYS(read), SCMP_SYS(flock), SCMP_SYS(nanosleep),
        SCMP_SYS(clock_nanosleep), SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(stat),
        SCMP_SYS(stat64), SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx),
        SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
        SCMP_SYS(exit), SCMP_SYS(exit_group)};

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define OPEN_WRITES  (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY))

// Only with these arguments; several lines of a call are alternatives.
static int allow_with_arguments(scmp_filter_ctx ctx)
{
    const struct {
        int call;
        struct scmp_arg_cmp arg[2];
        unsigned n;
    } rules[] = {
        {SCMP_SYS(open), {SCMP_A1_64(SCMP_CMP_MASKED_EQ, OPEN_WRITES, O_RDONLY)}, 1},
        {SCMP_SYS(openat), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, OPEN_WRITES, O_RDONLY)}, 1},
        {SCMP_SYS(socket), {SCMP_A0_64(SCMP_CMP_EQ, AF_UNIX)}, 1},
        {SCMP_SYS(socketpair), {SCMP_A0_64(SCMP_CMP_EQ, AF_UNIX)}, 1},
#if defined(__s390__) || defined(__CRIS__)
        {SCMP_SYS(clone), {SCMP_A1_64(SCMP_CMP_MASKED_EQ, THREAD_FLAGS, THREAD_FLAGS)}, 1},
#else
        {SCMP_SYS(clone), {SCMP_A0_64(SCMP_CMP_MASKED_EQ, THREAD_FLAGS, THREAD_FLAGS)}, 1},
#endif
        {SCMP_SYS(tgkill), {SCMP_A0_64(SCMP_CMP_EQ, (scmp_datum_t) getpid())}, 1},
        {SCMP_SYS(prlimit64), {SCMP_A0_64(SCMP_CMP_EQ, 0)}, 1},
        {SCMP_SYS(prctl), {SCMP_A0_64(SCMP_CMP_EQ, PR_SET_NAME)}, 1},
        {SCMP_SYS(prctl), {SCMP_A0_64(SCMP_CMP_EQ, PR_SET_VMA)}, 1},
        {SCMP_SYS(mmap), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}, 1},
        {SCMP_SYS(mmap), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC)}, 1},
        {SCMP_SYS(mmap2), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}, 1},
        {SCMP_SYS(mmap2), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC)}, 1},
        {SCMP_SYS(mprotect), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)}, 1},
        {SCMP_SYS(ioctl), {SCMP_A1_64(SCMP_CMP_EQ, 0x541b)}, 1}, // FIONREAD
        {SCMP_SYS(ioctl), {SCMP_A1_64(SCMP_CMP_EQ, 0x5401)}, 1}, // TCGETS: isatty
        {SCMP_SYS(ioctl), {SCMP_A1_64(SCMP_CMP_EQ, NS_GET_PARENT)}, 1},
        {SCMP_SYS(ioctl), {SCMP_A1_64(SCMP_CMP_EQ, NS_GET_OWNER_UID)}, 1},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        int r = seccomp_rule_add_array(
                ctx, SCMP_ACT_ALLOW, rules[i].call, rules[i].n, rules[i].arg);

        if (r < 0 && r != -EDOM) // EDOM: no such call on this machine
            return r;
    }
    return 0;
}

static int allow(scmp_filter_ctx ctx, const int *calls, size_t n)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < n; i++) {
        r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
        if (r == -EDOM)
            r = 0;
    }
    return r;
}

static int allow_daemon(scmp_filter_ctx ctx)
{
    int r = allow_with_arguments(ctx);

    if (r == 0)
        r = allow(ctx, of_daemon, ARRAY_SIZE(of_daemon));
    // Whose arguments a filter cannot see: the C library falls back on clone and openat.
    if (r == 0)
        r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (r == 0)
        r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
    return r;
}

static int allow_sweeper(scmp_filter_ctx ctx)
{
    return allow(ctx, of_sweeper, ARRAY_SIZE(of_sweeper));
}

static int install(int (*fill)(scmp_filter_ctx ctx))
{
    scmp_filter_ctx ctx;
    int r;

    if (FILTER_LEFT_OUT)
        return -EOPNOTSUPP;
    ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!ctx)
        return -EOPNOTSUPP;
    // For threads that a library may have begun.
    r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    if (r == -EOPNOTSUPP)
        r = 0;
    if (r == 0)
        r = fill(ctx);
    if (r == 0)
        r = seccomp_load(ctx); // sets no_new_privs, too
    seccomp_release(ctx);
    return r == -ENOSYS || r == -EINVAL ? -EOPNOTSUPP : r;
}

int filter_daemon(void)
{
    return install(allow_daemon);
}

int filter_sweeper(void)
{
    return install(allow_sweeper);
}
