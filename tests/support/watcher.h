#ifndef MEMSCOPE_TESTS_SUPPORT_WATCHER_H
#define MEMSCOPE_TESTS_SUPPORT_WATCHER_H

// A client of memscoped in a few lines: a session and what it has received.

#include "protocol/session.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct {
    session_t *session;
    uint64_t ticks, keyframes, instances; // received so far
    details_message_t details;            // the latest, without its texts; pid 0: none yet
    error_message_t error;                // likewise; code 0: none yet
    history_message_t history;            // likewise; request 0: none yet
    uint64_t history_gap;                 // its points of which nothing is known
} watcher_t;

// Nobody has to listen there yet.
void watcher_start(watcher_t *w, const char *socket_path);
void watcher_stop(watcher_t *w);

// Receives until `holds`; false at the deadline, or where the daemon refuses.
bool watcher_wait(
        watcher_t *w, bool (*holds)(const watcher_t *w, void *user), void *user, int timeout_ms);
bool watcher_wait_ticks(watcher_t *w, uint64_t more, int timeout_ms);
// Takes in what has come: what is awaited then comes from now on.
void watcher_skip(watcher_t *w);

// Comes back when the daemon there has looked at the host twice more: what is so by now is known.
// False: not by the deadline.
bool watcher_await_looks(const char *socket_path, int timeout_ms);

// The process with this PID in what is held; NULL: none.
const process_snapshot_t *watcher_find(const watcher_t *w, pid_t pid);

#endif
