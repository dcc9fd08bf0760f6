#ifndef MEMSCOPE_DAEMON_PUBLISH_SUBSCRIBER_PRIVATE_H
#define MEMSCOPE_DAEMON_PUBLISH_SUBSCRIBER_PRIVATE_H

// What the two halves of a connection share: what comes in (subscriber.c) and what goes out
// (subscriber_output.c).

#include "daemon/publish/subscriber.h"
#include "protocol/cursor.h"
#include "protocol/frame.h"

struct subscriber {
    int fd;
    peer_t peer;
    audiences_t *audiences;
    audience_t *audience;
    subscriber_handlers_t handlers;
    frame_reader_t in;
    buffer_t outbox; // whole messages
    size_t outbox_sent;
    tick_frame_t frame; // under way while frame_left > 0
    size_t frame_size, frame_left;
    uint64_t deadline_us;         // for HELLO
    unsigned requests, keyframes; // since the last tick
    uint64_t skipped;
    inspected_t inspected;
    bool greeted, paused, owes_keyframe, closing;
};

bool subscriber_may_begin_keyframe(const subscriber_t *s);
// Takes the present tick as the frame that is under way. 0 or -errno.
int subscriber_begin_frame(subscriber_t *s, bool keyframe);
// What was begun, and then answers. 0, -EAGAIN: the socket is full, -errno.
int subscriber_send_pending(subscriber_t *s);
// Whole frames in turn until the socket is full: 0 then, too.
int subscriber_flush(subscriber_t *s);
// What was sent makes room for other answers.
void subscriber_compact(subscriber_t *s);

#endif
