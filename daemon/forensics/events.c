#include "daemon/forensics/events.h"
#include "common/arena.h"
#include "common/cleanup.h"

#include <errno.h>
#include <stdlib.h>

typedef struct {
    event_t *at;
    size_t size, next, count;
} ring_t;

struct events {
    arena_t arena;
    ring_t rare, common;
    event_before_t *before;
    size_t next_before;
    uint64_t last;     // number
    uint64_t since_ms; // of the newest one that was pushed out, or the beginning
};

int events_new(events_t **ret, uint64_t now_ms)
{
    events_t *e = calloc(1, sizeof(*e));
    size_t events = (EVENTS_RARE + EVENTS_COMMON) * sizeof(event_t);
    int r;

    if (!e)
        return -ENOMEM;
    r = arena_init(&e->arena, events + EVENTS_OOM * sizeof(event_before_t));
    if (r < 0) {
        free(e);
        return r;
    }
    e->rare = (ring_t){.at = (event_t *) (void *) e->arena.base, .size = EVENTS_RARE};
    e->common = (ring_t){.at = e->rare.at + EVENTS_RARE, .size = EVENTS_COMMON};
    e->before = (event_before_t *) (void *) (e->arena.base + events);
    e->since_ms = now_ms;
    *ret = e;
    return 0;
}

void events_free(events_t *e)
{
    if (!e)
        return;
    arena_done(&e->arena);
    free(e);
}

static bool is_rare(const event_t *event)
{
    return event->kind == EVENT_OOM_KILL ||
           (event->tag == TAG_LEAK && event->kind != EVENT_SUSPECTED && event->kind != EVENT_EXIT);
}

uint64_t events_add(events_t *e, const event_t *event)
{
    ring_t *ring = is_rare(event) ? &e->rare : &e->common;
    event_t *at = &ring->at[ring->next];

    if (ring->count == ring->size)
        e->since_ms = MAX(e->since_ms, at->time_ms);
    else
        ring->count++;
    *at = *event;
    at->number = ++e->last;
    ring->next = (ring->next + 1) % ring->size;
    return at->number;
}

static const event_t *nth(const ring_t *ring, size_t n)
{
    return &ring->at[(ring->next + ring->size - ring->count + n) % ring->size];
}

static const event_t *next_in(const ring_t *ring, uint64_t after)
{
    size_t low = 0, high = ring->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (nth(ring, middle)->number > after)
            high = middle;
        else
            low = middle + 1;
    }
    return low < ring->count ? nth(ring, low) : NULL;
}

const event_t *events_next(const events_t *e, uint64_t after)
{
    const event_t *rare = next_in(&e->rare, after), *common = next_in(&e->common, after);

    if (!rare || !common)
        return rare ? rare : common;
    return rare->number < common->number ? rare : common;
}

uint64_t events_last(const events_t *e)
{
    return e->last;
}

uint64_t events_since_ms(const events_t *e)
{
    return e->since_ms;
}

void events_keep_before(events_t *e, const event_before_t *before)
{
    e->before[e->next_before] = *before;
    e->next_before = (e->next_before + 1) % EVENTS_OOM;
}

const event_before_t *events_before(const events_t *e, uint64_t number)
{
    for (size_t i = 0; i < EVENTS_OOM; i++)
        if (e->before[i].number == number && number != 0)
            return &e->before[i];
    return NULL;
}
