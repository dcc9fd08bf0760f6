#ifndef MEMSCOPE_DAEMON_PUBLISH_LISTENER_H
#define MEMSCOPE_DAEMON_PUBLISH_LISTENER_H

// A listening socket of the daemon's own, and the lock beside it. Opened before the daemon gives up
// the rights that this may take.

typedef struct {
    int fd, lock_fd;
    char *path; // to remove; NULL: not ours
} listener_t;

#define LISTENER_NONE ((listener_t){.fd = -1, .lock_fd = -1})

// Makes one at `path`, which every user may connect to. A socket that nobody listens on is
// replaced; -EADDRINUSE when another daemon has the lock, -EISCONN when somebody else listens,
// -EEXIST when it is something else.
int listener_open(listener_t *ret, const char *path);
// Closes and removes what there is.
void listener_done(listener_t *l);

#endif
