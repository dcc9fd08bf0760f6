#ifndef MEMSCOPE_DAEMON_PUBLISH_SUBSCRIBER_H
#define MEMSCOPE_DAEMON_PUBLISH_SUBSCRIBER_H

// One connection. It is never queued for: at most one tick is on its way and a keyframe is owed
// for all that were missed meanwhile. What a client that does not read costs is less than 64 KiB,
// the kernel's part included: its socket buffer (24 KiB of the kernel's memory, half of which is
// the kernel's own), SUBSCRIBER_OUTBOX_MAX of answers, FRAME_MAX_TO_DAEMON of a request, and a
// reference to the frame it stopped in.

#include "daemon/publish/audience.h"
#include "protocol/message.h"
#include <stdbool.h>
#include <stdint.h>

#define SUBSCRIBER_OUTBOX_MAX  (32u << 10) // answers; while they wait, no request is read
#define SUBSCRIBER_SNDBUF      (8 << 10)   // the kernel doubles it
#define SUBSCRIBER_GREETING_US (5 * UINT64_C(1000000)) // for its HELLO
#define SUBSCRIBER_REQUESTS    64                      // between two ticks; more wait
#define SUBSCRIBER_KEYFRAMES   4                       // the same

typedef struct subscriber subscriber_t;

typedef struct {
    // A request that is not about ticks: INSPECT, HISTORY_REQUEST, EVENTS_REQUEST, WHY_REQUEST,
    // STATUS_REQUEST. Answers go into subscriber_answer.
    void (*request)(void *user, subscriber_t *s, message_type_t type, const message_t *m);
    // HELLO came: fill in the answer. False: refused, and subscriber_refuse was called.
    bool (*greeted)(void *user, subscriber_t *s, const hello_message_t *hello);
    // Whether it may be served before the next tick; what it sends waits otherwise. NULL: always.
    bool (*may_ask)(void *user);
    void *user;
} subscriber_handlers_t;

// Takes the non-blocking descriptor, also on failure.
int subscriber_new(subscriber_t **ret, int fd, const peer_t *peer, audiences_t *audiences,
        const subscriber_handlers_t *handlers, uint64_t now_us);
void subscriber_free(subscriber_t *s);

const peer_t *subscriber_peer(const subscriber_t *s);
audience_t *subscriber_audience(const subscriber_t *s);
bool subscriber_is_greeted(const subscriber_t *s);

// What poll should wait for: EPOLLIN unless its requests have to wait, EPOLLOUT while there is
// something to send.
uint32_t subscriber_events(const subscriber_t *s);

// Does what the events allow. 0; a negative errno: the connection is over, free it.
int subscriber_dispatch(subscriber_t *s, uint32_t events);

// A capture was published: sends the diff, or owes a keyframe. As subscriber_dispatch, which may
// now take what had to wait.
int subscriber_publish(subscriber_t *s, uint64_t now_us);
bool subscriber_has_asked(const subscriber_t *s); // and that is waiting here

// Queues a message. False when there is no room: the client asks faster than it reads.
bool subscriber_answer(subscriber_t *s, message_type_t type, const void *message);
size_t subscriber_room(const subscriber_t *s); // bytes of messages that can be queued now
// The same with a message that is there in bytes, encoded once for several.
bool subscriber_answer_bytes(subscriber_t *s, const void *frame, size_t len);
bool subscriber_error(subscriber_t *s, uint64_t request, unsigned code, const char *text);
// The last message of this connection.
void subscriber_refuse(subscriber_t *s, unsigned code, const char *text);

// Ticks that were skipped for it since it last was current.
uint64_t subscriber_lag(const subscriber_t *s);
// Bytes of the frame of an earlier tick that it stopped in, less what was counted with the same
// mark before.
size_t subscriber_held(const subscriber_t *s, unsigned mark);

// Which process it inspects; pid 0: none.
typedef struct {
    uint64_t pid, start_time;
} inspected_t;
inspected_t *subscriber_inspected(subscriber_t *s);

#endif
