#ifndef MEMSCOPE_DAEMON_CONFINE_SWEEPER_H
#define MEMSCOPE_DAEMON_CONFINE_SWEEPER_H

// memscoped gives up the power to remove files, its own socket included. So a second process,
// begun before that, waits for the daemon to end in whatever way, and removes the socket and the
// lock beside it then. It can do nothing else (daemon/confine/filter.h) and takes no input.

#include <sys/types.h>

typedef struct {
    pid_t pid; // 0: none
    int fd;
} sweeper_t;

// Of a socket that was opened by listener_open(): whoever has its lock by the time that the caller
// ended has the socket as well. Forks: call before there are threads. 0 or -errno.
int sweeper_start(sweeper_t *ret, const char *path);
// After listener_done(): returns when both are gone. Of none: nothing.
void sweeper_finish(sweeper_t *s);

#endif
