#ifndef MEMSCOPE_PROTOCOL_SESSION_PRIVATE_H
#define MEMSCOPE_PROTOCOL_SESSION_PRIVATE_H

// What session.c (the connection), session_frames.c (what comes in) and session_requests.c (what is
// asked for) share.

#include "common/clock.h"
#include "protocol/channel.h"
#include "protocol/requests.h"
#include "protocol/session.h"
#include <sys/un.h>

#define SESSION_BACKOFF_MIN_US (50 * USEC_PER_MSEC)
#define SESSION_BACKOFF_MAX_US (1000 * USEC_PER_MSEC)
#define SESSION_KEYFRAME_US    (10 * USEC_PER_SEC) // from connecting, or asking, to a keyframe
#define SESSION_START_US       (60 * USEC_PER_SEC) // from a start of its own, on a host without time
#define SESSION_TEXT_SIZE      160

struct session {
    session_handlers_t handlers;
    struct sockaddr_un address; // no path: a descriptor that was handed in
    channel_t channel;
    session_state_t state;
    char error[2 * SESSION_TEXT_SIZE];
    int connect_error;    // of the last attempt
    uint64_t now_us;      // of the present dispatch
    uint64_t deadline_us; // for a keyframe to come, or when to connect again
    uint64_t backoff_us;

    bool greeted; // HELLO came on this connection
    bool synced;  // and a keyframe that no diff failed after; else one is due
    hello_message_t hello;
    bool has_hello; // on this or an earlier connection
    char build[SESSION_TEXT_SIZE];

    replica_t *replica;
    uint64_t instance; // whose ticks it holds
    bool has_instance;

    requests_t requests;
    uint64_t last_request; // number of the last request that has one
};

void session_set_state(session_t *s, session_state_t state);
void session_set_error(session_t *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

// 0; -EBADMSG with session_error() saying what was wrong; -ESHUTDOWN or -ECONNREFUSED when the
// daemon ended the connection for now or for good.
int session_handle_frame(session_t *s, const frame_t *frame);

#endif
