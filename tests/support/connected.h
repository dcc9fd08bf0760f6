#ifndef MEMSCOPE_TESTS_SUPPORT_CONNECTED_H
#define MEMSCOPE_TESTS_SUPPORT_CONNECTED_H

// One connection of the daemon, driven by hand over a real socket, and the client at its other end.

#include "daemon/publish/subscriber.h"
#include "protocol/frame.h"
#include "protocol/replica.h"
#include "tests/support/captured.h"

typedef struct {
    captured_t host;
    audiences_t *audiences;
    subscriber_t *s;
    int peer; // our end
    frame_reader_t in;
    replica_t *replica;
    size_t requests;    // that the daemon was asked, and has answered with an ERROR each
    bool refuses, busy; // the daemon
    // What came.
    size_t ticks, keyframes, hellos, answers;
    unsigned refused; // code
} connected_t;

void connected_start(connected_t *f);
void connected_stop(connected_t *f);

// ---- The daemon's end
int connected_dispatch(connected_t *f);
int connected_tick(connected_t *f);    // a second later, in which every process has changed
int connected_publish(connected_t *f); // and then what had to wait for it

// ---- The client's end
void connected_say(connected_t *f, message_type_t type, const void *m);
void connected_say_hello(connected_t *f);
// Reads at most `most` bytes; how many there were, -1 at the end of the stream.
ssize_t connected_listen_for(connected_t *f, size_t most);
void connected_hear(connected_t *f); // all there is
// Says HELLO, and hears what comes of it.
void connected_greet(connected_t *f);
// That the client holds what the daemon has captured last.
void connected_assert_current(const connected_t *f);

#endif
