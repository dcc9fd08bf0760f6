#include "daemon/publish/packet.h"

#include <stdlib.h>
#include <string.h>

packet_t *packet_new(const buffer_t *b)
{
    packet_t *p = malloc(sizeof(*p) + b->len);

    if (!p)
        return NULL;
    p->refs = 1;
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
    if (p && --p->refs == 0)
        free(p);
}
