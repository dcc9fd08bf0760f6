#include "daemon/past/inspections.h"
#include "protocol/cursor.h"

#include <errno.h>
#include <string.h>

static size_t find(const inspection_t *in, size_t count, const inspection_t *i)
{
    size_t at = 0;

    while (at < count && memcmp(&in[at], i, sizeof(*i)) != 0)
        at++;
    return at;
}

void inspections_tick(inspections_t *l, uint64_t now_ms)
{
    l->count = 0;
    if (l->kept_until_ms == 0)
        l->kept_until_ms = now_ms + INSPECTIONS_GRACE_MS;
    if (now_ms >= l->kept_until_ms)
        l->kept_count = 0;
}

void inspections_add(inspections_t *l, const inspection_t *i)
{
    size_t kept = find(l->kept, l->kept_count, i);

    if (kept < l->kept_count)
        inspections_drop(l, kept);
    if (l->count < INSPECTIONS_MAX && find(l->now, l->count, i) == l->count)
        l->now[l->count++] = *i;
}

void inspections_drop(inspections_t *l, size_t index)
{
    l->kept[index] = l->kept[--l->kept_count];
}

bool inspections_keeps(const inspections_t *l, uint64_t pid, uint64_t start_time)
{
    for (size_t i = 0; i < l->kept_count; i++)
        if (l->kept[i].pid == pid && l->kept[i].start_time == start_time)
            return true;
    return false;
}

uint64_t inspections_layout(void)
{
    return (uint64_t) sizeof(inspection_t) << 32 | 1;
}

// One restart may follow another before a viewer is back.
void inspections_save(const inspections_t *l, buffer_t *out)
{
    buffer_put(out, l->now, l->count * sizeof(inspection_t));
    buffer_put(out, l->kept, l->kept_count * sizeof(inspection_t));
}

int inspections_load(inspections_t *l, const void *data, size_t len)
{
    if (len % sizeof(inspection_t) != 0 || len > sizeof(l->now) + sizeof(l->kept))
        return -EBADMSG;
    if (len > sizeof(l->kept))
        len = sizeof(l->kept);
    memcpy(l->kept, data, len);
    l->kept_count = len / sizeof(inspection_t);
    return 0;
}
