#ifndef MEMSCOPE_CLIENT_LINK_ATTACH_H
#define MEMSCOPE_CLIENT_LINK_ATTACH_H

// Finds somebody to talk to: the system's daemon, the one on a given socket, or a private one that
// is started for this client and ends with it.

#include "protocol/session.h"
#include <sys/types.h>
#include <sys/un.h>

#define ATTACH_ERROR_MAX      512
#define ATTACH_SOCKET_ALLOWED "a path of 107 bytes at most"

// Whom to talk to.
typedef struct {
    char socket[sizeof(((struct sockaddr_un *) NULL)->sun_path)]; // "": the system's
    bool private_daemon;
} attach_target_t;

typedef struct {
    session_t *session;
    pid_t daemon;                  // the private one, 0: none (any more)
    int errors_fd;                 // what it writes to stderr, non-blocking; -1: none
    char errors[ATTACH_ERROR_MAX]; // the last line of that
    const char *replayed;          // the file that it plays, the caller's; NULL: none
} attach_t;

// 0, or -errno with one line in `ret_error` (ATTACH_ERROR_MAX bytes).
int attach(attach_t *a, const attach_target_t *target, const session_handlers_t *handlers,
        char *ret_error);
// Starts a private daemon with `option` ("--analyze") and the number of an open file, which stays
// the caller's. 0, or -errno with one line in `ret_error`.
int attach_file(attach_t *a, const char *option, int fd, const session_handlers_t *handlers,
        char *ret_error);
// The same for a trace that is to be played; `speed` as in --speed, "": its own. The file has to be
// a regular one: others can block, and would hold up the keys.
int attach_replay(attach_t *a, const char *path, const char *speed,
        const session_handlers_t *handlers, char *ret_error);
// Closes the session, by which a private daemon ends.
void attach_done(attach_t *a);

// Reads what the private daemon has to say; call it when errors_fd is readable.
void attach_read_errors(attach_t *a);
// Reaps it if it has ended. True: just now.
bool attach_reap(attach_t *a);
// Why the private daemon ended, or the conversation with it: one line.
char *attach_ending(const attach_t *a, char *buf, size_t cap);

#endif
