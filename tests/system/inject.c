// Makes every thread of a running process try what it must not be able to: `inject PID`. Stops each
// thread where it waits, has it make the calls in its own context, one after the other, and lets it
// go on. One line for each that was not refused with EPERM or ENOSYS; the last line is
//
//   2 threads, 122 calls, 0 not refused

#include "common/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

#define PATH 1 // an argument that points to a path that can be made and removed again
#define TRUE 2 // to /bin/true
#define KEPT 3 // to a file in the state directory

#define TRIES_MAX 100

typedef struct {
    const char *what;
    long number;
    long arg[5];
    unsigned text[5]; // PATH, TRUE, KEPT
} attempt_t;

static const attempt_t attempts[] = {
        {"ptrace", SYS_ptrace, {PTRACE_SEIZE, 1}, {0}},
        {"process_vm_readv", SYS_process_vm_readv, {1, 0, 0, 0, 0}, {0}},
        {"process_vm_writev", SYS_process_vm_writev, {1, 0, 0, 0, 0}, {0}},
        {"pidfd_open", 434, {1, 0}, {0}},
        {"pidfd_getfd", 438, {-1, 0, 0}, {0}},
        {"kcmp", SYS_kcmp, {1, 1, 0, 0, 0}, {0}},
        {"process_madvise", 440, {-1, 0, 0, 0, 0}, {0}},
        {"execve", SYS_execve, {0, 1, 0}, {TRUE}},
        {"execveat", SYS_execveat, {AT_FDCWD, 0, 1, 0, 0}, {0, TRUE}},
        {"fork", SYS_fork, {0}, {0}},
        {"vfork", SYS_vfork, {0}, {0}},
        {"clone of a process", SYS_clone, {17, 0, 0, 0, 0}, {0}},
        {"socketpair AF_INET", SYS_socketpair, {AF_INET, SOCK_STREAM, 0, 0}, {0}},
        {"open for writing", SYS_open, {0, O_WRONLY}, {TRUE}},
        {"open to create", SYS_open, {0, O_RDONLY | O_CREAT, 0600}, {PATH}},
        {"openat for writing", SYS_openat, {AT_FDCWD, 0, O_RDWR}, {0, TRUE}},
        {"openat to truncate", SYS_openat, {AT_FDCWD, 0, O_TRUNC}, {0, TRUE}},
        {"open of the state for writing", SYS_open, {0, O_WRONLY}, {KEPT}},
        {"openat2", 437, {AT_FDCWD, 0, 0, 0}, {0, TRUE}},
        {"creat", SYS_creat, {0, 0600}, {PATH}},
        {"open_by_handle_at", SYS_open_by_handle_at, {-1, 0, 0}, {0}},
        {"mkdir", SYS_mkdir, {0, 0700}, {PATH}},
        {"mkdirat", SYS_mkdirat, {AT_FDCWD, 0, 0700}, {0, PATH}},
        {"mknodat", SYS_mknodat, {AT_FDCWD, 0, 0010600, 0}, {0, PATH}},
        {"symlinkat", SYS_symlinkat, {0, AT_FDCWD, 0}, {TRUE, 0, PATH}},
        {"linkat", SYS_linkat, {AT_FDCWD, 0, AT_FDCWD, 0, 0}, {0, TRUE, 0, PATH}},
        {"mknod", SYS_mknod, {0, 0010600}, {PATH}},
        {"symlink", SYS_symlink, {0, 0}, {TRUE, PATH}},
        {"link", SYS_link, {0, 0}, {TRUE, PATH}},
        {"rename", SYS_rename, {0, 0}, {PATH, PATH}},
        {"renameat2", SYS_renameat2, {AT_FDCWD, 0, AT_FDCWD, 0, 0}, {0, PATH, 0, PATH}},
        {"unlink", SYS_unlink, {0}, {PATH}},
        {"unlinkat", SYS_unlinkat, {AT_FDCWD, 0, 0}, {0, PATH}},
        {"rmdir", SYS_rmdir, {0}, {PATH}},
        {"chmod", SYS_chmod, {0, 0600}, {PATH}},
        {"fchmodat", SYS_fchmodat, {AT_FDCWD, 0, 0600}, {0, PATH}},
        {"chown", SYS_chown, {0, -1, -1}, {PATH}},
        {"fchownat", SYS_fchownat, {AT_FDCWD, 0, -1, -1, 0}, {0, PATH}},
        {"truncate", SYS_truncate, {0, 0}, {PATH}},
        {"utimensat", SYS_utimensat, {AT_FDCWD, 0, 0, 0}, {0, PATH}},
        {"setxattr", SYS_setxattr, {0, 0, 0, 0, 0}, {PATH, PATH}},
        {"mount", SYS_mount, {0, 0, 0, 0, 0}, {PATH, PATH}},
        {"umount2", SYS_umount2, {0, 0}, {PATH}},
        {"mount_setattr", 442, {-1, 0, 0, 0, 0}, {0}},
        {"move_mount", 429, {-1, 0, -1, 0, 0}, {0, PATH, 0, PATH}},
        {"fsopen", 430, {0, 0}, {PATH}},
        {"chroot", SYS_chroot, {0}, {PATH}},
        {"unshare", SYS_unshare, {CLONE_NEWUSER}, {0}},
        {"setns", SYS_setns, {-1, 0}, {0}},
        {"kill", SYS_kill, {1, 0}, {0}},
        {"pidfd_send_signal", 424, {-1, 0, 0, 0}, {0}},
        {"rt_sigqueueinfo", SYS_rt_sigqueueinfo, {1, 0, 0}, {0}},
        {"tgkill of another", SYS_tgkill, {1, 1, 0}, {0}},
        {"setuid", SYS_setuid, {0}, {0}},
        {"setgid", SYS_setgid, {0}, {0}},
        {"setgroups", SYS_setgroups, {0, 0}, {0}},
        {"setresuid", SYS_setresuid, {0, 0, 0}, {0}},
        {"capset", SYS_capset, {0, 0}, {0}},
        {"prctl PR_SET_DUMPABLE", SYS_prctl, {4, 1}, {0}},
        {"prlimit of another", SYS_prlimit64, {1, 4, 0, 0}, {0}},
        {"bpf", SYS_bpf, {0, 0, 0}, {0}},
        {"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1, 0}, {0}},
        {"userfaultfd", SYS_userfaultfd, {0}, {0}},
        {"io_uring_setup", 425, {1, 0}, {0}},
        {"keyctl", SYS_keyctl, {0, 0, 0}, {0}},
        {"add_key", SYS_add_key, {0, 0, 0, 0, 0}, {0}},
        {"init_module", SYS_init_module, {0, 0, 0}, {0}},
        {"finit_module", SYS_finit_module, {-1, 0, 0}, {0}},
        {"kexec_load", SYS_kexec_load, {0, 0, 0, -1}, {0}},
        {"swapon", SYS_swapon, {0, 0}, {PATH}},
        {"ioperm", SYS_ioperm, {0, 1, 0}, {0}},
        {"sethostname", SYS_sethostname, {0, -1}, {0}},
        {"shmget", SYS_shmget, {0, 4096, 0600}, {0}},
        {"reboot", SYS_reboot, {0, 0, 0, 0}, {0}},
        {"mmap writable code", SYS_mmap, {0, 4096, 7, 0x22, -1}, {0}},
        {"mprotect to code", SYS_mprotect, {0, 4096, 5}, {0}},
};

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static void put_text(pid_t tid, uint64_t at, const char *text)
{
    char words[64] = {0};

    strncpy(words, text, sizeof(words) - 1);
    for (size_t i = 0; i < sizeof(words); i += sizeof(long)) {
        long word;

        memcpy(&word, words + i, sizeof(word));
        if (ptrace(PTRACE_POKEDATA, tid, (void *) (at + i), (void *) word) < 0)
            die("PTRACE_POKEDATA");
    }
}

// What the call returned in the thread, which stands behind a call that it waits in.
static long call(pid_t tid, const struct user_regs_struct *saved, const attempt_t *a)
{
    struct user_regs_struct r = *saved;
    uint64_t below = (saved->rsp - 1024) & ~UINT64_C(15); // nothing is kept there
    long arg[5];
    int status;

    put_text(tid, below, "/run/memscope/must-not-be");
    put_text(tid, below + 64, "/bin/true");
    put_text(tid, below + 128, "/var/lib/memscope/state.0");
    for (int i = 0; i < 5; i++)
        arg[i] = a->text[i] ? (long) below + 64 * (long) (a->text[i] - PATH) : a->arg[i];
    r.rip -= 2; // back onto the call itself
    r.orig_rax = (unsigned long long) -1;
    r.rax = (unsigned long long) a->number;
    r.rdi = (unsigned long long) arg[0];
    r.rsi = (unsigned long long) arg[1];
    r.rdx = (unsigned long long) arg[2];
    r.r10 = (unsigned long long) arg[3];
    r.r8 = (unsigned long long) arg[4];
    r.r9 = 0;
    if (ptrace(PTRACE_SETREGS, tid, NULL, &r) < 0 || ptrace(PTRACE_SINGLESTEP, tid, NULL, NULL) < 0)
        die("PTRACE_SINGLESTEP");
    if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status) ||
            ptrace(PTRACE_GETREGS, tid, NULL, &r) < 0)
        die("the thread is gone");
    return (long) r.rax;
}

