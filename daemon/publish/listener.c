#include "daemon/publish/listener.h"
#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

// After a restart all viewers come back at once; who finds no place waits up to a second longer.
#define BACKLOG 4096

#define LOCK_TRIES   50
#define LOCK_WAIT_MS 10

static int try_lock(const char *name, int *ret_fd)
{
    _cleanup_close_ int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat ours, named;

    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
    // The one before may have removed it in the meantime, and the next one made another.
    if (fstat(fd, &ours) < 0 || lstat(name, &named) < 0 || ours.st_ino != named.st_ino)
        return -EADDRINUSE;
    *ret_fd = take_fd(&fd);
    return 0;
}

// Whoever holds the lock beside the socket is the daemon of this path, so that two that start at
// once cannot remove each other's socket. For a moment after its end that is its sweeper.
static int take_lock(listener_t *l, const char *path)
{
    const struct timespec moment = {.tv_nsec = LOCK_WAIT_MS * 1000 * 1000};
    char name[PATH_MAX];
    int r;

    if ((size_t) snprintf(name, sizeof(name), "%s.lock", path) >= sizeof(name))
        return -ENAMETOOLONG;
    r = try_lock(name, &l->lock_fd);
    for (int i = 0; r == -EADDRINUSE && i < LOCK_TRIES; i++) {
        nanosleep(&moment, NULL);
        r = try_lock(name, &l->lock_fd);
    }
    return r;
}

// A socket file that refuses connections is left over and may go; anything else stays.
static int clear_path(const struct sockaddr_un *address)
{
    _cleanup_close_ int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stat st;

    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    if (probe < 0)
        return -errno;
    // EAGAIN: somebody listens who does not keep up.
    if (connect(probe, (const void *) address, sizeof(*address)) == 0 || errno == EAGAIN)
        return -EISCONN;
    if (errno != ECONNREFUSED)
        return -errno;
    return unlink(address->sun_path) < 0 ? -errno : 0;
}

// Everybody may connect: the daemon decides itself who sees what. It is made with that mode, for by
// its name somebody whose directory this is could have another file take its place.
static int bind_for_all(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0111);
    int r = bind(fd, (const void *) address, sizeof(*address)) < 0 ? -errno : 0;

    umask(mask);
    return r;
}

static int open_locked(listener_t *l, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int r;

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    r = take_lock(l, path);
    if (r == 0)
        r = clear_path(&address);
    if (r < 0)
        return r;
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    r = l->fd < 0 ? -errno : bind_for_all(l->fd, &address);
    if (r < 0)
        return r;
    l->path = strdup(path);
    if (!l->path) {
        unlink(path);
        return -ENOMEM;
    }
    return listen(l->fd, BACKLOG) < 0 ? -errno : 0;
}

int listener_open(listener_t *ret, const char *path)
{
    listener_t l = LISTENER_NONE;
    int r = open_locked(&l, path);

    if (r < 0) {
        listener_done(&l);
        return r;
    }
    *ret = l;
    return 0;
}

void listener_done(listener_t *l)
{
    if (l->path)
        unlink(l->path);
    if (l->path && l->lock_fd >= 0) {
        char name[PATH_MAX];

        snprintf(name, sizeof(name), "%s.lock", l->path);
        unlink(name);
    }
    if (l->fd >= 0)
        close(l->fd);
    if (l->lock_fd >= 0)
        close(l->lock_fd);
    free(l->path);
    *l = LISTENER_NONE;
}
