#ifndef MEMSCOPE_TESTS_SUPPORT_RAW_H
#define MEMSCOPE_TESTS_SUPPORT_RAW_H

// A connection to memscoped byte by byte: for clients that misbehave, and for looking at what
// travels. What cannot be set up ends the test program with a message.

#include "protocol/cursor.h"
#include "protocol/frame.h"
#include "protocol/message.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    int fd;
    buffer_t stream; // all that was received
    size_t parsed;   // of it, by raw_next
    bool closed;     // by the daemon
} raw_t;

void raw_connect(raw_t *r, const char *path); // waits until somebody listens
void raw_close(raw_t *r);

// What the socket takes without waiting. False: it is full, or closed.
bool raw_send(raw_t *r, const void *data, size_t len);
bool raw_say(raw_t *r, message_type_t type, const void *message);
bool raw_hello(raw_t *r);

// Receives what there is, waiting for the first byte.
void raw_receive(raw_t *r, int timeout_ms);
// Only what comes from now on is awaited: what has come is skipped.
void raw_skip(raw_t *r);
// The next whole frame of what was received; the body stays until the next raw_receive.
bool raw_next(raw_t *r, frame_t *ret);
// Receives until a message of this type comes, of which `ret` may be NULL for TICK. The views stay
// as the body does. False: closed without it, or the time is over.
bool raw_await(raw_t *r, message_type_t type, message_t *ret, int timeout_ms);

// Whether the bytes are anywhere in what was received, or in a whole frame of it of this type.
bool raw_carries(const raw_t *r, const void *bytes, size_t len);
bool raw_carries_in(const raw_t *r, message_type_t type, const void *bytes, size_t len);

#endif
