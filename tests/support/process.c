#include "tests/support/process.h"

#include "common/cleanup.h"
#include "common/clock.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define STEP_MS 5

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "process: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int reap(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            give_up("waitpid");
    return status;
}

void process_default_signals(void)
{
    sigset_t none;

    for (int signo = 1; signo < SIGRTMIN; signo++)
        signal(signo, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t process_fork(void)
{
    pid_t parent = getpid(), pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        give_up("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(127);
    }
    return pid;
}

bool process_sees_all(void)
{
    return geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_PTRACE) == 1;
}

void process_become(uid_t uid)
{
    if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
        give_up("becoming somebody else");
    // Both were lost on the way.
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int process_wait(pid_t pid)
{
    int status = reap(pid);

    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static pid_t spawn(const char *const argv[], int in, int out, int err)
{
    pid_t pid = process_fork();

    if (pid > 0)
        return pid;
    process_default_signals();
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
            (err >= 0 && dup2(err, STDERR_FILENO) < 0))
        _exit(127);
    execvp(argv[0], (char *const *) (uintptr_t) argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

process_t process_start(const char *const argv[])
{
    int in[2], out[2];

    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        give_up("pipe");

    process_t p = {.pid = spawn(argv, in[0], out[1], -1), .in = in[1], .out = out[0]};
    close(in[0]);
    close(out[1]);
    return p;
}

int process_end(process_t *p)
{
    close(p->in);

    int status = reap(p->pid);
    close(p->out);
    p->pid = 0;
    return status;
}

static bool listens(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return fd >= 0 && connect(fd, (const struct sockaddr *) &address, sizeof(address)) == 0;
}

process_t process_start_listening(const char *const argv[], const char *socket_path)
{
    process_t p = process_start(argv);

    while (!listens(socket_path)) {
        if (!proc_is_running(p.pid))
            give_up(argv[0]);
        poll(NULL, 0, STEP_MS);
    }
    return p;
}

void process_stop(process_t *p)
{
    if (p->pid == 0)
        return;
    kill(p->pid, SIGKILL);
    process_end(p);
}

bool process_read_line(process_t *p, char *buf, size_t cap)
{
    size_t size = 0;
    char c;

    for (;;) {
        ssize_t n = read(p->out, &c, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || c == '\n') {
            buf[size] = '\0';
            return n > 0;
        }
        if (size + 1 < cap)
            buf[size++] = c;
    }
}

void process_write_line(process_t *p, const char *line)
{
    if (dprintf(p->in, "%s\n", line) < 0)
        give_up("write");
}

int process_run(const char *const argv[], char *ret_output, size_t cap)
{
    _cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char buf[4096];
    size_t size = 0;
    ssize_t n;
    int out[2];

    if (null < 0 || pipe2(out, O_CLOEXEC) < 0)
        give_up("pipe");

    pid_t pid = spawn(argv, null, out[1], out[1]);
    close(out[1]);
    while ((n = read(out[0], buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
        size_t fits = n > 0 ? MIN((size_t) n, cap - 1 - size) : 0;

        memcpy(ret_output + size, buf, fits);
        size += fits;
    }
    ret_output[size] = '\0';
    close(out[0]);
    return reap(pid);
}

process_t actor_start(void)
{
    process_t actor = process_start((const char *const[]){ACTOR_PATH, NULL});

    // Until it answers, the PID may still be a copy of this process.
    actor_do(&actor, "free");
    return actor;
}

pid_t actor_do(process_t *actor, const char *format, ...)
{
    char line[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    process_write_line(actor, line);
    if (!process_read_line(actor, line, sizeof(line)))
        give_up("the actor does not answer");
    return (pid_t) strtol(line, NULL, 10);
}

int64_t proc_kb(pid_t pid, const char *file, const char *field)
{
    _cleanup_fclose_ FILE *f = NULL;
    char path[64], line[512];
    size_t n = strlen(field);
    int64_t kb;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int) pid, file);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, field, n) == 0 && sscanf(line + n, ": %" SCNd64 " kB", &kb) == 1)
            return kb;
    return -1;
}

typedef struct {
    char state;
    pid_t parent;
    uint64_t start_time;
    char comm[64];
} stat_t;

static bool read_stat(pid_t pid, stat_t *ret)
{
    _cleanup_fclose_ FILE *f = NULL;
    char path[64], stat[1024], *end, *start;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
    f = fopen(path, "re");
    if (!f)
        return false;

    size_t n = fread(stat, 1, sizeof(stat) - 1, f);
    stat[n] = '\0';
    start = strchr(stat, '(');
    end = strrchr(stat, ')');
    if (!start || !end)
        return false;
    *end = '\0';
    snprintf(ret->comm, sizeof(ret->comm), "%s", start + 1);
    return sscanf(end + 1,
                   " %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                   "%" SCNu64,
                   &ret->state, &ret->parent, &ret->start_time) == 3;
}

bool proc_is_running(pid_t pid)
{
    stat_t s;

    return read_stat(pid, &s) && s.state != 'Z' && s.state != 'X';
}

bool proc_wait_ended(pid_t pid, int timeout_ms)
{
    uint64_t deadline = clock_monotonic_us() + (uint64_t) timeout_ms * USEC_PER_MSEC;

    while (proc_is_running(pid)) {
        if (clock_monotonic_us() >= deadline)
            return false;
        poll(NULL, 0, STEP_MS);
    }
    return true;
}

pid_t proc_parent(pid_t pid)
{
    stat_t s;

    return read_stat(pid, &s) ? s.parent : 0;
}

uint64_t proc_start_time(pid_t pid)
{
    stat_t s;

    return read_stat(pid, &s) ? s.start_time : 0;
}

uint64_t proc_waited_us(pid_t pid)
{
    _cleanup_fclose_ FILE *f = NULL;
    char path[64];
    uint64_t ns;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int) pid);
    f = fopen(path, "re");
    return f && fscanf(f, "%*u %" SCNu64, &ns) == 1 ? ns / 1000 : 0;
}

pid_t proc_find_child(pid_t parent, const char *comm)
{
    _cleanup_closedir_ DIR *dir = opendir("/proc");
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        pid_t pid = (pid_t) strtol(entry->d_name, NULL, 10);
        stat_t s;

        if (pid > 0 && read_stat(pid, &s) && s.parent == parent && strcmp(s.comm, comm) == 0)
            return pid;
    }
    return 0;
}

size_t proc_open_files(pid_t pid)
{
    char path[64];
    size_t n = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int) pid);
    _cleanup_closedir_ DIR *dir = opendir(path);
    while (dir && readdir(dir))
        n++;
    return dir ? n : SIZE_MAX;
}
