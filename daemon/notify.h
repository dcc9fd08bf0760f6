#ifndef MEMSCOPE_DAEMON_NOTIFY_H
#define MEMSCOPE_DAEMON_NOTIFY_H

// What systemd is told of the service: sd_notify(3). Without systemd nothing is told.

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

#endif
