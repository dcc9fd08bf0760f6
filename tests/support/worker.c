// Who is looked at: this program, started as a worker (see people.h).

#include "common/cleanup.h"
#include "tests/support/cmocka.h"
#include "tests/support/people.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE  (UINT64_C(1) << 30)
#define TAKES  ((size_t) WORKER_TAKES_MB << 20)
#define TURNED 3 // descriptor of the worker
#define OPTION "--work"

// ---- What it does ------------------------------------------------------------------------------

static _Noreturn void give_up(const char *what)
{
    perror(what);
    _exit(1);
}

static void write_all(int fd, uint64_t left)
{
    void *p = mmap(NULL, PIECE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    while (left > 0) {
        ssize_t n = write(fd, p, MIN(left, PIECE));

        if (n <= 0)
            give_up("worker: write");
        left -= (uint64_t) n;
    }
    munmap(p, PIECE);
}

static void await_signal(void)
{
    sigset_t set;
    int signo;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigwait(&set, &signo);
}

static void become_ann(void)
{
    process_become(ANN);
    prctl(PR_SET_NAME, "became");
}

static void fill(void)
{
    static int fd = -1;

    if (fd >= 0) {
        close(fd);
        fd = -1;
        return;
    }
    fd = memfd_create("filled", MFD_CLOEXEC);
    write_all(fd, TAKES);
}

static void grow(void)
{
    static void *p;

    if (p) {
        munmap(p, TAKES);
        p = NULL;
        return;
    }
    p = mmap(
            NULL, TAKES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED)
        give_up("worker: memory");
}

// So much of its own that the sizes of no two workers are the same.
static void hold(uint64_t bytes)
{
    size_t len = (1 + bytes % 997) * (size_t) sysconf(_SC_PAGESIZE);

    if (mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
                0) == MAP_FAILED)
        give_up("worker: memory");
}

static void neglect(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid < 0 || waitid(P_PID, (id_t) pid, &(siginfo_t){0}, WEXITED | WNOWAIT) < 0)
        give_up("worker: child");
}

// Says that it is ready by closing its output.
static _Noreturn void work(uint64_t bytes, worker_kind_t kind, char *suid)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    sigset_t set;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    write_all(null, bytes);
    hold(bytes);
    if (kind == WORKER_SECRETIVE)
        prctl(PR_SET_DUMPABLE, 0);
    if (kind == WORKER_NEGLECTS)
        neglect();
    close(STDOUT_FILENO);
    for (;;) {
        await_signal();
        if (kind == WORKER_BECOMES)
            become_ann();
        else if (kind == WORKER_FILLS)
            fill();
        else if (kind == WORKER_GROWS)
            grow();
        else if (kind == WORKER_LEAVES)
            execl(suid, "worker", OPTION, "0", "0", "-", NULL);
        if ((kind == WORKER_FILLS || kind == WORKER_GROWS) && write(TURNED, "", 1) != 1)
            give_up("worker: turn");
    }
}

void people_main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], OPTION) == 0)
        work(strtoull(argv[2], NULL, 10), (worker_kind_t) atoi(argv[3]), argv[4]);
}

// ---- Its life ----------------------------------------------------------------------------------

static void copy_self(const char *to, mode_t mode)
{
    _cleanup_close_ int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    _cleanup_close_ int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    char bytes[65536];
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof(bytes))) > 0)
        assert_int_equal(write(out, bytes, (size_t) n), n);
    assert_int_equal(fchmod(out, mode), 0);
}

// In the child.
static _Noreturn void become_worker(
        const worker_t *w, const char *path, char *suid, int ready, int turned)
{
    char bytes[32], kind[16];

    // Either may be where the other is to be.
    turned = fcntl(turned, F_DUPFD_CLOEXEC, TURNED + 1);
    dup2(ready, STDOUT_FILENO);
    dup2(turned, TURNED);
    if (w->uid != ROOT)
        process_become(w->uid);
    snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long) w->bytes);
    snprintf(kind, sizeof(kind), "%d", (int) w->kind);
    // Arguments are for everybody to read: only who needs the path gets it.
    execl(path, "worker", OPTION, bytes, kind, w->kind == WORKER_LEAVES ? suid : "-", NULL);
    give_up(path);
}

void worker_start(const people_t *p, worker_t *w, size_t index)
{
    char path[192], suid[192], c;
    int ready[2], turned[2];

    // Nor to be found with those of another test, or of another run of it, beside this one. No name
    // is part of another one.
    snprintf(w->dir, sizeof(w->dir), "unmistakable-%d-%zu", (int) getpid(), index);
    snprintf(w->name, sizeof(w->name), "w%zu-%d.", index, (int) getpid());
    snprintf(path, sizeof(path), "%s/%s", p->dir.path, w->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, 0755), 0); // whatever the umask: others run it
    snprintf(suid, sizeof(suid), "%s/%s/suid", p->dir.path, w->dir);
    snprintf(path, sizeof(path), "%s/%s/%s", p->dir.path, w->dir, w->name);
    copy_self(path, w->kind == WORKER_SETUID ? 04755 : 0755);
    copy_self(suid, 04755);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(turned, O_CLOEXEC), 0);
    w->pid = process_fork();
    if (w->pid == 0)
        become_worker(w, path, suid, ready[1], turned[1]);
    close(ready[1]);
    close(turned[1]);
    w->turned = turned[0];
    assert_int_equal(read(ready[0], &c, 1), 0);
    close(ready[0]);
    assert_true(proc_is_running(w->pid));
}

void worker_turn(const worker_t *w)
{
    char c;

    assert_int_equal(kill(w->pid, SIGUSR1), 0);
    assert_int_equal(read(w->turned, &c, 1), 1);
}

void worker_stop(const people_t *p, const worker_t *w)
{
    const char *const names[] = {w->name, "suid"};
    char path[192];

    kill(w->pid, SIGKILL);
    assert_int_equal(waitpid(w->pid, NULL, 0), w->pid);
    close(w->turned);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(path, sizeof(path), "%s/%s/%s", p->dir.path, w->dir, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/%s", p->dir.path, w->dir);
    rmdir(path);
}
