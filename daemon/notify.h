#ifndef MEMSCOPE_DAEMON_NOTIFY_H
#define MEMSCOPE_DAEMON_NOTIFY_H

// What systemd is told (sd_notify), and the journal of events. Without systemd nothing is told.

#include "daemon/forensics/events.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    bool active; // somebody listens
    char status[96];
} notify_t;

void notify_init(notify_t *n);
void notify_ready(const notify_t *n);
void notify_reloading(const notify_t *n);
void notify_stopping(const notify_t *n);

// "1,204 processes, 3 viewers, 2 leaking". Told only where it changed.
void notify_status(notify_t *n, uint64_t processes, uint64_t viewers, uint64_t leaking);
// The same text; returns `buf`.
char *notify_status_text(
        char *buf, size_t cap, uint64_t processes, uint64_t viewers, uint64_t leaking);

// The text of it, "name (PID): LEAK: +12.00 MB in 45 s": a receipt begins with its tag, which is
// said once. `name` is clean. Returns `buf`.
char *notify_tag_text(char *buf, size_t cap, uint64_t pid, const char *name, const char *tag,
        bool set, const char *receipt);

// What is worth a message in the journal: a tag that was set or cleared, an OOM kill; with
// MEMSCOPE_PID=, MEMSCOPE_TAG= and more. Without a journal it is a line of the log.
void notify_event(const event_t *x);

#endif
