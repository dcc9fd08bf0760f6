#ifndef MEMSCOPE_DAEMON_PUBLISH_PACKET_H
#define MEMSCOPE_DAEMON_PUBLISH_PACKET_H

// Bytes that were encoded once and are on their way to any number of subscribers.

#include "protocol/cursor.h"
#include <stddef.h>

typedef struct {
    unsigned refs;
    size_t len;
    unsigned char data[];
} packet_t;

// A copy of what `b` holds, with one reference; NULL when memory ran out.
packet_t *packet_new(const buffer_t *b);
packet_t *packet_ref(packet_t *p); // NULL is fine
void packet_unref(packet_t *p);

#endif
