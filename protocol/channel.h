#ifndef MEMSCOPE_PROTOCOL_CHANNEL_H
#define MEMSCOPE_PROTOCOL_CHANNEL_H

// A non-blocking stream socket that carries frames: what a session has of its connection.

#include "protocol/cursor.h"
#include "protocol/frame.h"

typedef struct {
    int fd; // -1: closed
    frame_reader_t in;
    buffer_t out;
    size_t sent; // of `out`
} channel_t;

void channel_init(channel_t *c, size_t max_out);
void channel_done(channel_t *c);

// Takes the descriptor, which is non-blocking; drops what was buffered.
void channel_open(channel_t *c, int fd);
void channel_close(channel_t *c);

// Reads once. 1: something came; 0: nothing there; -ECONNRESET: the peer closed; -errno.
int channel_receive(channel_t *c);

// Sends what `out` holds. 0 when all is gone, -EAGAIN while the socket is full, -errno.
int channel_send(channel_t *c);

static inline bool channel_has_output(const channel_t *c)
{
    return c->sent < c->out.len;
}

#endif
