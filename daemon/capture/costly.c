#include "daemon/capture/costly.h"

#include "common/clock.h"

#include <errno.h>

// COSTLY_MAX: it is not kept.
static unsigned find(const costly_list_t *l, uint64_t pid, uint64_t start_time)
{
    unsigned i = 0;

    while (i < COSTLY_MAX && (l->readings[i].pid != pid || l->readings[i].start_time != start_time))
        i++;
    return i;
}

bool costly_is_due(const costly_list_t *l, uint64_t pid, uint64_t start_time, uint64_t now_ms)
{
    unsigned i = find(l, pid, start_time);
    const costly_t *known = &l->readings[i];

    return i == COSTLY_MAX ||
           now_ms >= known->time_ms + known->cpu_us * COSTLY_SHARE / USEC_PER_MSEC;
}

void costly_keep(costly_list_t *l, const reader_result_t *result)
{
    const reader_request_t *q = &result->request;
    unsigned i;

    if (result->smaps_error != 0 || result->cpu_us < USEC_PER_SEC / COSTLY_SHARE)
        return;
    i = find(l, q->pid, q->start_time);
    if (i == COSTLY_MAX) {
        i = l->next;
        l->next = (l->next + 1) % COSTLY_MAX;
    }
    l->readings[i] = (costly_t){.pid = q->pid,
            .start_time = q->start_time,
            .time_ms = result->time_ms,
            .smaps_us = result->smaps_us,
            .cpu_us = result->cpu_us,
            .smaps = result->smaps,
            .owner = result->owner};
}

void costly_fill(const costly_list_t *l, reader_result_t *result)
{
    unsigned i = find(l, result->request.pid, result->request.start_time);
    const costly_t *known = &l->readings[i];

    if (i == COSTLY_MAX) {
        result->smaps_error = -ENODATA;
        return;
    }
    result->smaps_error = 0;
    result->smaps = known->smaps;
    if (known->owner.uid != result->owner.uid || known->owner.gid != result->owner.gid)
        result->owner = (owner_t){OWNER_ROOT_ONLY, OWNER_ROOT_ONLY};
    result->smaps_us = known->smaps_us;
    result->time_ms = known->time_ms;
}
