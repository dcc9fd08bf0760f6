#include "daemon/confine/sweeper.h"
#include "daemon/confine/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES   20
#define LOCK_WAIT_MS 10

static void close_others(int a, int b)
{
    unsigned low = (unsigned) (a < b ? a : b), high = (unsigned) (a < b ? b : a);

    if (low > 0)
        close_range(0, low - 1, 0);
    if (high - low > 1)
        close_range(low + 1, high - 1, 0);
    close_range(high + 1, ~0U, 0);
}

static bool is_named(int fd, const char *name)
{
    struct stat ours, named;

    return fstat(fd, &ours) == 0 && lstat(name, &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

// The descriptors of one that was killed are closed one by one, so that the lock may be still held
// for a moment. False: somebody was quick and has the socket already.
static bool take_lock(int fd)
{
    const struct timespec moment = {.tv_nsec = LOCK_WAIT_MS * 1000 * 1000};

    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        nanosleep(&moment, NULL);
    }
    return false;
}

static void sweep(int fd, const char *path, const char *lock)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    int lock_fd = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    char byte;

    if (lock_fd < 0)
        return;
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        signal(ignored[i], SIG_IGN);
    prctl(PR_SET_NAME, "memscoped-sweep");
    close_others(fd, lock_fd);
    if (filter_sweeper() < 0 && !FILTER_LEFT_OUT)
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    while (read(fd, &byte, 1) < 0 && errno == EINTR)
        continue;
    if (!take_lock(lock_fd) || !is_named(lock_fd, lock))
        return;
    unlink(path);
    unlink(lock);
}

int sweeper_start(sweeper_t *ret, const char *path)
{
    char lock[PATH_MAX];
    int ends[2], r;
    pid_t pid;

    if ((size_t) snprintf(lock, sizeof(lock), "%s.lock", path) >= sizeof(lock))
        return -ENAMETOOLONG;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(ends[1]);
        sweep(ends[0], path, lock);
        _exit(0);
    }
    r = pid < 0 ? -errno : 0;
    close(ends[0]);
    if (r < 0)
        close(ends[1]);
    else
        *ret = (sweeper_t){pid, ends[1]};
    return r;
}

void sweeper_finish(sweeper_t *s)
{
    if (s->pid <= 0)
        return;
    shutdown(s->fd, SHUT_WR);
    close(s->fd);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    *s = (sweeper_t){0};
}