static bool is_refused(pid_t tid, const struct user_regs_struct *saved, const attempt_t *a)
{
    long r = call(tid, saved, a);

    if (r == -EPERM || r == -ENOSYS)
        return true;
    printf("%s: %ld in thread %d\n", a->what, r, (int) tid);
    return false;
}

static bool is_at_a_call(pid_t tid, const struct user_regs_struct *r)
{
    errno = 0;
    return (ptrace(PTRACE_PEEKTEXT, tid, (void *) (r->rip - 2), NULL) & 0xffff) == 0x050f &&
           errno == 0;
}

static unsigned try_all(pid_t tid)
{
    struct user_regs_struct saved;
    unsigned n = 0;
    int status;

    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
        die("cannot trace the thread");
    // At work it may be stopped anywhere: a little later it waits.
    for (int tries = 0;; tries++) {
        if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0 || waitpid(tid, &status, __WALL) != tid ||
                ptrace(PTRACE_GETREGS, tid, NULL, &saved) < 0)
            die("cannot stop the thread");
        if (is_at_a_call(tid, &saved))
            break;
        if (tries == TRIES_MAX) {
            fprintf(stderr, "thread %d does not wait in a call\n", (int) tid);
            exit(3);
        }
        if (ptrace(PTRACE_CONT, tid, NULL, NULL) < 0)
            die("cannot continue the thread");
        usleep(10 * 1000);
    }
    for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
        n += !is_refused(tid, &saved, &attempts[i]);
    // Where nothing stands against it the kernel would go and look for modules.
    for (int family = 0; n == 0 && family < AF_MAX; family++) {
        char what[32];
        const attempt_t a = {what, SYS_socket, {family, SOCK_DGRAM, 0}, {0}};

        snprintf(what, sizeof(what), "socket of family %d", family);
        n += family != AF_UNIX && !is_refused(tid, &saved, &a);
    }
    if (ptrace(PTRACE_SETREGS, tid, NULL, &saved) < 0 || ptrace(PTRACE_DETACH, tid, NULL, NULL) < 0)
        die("cannot let the thread go");
    return n;
}

int main(int argc, char **argv)
{
    _cleanup_closedir_ DIR *tasks = NULL;
    unsigned threads = 0, failed = 0;
    char path[64];

    if (argc != 2)
        return 2;
    snprintf(path, sizeof(path), "/proc/%s/task", argv[1]);
    tasks = opendir(path);
    if (!tasks)
        die(path);
    for (const struct dirent *d; (d = readdir(tasks)) != NULL;) {
        if (d->d_name[0] == '.')
            continue;
        failed += try_all((pid_t) atoi(d->d_name));
        threads++;
    }
    printf("%u threads, %zu calls, %u not refused\n", threads, ARRAY_SIZE(attempts) + AF_MAX - 1,
            failed);
    return failed > 0;
}

#else

int main(void)
{
    printf("not on this machine\n");
    return 77;
}

#endif
