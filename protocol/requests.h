#ifndef MEMSCOPE_PROTOCOL_REQUESTS_H
#define MEMSCOPE_PROTOCOL_REQUESTS_H

// What a client wants of the daemon as long as it lives, and whether the daemon was told: each is
// due at most once however often it changes, so that a daemon that does not read costs nothing.

#include "protocol/cursor.h"

typedef struct {
    uint64_t inspect_pid, inspect_start_time; // pid 0: nobody
    bool paused;
    bool inspect_due, pause_due, keyframe_due, follow_due;
    bool follow;          // events as they happen
    uint64_t event_after; // number of the last one that came
} requests_t;

void requests_inspect(requests_t *r, uint64_t pid, uint64_t start_time);
void requests_pause(requests_t *r, bool paused);
void requests_keyframe(requests_t *r);

// Events are followed from now on, which the daemon was told.
void requests_follow(requests_t *r, bool follow);
void requests_event(requests_t *r, uint64_t number);

// Another daemon listens now, which was told nothing.
void requests_restart(requests_t *r);

// PAUSE waits until the connection is `synced`: what is shown while paused shall be of this daemon.
bool requests_due(const requests_t *r, bool synced);
void requests_append(requests_t *r, bool synced, buffer_t *out);

#endif
