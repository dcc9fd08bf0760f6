#ifndef MEMSCOPE_PROTOCOL_SESSION_H
#define MEMSCOPE_PROTOCOL_SESSION_H

// The client half of a conversation, for any program with a poll loop: connects, greets, keeps a
// replica, asks again for keyframes, and reconnects with backoff when the daemon goes away.
//
//     poll({session_fd(s), session_poll_events(s)}, timeout = session_deadline_us(s) - now)
//     session_dispatch(s, now)

#include "protocol/message.h"
#include "protocol/replica.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct session session_t;

typedef enum {
    SESSION_CONNECTING,   // nothing received yet
    SESSION_LIVE,         // greeted, and the replica is valid
    SESSION_RECONNECTING, // was live; the replica still holds the last state
    SESSION_FAILED,       // refused, or the connection was lost and cannot be made anew
} session_state_t;

typedef struct {
    // After each tick that was applied; `keyframe`: everything may have changed. A keyframe of
    // another run of the daemon (slots mean other processes) has `new_instance`.
    void (*tick)(void *user, bool keyframe, bool new_instance);
    // Any other message for this client: DETAILS, HISTORY, EVENT, WHY, ERROR. The views end with
    // the call.
    void (*message)(void *user, message_type_t type, const message_t *m);
    void (*state)(void *user, session_state_t state);
    void *user;
} session_handlers_t;

// Connects to a socket's path, and again whenever the connection is lost (50 ms doubling to 1 s).
// 0 even when nobody listens yet: session_connect_error() tells. -ENAMETOOLONG, -ENOMEM.
int session_new_path(session_t **ret, const char *path, const session_handlers_t *handlers);
// Takes a connected descriptor (owned from here on, also on failure); never reconnects.
int session_new_fd(session_t **ret, int fd, const session_handlers_t *handlers);
void session_free(session_t *s);

session_state_t session_state(const session_t *s);
// One line: why it is not LIVE (while CONNECTING: what the last attempt ended with); "" if nothing
// is wrong. Safe to show.
const char *session_error(const session_t *s);
const hello_message_t *session_hello(const session_t *s); // the daemon's; NULL before it came
const replica_t *session_replica(const session_t *s);

// What the last attempt to connect came to: 0 or -errno.
int session_connect_error(const session_t *s);

int session_fd(const session_t *s); // -1 while waiting to reconnect
short session_poll_events(const session_t *s);
uint64_t session_deadline_us(const session_t *s); // CLOCK_MONOTONIC; UINT64_MAX: none
// Reads, writes, reconnects as far as possible without blocking, but for 10 ms where others wait to
// be let in as well; calls the handlers, which may make requests but neither dispatch nor free the
// session.
void session_dispatch(session_t *s, uint64_t now_us);

// Requests. Kept and sent again after a reconnect: inspect and pause. 0 or -errno.
int session_inspect(session_t *s, uint64_t pid, uint64_t start_time); // pid 0: end
int session_pause(session_t *s, bool paused);
int session_request_keyframe(session_t *s);
// Returns the request's number (> 0) or -errno; -ENOTCONN while not live.
int session_request_history(
        session_t *s, uint64_t pid, uint64_t start_time, uint64_t span_ms, uint64_t step_ms);

// CLOCK_BOOTTIME, 0: open at that end. A NULL span is open at both.
typedef struct {
    uint64_t from_ms, to_ms;
} session_span_t;

// Answered with EVENTs of that request, oldest first, and one more with `last`. When that has
// `more`, ask again with `after` = its number. `follow`: from now on events come as they happen,
// without `request`, also after a reconnect, when those that were missed come first; one of them
// may come in an answer as well, `number` tells. Another run of the daemon counts from 1 again. A
// daemon without FEATURE_EVENTS does not answer.
int session_request_events(session_t *s, const session_span_t *span, uint64_t after, bool follow);

// Answered with a WHY (see protocol/rows.h for what is packed in it), or an ERROR: the daemon does
// a few of these between two ticks. `by`: WHY_BY_*; `limit`: rows wanted, 0: as many as there may
// be. An open begin means five minutes. A daemon without FEATURE_WHY does not answer.
int session_request_why(session_t *s, const session_span_t *span, unsigned by, unsigned limit);

// Answered with a STATUS. A daemon without FEATURE_STATUS does not answer.
int session_request_status(session_t *s);

#endif
