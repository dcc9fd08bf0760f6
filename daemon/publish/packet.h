#ifndef MEMSCOPE_DAEMON_PUBLISH_PACKET_H
#define MEMSCOPE_DAEMON_PUBLISH_PACKET_H

// Bytes that were encoded once and are on their way to any number of subscribers. What comes back
// is used again, so that a steady stream allocates nothing.

#include "protocol/cursor.h"
#include <stddef.h>

#define PACKET_CLASSES 13 // of spare packets: 256 bytes to 1 MiB, by powers of two

typedef struct packet {
    unsigned refs;
    unsigned class;       // PACKET_CLASSES: too large to be kept
    unsigned mark;        // of the last count of bytes that it was part of
    struct packet *spare; // the next one, while it waits
    struct packet_pool *pool;
    size_t len;
    unsigned char data[];
} packet_t;

// Zeroed before first use; outlives its packets.
typedef struct packet_pool {
    packet_t *spare[PACKET_CLASSES];
    unsigned count[PACKET_CLASSES];
} packet_pool_t;

void packet_pool_done(packet_pool_t *pool);

// A copy of what `b` holds, with one reference; NULL when memory ran out.
packet_t *packet_new(packet_pool_t *pool, const buffer_t *b);
packet_t *packet_ref(packet_t *p); // NULL is fine
void packet_unref(packet_t *p);

#endif
