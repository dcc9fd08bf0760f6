#include "daemon/publish/packet.h"
#include "common/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST    256
#define SPARE_BYTES (256u << 10) // of one class; but two at least

static size_t class_size(unsigned class)
{
    return (size_t) SMALLEST << class;
}

void packet_pool_done(packet_pool_t *pool)
{
    for (unsigned i = 0; i < PACKET_CLASSES; i++) {
        while (pool->spare[i]) {
            packet_t *p = pool->spare[i];

            pool->spare[i] = p->spare;
            free(p);
        }
    }
}

packet_t *packet_new(packet_pool_t *pool, const buffer_t *b)
{
    unsigned class = 0;
    packet_t *p;

    while (class < PACKET_CLASSES && class_size(class) < b->len)
        class ++;
    p = class < PACKET_CLASSES ? pool->spare[class] : NULL;
    if (p) {
        pool->spare[class] = p->spare;
        pool->count[class]--;
    } else {
        p = malloc(sizeof(*p) + (class < PACKET_CLASSES ? class_size(class) : b->len));
        if (!p)
            return NULL;
    }
    p->refs = 1;
    p->class = class;
    p->mark = 0;
    p->spare = NULL;
    p->pool = pool;
    p->len = b->len;
    if (b->len > 0)
        memcpy(p->data, b->data, b->len);
    return p;
}

packet_t *packet_ref(packet_t *p)
{
    if (p)
        p->refs++;
    return p;
}

void packet_unref(packet_t *p)
{
    packet_pool_t *pool;

    if (!p || --p->refs > 0)
        return;
    pool = p->pool;
    if (p->class == PACKET_CLASSES ||
            pool->count[p->class] >= MAX(SPARE_BYTES / class_size(p->class), (size_t) 2)) {
        free(p);
        return;
    }
    p->spare = pool->spare[p->class];
    pool->spare[p->class] = p;
    pool->count[p->class]++;
}
